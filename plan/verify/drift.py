"""Differences between what the program renders and what is there."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from config.quantities import quantity
from plan.answers import ADDRESS, generated
from plan.diff.paths import Path, at, differing, under, written
from plan.findings.rule import Finding
from plan.recorder import Resource
from plan.tokens import is_kubernetes_object
from plan.verify.api_fields import unknown_fields
from plan.verify.field_types import FieldTypes
from plan.verify.objects import Deployed, Key, key_of
from plan.wire import SECRET

MISSING, CHANGED, UNKNOWN = "object-missing", "object-changed", "object-unknown"
REFUSED, TWICE = "object-refused", "object-twice"
_SHOWN = 3
"""Differences of one object that its finding lists."""
_CHARACTERS = 60
_EMPTY: tuple[Any, ...] = (None, {}, [], "")
_EMPTY_MEANS = ("emptyDir", "labelSelector", "namespaceSelector", "podSelector")
"""Fields whose empty value is not the same as none: an empty selector selects everything, also that of a policy, which needs one."""


def drift(
    deployed: Deployed,
    second: Mapping[str, Resource],
    placeholders: frozenset[str],
    files: Mapping[Key, tuple[str, ...]] | None = None,
) -> Iterator[Finding]:
    """Yield a finding for each rendered object that is missing (error) or differs (warning), and each unknown object (info).

    `second` holds the resources, by URN, of a second evaluation with other secrets: fields that differ there follow from secrets. They are
    not compared, and neither are masked fields and those with a text of `placeholders`.

    `files` are those that the objects were read from. No API server has seen these, so objects that are there more than once, and values of
    a type that it refuses, are errors, too.
    """
    files = files or {}
    for resource in deployed.missing:
        yield Finding(
            "error",
            MISSING,
            _place(key_of(resource)),
            "is rendered by the program, and is not there: it was deleted or renamed by hand",
            "run `pulumi up --refresh`, or put the file back",
        )
    for key, paths in files.items():
        if len(paths) > 1:
            where = f"in {' and in '.join(paths)}" if len({*paths}) > 1 else f"{len(paths)} times in {paths[0]}"
            yield Finding(
                "error",
                TWICE,
                _place(key),
                f"is {where}: whichever is applied last replaces the other, and only the last one is verified here",
                "keep one of them",
                paths[-1],
            )
    types = FieldTypes(rendered for rendered, _ in deployed.pairs) if files else None
    for rendered, found in deployed.pairs:
        comparable = partial(_comparable, rendered, second.get(rendered.urn, rendered), placeholders)
        yield from _of_object(rendered, found, files.get(key_of(rendered), ("",))[-1], types, comparable)
    for resource in deployed.unknown:
        yield Finding(
            "info",
            UNKNOWN,
            _place(key_of(resource)),
            "is not rendered by the program: it was made by hand, or by another program",
            "delete it if nobody needs it",
            files.get(key_of(resource), ("",))[-1],
        )


def _of_object(
    rendered: Resource,
    found: Resource,
    file: str,
    types: FieldTypes | None,
    comparable: Callable[[Path], bool],
) -> Iterator[Finding]:
    """Yield a finding for the fields that the API server refuses, and one for all others that differ."""
    place = _place(key_of(rendered))
    paths = [path for path in differing(rendered.properties, found.properties) if not _ignored(rendered, path)]
    refused = [
        (path, text)
        for path in paths
        for text in (types.wrong(rendered, path, at(found.properties, *path)) if types else ())
    ]
    if types and paths and is_kubernetes_object(rendered.type):
        refused += [
            (path, f"{written(path)} is no field of the API{question and f' ({question})'}")
            for path, question in unknown_fields(rendered.type, found.properties)
        ]
    if refused:
        yield Finding(
            "error",
            REFUSED,
            place,
            f"{_listed([text for _, text in refused])}: the API server refuses the object",
            "spell the field as the API does, and write a value of its type; in YAML, quotes make a text",
            file,
        )
    paths = [
        path
        for path in paths
        if path not in {path for path, _ in refused}
        and not _equal(rendered.properties, found.properties, path)
        and comparable(path)
    ]
    if paths:
        yield Finding(
            "warning",
            CHANGED,
            place,
            f"{_listed([_difference(rendered, found, path) for path in paths])}: changed by hand, or the program has changed since",
            "make the change in the stack file, or run `pulumi up --refresh` to undo it",
            file,
        )


def _listed(texts: Sequence[str]) -> str:
    more = f", and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"{'; '.join(texts[:_SHOWN])}{more}"


def placeholders_of(rendered: Iterable[Resource]) -> frozenset[str]:
    """Return texts that an evaluation makes up: ids, names and addresses that Scaleway assigns."""
    made_up = (
        generated(resource.type, resource.urn) for resource in rendered if not is_kubernetes_object(resource.type)
    )
    return frozenset({ADDRESS}).union(*made_up)


def _place(key: Key) -> str:
    type_, namespace, name = key
    return f"{type_.rpartition(':')[2]} {namespace}/{name}" if namespace else f"{type_.rpartition(':')[2]} {name}"


def _equal(old: Any, new: Any, path: Path) -> bool:
    """Whether two values are the same to the API server, which writes 1000m as 1 and an empty value as none."""
    rendered, found = at(old, *path), at(new, *path)
    if isinstance(path[-1], int) and len(at(old, *path[:-1])) != len(at(new, *path[:-1])):
        return False  # `[{}]` is not `[]`: a policy's rule without conditions allows everything
    if rendered == found or (rendered in _EMPTY and found in _EMPTY):
        return rendered == found or path[-1] not in _EMPTY_MEANS or path == ("spec", "podSelector")
    try:
        return quantity(rendered) == quantity(found)
    except (ValueError, ArithmeticError):
        return False


def _ignored(resource: Resource, path: Path) -> bool:
    return any(under(written(path), ignored) for ignored in resource.ignore_changes)


def _comparable(rendered: Resource, other: Resource, placeholders: frozenset[str], path: Path) -> bool:
    value = at(rendered.properties, *path)
    text = str(value)
    return (
        value == at(other.properties, *path)
        and SECRET not in text
        and not any(placeholder in text for placeholder in placeholders)
    )


def _difference(rendered: Resource, found: Resource, path: Path) -> str:
    before, after = at(rendered.properties, *path), at(found.properties, *path)
    if isinstance(before, str | int | float | None) and isinstance(after, str | int | float | None):
        if max(len(str(before)), len(str(after))) > _CHARACTERS:
            return f"{written(path)} differs"
        if before is None:
            return f"{written(path)} is {_json(after)}, and is not rendered"
        return f"{written(path)} is {_json(after) if after is not None else 'not set'} instead of {_json(before)}"
    if isinstance(before, Sequence) and isinstance(after, Sequence) and not isinstance(before, str):
        return f"{written(path)} has {len(after)} entries instead of {len(before)}"
    return f"{written(path)} differs"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
