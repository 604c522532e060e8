"""What is wrong with a config: every problem at once, one line each, with the remedy."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from config.model import nearest
from config.validation_texts import CLOSED, ENCRYPTED_KEY, text_of


@dataclass(frozen=True, slots=True)
class Problem:
    """One line on standard error: `key.path: what, limit, got; remedy`."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigError(Exception):
    """The stack file cannot be used; `problems` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def path_of(location: Iterable[int | str]) -> str:
    """`("shards", 0, "zone")` as the author would write it: `shards[0].zone`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _model_at(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    """The model whose key the last part of `location` is."""
    current: type[BaseModel] | None = model
    for part in location[:-1]:
        if isinstance(part, int) or current is None:
            continue
        field = next((f for name, f in current.model_fields.items() if part in (name, f.alias)), None)
        if field is None:
            return None
        current = _model_in(field.annotation)
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _what(error: Any, model: type[BaseModel]) -> str:
    location = error["loc"]
    if error["type"] == "extra_forbidden":
        name = str(location[-1])
        if name == ENCRYPTED_KEY:
            return CLOSED
        owner = _model_at(model, location)
        keys = [field.alias or key for key, field in owner.model_fields.items()] if owner else []
        return f"unknown key; {nearest(name, keys)}"
    if error["type"] == "missing":
        return "required, and not set; see the table of keys in README.md"
    if error["type"] == "too_short" and location and location[-1] == "shards":
        return "at least one shard is needed, got none; for example shards: [{name: s0, zone: fr-par-1}]"
    return text_of(error) or re.sub(r"^(Value error|Assertion failed), ", "", error["msg"]).replace(
        "Input should", "should"
    )


def _place(detail: Any) -> Sequence[int | str]:
    """Of an encrypted value the key that holds it; of a value that may be of several kinds its key, without the kind."""
    location = detail["loc"]
    closed = detail["type"] == "extra_forbidden" and location[-1] == ENCRYPTED_KEY
    return location[:-1] if closed or _of_several_kinds(location) else location


def _of_several_kinds(location: Sequence[int | str]) -> bool:
    """Whether the location ends with one of the kinds that a value of `env` may have."""
    return location[:1] == ("env",) and len(location) == 4  # noqa: PLR2004 - env, component, name, kind


def telling(error: ValidationError) -> Iterator[Any]:
    """Pydantic's findings without those that only follow from others.

    A list is short because its entries were refused; keys are missing because what holds them is encrypted; of the kinds that
    a value of `env` may have the first one, text, speaks for all.
    """
    details = error.errors(include_url=False)
    closed = {detail["loc"][:-1] for detail in details if detail["loc"][-1:] == (ENCRYPTED_KEY,)}
    for detail in details:
        location = detail["loc"]
        inside = any(len(other["loc"]) > len(location) == _common(other["loc"], location) for other in details)
        follows = detail["type"] == "too_short" and inside
        follows |= _of_several_kinds(location) and location[-1] in ("bool", "int")
        if not follows and not (detail["type"] == "missing" and location[:-1] in closed):
            yield detail


def _common(one: Sequence[int | str], other: Sequence[int | str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def from_validation(error: ValidationError, model: type[BaseModel], prefix: str = "") -> Iterator[Problem]:
    """Pydantic's findings as problems, in the author's own key names."""
    seen: set[Problem] = set()
    for detail in telling(error):
        parts = [
            part if isinstance(part, int) else to_camel(part) if "_" in part and part.islower() else part
            for part in _place(detail)
        ]
        where = path_of([*([prefix] if prefix else []), *parts])
        for line in _what(detail, model).split("\n"):
            key, _, message = line.rpartition("\t")
            place = f"{where}.{key}" if where and key else where or key or "config"
            problem = Problem("scaleway:region" if place == "region" else place, message)
            if problem not in seen:
                seen.add(problem)
                yield problem
