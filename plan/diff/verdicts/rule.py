"""Rules about a change: pure functions from a change to its effect on calls."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from plan.diff.compare import Change
from plan.diff.fleet import Bridge, Fleet, component_of, instance_of, kind_of

Disruption = Literal["none", "drains", "drops", "refused"]
DISRUPTIONS: tuple[Disruption, ...] = ("none", "drains", "drops", "refused")
"""From harmless to worst. none: participants stay in their calls, at most a page reconnects. drains: bridges leave after
their meetings, and jicofo moves the remaining participants. drops: participants are disconnected and must rejoin. refused: an
API refuses the change, and `pulumi up` ends at it."""

GUESS = "a guess: "
"""Begins the source of a verdict that no recording and no document supports; the verdict ends with it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """The disruption of a change, the reason, and the bridges affected."""

    disruption: Disruption
    why: str
    bridges: frozenset[Bridge] = frozenset()
    source: str = ""
    """Where it is recorded or documented what the cloud does; empty for what the program itself decides."""

    @property
    def min_bridges(self) -> int:
        """Affected bridges at the minimum scale."""
        return sum(bridge.certain for bridge in self.bridges)

    @property
    def max_bridges(self) -> int:
        """Affected bridges at the maximum scale."""
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
        """The label `app.kubernetes.io/name` of the object, before the change if it existed."""
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
        """Whether the resource existed before."""
        return self.change.old is not None


Look = Callable[[Case], Effect | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule about a change; `about` is its first docstring line, for lists of rules."""

    name: str
    look: Look = field(repr=False)
    about: str
    source: str = ""
    """Source of every effect that names none of its own."""

    def effect(self, case: Case) -> Effect | None:
        """Return the effect with its source, and in its text that it is a guess if it is one. None if the rule says nothing."""
        found = self.look(case)
        if found is None:
            return None
        source = found.source or self.source
        return replace(found, source=source, why=f"{found.why} ({source})" if source.startswith(GUESS) else found.why)


def rule(name: str, source: str = "") -> Callable[[Look], Rule]:
    """Make a `Rule` of the decorated function; `plan.diff.verdicts.judge` picks it up.

    A rule about what Scaleway does has a source: a file of a repository at a commit, or a page of its documentation.
    """

    def decorate(look: Look) -> Rule:
        return Rule(name, look, (look.__doc__ or "").strip().split("\n")[0], source)

    return decorate


def worst(effects: Iterable[Effect]) -> Effect | None:
    """Return the worst effect; among equals the one with most bridges, then the first. None without effects."""
    return max(effects, key=lambda effect: (DISRUPTIONS.index(effect.disruption), effect.max_bridges), default=None)
