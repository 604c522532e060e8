"""Problems of a config, each one line with its remedy."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from config.examples import example
from config.messages import ENCRYPTED_KEY, LISTS_AND_MAPPINGS, NEEDLESSLY_ENCRYPTED, message_of, shown
from config.suggestions import Place, list_of, parts_of, path_of, unknown_key

REGION_KEY = "scaleway:region"


@dataclass(frozen=True, slots=True)
class Problem:
    """One line on standard error: `key.path: what, limit, got; remedy`."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigError(Exception):
    """The stack file is invalid; `problems` lists every reason, and `secrets` what the stack needs whatever mends them."""

    def __init__(self, problems: Sequence[Problem], secrets: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.secrets = tuple(secrets)
        super().__init__("\n".join(str(problem) for problem in problems))


def _message(error: Any, model: type[BaseModel]) -> str:
    location = error["loc"]
    if error["type"] == "extra_forbidden":
        name = str(location[-1])
        if name == ENCRYPTED_KEY:
            return NEEDLESSLY_ENCRYPTED
        return unknown_key(model, location)
    if error["type"] == "missing":
        return "required, not set; see docs/config.md"
    if error["type"] == "too_short" and location and location[-1] == "shards":
        return "at least one shard is needed, got none; for example shards: [{name: s0, zone: fr-par-1}]"
    if error["type"] == "tuple_type" and (entries := list_of(error.get("input"), model, location)):
        return f"a list is needed, got {shown(error['input'])}; did you mean {entries}?"
    instead = example(model, location, error["input"]) if error["type"] in LISTS_AND_MAPPINGS else None
    return message_of(error, instead) or re.sub(r"^(Value error|Assertion failed), ", "", error["msg"]).replace(
        "Input should", "should"
    )


def _place(detail: Any) -> Sequence[int | str]:
    """Return the key of an error: without `secure` below an encrypted value, the type of a value of several types, and pydantic's `[key]`."""
    location = detail["loc"]
    if location[-1:] == ("[key]",):
        return location[:-1]
    encrypted = detail["type"] == "extra_forbidden" and location[-1] == ENCRYPTED_KEY
    return location[:-1] if encrypted or _has_several_types(location) else location


def _has_several_types(location: Sequence[int | str]) -> bool:
    """Return whether the location ends with one of the types that a value of `env` may have."""
    return location[:1] == ("env",) and len(location) == 4  # noqa: PLR2004 - env, component, name, type


def root_causes(error: ValidationError) -> Iterator[Any]:
    """Yield pydantic's errors without those that only follow from others.

    A list is too short because its entries were refused. Keys are missing because their parent is encrypted. For a value of
    `env`, the error for text stands for those of all types.
    """
    details = error.errors(include_url=False)
    encrypted = {detail["loc"][:-1] for detail in details if detail["loc"][-1:] == (ENCRYPTED_KEY,)}
    for detail in details:
        location = detail["loc"]
        inside = any(len(other["loc"]) > len(location) == _common(other["loc"], location) for other in details)
        follows = detail["type"] == "too_short" and inside
        follows |= _has_several_types(location) and location[-1] in ("bool", "int")
        if not follows and not (detail["type"] == "missing" and location[:-1] in encrypted):
            yield detail


def _common(left: Sequence[int | str], right: Sequence[int | str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def from_validation(error: ValidationError, model: type[BaseModel], prefix: str = "") -> Iterator[Problem]:
    """Yield pydantic's errors as problems, with the key names of the stack file."""
    yield from dict.fromkeys(each.problem for each in errors_of(error, model, (prefix,) if prefix else ()))


@dataclass(frozen=True, slots=True)
class Error:
    """One line of pydantic's errors."""

    location: Place
    """Key or section that was validated."""
    place: Place
    """Key that is to blame."""
    problem: Problem
    prefix: Place = ()
    """Where a merged section belongs; it is validated once all sections are valid."""

    def hides(self, other: "Error") -> bool:
        """Return whether the other error cannot appear beside this one: sections are validated from the inside."""
        if self.prefix != other.prefix:
            return len(self.prefix) < len(other.prefix)
        return len(self.location) > len(other.location) == _common(self.location, other.location)


def errors_of(error: ValidationError, model: type[BaseModel], prefix: Place = ()) -> Iterator[Error]:
    """Yield pydantic's errors, one for each line of their messages."""
    for detail in root_causes(error):
        location = (*prefix, *_place(detail))
        for line in _message(detail, model).split("\n"):
            keys, _, message = line.rpartition("\t")
            above = path_of(location)
            where = f"{above}.{keys}" if above and keys else above or keys or "config"
            problem = Problem(REGION_KEY if where == "region" else where, message)
            yield Error(location, (*location, *parts_of(keys)), problem, prefix)
