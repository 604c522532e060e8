"""The engine's event log, and the outcome of an operation."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CHANGES = frozenset(
    {"create", "update", "delete", "replace", "create-replacement", "delete-replaced", "import", "read-replacement"}
)
"""Operations that change a resource; `same`, `read` and `refresh` do not."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation on a resource, done or planned."""

    operation: str
    """The engine's word: same, create, update, delete, replace, create-replacement, delete-replaced, refresh …"""
    urn: str
    type: str
    paths: tuple[str, ...]
    """Properties that differ, by their path (`spec.replicas`)."""
    old: dict[str, Any] | None
    """State before, with secrets masked: `{"inputs", "outputs", "id", …}`."""
    new: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.rpartition("::")[2]

    @property
    def changes(self) -> bool:
        """Whether the operation changes the resource."""
        return self.operation in CHANGES


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the program, a provider or the engine."""

    severity: str
    """error, warning, info or info#err (what the program printed)."""
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation reported by a policy pack."""

    rule: str
    level: str
    """mandatory or advisory."""
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a preview, update, refresh or destroy."""

    status: int
    """Exit status of the engine."""
    summary: dict[str, int]
    """Number of resources by operation (`{"create": 12, "same": 3}`)."""
    steps: tuple[Step, ...]
    failed: tuple[str, ...]
    """URNs whose operation failed."""
    diagnostics: tuple[Diagnostic, ...]
    seconds: float
    output: str
    """Output of the engine."""
    violations: tuple[Violation, ...] = ()
    """Violations reported by the policy pack, if one ran."""
    events: tuple[dict[str, Any], ...] = field(repr=False, default=())

    @property
    def changes(self) -> dict[str, int]:
        """The part of `summary` that changes resources."""
        return {operation: count for operation, count in self.summary.items() if operation in CHANGES and count}

    @property
    def errors(self) -> list[str]:
        """Errors, and violations of mandatory policies."""
        errors = [diagnostic.message for diagnostic in self.diagnostics if diagnostic.severity == "error"]
        return [*errors, *(f"{each.rule}: {each.message}" for each in self.violations if each.level == "mandatory")]

    def step(self, name: str, type_: str = "") -> Step:
        """The last step of the resource with this logical name (and type, if several share the name).

        Raises:
            LookupError: there is none.
        """
        for step in reversed(self.steps):
            if step.name == name and type_ in ("", step.type):
                return step
        raise LookupError(f"no step for {name!r} {type_}; there are {sorted({step.name for step in self.steps})}")


def read(log: Path) -> list[dict[str, Any]]:
    """The events in a log, without a last line that is incomplete."""
    try:
        lines = log.read_text(errors="replace").splitlines(keepends=True)
    except OSError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def outcome(events: Iterable[dict[str, Any]], status: int, seconds: float, output: str) -> Outcome:
    """Summarize events. Pure."""
    events = tuple(events)
    steps: dict[tuple[str, str], Step] = {}
    failed: list[str] = []
    diagnostics: list[Diagnostic] = []
    violations: list[Violation] = []
    summary: dict[str, int] = {}
    for event in events:
        for kind in ("resourcePreEvent", "resOutputsEvent"):
            if kind in event:
                step = _step(event[kind]["metadata"])
                steps[step.urn, step.operation] = step
        if "resOpFailedEvent" in event:
            failed.append(event["resOpFailedEvent"]["metadata"]["urn"])
        if "diagnosticEvent" in event and event["diagnosticEvent"]["severity"] != "debug":
            detail = event["diagnosticEvent"]
            diagnostics.append(Diagnostic(detail["severity"], detail["message"].strip(), detail.get("urn", "")))
        if "policyEvent" in event:
            violations.append(violation(event["policyEvent"]))
        if "summaryEvent" in event:
            summary = dict(event["summaryEvent"].get("resourceChanges") or {})
    return Outcome(
        status,
        summary,
        tuple(steps.values()),
        tuple(failed),
        tuple(diagnostics),
        seconds,
        output,
        tuple(violations),
        events,
    )


_COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")


def violation(event: dict[str, Any]) -> Violation:
    """Read an event of a policy pack, without colour codes."""
    return Violation(
        event["policyName"],
        event["enforcementLevel"],
        _COLOUR.sub("", event["message"]).strip(),
        event.get("resourceUrn", ""),
    )


def _step(metadata: dict[str, Any]) -> Step:
    paths = sorted(metadata.get("detailedDiff") or {}) or sorted(metadata.get("diffs") or [])
    return Step(
        operation=metadata["op"],
        urn=metadata["urn"],
        type=metadata["type"],
        paths=tuple(paths),
        old=metadata.get("old"),
        new=metadata.get("new"),
    )
