"""The nodes of PromQL's trees."""

import re
from dataclasses import dataclass
from typing import TypeAlias

COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SETS = frozenset({"and", "or", "unless"})
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


class PromqlError(ValueError):
    """An expression that Prometheus would refuse, or a construct that this reader does not know."""


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by name and matchers (label, operator, value); `seconds` is the range, None for the newest sample."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]
    seconds: float | None = None
    offset: float = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation `by` labels, or `without` them."""

    operation: str
    of: "Node"
    labels: tuple[str, ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator; `on` names the labels that match, `ignoring` those that do not; `group` is the side with many."""

    operator: str
    left: "Node"
    right: "Node"
    as_bool: bool = False
    on: tuple[str, ...] | None = None
    ignoring: tuple[str, ...] = ()
    group: str = ""
    include: tuple[str, ...] = ()


Node: TypeAlias = Number | Text | Selector | Call | Aggregate | Binary


def seconds(duration: str) -> float:
    """Return the seconds of a duration such as `1h30m`.

    Raises:
        PromqlError: it is none.
    """
    if not re.fullmatch(r"(?:\d+(?:ms|[smhdwy]))+", duration):
        raise PromqlError(f"{duration!r} is no duration such as 30s or 5m")
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", duration))


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Aggregate):
        return (node.of,)
    return (node.left, node.right) if isinstance(node, Binary) else ()


def selectors(node: Node) -> tuple[Selector, ...]:
    """Return every selector of an expression, in order."""
    if isinstance(node, Selector):
        return (node,)
    return tuple(selector for child in children(node) for selector in selectors(child))
