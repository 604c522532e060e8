"""The key `env`: variables of the images without a key of their own, and what owns each other variable.

The program's own values are set in `components/`: `*/environment.py`, and `bridges/pods.py`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from config.environment_owners import KEYS, NO_KEY, SECRETS
from config.model import Model

COMPONENTS = ("web", "prosody", "jicofo", "jvb")
Component = Literal["web", "prosody", "jicofo", "jvb"]
MAX_CHARACTERS = 4096  # of one value; longer ones belong in a file

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_SECRET = re.compile(r"_(PASSWORD|SECRET|TOKEN|BINDPW|CREDENTIALS|DSN)$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Value = Annotated[str, Field(max_length=MAX_CHARACTERS)] | bool | int
Values = Mapping[str, str | bool | int]

MERGED = ("GLOBAL_MODULES", "XMPP_MODULES", "XMPP_MUC_MODULES", "XMPP_CONFIGURATION")
"""Lists of prosody to which both the program and the stack file add."""
SPLIT_AT_COMMAS = ("XMPP_CONFIGURATION", "XMPP_MUC_CONFIGURATION")
"""Variables that the image splits into lines of prosody's config at every comma, even inside braces and quotes."""


def owner(name: str) -> str | None:
    """Return the key that sets a name, or why no key does; None for a free name."""
    return KEYS.get(name) or NO_KEY.get(name)


def combined(custom: Values, own: Values) -> Values:
    """Merge the stack file's values with the program's, which win; lists are joined with the program's entries last."""
    result = {**custom, **own}
    for name in MERGED:
        if name in custom and name in own:
            parts = [part for values in (custom, own) for part in str(values[name]).split(",") if part]
            result[name] = ",".join(dict.fromkeys(parts))
    return result


@cache
def _names() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "environment_names.json").read_text(encoding="utf-8"))


def known_release() -> str:
    """Return the release whose names are known."""
    return _names()["release"]


@cache
def readers() -> dict[str, list[str]]:
    """Return every variable of the known release -> the kinds of pods whose templates, start scripts or program read it."""
    return _names()["variables"]


@cache
def known_names(component: str) -> frozenset[str]:
    """Return the names that a component's pods read in the known release; `env.prosody` is for visitor prosodies as well."""
    kinds = {component, "visitors"} if component == "prosody" else {component}
    return frozenset(name for name, by in readers().items() if kinds & set(by))


class Env(Model):
    """Environment variables of the images. Everyone who may read pods can read the values."""

    web: dict[str, Value] = {}
    """For web; a change rolls its pods."""
    prosody: dict[str, Value] = {}
    """For prosody; a change restarts it, which ends every meeting of a shard."""
    jicofo: dict[str, Value] = {}
    """For jicofo; a change restarts it, and it invites all participants again."""
    jvb: dict[str, Value] = {}
    """For the bridges; a change drains and replaces them."""

    def of(self, component: Component) -> Values:
        """Return the values of one component."""
        return getattr(self, component)

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield variables that the program sets itself, or whose values an image cannot hold."""
        for component in COMPONENTS:
            for name, value in getattr(self, component).items():
                if reason := _refused(name, value):
                    yield f"{component}.{name}", reason


def _refused(name: str, value: str | bool | int) -> str | None:
    if not _NAME.fullmatch(name):
        return "a name is capital letters, digits and underscores, and starts with a letter"
    if name in SECRETS or _SECRET.search(name):
        return f"looks like a secret, and env is readable in the pods; {SECRETS.get(name, 'no key takes it')}; remove the name"
    if name in KEYS:
        return f"is set by the program; use {KEYS[name]}"
    if name in NO_KEY:
        return f"has no key, and cannot be set here: {NO_KEY[name]}; remove the name"
    if name in SPLIT_AT_COMMAS and (broken := next((part for part in str(value).split(",") if not _whole(part)), None)):
        return (
            f"the image turns each part between commas into a line, and {broken.strip()!r} alone is not one, so prosody would not start; "
            "in tables write ; instead of ,"
        )
    if isinstance(value, str) and _CONTROL.search(value):
        return "a value is one line without control characters, as the images' templates read nothing else"
    return None


def _whole(line: str) -> bool:
    """Return whether all quotes and braces of a line are closed."""
    outside = re.sub(r'"[^"]*"|\'[^\']*\'', "", line)
    return not set("\"'") & set(outside) and outside.count("{") == outside.count("}")
