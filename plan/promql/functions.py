"""The functions of PromQL that the program renders; another one is an error, never silence."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, linear_regression
from typing import Protocol, TypeAlias

from plan.promql.nodes import Call, Node, PromqlError, Selector
from plan.promql.series import NAME, Source, Value, Values, Vector, labelled, nameless

DAY = 86400
FIRST_DAY = 4  # 1970-01-01 was a Thursday, and day_of_week counts from Sunday
Samples: TypeAlias = list[tuple[float, float]]
"""Instant and value."""


def _slope(samples: Samples) -> float:
    return linear_regression([time for time, _ in samples], [value for _, value in samples]).slope


def _rate(samples: Samples) -> float:
    return (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])


_RANGES: dict[str, tuple[int, Callable[[Samples, float], float]]] = {
    "last_over_time": (1, lambda samples, _: samples[-1][1]),
    "min_over_time": (1, lambda samples, _: min(value for _, value in samples)),
    "max_over_time": (1, lambda samples, _: max(value for _, value in samples)),
    "avg_over_time": (1, lambda samples, _: fmean(value for _, value in samples)),
    "rate": (2, lambda samples, _: _rate(samples)),
    "increase": (2, lambda samples, span: _rate(samples) * span),
    "deriv": (2, lambda samples, _: _slope(samples)),
}
"""Function -> the least number of samples, and what it makes of them and the range in seconds."""
_EACH: dict[str, Callable[..., float]] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "clamp": lambda value, low, high: max(low, min(high, value)),
    "clamp_min": max,
    "clamp_max": min,
    "day_of_week": lambda value: float((math.floor(value / DAY) + FIRST_DAY) % 7),
}
"""Function of each element, with scalars after it."""
KNOWN = frozenset({*_RANGES, *_EACH, "time", "vector", "label_replace", "absent"})


class Evaluation(Protocol):
    """What functions need of an evaluation (`plan.promql.evaluate`)."""

    source: Source
    times: list[float]
    possible: bool

    def value(self, node: Node) -> Value:
        """Return an expression's value."""
        ...

    def vector(self, node: Node) -> Vector:
        """Return an expression's vector."""
        ...

    def select(self, selector: Selector) -> Vector:
        """Return the series that a selector matches."""
        ...

    def at(self, times: Sequence[float]) -> "Evaluation":
        """Return an evaluation of the same series at other instants."""
        ...


def call(evaluation: Evaluation, node: Call) -> Value:
    """Return the value of a function.

    Raises:
        PromqlError: it is not known here, or its arguments are wrong.
    """
    name, arguments = node.function, node.arguments
    if name not in KNOWN:
        raise PromqlError(f"the function {name} is not known here")
    try:
        if name in _RANGES:
            return _over_time(evaluation, name, *arguments)
        if name == "time":
            return list(evaluation.times)
        if name == "absent":
            return _absent(evaluation, *arguments)
        values = [evaluation.value(argument) for argument in arguments]
        if name == "vector":
            (scalar,) = values
            return {(): _scalar(scalar)}
        if name == "label_replace":
            return _label_replace(*values)
        vector, *scalars = values
        return _elements(name, vector, [_scalar(scalar) for scalar in scalars])
    except TypeError as error:
        raise PromqlError(f"{name} does not take these arguments: {error}") from None


def _scalar(value: Value) -> Values:
    if isinstance(value, dict | str):
        raise PromqlError("a vector or a string stands where a scalar is due")
    return value


def _elements(name: str, vector: Value, scalars: list[Values]) -> Vector:
    if not isinstance(vector, dict):
        raise PromqlError(f"{name} takes a vector")
    apply = _EACH[name]
    result: Vector = {}
    for labels, values in vector.items():
        columns = zip(values, *scalars, strict=True)
        result[nameless(labels)] = [None if column[0] is None else float(apply(*column)) for column in columns]
    return result


def _over_time(evaluation: Evaluation, name: str, selector: object) -> Vector:
    if not isinstance(selector, Selector) or selector.seconds is None:
        raise PromqlError(f"{name} takes a range of a selector, such as [5m]")
    least, fold = _RANGES[name]
    step = evaluation.source.step
    count = 1 if evaluation.possible else max(1, math.floor(selector.seconds / step))
    behind = [step * ago for ago in reversed(range(count))]
    times = [time - ago for time in evaluation.times for ago in behind]
    plain = Selector(selector.name, selector.matchers, None, selector.offset)
    result: Vector = {}
    for labels, values in evaluation.at(times).select(plain).items():
        folded: list[float | None] = []
        for first in range(0, len(times), count):
            part = zip(times[first : first + count], values[first : first + count], strict=True)
            samples = [(time, value) for time, value in part if value is not None]
            if evaluation.possible:
                folded.append(samples[-1][1] if samples else None)
            else:
                folded.append(fold(samples, selector.seconds) if len(samples) >= least else None)
        result[labels if name == "last_over_time" else nameless(labels)] = folded
    return result


def _absent(evaluation: Evaluation, node: object) -> Vector:
    inner = evaluation.vector(node)  # type: ignore[arg-type]
    rows = list(inner.values())
    there = [any(row[number] is not None for row in rows) for number in range(len(evaluation.times))]
    matchers = _matchers_of(node)
    labels = labelled({label: value for label, operator, value in matchers if operator == "=" and label != NAME})
    return {labels: [None if present and not evaluation.possible else 1.0 for present in there]}


def _matchers_of(node: object) -> Iterable[tuple[str, str, str]]:
    left = getattr(node, "left", node)
    return left.matchers if isinstance(left, Selector) else ()


def _label_replace(vector: Value, target: Value, replacement: Value, source: Value, regex: Value) -> Vector:
    texts = (target, replacement, source, regex)
    if not isinstance(vector, dict) or not all(isinstance(text, str) for text in texts):
        raise PromqlError("label_replace takes a vector and four strings")
    result: Vector = {}
    for labels, values in vector.items():
        pairs = dict(labels)
        match = re.fullmatch(str(regex), pairs.get(str(source), ""))
        if match:
            pairs[str(target)] = match.expand(re.sub(r"\$(\d+)", r"\\\1", str(replacement)))
        result[labelled(pairs)] = values
    return result
