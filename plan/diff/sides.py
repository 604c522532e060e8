"""The two sides of a diff: the working tree as it is, and what it is compared with."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from config.engine_yaml import document
from config.problems import ConfigError, Problem
from config.read import PROJECT as NAMESPACE
from config.read import seen_from, stack_file
from config.secret_keys import SECRET_KEYS
from plan.diff.elsewhere import evaluation
from plan.diff.revision import OutsideRepositoryError, Revision, revision
from plan.evaluate import PROGRAM, evaluate
from plan.recorder import Resource
from plan.source import Source, refused_if_unreadable


@dataclass(frozen=True, slots=True)
class Sides:
    """What the program makes at the base and in the working tree."""

    base: tuple[Resource, ...]
    head: tuple[Resource, ...]
    notes: tuple[str, ...] = field(default=())
    """What a reader must know beside the changes themselves."""


@dataclass(frozen=True, slots=True)
class _File:
    """A stack file of the base, as the engine would hand it over."""

    values: dict[str, str]
    encrypted: dict[str, str]
    folder: Path | None = None
    """Where the file lies in the project at the revision, whose files it then names; none: it names those of the working tree."""


def sides(source: Source, base: str | None, base_file: str | None) -> Sides:
    """Evaluate both. The base's program runs in a process of its own; the working tree's here, meanwhile.

    `base` is a revision of the repository that holds the program; `base_file` stands for its stack file, and alone compares
    two files under the working tree's program.

    Raises:
        ConfigError: one of them cannot be evaluated; the message names which.
    """
    if base is None and base_file is None:
        raise ConfigError([Problem("--base", "names no revision; for example --base origin/main")])
    notes: list[str] = []
    against = revision(PROGRAM.parent, base) if base is not None else None
    named = base if base is not None else str(base_file)
    before = _base_file(source, against, base_file, notes)
    after = _encrypted(source.path)
    changed = frozenset[str]()
    if before is not None:
        changed = frozenset(
            name
            for name in SECRET_KEYS
            if _secret(source.values, after, name) != _secret(before.values, before.encrypted, name)
        )
        notes += _secret_notes(changed)
    with ExitStack() as stack:
        running = None
        if before is not None:
            folder = stack.enter_context(against.program()) if against else PROGRAM.parent
            inside = before.folder
            values = before.values if inside is None else seen_from(before.values, folder / inside)
            running = stack.enter_context(evaluation(folder, values, source.stack, named))
        head = evaluate(source.values, source.stack, changed_secrets=changed)
        return Sides(running.resources() if running else (), head, tuple(notes))


def _base_file(source: Source, against: Revision | None, base_file: str | None, notes: list[str]) -> _File | None:
    if base_file is not None:
        return _named_file(against, base_file)
    if against is None:
        return None
    try:
        found = _file_at(against, source.path)
    except OutsideRepositoryError:
        notes.append(
            f"{source.path.name} lies outside the repository of the program and has no revisions there: it stands on both "
            "sides, and only the program differs. --base-file names another file to compare with."
        )
        return _File(source.values, _encrypted(source.path))
    if found is None:
        notes.append(
            f"{source.path.name} did not exist at {against.named}: everything that it makes is new. --base-file names another "
            "file to compare with, such as the one that was renamed."
        )
    return found


def _named_file(against: Revision | None, base_file: str) -> _File:
    """The file as it lies on disk; one that is gone there, as it was at the revision."""
    if not base_file or "\0" in base_file:
        raise ConfigError([Problem("--base-file", "names no file")])
    path = Path(base_file)
    with refused_if_unreadable(path):
        if against is not None and not path.exists():
            with suppress(OutsideRepositoryError):
                if (found := _file_at(against, path)) is not None:
                    return found
        return _File(seen_from(stack_file(path), path.parent), _encrypted(path))


def _file_at(against: Revision, path: Path) -> _File | None:
    """The file at the revision, or none where it did not exist.

    Raises:
        OutsideRepositoryError: the file does not lie in the repository.
        ConfigError: it is no stack file there.
    """
    text = against.text_of(path)
    if text is None:
        return None
    with _as_file(text, path.name) as copy, refused_if_unreadable(path):
        try:
            values, encrypted = stack_file(copy), _encrypted(copy)
        except ConfigError as error:
            raise ConfigError([Problem(f"{against.named}: {one.where}", one.what) for one in error.problems]) from None
    folder = path.resolve().parent
    if folder == against.project.resolve():
        return _File(values, encrypted)
    if folder.is_relative_to(against.project.resolve()):
        return _File(values, encrypted, folder.relative_to(against.project.resolve()))
    return _File(seen_from(values, folder), encrypted)


@contextmanager
def _as_file(text: str, name: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="plan-diff-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        yield path


def _encrypted(path: Path) -> dict[str, str]:
    """Key -> ciphertext of the encrypted values, to tell whether they are the same."""
    config = document(path.read_text(encoding="utf-8"), path.name).get("config") or {}
    return {
        key if ":" in key else f"{NAMESPACE}:{key}": json.dumps(value, default=str)
        for key, value in config.items()
        if isinstance(key, str) and isinstance(value, dict)
    }


def _secret(values: dict[str, str], encrypted: dict[str, str], name: str) -> str:
    key = f"{NAMESPACE}:{name}"
    return encrypted.get(key) or values.get(key, "")


def _secret_notes(changed: frozenset[str]) -> Iterator[str]:
    for name in sorted(changed):
        follows = (
            "if it names another cluster, everything is replaced; a new token alone replaces nothing."
            if name == "kubeconfig"
            else "what follows from it is shown as changed, and stays as it is if only the encryption is new."
        )
        yield f"jitsi:{name} stands differently in the stack file. Its value is not read here: {follows}"
