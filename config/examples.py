"""A list or mapping that a key may have, for the message of a value that is neither: made of the first keys of its own model."""

import re
from collections.abc import Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.model import format_duration
from config.stand_ins import field_of, fits, literals_in, valid

_TYPICAL = 10
"""Number that is shown where a key allows it and has no default."""
_FREE = "stand-in"
_PLAIN = re.compile(r"[\w.][\w./-]{0,40}")


def example(model: type[BaseModel], location: Sequence[int | str], got: Any) -> str | None:
    """Return what to write at `location`, such as `{ideal: 720}` instead of 720; None if any key and value will do there."""
    annotation: Any = model
    for part in location:
        annotation = _inside(annotation, part)
    kind = _bare(annotation)
    usable = isinstance(got, int | str) and not isinstance(got, bool) and _PLAIN.fullmatch(str(got))
    if _is_model(kind):
        text = _written(_section(kind, got if usable else None))
        if isinstance(got, bool) and fits(kind, (), {}):
            return f"{{}} for its defaults, or keys such as {text}"
        return f"- {text}" if location and isinstance(location[-1], int) else text
    if get_origin(kind) is tuple and _is_model(entry := _bare(get_args(kind)[0])):
        return f"- {_written(_section(entry, got if usable else None))}"
    return _written(_content(kind)) if get_origin(kind) in (tuple, dict) else None


def _inside(annotation: Any, part: int | str) -> Any:
    """Return the type of an entry or a key."""
    kind = _bare(annotation)
    if _is_model(kind):
        field = field_of(kind, part)
        return field.annotation if field else None
    parts = get_args(kind)
    return parts[-1 if get_origin(kind) is dict else 0] if parts else None


def _bare(annotation: Any) -> Any:
    """Return a type without its bounds and without None."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bare(parts[0])
    if origin in (Union, UnionType):
        return _bare(next(part for part in parts if part is not NoneType))
    return annotation


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@cache
def _section(model: type[BaseModel], got: int | str | None = None) -> dict[str, Any]:
    """Return a model's required keys, or else its first one with a single value; `got` is its value if it fits."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    needed = [key for key, field in fields.items() if field.is_required()]
    single = [key for key, field in fields.items() if get_origin(_bare(field.annotation)) not in (tuple, dict)]
    keys = needed or [*(key for key in single if not _is_model(_bare(fields[key].annotation))), *fields][:1]
    section = {key: _value(fields[key]) for key in keys}
    mine = next(
        (key for key in keys if got is not None and fits(fields[key].annotation, fields[key].metadata, got)), None
    )
    section |= {mine: got} if mine else {}
    others: list[dict[str, Any]] = [{}, *({key: _value(fields[key])} for key in single if key not in keys)]
    return next((section | other for other in others if fits(model, (), section | other)), section)


def _value(field: FieldInfo) -> Any:
    kind, default = _bare(field.annotation), field.default
    if _is_model(kind) or get_origin(kind) in (tuple, dict):
        return _content(kind)
    chosen = [*(field.examples or ()), *([default] if isinstance(default, bool | int | str) else ())]
    chosen += [format_duration(default)] if isinstance(default, int) else []
    accepted = [each for each in [*chosen, _TYPICAL] if fits(field.annotation, field.metadata, each)]
    return next(iter([*accepted, *valid(field.annotation, field.metadata)]), _FREE)


def _content(kind: Any) -> Any:
    """Return a section, a list or a map of a type."""
    parts = get_args(kind)
    if _is_model(kind):
        return _section(kind)
    if get_origin(kind) is dict:
        return {"NAME": _section(entry)} if _is_model(entry := _bare(parts[1])) else {"key": "value"}
    if _is_model(entry := _bare(parts[0])):
        return [_section(entry)]
    one = next(iter(valid(parts[0], ())), _FREE)
    return list(literals_in(kind)) or (["first", "second"] if one == _FREE else [one])


def _written(value: Any) -> str:
    """Return a value as a stack file has it, with an ellipsis for a free text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "…" if value == _FREE else str(value).replace(f"{_FREE}.", "meet.")
