"""Findings about deployed objects: every rule of the report, and what differs from what the program renders."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from config.secret_keys import SECRETS
from config.source import Source
from plan.evaluate import evaluate
from plan.findings.check import check as check_config
from plan.findings.rule import Finding, Subject, by_severity
from plan.recorder import Resource
from plan.resources.check import check as check_resources
from plan.resources.made import Resources
from plan.verify import folder, live
from plan.verify.drift import drift, placeholders_of
from plan.verify.objects import Deployed, Key, deployed


def of_folder(source: Source, subject: Subject, path: Path) -> tuple[Finding, ...]:
    """Return the findings about a rendered folder.

    Raises:
        ConfigError: the folder cannot be read.
    """
    files = folder.read(path)
    return _findings(source, subject, lambda rendered: deployed(rendered, files.objects, files.cloud), files.files)


def of_cluster(source: Source, subject: Subject, kubeconfig: Path | None) -> tuple[Finding, ...]:
    """Return the findings about a running cluster; Scaleway's resources are taken as rendered.

    Raises:
        ConfigError: the cluster cannot be read.
    """

    def of(rendered: Sequence[Resource]) -> Deployed:
        return deployed(rendered, live.read(source.stack, source.config.namespace, rendered, kubeconfig), None)

    return _findings(source, subject, of)


def _findings(
    source: Source,
    subject: Subject,
    of: Callable[[Sequence[Resource]], Deployed],
    files: Mapping[Key, tuple[str, ...]] | None = None,
) -> tuple[Finding, ...]:
    """Return the findings: objects that differ first, since they are the cause of the promises that break."""
    rendered = evaluate(source.values, source.stack)
    others = [name for name in SECRETS if name != "kubeconfig"]
    second = {resource.urn: resource for resource in evaluate(source.values, source.stack, changed_secrets=others)}
    there = of(rendered)
    differences = by_severity(drift(there, second, placeholders_of(rendered), files))
    causes = [finding for finding in differences if finding.severity != "info"]
    others = [*check_config(subject), *check_resources(Resources(source.config, there.resources))]
    return *causes, *by_severity([*others, *differences[len(causes) :]])
