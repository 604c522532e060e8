"""From a stack file's keys to a checked `StackConfig`, without an engine."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.engine_yaml import document
from config.problems import ConfigError, Problem, from_validation
from config.second_look import REGION_KEY, problems_beside
from config.secret_keys import SECRET_KEYS
from config.stack import StackConfig
from config.validation_texts import ENCRYPTED_KEY
from config.web_files import PROJECT_FOLDER

PROJECT = "jitsi"
_TEXT_KEYS = {"domain", "dnsZone", "namespace"}
_KNOWN_NAMESPACES = ("pulumi", "scaleway", "kubernetes")
_MISSPELT = 0.75
"""Likeness from which a namespace is taken for a misspelt one (difflib's ratio): jisti and Jitsi are, jetstream is not."""
_CLOSED = {ENCRYPTED_KEY: ""}
"""Of an encrypted value all that a model gets to see; it has words for it."""


def stack_file(path: Path) -> dict[str, str]:
    """The file's config as the engine hands it over: `namespace:key` to text; encrypted values are `ENCRYPTED`, which is empty.

    Raises:
        ConfigError: the file cannot be read, is no YAML, says a key twice, or holds no `config:` mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError([Problem(path.name, "no such stack file; the stacks here are Pulumi.<stack>.yaml")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(path.name, f"cannot be read as a stack file: {error}")]) from None
    whole = document(text, path.name)
    config = whole.get("config") if isinstance(whole, dict) else None
    if not isinstance(config, dict):
        raise ConfigError(
            [Problem(path.name, "holds no `config:` mapping; keys look like `jitsi:domain: meet.example.org`")]
        )
    return engine_values(config)


class Encrypted(str):
    """The text of an encrypted value as far as a plan knows it, which is empty; set with `--secret`, so it is there."""

    __slots__ = ()


ENCRYPTED = Encrypted()


def engine_values(config: Mapping[Any, Any]) -> dict[str, str]:
    """A `config:` mapping as the engine hands it over: `namespace:key` to text; encrypted values are `ENCRYPTED`.

    Raises:
        ConfigError: a key of the project stands there with its namespace and without.
    """
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in config.items():
        name = str(key) if ":" in str(key) else f"{PROJECT}:{key}"
        if name in values:
            short = name.partition(":")[2]
            problems.append(Problem(name, f"stands twice, as {short} and as {name}, of which one would win; keep one"))
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
    """The values with the paths of files that web serves seen from the folder of the stack file, where the program's is another.

    The engine always runs the program in the folder of its stack files; only the plan reads files that lie elsewhere.
    """
    key = f"{PROJECT}:web"
    web = _decoded(values.get(key, ""))
    if folder.resolve() == PROJECT_FOLDER or not isinstance(web, dict):
        return dict(values)
    if isinstance(web.get("folder"), str):
        web["folder"] = _absolute(folder, web["folder"])
    files = web.get("files")
    for content in files.values() if isinstance(files, dict) else ():
        if isinstance(content, dict) and isinstance(content.get("file"), str):
            content["file"] = _absolute(folder, content["file"])
    return {**values, key: json.dumps(web)}


def _absolute(folder: Path, text: str) -> str:
    """Left as it is where it is wrong, so that the message shows what was written."""
    return str(folder.resolve() / text) if text and ".." not in Path(text).parts else text


def parse(values: Mapping[str, str]) -> StackConfig:
    """The stack that the engine's `namespace:key` texts describe.

    Raises:
        ConfigError: with every problem at once.
    """
    raw: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, text in values.items():
        namespace, _, name = key.partition(":")
        if key == REGION_KEY:
            raw["region"] = _CLOSED if isinstance(text, Encrypted) else text
        elif namespace == PROJECT and name == "region":
            problems.append(Problem(key, f"unknown key; the region of a stack is {REGION_KEY}"))
        elif namespace == PROJECT and name not in SECRET_KEYS:
            raw[name] = _CLOSED if isinstance(text, Encrypted) else text if name in _TEXT_KEYS else _decoded(text)
        elif namespace != PROJECT and _misspelt(namespace):
            problems.append(Problem(key, f"nothing reads the namespace {namespace}; did you mean {PROJECT}:{name}?"))
    try:
        config = StackConfig.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise ConfigError([*problems, *from_validation(error, StackConfig), *problems_beside(raw, error)]) from None
    problems += config.problems()
    if problems:
        raise ConfigError(problems)
    return config


def _misspelt(namespace: str) -> bool:
    alike = difflib.SequenceMatcher(None, namespace.lower(), PROJECT).ratio()
    return namespace not in _KNOWN_NAMESPACES and alike >= _MISSPELT


def _encrypted(value: Any) -> bool:
    """One ciphertext, or a map of nothing else, as `pulumi config set --path --secret` leaves it."""
    if not isinstance(value, dict) or not value:
        return False
    return set(value) == {ENCRYPTED_KEY} or all(_encrypted(inner) for inner in value.values())


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # no JSON, or a number of thousands of digits
        return text
