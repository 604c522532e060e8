"""Rules: pure functions with a name and a severity, from a stack or its resources to findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Generic, Literal, TypeVar

from config.model import Model
from config.shard import Shard
from config.stack import StackConfig
from plan.findings.words import as_written, without_none

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
S = TypeVar("S")
"""Input of a rule: a `Subject`, or a stack's `Resources` (`plan.resources.made`)."""


@dataclass(frozen=True)
class Subject:
    """A stack with a valid config, as the rules see it."""

    stack: str
    config: StackConfig
    today: date
    plain_secrets: tuple[str, ...] = ()
    """Names of secrets in plain text in the stack file; never their values."""
    missing_secrets: tuple[str, ...] = ()
    """Names of required secrets that the stack file lacks; empty if not checked."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """`SCW_DEFAULT_*` of the caller's environment."""

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """The shards with defaults applied."""
        return self.config.resolved

    @property
    def kapsule(self) -> bool:
        """Whether the cluster is at Scaleway, with its quotas, timers and load balancers."""
        return self.config.cluster.is_kapsule

    @property
    def active(self) -> tuple[Shard, ...]:
        """Shards that take new meetings."""
        return tuple(shard for shard in self.shards if shard.state == "active")

    def bridges_key(self, position: int, *names: str) -> str:
        """Return the config key of a bridges setting of the shard at `position`: its override, or the defaults.

        `names` are model fields, `("scaling", "spares")`; the result is the config key, `bridges.scaling.spares`.
        """
        level: object = self.config.shards[position].bridges
        for name in names:
            if not isinstance(level, Model) or name not in level.model_fields_set:
                return ".".join(("bridges", *map(written, names)))
            level = getattr(level, name)
        return ".".join((f"shards[{position}]", "bridges", *map(written, names)))

    def ceiling_key(self, position: int) -> str:
        """Return the config key of the shard's maximum: `max`, or `min` without autoscaling."""
        return self.bridges_key(position, "max" if self.shards[position].bridges.topology == "autoscaled" else "min")


def written(name: str) -> str:
    """Return a model's field as the stack file writes it."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def largest(model: type[Model], name: str) -> int:
    """Return the largest value that a key accepts, so that no remedy exceeds it."""
    limits = model.model_fields[name].metadata
    return next(limit.le for limit in limits if getattr(limit, "le", None) is not None)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule applies. `severity` overrides the rule's own."""

    where: str
    message: str
    remedy: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An entry of the report's `findings`."""

    severity: Severity
    rule: str
    where: str
    message: str
    remedy: str
    file: str = ""
    """Path of the file that the object is read from, if it is read from one."""

    def as_dict(self) -> dict[str, str]:
        """Return the entry of the report's `findings`; `file` only if there is one."""
        entry = {
            "severity": self.severity,
            "rule": self.rule,
            "where": self.where,
            "message": self.message,
            "remedy": self.remedy,
        }
        return entry | {"file": self.file} if self.file else entry


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, errors first; those of one severity keep their order."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """A named check. `about` is the first line of its docstring."""

    name: str
    severity: Severity
    look: Callable[[S], Iterable[Hit]] = field(repr=False)
    about: str

    def findings(self, subject: S) -> Iterator[Finding]:
        """Yield the findings; equal hits of several shards once."""
        reported: set[Hit] = set()
        for hit in self.look(subject):
            if hit not in reported:
                reported.add(hit)
                message, remedy = without_none(as_written(hit.message)), as_written(hit.remedy)
                yield Finding(hit.severity or self.severity, self.name, hit.where, message, remedy)


def rule(name: str, severity: Severity) -> Callable[[Callable[[S], Iterable[Hit]]], Rule[S]]:
    """Turn the decorated function into a `Rule`, which `check` collects."""

    def decorate(look: Callable[[S], Iterable[Hit]]) -> Rule[S]:
        return Rule(name, severity, look, (look.__doc__ or "").strip().split("\n")[0])

    return decorate


def issued_instead(subject: Subject) -> str:
    """Return the keys by which cert-manager issues a certificate in place of one's own."""
    install = " and tls.certManager: install" if subject.config.cluster.creates_cluster else ""
    return f"tls.mode: letsEncrypt{install}, and remove tls.secretName"
