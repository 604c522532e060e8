"""The two sides of a diff: the working tree, and the base it is compared with."""

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
from config.secret_keys import SECRETS
from config.source import Source, refused_if_unreadable
from plan.diff.isolated import evaluation
from plan.diff.revision import OutsideRepositoryError, Revision, revision
from plan.evaluate import PROGRAM, evaluate
from plan.recorder import Resource


@dataclass(frozen=True, slots=True)
class Sides:
    """Resources at the base and in the working tree."""

    base: tuple[Resource, ...]
    head: tuple[Resource, ...]
    notes: tuple[str, ...] = field(default=())
    """Notes for the reader besides the changes."""


@dataclass(frozen=True, slots=True)
class _StackFile:
    """A stack file of the base, as the engine would pass it on."""

    values: dict[str, str]
    encrypted: dict[str, str]
    folder: Path | None = None
    """Folder of the file in the project at the revision, to which its paths refer. None: they refer to the working tree."""


def sides(source: Source, base: str | None, base_file: str | None) -> Sides:
    """Evaluate both sides in parallel: the base's program in a separate process, the working tree's here.

    `base` is a git revision of the program. `base_file` replaces its stack file; without `base`, two stack files are
    compared under the working tree's program.

    Raises:
        ConfigError: A side cannot be evaluated; the message names it.
    """
    if base is None and base_file is None:
        raise ConfigError([Problem("--base", "names no revision; for example --base origin/main")])
    notes: list[str] = []
    base_revision = revision(PROGRAM.parent, base) if base is not None else None
    label = base if base is not None else str(base_file)
    before = _base_file(source, base_revision, base_file, notes)
    after = _encrypted(source.path)
    changed = frozenset[str]()
    if before is not None:
        changed = frozenset(
            name
            for name in SECRETS
            if _secret(source.values, after, name) != _secret(before.values, before.encrypted, name)
        )
        notes += _secret_notes(changed)
    with ExitStack() as stack:
        running = None
        if before is not None:
            folder = stack.enter_context(base_revision.program()) if base_revision else PROGRAM.parent
            inside = before.folder
            values = before.values if inside is None else seen_from(before.values, folder / inside)
            running = stack.enter_context(evaluation(folder, values, source.stack, label))
        head = evaluate(source.values, source.stack, changed_secrets=changed)
        return Sides(running.resources() if running else (), head, tuple(notes))


def _base_file(
    source: Source, base_revision: Revision | None, base_file: str | None, notes: list[str]
) -> _StackFile | None:
    if base_file is not None:
        return _named_file(base_revision, base_file)
    if base_revision is None:
        return None
    try:
        file = _file_at(base_revision, source.path)
    except OutsideRepositoryError:
        notes.append(
            f"{source.path.name} is outside the program's repository and has no revisions: both sides use the current file, "
            "and only the program differs. Name another file to compare with in --base-file."
        )
        return _StackFile(source.values, _encrypted(source.path))
    if file is None:
        notes.append(
            f"{source.path.name} did not exist at {base_revision.name}: all its resources are new. If it was renamed, name the "
            "old file in --base-file."
        )
    return file


def _named_file(base_revision: Revision | None, base_file: str) -> _StackFile:
    """Read the file from disk, or at the revision if it no longer exists."""
    if not base_file or "\0" in base_file:
        raise ConfigError([Problem("--base-file", "names no file")])
    path = Path(base_file)
    with refused_if_unreadable(path):
        if base_revision is not None and not path.exists():
            with suppress(OutsideRepositoryError):
                if (file := _file_at(base_revision, path)) is not None:
                    return file
        return _StackFile(seen_from(stack_file(path), path.parent), _encrypted(path))


def _file_at(base_revision: Revision, path: Path) -> _StackFile | None:
    """Read the file at the revision. None if it did not exist.

    Raises:
        OutsideRepositoryError: The file is not in the repository.
        ConfigError: The file is no stack file at that revision.
    """
    text = base_revision.text_of(path)
    if text is None:
        return None
    with _as_file(text, path.name) as copy, refused_if_unreadable(path):
        try:
            values, encrypted = stack_file(copy), _encrypted(copy)
        except ConfigError as error:
            raise ConfigError(
                [Problem(f"{base_revision.name}: {problem.where}", problem.what) for problem in error.problems]
            ) from None
    folder = path.resolve().parent
    if folder == base_revision.project.resolve():
        return _StackFile(values, encrypted)
    if folder.is_relative_to(base_revision.project.resolve()):
        return _StackFile(values, encrypted, folder.relative_to(base_revision.project.resolve()))
    return _StackFile(seen_from(values, folder), encrypted)


@contextmanager
def _as_file(text: str, name: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="plan-diff-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        yield path


def _encrypted(path: Path) -> dict[str, str]:
    """Return key -> ciphertext of the encrypted values, for comparison."""
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
        consequence = (
            "if it names another cluster, everything is replaced; a new token alone replaces nothing."
            if name == "kubeconfig"
            else "values derived from it are shown as changed, but do not change if it was only encrypted again."
        )
        yield f"jitsi:{name} differs in the stack file. Its value is not read here: {consequence}"
