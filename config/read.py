"""Reads a stack file and checks it, without an engine."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config.engine_yaml import document, intact
from config.messages import ENCRYPTED_KEY
from config.partial_checks import check
from config.problems import REGION_KEY, ConfigError, Problem
from config.secret_keys import SECRETS, needed_secrets
from config.stack import StackConfig
from config.web_files import PROJECT_FOLDER

PROJECT = "jitsi"
_TEXT_KEYS = {"domain", "dnsZone", "namespace"}
_KNOWN_NAMESPACES = ("pulumi", "scaleway", "kubernetes")
_MISSPELT = 0.75
"""Similarity (difflib's ratio) from which a namespace counts as misspelt: jisti and Jitsi do, jetstream does not."""
_NOTHING = "\0"
"""A value that no key accepts: it stands for one that is not known."""
_ENCRYPTED = {ENCRYPTED_KEY: ""}
"""What a model sees of an encrypted value, to report it."""


def stack_file(path: Path) -> dict[str, str]:
    """Return the file's config as the engine passes it: `namespace:key` to text; encrypted values are `ENCRYPTED`, an empty text.

    Raises:
        ConfigError: the file cannot be read, is not YAML, sets a key twice, or has no `config:` mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            [Problem(path.name, "no such stack file; stack files are named Pulumi.<stack>.yaml")]
        ) from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        where = f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
        problem = Problem(path.name, f"{where}: a character is not UTF-8; save the file as UTF-8")
        raise ConfigError([problem]) from None
    except OSError as error:
        raise ConfigError([Problem(path.name, f"cannot be read as a stack file: {error}")]) from None
    try:
        whole = document(text, path.name)
    except ConfigError as error:
        raise ConfigError([*error.problems, *_of_intact_keys(text)]) from None
    config = whole.get("config") if isinstance(whole, dict) else None
    if not isinstance(config, dict):
        raise ConfigError(
            [Problem(path.name, "has no `config:` mapping; add one with keys such as `jitsi:domain: meet.example.org`")]
        )
    return engine_values(config)


def _of_intact_keys(text: str) -> Iterator[Problem]:
    """Yield the problems of a file's other keys, whatever stands in those that are no YAML."""
    try:
        keys, broken = intact(text)
    except ValueError:
        return
    names = {name.removeprefix(f"{PROJECT}:") for name in broken}
    try:
        parse(engine_values(keys | dict.fromkeys(broken, _NOTHING)))
    except ConfigError as error:
        yield from (each for each in error.problems if names and re.split(r"[.\[]", each.where)[0] not in names)


class Encrypted(str):
    """The text of an encrypted value, which is empty to a plan, although the value is set."""

    __slots__ = ()


ENCRYPTED = Encrypted()


def engine_values(config: Mapping[Any, Any]) -> dict[str, str]:
    """Return a `config:` mapping as the engine passes it: `namespace:key` to text; encrypted values are `ENCRYPTED`.

    Raises:
        ConfigError: a key is set both with and without the project's namespace.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in config.items():
        name = str(key) if ":" in str(key) else f"{PROJECT}:{key}"
        if name in values:
            short = name.partition(":")[2]
            problems.append(Problem(name, f"is set twice, as {short} and as {name}; keep one of them"))
        if _encrypted(value):
            values[name] = ENCRYPTED
        elif value is None:
            values[name] = ""
        else:
            values[name] = value if isinstance(value, str) else json.dumps(value, default=str)
    if problems:
        raise ConfigError(problems)
    return values


def seen_from(values: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the values with the paths of served files resolved from the stack file's folder.

    The engine runs the program in the folder of its stack files; only the plan reads stack files elsewhere.
    """
    key = f"{PROJECT}:web"
    signalling_key = f"{PROJECT}:signalling"
    signalling = _decoded(values.get(signalling_key, ""))
    if folder.resolve() != PROJECT_FOLDER and isinstance(signalling, dict):
        _resolve(signalling.get("plugins"), folder)
        values = {**values, signalling_key: json.dumps(signalling)}
    web = _decoded(values.get(key, ""))
    if folder.resolve() == PROJECT_FOLDER or not isinstance(web, dict):
        return dict(values)
    if isinstance(web.get("folder"), str):
        web["folder"] = _absolute(folder, web["folder"])
    _resolve(web.get("files"), folder)
    return {**values, key: json.dumps(web)}


def _resolve(files: Any, folder: Path) -> None:
    """Make the paths of a map of files absolute, in place."""
    for content in files.values() if isinstance(files, dict) else ():
        if isinstance(content, dict) and isinstance(content.get("file"), str):
            content["file"] = _absolute(folder, content["file"])


def _absolute(folder: Path, text: str) -> str:
    """Resolve a path; an invalid one stays as written, for its error message."""
    return str(folder.resolve() / text) if text and ".." not in Path(text).parts else text


def parse(values: Mapping[str, str]) -> StackConfig:
    """Return the stack that the engine's `namespace:key` texts describe.

    Raises:
        ConfigError: lists every problem.
    """
    raw: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, text in values.items():
        namespace, _, name = key.partition(":")
        if key == REGION_KEY:
            raw["region"] = _ENCRYPTED if isinstance(text, Encrypted) else text
        elif namespace == PROJECT and name == "region":
            problems.append(Problem(key, f"unknown key; set the region with {REGION_KEY}"))
        elif key == f"{PROJECT}:{PROJECT}" and isinstance(section := _decoded(text), dict):
            written = ", ".join(f"{PROJECT}:{inner}: …" for inner in section) or f"{PROJECT}:domain: …"
            problems.append(Problem(PROJECT, f"begins the name of each key, and is no section; write {written}"))
            raw |= {inner: value for inner, value in section.items() if inner not in SECRETS}
        elif namespace == PROJECT and name not in SECRETS:
            raw[name] = _ENCRYPTED if isinstance(text, Encrypted) else text if name in _TEXT_KEYS else _decoded(text)
        elif namespace != PROJECT and _misspelt(namespace):
            problems.append(Problem(key, f"unused namespace {namespace}; did you mean {PROJECT}:{name}?"))
    checked = check(raw)
    if isinstance(checked, ConfigError):
        raise ConfigError([*problems, *checked.problems], checked.secrets)
    if problems:
        raise ConfigError(problems, needed_secrets(checked))
    return checked


def _misspelt(namespace: str) -> bool:
    similarity = difflib.SequenceMatcher(None, namespace.lower(), PROJECT).ratio()
    return namespace not in _KNOWN_NAMESPACES and similarity >= _MISSPELT


def _encrypted(value: Any) -> bool:
    """Return whether a value is a ciphertext, or a map of ciphertexts as `pulumi config set --path --secret` leaves it."""
    if not isinstance(value, dict) or not value:
        return False
    return set(value) == {ENCRYPTED_KEY} or all(_encrypted(inner) for inner in value.values())


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # not JSON, or a number with thousands of digits
        return text
