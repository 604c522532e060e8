"""Series that expressions are evaluated over: made-up samples, and what recording rules make of them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from plan.promql.nodes import PromqlError, Selector

NAME = "__name__"
ANY = "*"
"""Value of a label whose values are not known: it satisfies every matcher."""

Labels = tuple[tuple[str, str], ...]
"""Labels and values, sorted by label."""
Values: TypeAlias = Sequence[float | None]
"""A number for each instant; None where a vector has no element."""
Vector: TypeAlias = dict[Labels, Values]
Value: TypeAlias = Values | Vector | str
Sample = Callable[[float], float | None]
"""A series' value at an instant; None if it has no sample there."""


def labelled(pairs: Mapping[str, str]) -> Labels:
    """Return labels as Prometheus compares them: sorted, without empty ones."""
    return tuple(sorted((label, value) for label, value in pairs.items() if value))


def nameless(labels: Labels) -> Labels:
    """Return labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


@dataclass(frozen=True, slots=True)
class Stream:
    """One series."""

    labels: Labels
    sample: Sample = field(default=lambda _: 1.0, compare=False)


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording rule: its expression, and the labels that it sets."""

    name: str
    expression: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """Every series that an expression may select. `step` is the seconds between two samples."""

    streams: Mapping[str, Sequence[Stream]]
    recordings: Mapping[str, Sequence[Recording]]
    step: float = 15

    @property
    def names(self) -> Iterable[str]:
        """Names of all series."""
        return {*self.streams, *self.recordings}

    def matching(self, selector: Selector) -> list[str]:
        """Return the names that a selector asks for."""
        if selector.name:
            return [selector.name] if selector.name in self.streams or selector.name in self.recordings else []
        wanted = [matcher for matcher in selector.matchers if matcher[0] == NAME]
        return sorted(name for name in self.names if wanted and all(_accepts(name, *each[1:]) for each in wanted))


def selected(labels: Labels, selector: Selector) -> Labels | None:
    """Return a series' labels if the matchers accept them, else None; a label of any value takes the one asked for."""
    values = dict(labels)
    for label, operator, value in selector.matchers:
        if label == NAME:
            continue
        own = values.get(label, "")
        if own == ANY and operator in ("=", "=~"):
            values[label] = value if operator == "=" else ANY
        elif own != ANY and not _accepts(own, operator, value):
            return None
    return labelled(values)


def _accepts(own: str, operator: str, value: str) -> bool:
    if operator in ("=", "!="):
        return (own == value) == (operator == "=")
    try:
        return bool(re.fullmatch(value, own)) == (operator == "=~")
    except re.error as error:
        raise PromqlError(f"{value!r} is no regular expression: {error}") from None
