"""Reads the stack that the command line names with `--stack S` or `--file PATH`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.problems import ConfigError, Problem
from config.read import PROJECT, Encrypted, parse, seen_from, stack_file
from config.secret_keys import SECRETS, needed_secrets
from config.stack import StackConfig

_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")  # what Pulumi accepts as a stack's name
_FILE_NAME = re.compile(r"Pulumi\.(?P<stack>.+)\.ya?ml")


@dataclass(frozen=True, slots=True)
class Source:
    """A stack file. `values` are its keys as the engine passes them; encrypted ones are empty."""

    stack: str
    path: Path
    values: dict[str, str]
    config: StackConfig

    @property
    def plain_secrets(self) -> tuple[str, ...]:
        """Names of secrets in plain text."""
        return tuple(name for name in SECRETS if self.values.get(f"{PROJECT}:{name}"))

    @property
    def missing_secrets(self) -> tuple[str, ...]:
        """Names of required secrets that are not set, or empty."""
        empty = {name for name in SECRETS if not _is_set(self.values.get(f"{PROJECT}:{name}"))}
        return tuple(name for name in needed_secrets(self.config) if name in empty)


def _is_set(value: str | None) -> bool:
    return bool(value) or isinstance(value, Encrypted)


def stack_path(stack: str) -> Path:
    """Return `Pulumi.<stack>.yaml` in the current folder.

    Raises:
        ConfigError: the text is not a stack's name, for example a path.
    """
    if not _STACK_NAME.fullmatch(stack):
        problem = Problem(
            "--stack",
            f"{stack!r} is not a stack's name (letters, digits, '-', '_' and '.'); for a file elsewhere use --file PATH",
        )
        raise ConfigError([problem])
    return Path(f"Pulumi.{stack}.yaml")


def stack_name(path: Path) -> str:
    """Return the stack of a file: `S` for `Pulumi.S.yaml`, else the file's name without its suffix."""
    match = _FILE_NAME.fullmatch(path.name)
    return match["stack"] if match else path.stem


def read(stack: str | None, file: str | None) -> Source:
    """Return the stack that the command line names.

    Raises:
        ConfigError: lists every problem; invalid input raises nothing else.
    """
    if file == "":
        raise ConfigError([Problem("--file", "names no file; give a path")])
    path = Path(file) if file is not None else stack_path(stack or "")
    with refused_if_unreadable(path):
        values = seen_from(stack_file(path), path.parent)
        config = parse(values)
    return Source(stack if file is None and stack else stack_name(path), path, values, config)


@contextmanager
def refused_if_unreadable(path: Path) -> Iterator[None]:
    """Turn other errors that a file's path or text may raise, such as a null byte in the path, into a ConfigError.

    Raises:
        ConfigError: instead of those.
    """
    try:
        yield
    except (ValueError, TypeError, RecursionError, OverflowError, OSError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError([Problem(path.name or "--file", f"cannot be read as a stack file: {reason}")]) from None
