"""The base of every config model, and the value types they share."""

import difflib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import CoreSchema, no_info_after_validator_function

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d{1,9}[dhms])+")
_DURATION_PART = re.compile(r"(\d+)([dhms])")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_QUANTITY = re.compile(r"[1-9]\d{0,5}(Mi|Gi|Ti)")


class Model(BaseModel):
    """Strict and frozen: unknown keys are errors, nothing is coerced, values are not echoed by the validator."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )


def parse_duration(text: object) -> int:
    """Seconds of `"90s"`, `"10m"`, `"4h"`, `"1h30m"` or `"7d"`.

    Raises:
        ValueError: the text has another form.
    """
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError(f'a duration is a whole number with a unit, such as "90s", "10m" or "4h"; got {text!r}')
    return sum(int(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))


def format_duration(seconds: int) -> str:
    """The shortest text that `parse_duration` reads back: 5400 is `"1h30m"`."""
    parts = []
    for unit in ("d", "h", "m", "s"):
        number, seconds = divmod(seconds, _UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def of_form(form: re.Pattern[str], needed: str) -> AfterValidator:
    """Text of this form as a whole; what is `needed` begins the refusal, and what was got ends it."""

    def check(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(f"{needed}; got {text!r}")
        return text

    return AfterValidator(check)


def _cidr(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"an address range such as 172.16.0.0/22 is needed; {error}") from None
    return text


def _seconds(value: object, info: ValidationInfo) -> int:
    """Of a file text alone, as a number there has no unit; the program's own are seconds."""
    if info.mode == "python" and isinstance(value, int) and not isinstance(value, bool):
        return value
    return parse_duration(value)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a duration in seconds, both included."""

    ge: int
    le: int

    def checked(self, seconds: int) -> int:
        """The seconds themselves.

        Raises:
            ValueError: they are out of bounds.
        """
        if not self.ge <= seconds <= self.le:
            raise ValueError(
                f"lasts at least {format_duration(self.ge)} and at most {format_duration(self.le)} ({self.le} s), got "
                f"{format_duration(seconds)}; {'raise' if seconds < self.ge else 'lower'} it"
            )
        return seconds

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.checked, handler(source))


def lasts(least: str, most: str) -> Bounds:
    """Bounds of a duration, as an author would write them."""
    return Bounds(parse_duration(least), parse_duration(most))


Duration = Annotated[
    int,
    BeforeValidator(_seconds),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["90s", "10m", "4h"]}),
]
"""Seconds; written as `"90s"`, `"10m"`, `"4h"`. Each key bounds it with `lasts`."""

HostName = Annotated[str, of_form(_HOST, "a host name is lower-case labels with dots, such as meet.example.org")]
Label = Annotated[
    str,
    of_form(_LABEL, "a name is lower-case letters, digits and dashes, starting with a letter or digit"),
    Field(max_length=40),
]
Cidr = Annotated[str, AfterValidator(_cidr)]
Quantity = Annotated[
    str, of_form(_QUANTITY, 'a size is a whole number of Mi, Gi or Ti, at most 999999 of them, such as "20Gi"')
]


def in_zone(host: str, zone: str) -> bool:
    """Whether a host name is that of the DNS zone or lies below it."""
    return host == zone or host.endswith(f".{zone}")


def nearest(name: str, valid: Iterable[str]) -> str:
    """`"; did you mean layout?"` or the list of valid names when nothing is close."""
    names = sorted(set(valid))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"valid here: {', '.join(names)}"


def dumped(model: BaseModel) -> dict[str, Any]:
    """What the author wrote, by the keys they wrote it with; defaults left out."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


def refuse(contradictions: Iterable[tuple[str, str]]) -> None:
    """Raise one ValueError that carries all of `(key, message)`; `config.problems` takes it apart again."""
    lines = [f"{key}\t{message}" for key, message in contradictions]
    if lines:
        raise ValueError("\n".join(lines))
