"""Values that a key may have, for checks of a stack file in which that key's own value is invalid."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from config.model import Bounds, format_duration
from config.node_types import ZONES

UNSET = object()
"""Stands for a key without a value."""
_TEXTS = (
    *("stand-in", "another", "stand-in.example.org", "another.example.org", "a@stand-in.example.org", "a.org:443"),
    *(
        "https://stand-in.example.org",
        "ldaps://stand-in.example.org",
        "wss://stand-in.example.org",
        "https://stand-in.example.org/push",
    ),
    *(
        "08:00",
        "09:00",
        "Europe/Paris",
        "2040-01-01",
        "10.64.0.0/16",
        "172.16.0.0/22",
        "1.35",
        "1.35.3",
        "20Gi",
        "50Gi",
    ),
    *("BASIC3-X4C-8G", "PRO2-XS", "DEV1-L", "(uid=%u)", *ZONES, *chain.from_iterable(ZONES.values())),
)
_NUMBERS = (1, 3, 10, 53, 443, 3478, 10000, 30300)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation contains; None without one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_in(part))), None)


def field_of(model: type[BaseModel] | None, key: Any) -> FieldInfo | None:
    """Return the field of a key; None if the model has no such key."""
    fields = model.model_fields.items() if model else ()
    return next((field for name, field in fields if key in (name, field.alias)), None)


def owner_of(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    """Return the model that has the last part of `location` as a key; None if there is none."""
    current: type[BaseModel] | None = model
    named = False  # the next part is a name of a mapping, and no key
    for part in location[:-1]:
        if named or isinstance(part, int):
            named = False
            continue
        field = field_of(current, part)
        current = model_in(field.annotation) if field else None
        named = field is not None and get_origin(field.annotation) is dict
    return None if named else current


def model_at(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    """Return the model of the value at `location`, or of its entries; None for other values."""
    owner = owner_of(model, location)
    field = field_of(owner, location[-1]) if location else None
    return model_in(field.annotation) if field else None


def literals_in(annotation: Any) -> tuple[Any, ...]:
    """Return the alternatives of a key whose value is one or a list of them; empty for other keys."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((values for part in get_args(annotation) if (values := literals_in(part))), ())


@cache
def stand_ins(model: type[BaseModel], key: str) -> tuple[Any, ...]:
    """Return values of a key that validate on their own: its default, its bounds, its alternatives. `UNSET` is the default."""
    field = field_of(model, key)
    if field is None:
        return (UNSET,)
    values = valid(field.annotation, field.metadata)
    return values if field.is_required() else (UNSET, *values)


@cache
def sections(model: type[BaseModel]) -> tuple[Any, ...]:
    """Return a model's sections with required keys only, and with each other key set to each of its values."""
    keys = {field.alias or name: field for name, field in model.model_fields.items()}
    base = {key: stand_ins(model, key)[0] for key, field in keys.items() if field.is_required()}
    variants = [base]
    for key, field in keys.items():
        values = [value for value in stand_ins(model, key) if value is not UNSET]
        few = 1 if model_in(field.annotation) else len(literals_in(field.annotation)) or 2
        variants += [base | {key: value} for value in values[:few]]
    return tuple(variants)


def valid(annotation: Any, metadata: Iterable[Any]) -> tuple[Any, ...]:
    """Return values that a type with its bounds accepts."""
    adapter = _adapter(annotation, metadata)
    return tuple(value for value in _candidates(annotation, metadata) if _accepts(adapter, value))


def fits(annotation: Any, metadata: Iterable[Any], value: Any) -> bool:
    """Return whether a type with its bounds accepts a value."""
    return _accepts(_adapter(annotation, metadata), value)


def _adapter(annotation: Any, metadata: Iterable[Any]) -> TypeAdapter[Any]:
    kind: Any = Annotated.__class_getitem__((annotation, *metadata)) if metadata else annotation  # pyrefly: ignore[internal-error]
    return TypeAdapter(kind)


def _accepts(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


def _candidates(annotation: Any, metadata: Iterable[Any]) -> Iterator[Any]:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _candidates(parts[0], (*parts[1:], *metadata))
    elif origin in (Union, UnionType):
        yield from chain.from_iterable(_candidates(part, metadata) for part in parts if part is not type(None))
    elif origin is Literal:
        yield from parts
    elif annotation is bool:
        yield from (True, False)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from sections(annotation)
    elif origin is tuple:
        yield from ([item] for item in _candidates(parts[0], ()))
    else:
        yield from _bounds(metadata)
        yield from (*_NUMBERS, *_TEXTS)


def _bounds(metadata: Iterable[Any]) -> Iterator[Any]:
    for limit in metadata:
        if isinstance(limit, FieldInfo):
            yield from _bounds(limit.metadata)
        elif isinstance(limit, Bounds):
            yield from (format_duration(limit.ge), format_duration(limit.le))
        else:
            yield from (getattr(limit, name) for name in ("ge", "le") if hasattr(limit, name))
