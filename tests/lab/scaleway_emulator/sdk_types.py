"""Decodes answers of the emulator as the official SDK's types say, strictly: the SDK itself fills gaps and takes any value."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import re
import types
import typing
import warnings
from datetime import datetime
from functools import cache
from typing import Any

PRODUCTS = ("k8s.v1", "vpc.v2", "instance.v1", "lb.v1", "domain.v2beta1", "ipam.v1", "iam.v1alpha1", "cockpit.v1")
_REQUEST = re.compile(r'self\._request\(\s*"(\w+)",\s*f?"([^"]+)"(.*?)(?=self\._request\(|\Z)', re.DOTALL)
_DECODES = re.compile(r"return unmarshal_(\w+)\(")
UNKNOWN, NULL = ": unknown to ", ": None is no "
_VARIABLE = re.compile(r"\{[^}]*\}")


def plain(path: str) -> str:
    """A path with its variables unnamed."""
    return _VARIABLE.sub("{}", path)


@cache
def answers() -> dict[tuple[str, str], type | None]:
    """Method and path -> the type that the SDK makes of the answer; None where it reads none."""
    found: dict[tuple[str, str], type | None] = {}
    for product in PRODUCTS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its generated docstrings have invalid escapes
            api, names = (importlib.import_module(f"scaleway.{product}.{part}") for part in ("api", "types"))
        for method, path, rest in _REQUEST.findall(inspect.getsource(api)):
            body = rest.split("\n    def ", 1)[0]
            decoded = _DECODES.search(body)
            found[method, plain(path)] = getattr(names, decoded[1], None) if decoded else None
    return found


def faults(value: Any, kind: Any, where: str = "") -> list[str]:
    """What the SDK's type does not allow: wrong kinds, unknown values, missing and unknown fields."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return [] if type(None) in inner else [f"{where}: null"]
        return faults(value, next(each for each in inner if each is not type(None)), where)
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no list"]
        return [fault for number, each in enumerate(value) for fault in faults(each, inner[0], f"{where}[{number}]")]
    if origin is dict:
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no mapping"]
        return [fault for key, each in value.items() for fault in faults(each, inner[1], f"{where}.{key}")]
    if dataclasses.is_dataclass(kind):
        return _fields(value, typing.cast("type", kind), where)
    return [] if _is(value, kind) else [f"{where}: {value!r} is no {getattr(kind, '__name__', kind)}"]


def _fields(value: Any, kind: type, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no {kind.__name__}"]
    hints = {
        name.rstrip("_"): hint for name, hint in typing.get_type_hints(kind).items()
    }  # `type_` is the API's `type`
    unknown = [f"{where}.{name}{UNKNOWN}{kind.__name__}" for name in value if name not in hints]
    found: list[str] = []
    for name, hint in hints.items():
        if name in value:
            found += faults(value[name], hint, f"{where}.{name}")
        elif type(None) not in typing.get_args(hint):
            found.append(f"{where}.{name}: missing")
    return [*unknown, *found]


def _spelt(value: str) -> str:
    """An enumeration's value as both spell it: TCP and NoSchedule of the API are tcp and no_schedule of the SDK."""
    return value.replace("_", "").lower()


def _is(value: Any, kind: Any) -> bool:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return isinstance(value, str) and _spelt(value) in [_spelt(each.value) for each in kind]
    if kind is datetime:
        return isinstance(value, str) and bool(re.match(r"\d{4}-\d\d-\d\dT", value))
    if kind in (int, float):
        return isinstance(value, (int, float) if kind is float else int) and not isinstance(value, bool)
    return not isinstance(kind, type) or kind is object or isinstance(value, kind)
