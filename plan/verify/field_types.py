"""The types that fields have, learned from what the program renders: the API server refuses a value of another type."""

from collections.abc import Iterable, Iterator
from typing import Any

from plan.diff.paths import Path, written
from plan.recorder import Resource
from plan.tokens import is_kubernetes_object

_FREE = ("annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "selector", "stringData")
"""Fields whose keys are chosen freely; their values are texts."""
_AMOUNTS = ("capacity", "default", "defaultRequest", "hard", "limits", "max", "min", "requests", "target")
"""Fields whose values are quantities: numbers or texts."""
_NUMBER_OR_TEXT = (
    *("averageValue", "divisor", "sizeLimit", "maxSurge", "maxUnavailable", "minAvailable"),
    *("port", "targetPort"),
)
"""Quantities and `IntOrString` by themselves."""
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    dict: "a mapping",
    list: "a list",
}


class FieldTypes:
    """The types of fields by kind of object, of all objects that the program renders."""

    def __init__(self, rendered: Iterable[Resource]) -> None:
        self._known: dict[tuple[str, Path], set[type]] = {}
        for resource in rendered:
            if is_kubernetes_object(resource.type):
                for path, value in _values(resource.properties):
                    self._known.setdefault((resource.type, _general(path)), set()).add(type(value))

    def wrong(self, resource: Resource, path: Path, found: Any) -> Iterator[str]:
        """Describe values at and below a path of a found object that have another type than every rendered one there."""
        for place, value in _values(found, path):
            known = self._known.get((resource.type, _general(place)), set())
            if type(value) in _WORDS and known and not any(_fits(place, value, each) for each in known):
                due = " or ".join(sorted(_WORDS[each] for each in known if each in _WORDS))
                yield f"{written(place)} is {_WORDS[type(value)]}, and must be {due}"


def _values(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the value and all values below it; those that are None count as not set."""
    if value is None:
        return
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _values(each, (*path, key))


def _general(path: Path) -> Path:
    """Return the path for all items of a list, and for all keys that are chosen freely."""
    pairs = zip(("", *path), path, strict=False)
    return tuple("*" if isinstance(part, int) or above in _FREE else part for above, part in pairs)


def _fits(path: Path, value: Any, known: type) -> bool:
    if isinstance(value, known) and (known is bool or not isinstance(value, bool)):
        return True
    either = path[-1] in _NUMBER_OR_TEXT or (len(path) > 1 and path[-2] in _AMOUNTS)
    numbers = {int, float} if known is float or (isinstance(value, float) and value.is_integer()) else {int}
    if either:
        return {type(value), known} <= {int, float, str}
    return {type(value), known} <= numbers
