"""YAML as the engine reads it: by the rules of Go's yaml.v3, which differ from YAML 1.1 as PyYAML reads it."""

import math
import re
from collections.abc import Hashable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import yaml
from yaml.composer import ComposerError

from config.problems import ConfigError, Problem

_CORE = "tag:yaml.org,2002:"
_WORDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("true", "True", "TRUE"), ("bool", True)),
    **dict.fromkeys(("false", "False", "FALSE"), ("bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", None)),
    **{f"{sign}.{name}": ("float", math.inf) for sign in ("", "+", "-") for name in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", math.nan)),
}
"""Plain scalars with a meaning; `yes`, `no`, `on` and `off` stay text."""
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MAX_DIGITS = 64  # 64 bits in base 2
_INTEGERS = range(-(2**63), 2**64)
_WHOLE_FLOATS = 1e21  # below it Go prints whole floats without an exponent, like integers
_QUOTED = re.compile(r"""'[^'<\\][^']+'|"[^"]{2,}\"""")
_PLAIN_WORDS = {
    "found unconstructable recursive node": "an anchor (&) contains an alias (*) of itself",
    "found unhashable key": "a key is a list or a mapping; keys must be text",
}
_QUOTE = "quote text that holds a colon and a space or begins with a special character"
_UNPASSABLE = ", and the engine cannot pass it to a program; write a number"
_REMEDIES = {
    "'\\t'": "indent with spaces",
    "expected ',' or": "close the bracket or brace, or put a comma between its parts",
    "end of stream": "close the quote",
    "expected <block end>": "begin the keys of one mapping, and the dashes of one list, in the same column",
    "could not find expected ':'": "write a key, a colon, a space and its value, and end what began above",
}
"""Part of PyYAML's problem, which then holds no text of the file -> what to do."""
_NAME = re.compile(r"""\s*["']?((?:[A-Za-z]+:)?[A-Za-z]+)["']?:(?:\s|$)""")
_NAMEABLE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")


def scalar(text: str) -> Any:
    """Return the value of a plain scalar: a boolean, None, a number, or the text itself.

    `010`, `0o10` and `0x8` are all 8. `10:00`, `yes` and numbers beyond a double stay text. A date becomes the text that the
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
    if match and len(plain) <= _MAX_DIGITS + len("-0b"):
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
        self.duplicates: list[tuple[int, str]] = []

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
                self.duplicates.append((line, f"{name} is already set in line {first[key.value]}; keep one of them"))
            first.setdefault(key.value, line)
        return node

    def mapping(self, node: yaml.Node) -> dict[Hashable, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(
                problem="found no mapping where its tag needs one", problem_mark=node.start_mark
            )
        return self.construct_mapping(node, deep=True)

    def sequence(self, node: yaml.Node) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            raise yaml.constructor.ConstructorError(
                problem="found no list where its tag needs one", problem_mark=node.start_mark
            )
        return self.construct_sequence(node, deep=True)

    def plain(self, node: yaml.Node) -> Any:
        """Construct a scalar without a tag, or with one that is not text."""
        value = scalar(str(node.value)) if isinstance(node, yaml.ScalarNode) else None
        if isinstance(value, float) and not math.isfinite(value):
            raise yaml.constructor.ConstructorError(
                problem=f"{'.nan is not a number' if math.isnan(value) else 'the number is infinite'}{_UNPASSABLE}",
                problem_mark=node.start_mark,
            )
        return value

    def tagged(self, node: yaml.Node) -> Any:
        """Construct a value whose tag the engine ignores."""
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
    """Return the content of a stack file; messages call it `name`.

    Raises:
        ConfigError: the text is not YAML, or a mapping has a key twice. The message repeats none of the text, which may hold secrets.
    """
    try:
        loader = _Loader(text)
        content = loader.get_single_data()
    except yaml.YAMLError as error:
        raise ConfigError([Problem(name, problem) for problem in _all_broken(text, error)]) from None
    except RecursionError:
        raise ConfigError([Problem(name, "is nested too deeply for the engine; nest it less")]) from None
    if loader.duplicates:
        raise ConfigError([Problem(name, f"line {line}: {message}") for line, message in sorted(loader.duplicates)])
    return content


def _all_broken(text: str, first: yaml.YAMLError) -> Iterator[str]:
    """Yield what is wrong with each key below `config:` that is no YAML by itself, or else the first error of the file.

    A parser stops at its first error, so keys are parsed one by one, each behind as many line breaks as come before it.
    """
    broken: list[tuple[int, str]] = []
    twice: list[tuple[int, str]] = []
    for start, lines in _entries(text):
        loader = None
        try:
            loader = _Loader("\n" * start + "\n".join(lines))
            loader.get_single_data()
        except ComposerError:
            continue  # its anchor may be in another key
        except yaml.YAMLError as error:
            broken.append((start + 1, _place(error, text)))
        twice += [(line, f"line {line}: {what}") for line, what in loader.duplicates] if loader else []
    mark = getattr(first, "problem_mark", None)
    if not broken or (mark and mark.line + 1 < broken[0][0]):
        yield _place(first, text)
    yield from (what for _, what in sorted([*broken, *twice]))


def intact(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the keys below `config:` that are YAML by themselves, and the names of the others.

    Raises:
        ValueError: a key that is no YAML has no name that can be read, so nothing is known about the rest.
    """
    keys: dict[str, Any] = {}
    broken: list[str] = []
    for _, lines in _entries(text):
        try:
            content = _Loader("\n".join(lines)).get_single_data()
        except yaml.YAMLError:
            content = None
        if isinstance(content, dict):
            keys |= content
        elif name := _NAME.match(lines[0]):
            broken.append(name[1])
        else:
            raise ValueError("a broken key without a name")
    return keys, tuple(broken)


def _entries(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line, from 0, and the lines of each key below `config:` in block style."""
    lines = text.split("\n")
    head = next((number for number, line in enumerate(lines) if line.rstrip() == "config:"), len(lines))
    starts, indent = [], 0
    end = len(lines)
    for number, line in enumerate(lines[head + 1 :], head + 1):
        own = len(line) - len(line.lstrip(" "))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = indent or own
        if own == indent and indent:
            starts.append(number)
        elif own < indent or not indent:
            end = number
            break
    for start, following in pairwise([*starts, end]):
        yield start, lines[start:following]


def _place(error: yaml.YAMLError, text: str) -> str:
    """Return that it is no YAML, line, column, problem and remedy without the lines themselves, which PyYAML would show."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        where = f"line {before.count(chr(10)) + 1}, column {error.position - before.rfind(chr(10))}"
        return f"is not YAML: {where}: character {error.position + 1} is not allowed in YAML; remove it"
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    if _UNPASSABLE in str(problem):
        return f"{where}{problem}"
    where = f"is not YAML: {where}"
    for part, remedy in _REMEDIES.items():
        if part in str(problem):
            return f"{where}{problem}; {remedy}"
    return f"{where}{_PLAIN_WORDS.get(str(problem)) or _QUOTED.sub('…', problem or 'it cannot be read')}; {_QUOTE}"
