"""A diff with its verdicts, independent of the output format (text, JSON, Markdown)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from plan.diff.compare import Change, changes
from plan.diff.fleet import Bridge, fleet, merged
from plan.diff.held_ports import held_ports
from plan.diff.leaving_shards import handovers
from plan.diff.verdicts.judge import judge
from plan.diff.verdicts.rule import DISRUPTIONS, Disruption, Effect
from plan.recorder import Resource


@dataclass(frozen=True, slots=True)
class Verdict:
    """One change and its effect on calls."""

    change: Change
    effect: Effect

    def as_dict(self) -> dict[str, Any]:
        """Return one entry of `changes`."""
        resource = self.change.resource
        return {
            "type": resource.type,
            "name": resource.name,
            "operation": self.change.operation,
            "paths": list(self.change.paths),
            "disruption": self.effect.disruption,
            "bridges": self.effect.max_bridges,
            "bridgesAtLeast": self.effect.min_bridges,
            "why": self.effect.why,
            "source": self.effect.source,
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """Every change, worst first, with notes for the reader."""

    stack: str
    base: str
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    @property
    def shown(self) -> tuple[Verdict, ...]:
        """Changes of resources; those of components appear in the JSON only."""
        return tuple(verdict for verdict in self.verdicts if verdict.change.resource.custom)

    def hurt(self, disruption: Disruption) -> frozenset[Bridge]:
        """Return the bridges of all changes with this disruption, each once."""
        return merged(
            bridge
            for verdict in self.verdicts
            if verdict.effect.disruption == disruption
            for bridge in verdict.effect.bridges
        )

    @property
    def disruption(self) -> Disruption:
        """The worst disruption of all changes."""
        ranks = (DISRUPTIONS.index(verdict.effect.disruption) for verdict in self.verdicts)
        return DISRUPTIONS[max(ranks, default=0)]

    def as_dict(self) -> dict[str, Any]:
        """Return the document that `--json` prints."""
        operations = Counter(verdict.change.operation for verdict in self.shown)
        return {
            "stack": self.stack,
            "base": self.base,
            "changes": [verdict.as_dict() for verdict in self.verdicts],
            "summary": {
                "text": sentence(self),
                "disruption": self.disruption,
                "operations": {name: operations[name] for name in ("create", "update", "replace", "delete")},
                **{
                    disruption: {
                        "changes": sum(verdict.effect.disruption == disruption for verdict in self.shown),
                        "bridges": bounds(self.hurt(disruption)),
                        "shards": sorted({bridge.shard for bridge in self.hurt(disruption)}),
                    }
                    for disruption in DISRUPTIONS[1:]
                },
            },
            "notes": list(self.notes),
        }


def diff(stack: str, base: str, old: Sequence[Resource], new: Sequence[Resource], notes: Iterable[str] = ()) -> Diff:
    """Compare two sets of resources and judge every change."""
    before, after = fleet(old), fleet(new)
    verdicts = [Verdict(change, judge(change, before, after)) for change in changes(old, new)]
    verdicts.sort(key=lambda verdict: (-DISRUPTIONS.index(verdict.effect.disruption), -verdict.effect.max_bridges))
    kept = [
        f"{verdict.change.resource.name} is protected: `pulumi up` refuses to {verdict.change.operation} it while `protect` is on."
        for verdict in verdicts
        if verdict.change.goes and verdict.change.old and verdict.change.old.protect
    ]
    return Diff(
        stack, base, tuple(verdicts), (*notes, *handovers(old, new, before, after), *held_ports(old, new), *kept)
    )


def bounds(bridges: frozenset[Bridge]) -> dict[str, int]:
    """Return how many of them are certainly affected, and how many at most."""
    return {"min": sum(bridge.certain for bridge in bridges), "max": len(bridges)}


def span(bridges: frozenset[Bridge]) -> str:
    """Format bridges: `2..6 bridges of s0 and s1`, `1 bridge of s0`."""
    minimum, maximum = bounds(bridges).values()
    number = str(maximum) if minimum == maximum else f"{minimum}..{maximum}"
    shards = sorted({bridge.shard for bridge in bridges})
    named = shards[0] if len(shards) == 1 else f"{', '.join(shards[:-1])} and {shards[-1]}"
    return f"{number} bridge{'' if number == '1' else 's'} of {named}"


def sentence(result: Diff) -> str:
    """Summarise a diff: `3 changes, 1 drains 2..32 bridges of s0, none drops a call`."""
    total = len(result.shown)
    if not total:
        return "no changes"
    parts = [f"{total} change{'' if total == 1 else 's'}"]
    if refused := sum(verdict.effect.disruption == "refused" for verdict in result.shown):
        parts.append(f"{refused} {'is' if refused == 1 else 'are'} refused, so `pulumi up` fails")
    kinds: tuple[tuple[Disruption, str, str], ...] = (("drops", "drop", "a call"), ("drains", "drain", "a bridge"))
    absent = []
    for disruption, verb, bare in kinds:
        count = sum(verdict.effect.disruption == disruption for verdict in result.shown)
        if count:
            parts.append(f"{count} {verb}{'s' if count == 1 else ''} {_whom(result.hurt(disruption), disruption)}")
        else:
            absent.append(f"{verb}s {bare}")
    return ", ".join([*parts, f"none {' or '.join(absent)}"] if absent else parts)


def _whom(hurt: frozenset[Bridge], disruption: Disruption) -> str:
    if not hurt:
        return "calls"
    return f"the calls on {span(hurt)}" if disruption == "drops" else span(hurt)
