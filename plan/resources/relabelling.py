"""Prometheus' relabelling, as its configuration file and the operator's objects write it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plan.promql.nodes import PromqlError

ACTIONS = frozenset({"replace", "keep", "drop", "labeldrop", "labelkeep", "labelmap"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of relabelling."""

    action: str
    regex: re.Pattern[str]
    source: tuple[str, ...]
    separator: str
    target: str
    text: str
    """The replacement as a template of Python's."""


def steps_of(documents: Iterable[Mapping[str, Any]] | None) -> tuple[Step, ...]:
    """Read steps, with keys in snake case or camel case.

    Raises:
        PromqlError: a step is invalid, or its action is not known here.
    """
    return tuple(_step(document) for document in documents or ())


def _step(document: Mapping[str, Any]) -> Step:
    keys = {key.lower().replace("_", ""): value for key, value in document.items()}
    action = str(keys.get("action") or "replace").lower()
    if action not in ACTIONS:
        raise PromqlError(f"the relabelling action {action} is not known here")
    try:
        regex = re.compile(f"(?:{keys.get('regex', '(.*)')})")
    except re.error as error:
        raise PromqlError(f"{keys.get('regex')!r} is no regular expression: {error}") from None
    text = re.sub(r"\$(\d+|\{\d+\})", lambda group: rf"\g<{group[1].strip('{}')}>", str(keys.get("replacement", "$1")))
    source = tuple(str(label) for label in keys.get("sourcelabels") or ())
    return Step(action, regex, source, str(keys.get("separator", ";")), str(keys.get("targetlabel")), text)


def relabelled(labels: Mapping[str, str], steps: Sequence[Step]) -> dict[str, str] | None:
    """Return labels after relabelling, without empty ones; None if a step drops what carries them."""
    result = dict(labels)
    for step in steps:
        match = step.regex.fullmatch(step.separator.join(result.get(label, "") for label in step.source))
        if step.action in ("keep", "drop"):
            if (match is not None) != (step.action == "keep"):
                return None
        elif step.action == "replace":
            if match:
                result[step.target] = match.expand(step.text)
        else:
            _on_names(result, step)
    return {label: value for label, value in result.items() if value}


def _on_names(labels: dict[str, str], step: Step) -> None:
    """Apply a step that matches the names of labels."""
    for label, value in list(labels.items()):
        match = step.regex.fullmatch(label)
        if step.action == "labelmap":
            if match:
                labels[match.expand(step.text)] = value
        elif (match is not None) == (step.action == "labeldrop"):
            del labels[label]
