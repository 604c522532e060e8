"""Rules about secrets that stand where everyone who reads the cluster or the state reads them."""

import re
from collections.abc import Iterator
from typing import Any

from plan.diff.paths import written
from plan.findings.rule import Found, rule
from plan.resources.made import Made
from plan.tokens import SECRET_TYPE
from plan.wire import SECRET

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
_SECRET_NAME = re.compile(r"(?:^|_)(?:PASSWORD|SECRET|TOKEN|PRIVATE_KEY)$")
SHORTEST = 12
"""Secrets of fewer characters are not searched for: they would be found in ordinary words."""


@rule("secret-in-the-open", "error")
def secret_in_the_open(made: Made) -> Iterator[Found]:
    """A secret's own text, or a private key, in a ConfigMap or any other plain property."""
    searched = tuple(text for text in made.secrets if len(text) >= SHORTEST)
    for resource in made.resources:
        if resource.type == SECRET_TYPE:
            continue
        for path, text in _texts(resource.properties):
            what = "a private key" if _PRIVATE_KEY.search(text) else None
            if what is None and any(secret in text for secret in searched):
                what = "a secret of this stack"
            if what:
                yield Found(
                    f"{resource.name}.{written(path)}",
                    f"holds {what} in plain text: everyone who may read the cluster's ConfigMaps or the state has it",
                    "put it into a Secret, and name that where it is needed",
                )


@rule("password-in-environment", "error")
def password_in_environment(made: Made) -> Iterator[Found]:
    """A variable that is called a password and has its value written beside it."""
    for workload, spec in made.workloads:
        named = sorted(
            {
                str(variable["name"])
                for one in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
                for variable in one.get("env") or []
                if _SECRET_NAME.search(str(variable.get("name"))) and variable.get("value") not in (None, "", SECRET)
            }
        )
        if named:
            yield Found(
                f"{workload.name}.spec.template.spec.containers",
                f"{', '.join(named)} stands with its value in the pod's spec, which everyone sees who may list pods",
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
