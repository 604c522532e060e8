"""A diff, judged: what `plan diff` says, before it is written as text, JSON or Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from plan.diff.compare import Change, changes
from plan.diff.fleet import Bridge, fleet, merged
from plan.diff.held_ports import held_ports
from plan.diff.verdicts.judge import judge
from plan.diff.verdicts.rule import DISRUPTIONS, Disruption, Effect
from plan.recorder import Resource


@dataclass(frozen=True, slots=True)
class Judged:
    """One change and whom it hurts."""

    change: Change
    effect: Effect

    def as_dict(self) -> dict[str, Any]:
        """One entry of `changes`."""
        resource = self.change.resource
        return {
            "type": resource.type,
            "name": resource.name,
            "operation": self.change.operation,
            "paths": list(self.change.paths),
            "disruption": self.effect.disruption,
            "bridges": self.effect.most,
            "bridgesAtLeast": self.effect.least,
            "why": self.effect.why,
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """Every change, worst first, and what a reader must know beside."""

    stack: str
    base: str
    judged: tuple[Judged, ...]
    notes: tuple[str, ...]

    @property
    def shown(self) -> tuple[Judged, ...]:
        """Changes of resources; components only group them and are left to the JSON."""
        return tuple(one for one in self.judged if one.change.resource.custom)

    def hurt(self, disruption: Disruption) -> frozenset[Bridge]:
        """All bridges of the changes with this disruption, each counted once."""
        return merged(
            bridge for one in self.judged if one.effect.disruption == disruption for bridge in one.effect.bridges
        )

    @property
    def disruption(self) -> Disruption:
        """The worst of all changes."""
        found = {one.effect.disruption for one in self.judged}
        return "drops" if "drops" in found else "drains" if "drains" in found else "none"

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        operations = Counter(one.change.operation for one in self.shown)
        return {
            "stack": self.stack,
            "base": self.base,
            "changes": [one.as_dict() for one in self.judged],
            "summary": {
                "text": sentence(self),
                "disruption": self.disruption,
                "operations": {name: operations[name] for name in ("create", "update", "replace", "delete")},
                **{
                    disruption: {
                        "changes": sum(one.effect.disruption == disruption for one in self.shown),
                        "bridges": bounds(self.hurt(disruption)),
                        "shards": sorted({bridge.shard for bridge in self.hurt(disruption)}),
                    }
                    for disruption in DISRUPTIONS[1:]
                },
            },
            "notes": list(self.notes),
        }


def diff(stack: str, base: str, old: Sequence[Resource], new: Sequence[Resource], notes: Iterable[str] = ()) -> Diff:
    """Compare and judge."""
    before, after = fleet(old), fleet(new)
    judged = [Judged(change, judge(change, before, after)) for change in changes(old, new)]
    judged.sort(key=lambda one: (-DISRUPTIONS.index(one.effect.disruption), -one.effect.most))
    kept = [
        f"{one.change.resource.name} is protected: `pulumi up` refuses to {one.change.operation} it while `protect` is on."
        for one in judged
        if one.change.goes and one.change.old and one.change.old.protect
    ]
    return Diff(stack, base, tuple(judged), (*notes, *held_ports(old, new), *kept))


def bounds(bridges: frozenset[Bridge]) -> dict[str, int]:
    """How many of them run in any case, and how many may."""
    return {"min": sum(bridge.sure for bridge in bridges), "max": len(bridges)}


def span(bridges: frozenset[Bridge]) -> str:
    """`2..6 bridges of s0 and s1`, `1 bridge of s0`."""
    least, most = bounds(bridges).values()
    number = str(most) if least == most else f"{least}..{most}"
    shards = sorted({bridge.shard for bridge in bridges})
    named = shards[0] if len(shards) == 1 else f"{', '.join(shards[:-1])} and {shards[-1]}"
    return f"{number} bridge{'' if number == '1' else 's'} of {named}"


def sentence(made: Diff) -> str:
    """All of it in one: `3 changes, 1 drains 2..32 bridges of s0, none drops a call`."""
    total = len(made.shown)
    if not total:
        return "no changes"
    parts = [f"{total} change{'' if total == 1 else 's'}"]
    kinds: tuple[tuple[Disruption, str, str], ...] = (("drops", "drop", "a call"), ("drains", "drain", "a bridge"))
    absent = []
    for disruption, verb, bare in kinds:
        count = sum(one.effect.disruption == disruption for one in made.shown)
        if count:
            parts.append(f"{count} {verb}{'s' if count == 1 else ''} {_whom(made.hurt(disruption), disruption)}")
        else:
            absent.append(f"{verb}s {bare}")
    return ", ".join([*parts, f"none {' or '.join(absent)}"] if absent else parts)


def _whom(hurt: frozenset[Bridge], disruption: Disruption) -> str:
    if not hurt:
        return "calls"
    return f"the calls on {span(hurt)}" if disruption == "drops" else span(hurt)
