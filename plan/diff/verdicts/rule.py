"""What a verdict is, and the registry of rules that give one: pure functions from a change to whom it hurts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from plan.diff.compare import Change
from plan.diff.fleet import Bridge, Fleet, component_of, instance_of, kind_of

Disruption = Literal["none", "drains", "drops"]
DISRUPTIONS: tuple[Disruption, ...] = ("none", "drains", "drops")
"""From harmless to worst. none: who is in a call stays in it, at most a page reconnects by itself. drains: bridges leave after
their meetings, and jicofo moves those who are left. drops: people are thrown out of a call, if only to join again."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Whom a change hurts, and why."""

    disruption: Disruption
    why: str
    bridges: frozenset[Bridge] = frozenset()

    @property
    def least(self) -> int:
        """Bridges that run and are hurt in any case."""
        return sum(bridge.sure for bridge in self.bridges)

    @property
    def most(self) -> int:
        """Bridges that are hurt when the stack is at its largest."""
        return len(self.bridges)


@dataclass(frozen=True, slots=True)
class Case:
    """One change, and the bridges before and after all changes together."""

    change: Change
    base: Fleet
    head: Fleet

    @property
    def kind(self) -> str:
        """The last part of the type: `Deployment`, `Pool`, `Cluster`."""
        return kind_of(self.change.resource)

    @property
    def component(self) -> str:
        """The label `app.kubernetes.io/name` of the object, as it was where it was there before."""
        return component_of(self.change.old or self.change.resource)

    @property
    def shard(self) -> str:
        """The label `app.kubernetes.io/instance`: a shard, or the stack."""
        return instance_of(self.change.old or self.change.resource)

    @property
    def of_shard(self) -> frozenset[Bridge]:
        """The bridges of the object's shard before the change."""
        return self.base.of(self.shard)

    @property
    def existed(self) -> bool:
        """Whether there was something to hurt."""
        return self.change.old is not None


Look = Callable[[Case], Effect | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A named rule; `about` is its first docstring line, for lists of rules."""

    name: str
    look: Look = field(repr=False)
    about: str


def verdict(name: str) -> Callable[[Look], Verdict]:
    """Make a `Verdict` of the decorated function; `plan.diff.verdicts.judge` picks it up from its module."""

    def made(look: Look) -> Verdict:
        return Verdict(name, look, (look.__doc__ or "").strip().split("\n")[0])

    return made


def worst(effects: Iterable[Effect]) -> Effect | None:
    """The gravest; among equals the one that hurts most bridges, then the first."""
    found = list(effects)
    if not found:
        return None
    return max(found, key=lambda effect: (DISRUPTIONS.index(effect.disruption), effect.most))
