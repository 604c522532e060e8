"""The fields that Kubernetes' API has, as the classes of pulumi-kubernetes list them. Their source is read as text, not imported."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path as File
from typing import Any

from config.model import nearest
from plan.diff.paths import Path

_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\n +def (\w+)\(self\) -> (.*):\n')
_CLASS = re.compile(r"'(?:_(\w+)\.(\w+)\.)?(\w+Args)'")
Class = tuple[str, str]
"""Folder of the API's group and version, `core/v1`, and the name of the class, `PodSpecArgs`."""


def unknown_fields(type_: str, document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield each field of an object that the API lacks, with a question for the nearest name or an empty text.

    There are none for kinds that are not Kubernetes' own.
    """
    _, group, kind = type_.split(":")
    yield from _unknown(
        document, (f"{group.partition('.')[0].partition('/')[0]}/{group.rpartition('/')[2]}", f"{kind}Args"), ()
    )


def _unknown(value: Any, of: Class, path: Path) -> Iterator[tuple[Path, str]]:
    known = _fields(*of)
    for key, item in value.items() if known and isinstance(value, Mapping) else ():
        if item is None:
            continue
        if key not in known:
            question = nearest(str(key), known)
            yield (*path, key), question if question.startswith("did you mean") else ""
        elif below := known[key]:
            items = enumerate(item) if isinstance(item, list) else [(None, item)]
            for number, each in items:
                yield from _unknown(each, below, (*path, key) if number is None else (*path, key, number))


@cache
def _fields(folder: str, name: str) -> dict[str, Class | None]:
    """Return the fields of a class with the class of their values; None for scalars and for mappings with keys of one's own."""
    text = _source(folder)
    begin = text.find(f"\nclass {name}:\n")
    if begin < 0:
        return {}
    body = text[begin : text.find("\n@pulumi.input_type\n", begin + 1)]
    return {named or plain: _below(folder, annotation) for named, plain, annotation in _GETTER.findall(body)}


def _below(folder: str, annotation: str) -> Class | None:
    match = None if "Mapping[" in annotation or "Union[" in annotation else _CLASS.search(annotation)
    if match is None:
        return None
    return f"{match[1]}/{match[2]}" if match[1] else folder, match[3]


@cache
def _source(folder: str) -> str:
    package = find_spec("pulumi_kubernetes")
    file = File(str(package.origin)).parent / folder / "_inputs.py" if package else File()
    return file.read_text(encoding="utf-8") if file.is_file() else ""
