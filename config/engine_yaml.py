"""YAML as the engine reads stack files: by the rules of Go's yaml.v3, which differ from those of YAML 1.1 that PyYAML follows."""

import math
import re
from collections.abc import Hashable
from datetime import date
from typing import Any

import yaml

from config.problems import ConfigError, Problem

_CORE = "tag:yaml.org,2002:"
_WORDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("true", "True", "TRUE"), ("bool", True)),
    **dict.fromkeys(("false", "False", "FALSE"), ("bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", None)),
    **{f"{sign}.{name}": ("float", math.inf) for sign in ("", "+", "-") for name in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", math.nan)),
}
"""What `yes`, `no`, `on` and `off` are not: they stay text."""
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MOST_DIGITS = 64  # of 64 bits, written in base 2
_INTEGERS = range(-(2**63), 2**64)
_WHOLE_FLOATS = 1e21  # below it Go writes a float without an exponent, and so a whole one as an integer
_QUOTED = re.compile(r"""'[^'<\\][^']+'|"[^"]{2,}\"""")
_PLAINER = {
    "found unconstructable recursive node": "what stands under an anchor (&) names that anchor itself (*)",
    "found unhashable key": "a key is a list or a mapping, and must be text",
}
_NAMEABLE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")


def scalar(text: str) -> Any:
    """What a plain scalar stands for: a truth value, none, a number, or the text itself.

    `010`, `0o10` and `0x8` are all 8; `10:00`, `yes` and a number that no double holds stay text; a day becomes the text that the
    engine makes of it.
    """
    if text in _WORDS:
        return _WORDS[text][1]
    if text[0] not in "+-.0123456789":
        return text
    if (day := _DAY.fullmatch(text)) is not None:
        try:
            return f"{date(*map(int, day.groups()))} 00:00:00 +0000 UTC"
        except ValueError:
            return text
    return _number(text.replace("_", ""), text)


def _number(plain: str, text: str) -> Any:
    match = _INTEGER.fullmatch(plain)
    if match and len(plain) <= _MOST_DIGITS + len("-0b"):
        sign, *digits = match.groups()
        value = next(int(part, base) for part, base in zip(digits, (16, 2, 8, 10), strict=True) if part)
        if (value := -value if sign == "-" else value) in _INTEGERS:
            return value
    if not _FLOAT.fullmatch(plain):
        return text
    number = float(plain)
    if math.isinf(number):
        return text
    return int(number) if number.is_integer() and abs(number) < _WHOLE_FLOATS else number


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with the engine's values."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.twice: list[tuple[int, str]] = []

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        if kind is not yaml.ScalarNode:
            return super().resolve(kind, value, implicit)
        if implicit[0] and value == "<<":
            return f"{_CORE}merge"
        return f"{_CORE}plain" if implicit[0] else f"{_CORE}str"

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in first:
                name = f"the key {key.value}" if _NAMEABLE.fullmatch(key.value) else "a key"
                self.twice.append((line, f"{name} stands already in line {first[key.value]}; keep one of them"))
            first.setdefault(key.value, line)
        return node

    def mapping(self, node: yaml.Node) -> dict[Hashable, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(
                problem="found no mapping where one is named", problem_mark=node.start_mark
            )
        return self.construct_mapping(node, deep=True)

    def sequence(self, node: yaml.Node) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            raise yaml.constructor.ConstructorError(
                problem="found no list where one is named", problem_mark=node.start_mark
            )
        return self.construct_sequence(node, deep=True)

    def plain(self, node: yaml.Node) -> Any:
        """A scalar without a tag, or with one that wants no text."""
        value = scalar(str(node.value)) if isinstance(node, yaml.ScalarNode) else None
        if isinstance(value, float) and not math.isfinite(value):
            raise yaml.constructor.ConstructorError(
                problem="found an infinite number, which the engine cannot hand to a program",
                problem_mark=node.start_mark,
            )
        return value

    def tagged(self, node: yaml.Node) -> Any:
        """The engine takes no notice of tags that it does not know."""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        return self.sequence(node) if isinstance(node, yaml.SequenceNode) else str(node.value)


for _kind in ("plain", "bool", "int", "float", "null"):
    _Loader.add_constructor(f"{_CORE}{_kind}", _Loader.plain)
_Loader.add_constructor(f"{_CORE}map", _Loader.mapping)
_Loader.add_constructor(f"{_CORE}seq", _Loader.sequence)
for _kind in ("timestamp", "set", "omap", "pairs", "binary"):
    _Loader.add_constructor(f"{_CORE}{_kind}", _Loader.tagged)
_Loader.add_constructor(None, _Loader.tagged)  # type: ignore[arg-type]


def document(text: str, name: str) -> Any:
    """What a stack file holds; `name` stands in messages.

    Raises:
        ConfigError: the text is no YAML, or a mapping has a key twice. Nothing of the text is repeated, as secrets may stand in it.
    """
    try:
        loader = _Loader(text)
        found = loader.get_single_data()
    except yaml.YAMLError as error:
        raise ConfigError([Problem(name, f"is not YAML: {_place(error)}")]) from None
    except RecursionError:
        raise ConfigError([Problem(name, "is not YAML that the engine reads: it is nested too deeply")]) from None
    if loader.twice:
        raise ConfigError([Problem(name, f"line {line}: {told}") for line, told in sorted(loader.twice)])
    return found


def _place(error: yaml.YAMLError) -> str:
    """Line, column and what is wrong there, without the lines themselves, which PyYAML would show."""
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.position + 1} is one that YAML does not allow; take it out"
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    what = _PLAINER.get(str(problem)) or _QUOTED.sub("…", problem or "it cannot be read")
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}{what}; text with a colon and a space, or that begins with a special character, needs quotes"
