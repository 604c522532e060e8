"""Findings about one update: before any resource is registered, and about the registered resources."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from config.passwords import derive_bytes, password, password_names
from config.problems import ConfigError
from config.read import PROJECT, parse
from config.secret_keys import SECRETS
from config.stack import StackConfig
from plan.diff.result import diff
from plan.diff.state import comparable, deployed, prior_states
from plan.evaluate import evaluate
from plan.findings.check import check as check_config
from plan.findings.rule import Finding, Subject
from plan.guard import blind, guard
from plan.recorder import Resource
from plan.resources.check import check as check_resources
from plan.resources.made import Resources
from policy.state import StateError, state


@dataclass(frozen=True)
class Update:
    """One preview or update of a stack, as the engine describes it. `values` are decrypted."""

    stack: str
    qualified_name: str
    """The stack's name for the command line."""
    values: Mapping[str, str]
    secret_keys: frozenset[str]
    today: date
    preview: bool = False

    @cached_property
    def config(self) -> StackConfig | None:
        """The stack's config; None if it is invalid, which the program will report."""
        try:
            return parse(self.values)
        except ConfigError:
            return None

    @property
    def secrets(self) -> dict[str, str]:
        """The stack's secrets, by name."""
        return {name: text for name in SECRETS if (text := self.values.get(f"{PROJECT}:{name}"))}

    @property
    def plain_secrets(self) -> tuple[str, ...]:
        """Names of secrets that are not marked as such."""
        return tuple(name for name in self.secrets if f"{PROJECT}:{name}" not in self.secret_keys)


def secret_texts(config: StackConfig, secrets: Mapping[str, str]) -> frozenset[str]:
    """The secrets and every password derived from them: texts that no resource may show."""
    texts = set(secrets.values())
    if seed := secrets.get("secretSeed"):
        names = password_names([shard.name for shard in config.shards])
        texts |= {password(seed, name, config.secret_generations) for name in names}
        texts |= {derive_bytes(seed, name, config.secret_generations, 32).hex() for name in names}
    return frozenset(texts)


def forecast(update: Update) -> tuple[Finding, ...]:
    """All findings before the first resource is registered; empty for an invalid config.

    Resource rules run on the recorder's resources; in a preview they run in `review`, on the engine's, since a preview changes
    nothing.
    """
    config = update.config
    if config is None:
        return ()
    findings = [*check_config(Subject(update.stack, config, update.today, update.plain_secrets))]
    if update.preview and not config.protect:
        return tuple(findings)
    running: Mapping[str, Any] = {}
    if config.protect:
        try:
            running = state(update.qualified_name)
        except StateError as error:
            findings.append(blind(update.qualified_name, str(error)))
    ids = prior_states(running)
    try:
        planned = evaluate(update.values, update.stack, opened_secrets=update.secrets, prior=ids)
    except Exception as error:  # noqa: BLE001 - the program will report the same error; the guard must not be bypassed by it
        reason = f"the program cannot be evaluated beforehand ({type(error).__name__})"
        return (
            (*findings, blind(update.qualified_name, reason))
            if config.protect and not isinstance(error, ConfigError)
            else tuple(findings)
        )
    findings += check_resources(Resources(config, planned, secret_texts(config, update.secrets)))
    if ids:
        before = deployed(running)
        findings += guard(
            diff(update.qualified_name, "what runs", before, comparable(planned, before)), config.allow_disruption
        )
    return tuple(findings)


def review(update: Update, registered: Sequence[Resource], reported: Iterable[Finding]) -> Iterator[Finding]:
    """Findings about the registered resources, without those already `reported`."""
    config = update.config
    if config is None:
        return
    known_findings = {(finding.rule, finding.where) for finding in reported}
    for finding in check_resources(Resources(config, tuple(registered), secret_texts(config, update.secrets))):
        if (finding.rule, finding.where) not in known_findings:
            yield finding
