"""What a validator found, in the words of this project: what is needed, what was got, what to do."""

from collections.abc import Mapping
from typing import Any

_LONGEST = 60
_LONGEST_NUMBER = 10**20
ENCRYPTED_KEY = "secure"
_NEEDED = {
    "bool": ("true or false is needed", "write true or false, without quotes"),
    "int": ("a whole number is needed", "write it without quotes, unit or fraction"),
    "float": ("a number is needed", "write it without quotes or unit"),
    "string": ("text is needed", "put it in quotes"),
    "tuple": ("a list is needed", "write [one, another]"),
    "list": ("a list is needed", "write [one, another]"),
    "dict": ("a mapping is needed", "write {key: value}"),
    "model": ("a mapping of keys is needed", "write {key: value}"),
}
"""First word of pydantic's error type -> what is needed, and what to do."""
_BOUNDS = {
    "greater_than_equal": ("ge", "at least {}", "raise it"),
    "greater_than": ("gt", "more than {}", "raise it"),
    "less_than_equal": ("le", "at most {}", "lower it"),
    "less_than": ("lt", "less than {}", "lower it"),
}
_LENGTHS = {
    "too_short": (
        "min_length",
        "at least {} needed, got {}; name one, or leave the key out",
        "entry is",
        "entries are",
    ),
    "too_long": ("max_length", "at most {} possible, got {}; leave some out", "entry is", "entries are"),
    "string_too_short": (
        "min_length",
        "at least {} needed, got {}; leave the key out for none",
        "character is",
        "characters are",
    ),
    "string_too_long": ("max_length", "at most {} possible, got {}; shorten it", "character is", "characters are"),
}
CLOSED = "is encrypted, and only the secrets may be (docs/config.md); write it in plain text, without --secret"
"""Why a key that is no secret must not be one."""


def got(value: Any) -> str:
    """A value as a message repeats it: short, and of a list or mapping only that it is one."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) >= _LONGEST_NUMBER:
        return "a number of more than 20 digits"
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else str(value)


def text_of(error: Mapping[str, Any]) -> str | None:
    """The message for one error of pydantic's; none for a kind that has no words here."""
    kind, value, context = str(error["type"]), error.get("input"), error.get("ctx", {})
    if isinstance(value, Mapping) and set(value) == {ENCRYPTED_KEY}:
        return CLOSED
    if kind in _BOUNDS:
        bound, limit, remedy = _BOUNDS[kind]
        return f"{limit.format(context[bound])}, got {got(value)}; {remedy}"
    if kind in _LENGTHS:
        return _length(kind, value, context)
    if kind == "literal_error":
        return f"one of {context['expected']}, got {got(value)}; take one of them"
    if kind == "string_pattern_mismatch":
        return f"has another form than {context['pattern']}, got {got(value)}; write it like that"
    what, remedy = _NEEDED.get(kind.partition("_")[0], (None, None))
    return f"{what}, got {got(value)}; {remedy}" if what else None


def _length(kind: str, value: Any, context: Mapping[str, Any]) -> str:
    bound, sentence, one, many = _LENGTHS[kind]
    limit, length = context[bound], context.get("actual_length", len(value) if isinstance(value, str) else None)
    return sentence.format(f"{limit} {one if limit == 1 else many}", length or "none")
