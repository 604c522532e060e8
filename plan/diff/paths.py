"""Where two documents differ, in the engine's own way of writing paths."""

from collections.abc import Iterator
from typing import Any

from plan.wire import property_path

Path = tuple[str | int, ...]


def differing(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """The deepest places that differ; a part that only one side has is one place.

    Lists are compared position by position, as the providers do.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            if key not in old or key not in new:
                yield (*path, key)
            else:
                yield from differing(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for number in range(max(len(old), len(new))):
            if number >= len(old) or number >= len(new):
                yield (*path, number)
            else:
                yield from differing(old[number], new[number], (*path, number))
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path


def holding(document: Any, texts: frozenset[str], path: Path = ()) -> Iterator[Path]:
    """Places whose text contains one of `texts`."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from holding(value, texts, (*path, key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from holding(value, texts, (*path, number))
    elif isinstance(document, str) and any(text in document for text in texts):
        yield path


def under(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or lies below it, or above it so that it contains it."""
    return (
        path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")) or prefix.startswith((f"{path}.", f"{path}["))
    )


def written(path: Path) -> str:
    """As the engine writes it."""
    return property_path(path)


def at(document: Any, *path: str | int) -> Any:
    """The value at a place, or none."""
    for part in path:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            return None
    return document
