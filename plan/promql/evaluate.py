"""Evaluation of PromQL at a list of instants at once, as Prometheus does it.

With `possible` it answers which series an expression can ever give: comparisons keep everything, `unless` removes nothing.
"""

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Sequence

from plan.promql import functions
from plan.promql.nodes import (
    COMPARISONS,
    SETS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    PromqlError,
    Selector,
    Text,
)
from plan.promql.parse import parse
from plan.promql.series import NAME, Labels, Source, Value, Values, Vector, labelled, nameless, selected

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _divide(left: float, right: float) -> float:
    return left / right if right else (math.nan if not left or math.isnan(left) else math.copysign(math.inf, left))


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": lambda a, b: math.fmod(a, b) if b else math.nan,
    "^": operator.pow,
}
_FOLDS: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "count": len,
    "group": lambda _: 1.0,
    "avg": lambda values: sum(values) / len(values),
}


class Evaluation:
    """An evaluation at `times`. `empty` lists what can never have a result."""

    def __init__(self, source: Source, times: Sequence[float], *, possible: bool = False) -> None:
        self.source, self.times, self.possible = source, list(times), possible
        self.empty: list[str] = []
        self._recorded: dict[str, Vector] = {}
        self._pending: set[str] = set()
        self._values: dict[int, tuple[Node, Value]] = {}

    def vector(self, node: Node) -> Vector:
        """Return an expression's vector; a scalar is one element without labels.

        Raises:
            PromqlError: Prometheus would refuse it, or it uses what is not known here.
        """
        value = self.value(node)
        if isinstance(value, str):
            raise PromqlError("is a string, not a number")
        return value if isinstance(value, dict) else {(): value}

    def value(self, node: Node) -> Value:
        """Return an expression's value, which is not to be changed; equal nodes of a tree are evaluated once."""
        if id(node) not in self._values:
            self._values[id(node)] = (node, self._valued(node))
        return self._values[id(node)][1]

    def _valued(self, node: Node) -> Value:
        if isinstance(node, Number):
            return [node.value] * len(self.times)
        if isinstance(node, Text):
            return node.value
        if isinstance(node, Selector):
            if node.seconds is not None:
                raise PromqlError(f"{node.name}[…] is a range, where an instant vector is due")
            return self.select(node)
        if isinstance(node, Call):
            return functions.call(self, node)
        return self._aggregate(node) if isinstance(node, Aggregate) else self._binary(node)

    def at(self, times: Sequence[float]) -> "Evaluation":
        """Return an evaluation of the same series at other instants, which notes its empty parts here."""
        other = Evaluation(self.source, times, possible=self.possible)
        other.empty, other._pending = self.empty, self._pending
        return other

    def select(self, selector: Selector) -> Vector:
        """Return the series that a selector matches, with their names."""
        result: Vector = {}
        moved = self.at([time - selector.offset for time in self.times]) if selector.offset else self
        for name in self.source.matching(selector):
            for stream in self.source.streams.get(name, ()):
                if (labels := selected(stream.labels, selector)) is not None:
                    result[_named(labels, name)] = [stream.sample(time) for time in moved.times]
            for labels, values in moved.recorded(name).items():
                if (kept := selected(labels, selector)) is not None:
                    result[_named(kept, name)] = values
        if not result:
            self.empty.append(_written(selector))
        return result

    def recorded(self, name: str) -> Vector:
        """Return what the recording rules of that name give, without the name; empty if there are none."""
        if name in self._recorded or name not in self.source.recordings:
            return self._recorded.get(name, {})
        if name in self._pending:
            raise PromqlError(f"{name} is recorded from itself")
        self._pending.add(name)
        result: Vector = {}
        for recording in self.source.recordings[name]:
            noted = len(self.empty)
            for labels, values in self.vector(parse(recording.expression)).items():
                pairs = labelled({**dict(labels), **recording.labels, NAME: ""})
                if pairs in result:
                    raise PromqlError(f"{name} is recorded twice with the same labels")
                result[pairs] = values
            del self.empty[noted:]  # the recording rule's own findings
        self._pending.discard(name)
        self._recorded[name] = result
        return result

    def _aggregate(self, node: Aggregate) -> Vector:
        if node.operation not in _FOLDS:
            raise PromqlError(f"{node.operation} is not known here")
        groups: defaultdict[Labels, list[Values]] = defaultdict(list)
        for labels, values in self.vector(node.of).items():
            kept = [pair for pair in labels if pair[0] != NAME and (pair[0] in node.labels) != node.without]
            groups[tuple(kept)].append(values)
        fold = _FOLDS[node.operation]
        return {
            labels: [
                fold(present) if (present := [value for value in column if value is not None]) else None
                for column in zip(*rows, strict=True)
            ]
            for labels, rows in groups.items()
        }

    def _binary(self, node: Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, str) or isinstance(right, str):
            raise PromqlError(f"{node.operator} takes no strings")
        if isinstance(left, dict) and isinstance(right, dict):
            result = self._sets(node, left, right) if node.operator in SETS else self._matched(node, left, right)
            if self.possible and left and right and not result:
                self.empty.append(f"the operator {node.operator}: no labels of its two sides match")
            return result
        if node.operator in SETS:
            raise PromqlError(f"{node.operator} takes two vectors")
        if isinstance(left, dict):
            return self._each(node, left, lambda values: (values, right))  # type: ignore[arg-type,return-value]
        if isinstance(right, dict):
            return self._each(node, right, lambda values: (left, values))
        if node.operator in COMPARISONS and not node.as_bool:
            raise PromqlError(f"{node.operator} of two scalars needs bool")
        return self._combined(node, left, right, right)

    def _each(self, node: Binary, vector: Vector, pair: Callable[[Values], tuple[Values, Values]]) -> Vector:
        result: Vector = {}
        keeps = node.operator in COMPARISONS and not node.as_bool
        for labels, values in vector.items():
            _put(result, labels if keeps else nameless(labels), self._combined(node, *pair(values), values))
        return result

    def _combined(self, node: Binary, left: Values, right: Values, kept: Values) -> Values:
        """Combine number by number; `kept` is what a comparison that filters lets through."""
        if node.operator not in COMPARISONS:
            apply = _ARITHMETIC.get(node.operator)
            if apply is None:
                raise PromqlError(f"{node.operator} is not known here")
            return [None if a is None or b is None else apply(a, b) for a, b in zip(left, right, strict=True)]
        holds = _COMPARE[node.operator]
        if node.as_bool:
            return [None if a is None or b is None else float(holds(a, b)) for a, b in zip(left, right, strict=True)]
        return [
            k if a is not None and b is not None and (self.possible or holds(a, b)) else None
            for a, b, k in zip(left, right, kept, strict=True)
        ]

    def _sets(self, node: Binary, left: Vector, right: Vector) -> Vector:
        keys: defaultdict[Labels, list[Values]] = defaultdict(list)
        for labels, values in (left if node.operator == "or" else right).items():
            keys[_key(node, labels)].append(values)

        def there(labels: Labels) -> list[bool]:
            rows = keys.get(_key(node, labels), [])
            return [any(row[number] is not None for row in rows) for number in range(len(self.times))]

        if node.operator == "or":
            result = dict(left)
            for labels, values in right.items():
                taken = [False] * len(values) if self.possible else there(labels)
                added = [None if other else value for value, other in zip(values, taken, strict=True)]
                _put(result, labels, added, merge=True)
            return result
        wanted = node.operator == "and"
        if self.possible and not wanted:
            return left
        kept = {
            labels: [value if other == wanted else None for value, other in zip(values, there(labels), strict=True)]
            for labels, values in left.items()
        }
        return {labels: values for labels, values in kept.items() if any(value is not None for value in values)}

    def _matched(self, node: Binary, left: Vector, right: Vector) -> Vector:
        many, one = (right, left) if node.group == "right" else (left, right)
        index: defaultdict[Labels, list[tuple[Labels, Values]]] = defaultdict(list)
        for labels, values in one.items():
            index[_key(node, labels)].append((labels, values))
        result: Vector = {}
        for labels, values in many.items():
            rows = index.get(_key(node, labels), [])
            for instant in range(len(self.times) if len(rows) > 1 else 0):
                if sum(row[instant] is not None for _, row in rows) > 1 and values[instant] is not None:
                    raise PromqlError(f"several series of one side of {node.operator} match the same one of the other")
            for other, row in rows:
                pair = (row, values) if node.group == "right" else (values, row)
                _put(result, _result_labels(node, labels, other), self._combined(node, *pair, values))
        return result


def _result_labels(node: Binary, many: Labels, one: Labels) -> Labels:
    if node.group:
        return labelled({**dict(nameless(many)), **{k: v for k, v in one if k in node.include}})
    return _key(node, many)


def _put(result: Vector, labels: Labels, values: Values, *, merge: bool = False) -> None:
    """Add an element; two at one instant are an error, unless the first one is to `merge`."""
    if labels not in result:
        result[labels] = values
        return
    before = result[labels]
    if not merge and any(a is not None and b is not None for a, b in zip(before, values, strict=True)):
        raise PromqlError(f"two results have the labels {dict(labels)}")
    result[labels] = [a if a is not None else b for a, b in zip(before, values, strict=True)]


def _key(node: Binary, labels: Labels) -> Labels:
    if node.on is not None:
        return tuple(pair for pair in labels if pair[0] in node.on)
    return tuple(pair for pair in labels if pair[0] != NAME and pair[0] not in node.ignoring)


def _named(labels: Labels, name: str) -> Labels:
    return ((NAME, name), *labels)


def _written(selector: Selector) -> str:
    matchers = ",".join(f'{label}{operator}"{value}"' for label, operator, value in selector.matchers)
    return f"{selector.name}{{{matchers}}}" if matchers else selector.name
