"""Values in messages as a manifest writes them, not as Python does."""

import ast
import re
from collections.abc import Iterator

import yaml

_WORD = re.compile(r"\b(?:True|False)\b")
_UNSET = re.compile(r"(?<!: )\bNone\b")  # `clusterIP: None` is Kubernetes' own word
_PAIRS = {"{": "}", "[": "]"}


def as_written(text: str) -> str:
    """Return the text with Python's mappings, lists and truth values as YAML."""
    return _WORD.sub(lambda match: match[0].lower(), "".join(_pieces(text)))


def without_none(text: str) -> str:
    """Return the text with words for values that are not set."""
    return _UNSET.sub("nothing", re.sub(r"\bis None\b", "is not set", text))


def _pieces(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        end = _end(text, place)
        yield _flow(text[place:end])
        place = end


def _end(text: str, start: int) -> int:
    """Return the end of the mapping or list that begins at `start`; of the character if there is none."""
    closing = _PAIRS.get(text[start])
    end = text.find(closing, start) if closing else -1
    while closing and end >= 0:
        if _is_value(text[start : end + 1]):
            return end + 1
        end = text.find(closing, end + 1)
    return start + 1


def _is_value(text: str) -> bool:
    """Whether the text is what Python writes for a mapping or list that is not empty."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return bool(value) and isinstance(value, dict | list) and repr(value) == text


def _flow(text: str) -> str:
    if len(text) == 1:
        return text
    return yaml.safe_dump(ast.literal_eval(text), default_flow_style=True, width=10**6, sort_keys=False).strip()
