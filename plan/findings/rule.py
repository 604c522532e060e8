"""What a rule is: one pure function with a name and a severity, from a stack, or from its resources, to what it finds there."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Generic, Literal, TypeVar

from config.model import Model
from config.shard import Shard
from config.stack import StackConfig

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
S = TypeVar("S")
"""What a rule looks at: a `Subject`, or the resources that were made (`plan.resources.made.Made`)."""


@dataclass(frozen=True)
class Subject:
    """What the rules look at: a stack whose config is valid."""

    stack: str
    config: StackConfig
    today: date
    plain_secrets: tuple[str, ...] = ()
    """Names of secrets that stand in the stack file unencrypted; never their values."""
    missing_secrets: tuple[str, ...] = ()
    """Names of secrets that the program needs and that are not in the stack file; empty where nobody looked."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """`SCW_DEFAULT_*` of the caller's environment."""

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """The shards with everything decided."""
        return self.config.resolved

    @property
    def kapsule(self) -> bool:
        """Whether the stack makes its cluster, and with it pools, addresses and the API server's access list."""
        return self.config.cluster.kind == "kapsule"

    @property
    def active(self) -> tuple[Shard, ...]:
        """Shards that take new meetings."""
        return tuple(shard for shard in self.shards if shard.state == "active")

    def bridges_key(self, position: int, *names: str) -> str:
        """Where a bridges setting of the shard at `position` was written: its own override, or the defaults.

        `names` are the models' own, `("scaling", "spares")`; the result is the author's, `bridges.scaling.spares`.
        """
        level: object = self.config.shards[position].bridges
        for name in names:
            if not isinstance(level, Model) or name not in level.model_fields_set:
                return ".".join(("bridges", *map(_written, names)))
            level = getattr(level, name)
        return ".".join((f"shards[{position}]", "bridges", *map(_written, names)))

    def ceiling_key(self, position: int) -> str:
        """Where the most bridges of the shard at `position` are written: `max`, or `min` where nothing scales them."""
        return self.bridges_key(position, "max" if self.shards[position].bridges.topology == "autoscaled" else "min")


def _written(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def largest(model: type[Model], name: str) -> int:
    """The largest number that a key takes, so that no remedy asks for more."""
    limits = model.model_fields[name].metadata
    return next(limit.le for limit in limits if getattr(limit, "le", None) is not None)


@dataclass(frozen=True, slots=True)
class Found:
    """One place where a rule applies. `severity` stands in for the rule's own where a case weighs differently."""

    where: str
    message: str
    remedy: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry of the report's `findings`."""

    severity: Severity
    rule: str
    where: str
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """As the report writes it."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "where": self.where,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """A named check. `about` is its first docstring line, for lists of rules."""

    name: str
    severity: Severity
    look: Callable[[S], Iterable[Found]] = field(repr=False)
    about: str

    def findings(self, subject: S) -> Iterator[Finding]:
        """What the rule finds; a place that several shards share is told once."""
        told: set[Found] = set()
        for found in self.look(subject):
            if found not in told:
                told.add(found)
                yield Finding(found.severity or self.severity, self.name, found.where, found.message, found.remedy)


def rule(name: str, severity: Severity) -> Callable[[Callable[[S], Iterable[Found]]], Rule[S]]:
    """Make a `Rule` of the decorated function; the `check` beside its module picks it up."""

    def made(look: Callable[[S], Iterable[Found]]) -> Rule[S]:
        return Rule(name, severity, look, (look.__doc__ or "").strip().split("\n")[0])

    return made
