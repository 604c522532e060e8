"""Paths in documents: where two differ, which contain a text, and lookup."""

from collections.abc import Iterator
from typing import Any

from plan.wire import property_path

Path = tuple[str | int, ...]


def differing(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the deepest paths that differ; a subtree on one side only is one path.

    Lists are compared by index, as the providers do.
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
    """Yield the paths of strings that contain one of `texts`."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from holding(value, texts, (*path, key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from holding(value, texts, (*path, number))
    elif isinstance(document, str) and any(text in document for text in texts):
        yield path


def under(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix`, is below it, or contains it."""
    return (
        path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")) or prefix.startswith((f"{path}.", f"{path}["))
    )


def written(path: Path) -> str:
    """Format a path as the engine does."""
    return property_path(path)


def at(document: Any, *path: str | int) -> Any:
    """Return the value at a path. None if there is none."""
    for part in path:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            return None
    return document


def whole(value: object) -> int | None:
    """Return a whole number, also of a text such as a variable's; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float):
        return int(value) if value % 1 == 0 else None
    text = str(value)
    return int(text) if text.lstrip("-").isdecimal() else None


def number(value: object, default: int = 0) -> int:
    """Return a whole number; the default if it is missing or unknown before the update."""
    known = whole(value)
    return default if known is None else known


def mapping(document: Any, *path: str | int) -> dict[str, Any]:
    """The mapping at a place; empty if there is none, or while it is unknown."""
    value = at(document, *path)
    return value if isinstance(value, dict) else {}


def mappings(document: Any, *path: str | int) -> list[dict[str, Any]]:
    """The mappings of the list at a place; empty if there is none, or while it is unknown."""
    value = at(document, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(document: Any, *path: str | int) -> list[str]:
    """The texts of the list at a place; empty if there is none, or while it is unknown."""
    value = at(document, *path)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
