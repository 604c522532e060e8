"""A git revision: its program in a temporary folder, its stack file as text. The working tree is not touched."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.problems import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of the repository that holds `project`."""

    project: Path
    name: str
    """As the user wrote it: `main`, `HEAD~1`."""
    commit: str

    def text_of(self, file: Path) -> str | None:
        """Return the file's content at this revision. None if it did not exist.

        Raises:
            OutsideRepositoryError: The file is not in the repository.
        """
        try:
            inside = file.resolve().relative_to(_top(self.project))
        except ValueError:
            raise OutsideRepositoryError from None
        done = _git(self.project, "cat-file", "blob", f"{self.commit}:{inside.as_posix()}")
        return None if done.returncode else done.stdout.decode("utf-8", errors="replace")

    @contextmanager
    def program(self) -> Iterator[Path]:
        """Provide a temporary folder with all files of the project at this revision.

        Raises:
            ConfigError: The revision has no such folder, or no program in it.
        """
        done = _git(self.project, "archive", "--format=tar", self.commit)
        if done.returncode:
            raise _refused(self.name, f"its files cannot be read: {_stderr(done)}")
        with TemporaryDirectory(prefix="plan-diff-") as folder:
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
                archive.extractall(folder, filter=_inside)  # noqa: S202 - the filter skips members outside the folder
            if not (Path(folder) / "__main__.py").is_file():
                raise _refused(self.name, "there is no Pulumi program (__main__.py) at that revision; name a later one")
            yield Path(folder)


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Skip members outside the folder, such as links to absolute paths; no program needs them."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


class OutsideRepositoryError(Exception):
    """The file is outside the repository, so it has no revisions."""


def revision(project: Path, name: str) -> Revision:
    """Resolve a revision's name to its commit.

    Raises:
        ConfigError: There is no repository, or no such commit in it.
    """
    if not name:
        raise _refused(name, "names no revision; for example --base origin/main")
    try:
        done = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except ValueError:  # a null byte
        raise _refused(name, "is no revision") from None
    if done.returncode:
        if _git(project, "rev-parse", "--git-dir").returncode:
            raise _refused(name, "the program is in no git repository, so it has no revisions; use --base-file alone")
        raise _refused(
            name,
            "no such commit here; a shallow clone may lack it: git fetch origin main, or check out with its history",
        )
    return Revision(project, name, done.stdout.decode().strip())


def _refused(name: str, what: str) -> ConfigError:
    return ConfigError([Problem("--base", f"{name!r}: {what}")])


def _top(project: Path) -> Path:
    return Path(_git(project, "rev-parse", "--show-toplevel").stdout.decode().rstrip("\n")).resolve()


def _stderr(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode(errors="replace").split()) or f"git ended with {done.returncode}"


def _git(project: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in the project's folder without a terminal.

    Raises:
        ConfigError: Git is not installed.
    """
    try:
        return subprocess.run(
            ["git", "-C", str(project), *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise ConfigError([Problem("--base", "git is not installed; it is needed to read a revision")]) from None
