"""Messages for pydantic's errors: what is needed, what was found, what to do."""

import re
from collections.abc import Mapping
from typing import Any

from config.suggestions import alternative

_LONGEST = 60
_LONGEST_NUMBER = 10**20
ENCRYPTED_KEY = "secure"
_NEEDED = {
    "bool": ("true or false is needed", "write true or false, without quotes"),
    "int": ("a whole number is needed", "write it without quotes, unit or fraction"),
    "float": ("a number is needed", "write it without quotes or unit"),
    "string": ("text is needed", "put it in quotes"),
    "tuple": ("a list is needed", "write [first, second]"),
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
        "at least {} needed, got {}; add one, or remove the key",
        "entry is",
        "entries are",
    ),
    "too_long": ("max_length", "at most {} allowed, got {}; remove some", "entry is", "entries are"),
    "string_too_short": (
        "min_length",
        "at least {} needed, got {}; remove the key for none",
        "character is",
        "characters are",
    ),
    "string_too_long": ("max_length", "at most {} allowed, got {}; shorten it", "character is", "characters are"),
}
LISTS_AND_MAPPINGS = ("tuple_type", "dict_type", "model_type")
NEEDLESSLY_ENCRYPTED = (
    "is encrypted, but only secrets may be (docs/config.md); write it in plain text, without --secret"
)
"""Message for an encrypted key that is not a secret."""


def shown(value: Any) -> str:
    """Return a value as messages show it: shortened, and lists and mappings by their kind only."""
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


def message_of(error: Mapping[str, Any], example: str | None = None) -> str | None:
    """Return the message for one of pydantic's errors, with an example of a list or mapping; None for types without one here."""
    kind, value, context = str(error["type"]), error.get("input"), error.get("ctx", {})
    if isinstance(value, Mapping) and set(value) == {ENCRYPTED_KEY}:
        return NEEDLESSLY_ENCRYPTED
    if kind in _BOUNDS:
        bound, limit, remedy = _BOUNDS[kind]
        return f"{limit.format(context[bound])}, got {shown(value)}; {remedy}"
    if kind in _LENGTHS:
        return _length(kind, value, context)
    if kind == "literal_error":
        meant = alternative(value, re.findall(r"[^', ]+(?=')|\d+", context["expected"]))
        return f"one of {context['expected']}, got {shown(value)}; {f'did you mean {meant}?' if meant else 'choose one of them'}"
    needed, remedy = _NEEDED.get(kind.partition("_")[0], (None, None))
    if example and kind in LISTS_AND_MAPPINGS:
        remedy = f"write {example}"
    if kind.startswith("string") and isinstance(value, list | tuple | Mapping):
        remedy = "write one value, without brackets"
    return f"{needed}, got {shown(value)}; {remedy}" if needed else None


def _length(kind: str, value: Any, context: Mapping[str, Any]) -> str:
    bound, sentence, singular, plural = _LENGTHS[kind]
    limit, length = context[bound], context.get("actual_length", len(value) if isinstance(value, str) else None)
    return sentence.format(f"{limit} {singular if limit == 1 else plural}", length or "none")
