"""The base of every config model, and the types that models share."""

import contextlib
import difflib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Self

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
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import CoreSchema, no_info_after_validator_function

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d{1,9}[dhms])+")
_DURATION_PART = re.compile(r"(\d+)([dhms])")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_QUANTITY = re.compile(r"[1-9]\d{0,5}(Mi|Gi|Ti)")
_CPU = re.compile(r"[1-9]\d{0,5}m?")


def key_of(name: str) -> str:
    """Return the key of a stack file that a field has: `last_n` is `lastN`, and `p2p` stays, where `to_camel` writes `p2P`."""
    return to_camel(name) if "_" in name else name


class Model(BaseModel):
    """Strict, frozen model: unknown keys are errors, nothing is coerced, and errors do not repeat values."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        alias_generator=key_of,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )

    def contradictions(self) -> Iterable[tuple[str, str]]:
        """Yield the key to blame and the message of each contradiction between valid keys."""
        return ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        lines = [f"{key}\t{message}" for key, message in self.contradictions()]
        if lines:
            raise ValueError("\n".join(lines))  # config.problems splits it again
        return self


def parse_duration(text: object) -> int:
    """Return the seconds of `"90s"`, `"10m"`, `"4h"`, `"1h30m"` or `"7d"`.

    Raises:
        ValueError: the text is not a duration.
    """
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError(f'a duration is a whole number with a unit, such as "90s", "10m" or "4h"; got {text!r}')
    return sum(int(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))


def format_duration(seconds: int) -> str:
    """Return the shortest text that `parse_duration` reads back: 5400 is `"1h30m"`."""
    parts = []
    for unit in ("d", "h", "m", "s"):
        number, seconds = divmod(seconds, _UNITS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def matching(pattern: re.Pattern[str], needed: str) -> AfterValidator:
    """Require that the whole text matches; the error starts with `needed` and ends with the text."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"{needed}; got {text!r}")
        return text

    return AfterValidator(check)


def _cidr(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"an address range such as 172.16.0.0/22 is needed; {error}") from None
    if "/" not in text and network.network_address.is_unspecified:
        raise ValueError(f"{text} is one address, which nobody has; write {text}/0 for all addresses")
    return text


def _seconds(value: object, info: ValidationInfo) -> int:
    """Parse text from a stack file, where a number has no unit; in Python a number is seconds."""
    if info.mode == "python" and isinstance(value, int) and not isinstance(value, bool):
        return value
    return parse_duration(value)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Inclusive bounds of a duration, in seconds."""

    ge: int
    le: int

    def checked(self, seconds: int) -> int:
        """Return the seconds.

        Raises:
            ValueError: they are out of bounds.
        """
        if not self.ge <= seconds <= self.le:
            raise ValueError(
                f"at least {format_duration(self.ge)} and at most {format_duration(self.le)} ({self.le} s), got "
                f"{format_duration(seconds)}; {'raise' if seconds < self.ge else 'lower'} it"
            )
        return seconds

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.checked, handler(source))


def between(shortest: str, longest: str) -> Bounds:
    """Return the bounds of a duration, written like durations in a stack file."""
    return Bounds(parse_duration(shortest), parse_duration(longest))


Duration = Annotated[
    int,
    BeforeValidator(_seconds),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["90s", "10m", "4h"]}),
]
"""Seconds, written as `"90s"`, `"10m"`, `"4h"`. Each key sets bounds with `between`."""


def _host(text: str) -> str:
    if _HOST.fullmatch(text):
        return text
    meant = re.split(r"[/:?#]", re.sub(r"^[a-z]+://", "", text.strip().lower()))[0].rstrip(".")
    with contextlib.suppress(UnicodeError):
        meant = meant.encode("idna").decode()
    hint = f"; did you mean {meant}?" if _HOST.fullmatch(meant) else ""
    raise ValueError(f"a host name is lower-case labels with dots, such as meet.example.org; got {text!r}{hint}")


HostName = Annotated[str, AfterValidator(_host)]
Label = Annotated[
    str,
    matching(_LABEL, "a name is lower-case letters, digits and dashes, and starts and ends with a letter or digit"),
    Field(max_length=40),
]
Cidr = Annotated[str, AfterValidator(_cidr)]
_SIZE = 'a size is a whole number of Mi, Gi or Ti, at most 999999, such as "20Gi"'


def _with_unit(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f'{_SIZE}; got {value}; write it with its unit, such as "{max(1, round(value))}Gi"')  # noqa: TRY004 - pydantic reports ValueErrors
    return value


Quantity = Annotated[str, BeforeValidator(_with_unit), matching(_QUANTITY, _SIZE)]


def _cpu(value: object) -> str:
    """Return CPU as text; Kubernetes allows a number of cores without quotes, too."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _CPU.fullmatch(text):
        raise ValueError(f'CPU is a whole number of cores or millicores, such as 4 or "3500m"; got {value!r}')
    return text


Cpu = Annotated[
    str,
    BeforeValidator(_cpu),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": f"^{_CPU.pattern}$"}]}),
]
"""CPU as Kubernetes writes it: `4`, `"4"` or `"3500m"`."""


def in_zone(host: str, zone: str) -> bool:
    """Return whether a host name is the DNS zone or below it."""
    return host == zone or host.endswith(f".{zone}")


def natural(text: str) -> list[tuple[int, str]]:
    """Return a sort key that orders s2 before s10."""
    return [(int(digits or 0), other) for digits, other in re.findall(r"(\d+)|(\D+)", text)]


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return `"did you mean layout?"`, or the list of valid names if none is close."""
    names = sorted(set(valid))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"valid here: {', '.join(names)}"


def dumped(model: BaseModel) -> dict[str, Any]:
    """Return what the stack file sets, by its keys, without defaults."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)
