"""Rules about secrets in plain text in the cluster or the state."""

import re
from collections.abc import Iterator
from typing import Any

from plan.diff.paths import written
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.tokens import SECRET_TYPE
from plan.wire import SECRET

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
_SECRET_NAME = re.compile(r"(?:^|_)(?:PASSWORD|SECRET|TOKEN|PRIVATE_KEY)$")
SHORTEST = 12
"""Secrets of fewer characters are not searched for: they would be found in ordinary words."""


@rule("secret-in-the-open", "error")
def secret_in_the_open(stack: Resources) -> Iterator[Hit]:
    """A secret or a private key is in a ConfigMap or another plain property."""
    searched = tuple(text for text in stack.secrets if len(text) >= SHORTEST)
    for resource in stack.resources:
        if resource.type == SECRET_TYPE:
            continue
        for path, text in _texts(resource.properties):
            what = "a private key" if _PRIVATE_KEY.search(text) else None
            if what is None and any(secret in text for secret in searched):
                what = "a secret of this stack"
            if what:
                yield Hit(
                    f"{resource.name}.{written(path)}",
                    f"contains {what} in plain text: anyone with access to the cluster's ConfigMaps or the state can "
                    "read it",
                    "move it to a Secret and reference it",
                )


@rule("password-in-environment", "error")
def password_in_environment(stack: Resources) -> Iterator[Hit]:
    """A password variable has its value in the pod spec."""
    for workload, spec in stack.workloads:
        named = sorted(
            {
                str(variable["name"])
                for each in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
                for variable in each.get("env") or []
                if _SECRET_NAME.search(str(variable.get("name"))) and variable.get("value") not in (None, "", SECRET)
            }
        )
        if named:
            yield Hit(
                f"{workload.name}.spec.template.spec.containers",
                f"{', '.join(named)} has its value in the pod spec, which anyone who can list pods can read",
                "take it from a Secret: valueFrom.secretKeyRef",
            )


def _texts(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _texts(value, (*path, key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from _texts(value, (*path, number))
    elif isinstance(document, str):
        yield path, document
