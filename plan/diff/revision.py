"""A revision of the repository: its program in a temporary folder, its stack file as text. Nothing is checked out."""

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
    named: str
    """As the user named it: `main`, `HEAD~1`."""
    commit: str

    def text_of(self, file: Path) -> str | None:
        """The file's content at this revision, or none where it did not exist.

        Raises:
            OutsideRepositoryError: the file does not lie in the repository.
        """
        try:
            inside = file.resolve().relative_to(_top(self.project))
        except ValueError:
            raise OutsideRepositoryError from None
        done = _git(self.project, "cat-file", "blob", f"{self.commit}:{inside.as_posix()}")
        return None if done.returncode else done.stdout.decode("utf-8", errors="replace")

    @contextmanager
    def program(self) -> Iterator[Path]:
        """A folder with all files of the project at this revision; gone when the block ends.

        Raises:
            ConfigError: the revision has no such folder, or no program in it.
        """
        done = _git(self.project, "archive", "--format=tar", self.commit)
        if done.returncode:
            raise _refused(self.named, f"its files cannot be read: {_said(done)}")
        with TemporaryDirectory(prefix="plan-diff-") as folder:
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
                archive.extractall(folder, filter=_inside)  # noqa: S202 - the filter leaves out what would lie elsewhere
            if not (Path(folder) / "__main__.py").is_file():
                raise _refused(
                    self.named, "there is no Pulumi program (__main__.py) at that revision; name a later one"
                )
            yield Path(folder)


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leaves out what would lie outside the folder, such as a link to an absolute path; no program is made of those."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None


class OutsideRepositoryError(Exception):
    """A file lies outside the repository, so it has no revisions."""


def revision(project: Path, named: str) -> Revision:
    """The commit that a name stands for.

    Raises:
        ConfigError: there is no repository, or no such commit in it.
    """
    if not named:
        raise _refused(named, "names no revision; for example --base origin/main")
    try:
        done = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{named}^{{commit}}")
    except ValueError:  # a null byte
        raise _refused(named, "is no revision") from None
    if done.returncode:
        if _git(project, "rev-parse", "--git-dir").returncode:
            raise _refused(
                named, "the program lies in no git repository, so it has no revisions; use --base-file alone"
            )
        raise _refused(
            named,
            "no such commit here; a shallow clone may lack it: git fetch origin main, or check out with its history",
        )
    return Revision(project, named, done.stdout.decode().strip())


def _refused(named: str, what: str) -> ConfigError:
    return ConfigError([Problem("--base", f"{named!r}: {what}")])


def _top(project: Path) -> Path:
    return Path(_git(project, "rev-parse", "--show-toplevel").stdout.decode().rstrip("\n")).resolve()


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return " ".join(done.stderr.decode(errors="replace").split()) or f"git ended with {done.returncode}"


def _git(project: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """One command of git in the project's folder, with nothing asked on a terminal.

    Raises:
        ConfigError: git is not installed.
    """
    try:
        return subprocess.run(
            ["git", "-C", str(project), *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise ConfigError([Problem("--base", "git is not installed, and it keeps the revisions")]) from None
