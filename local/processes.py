"""Background processes of an embedded stack: started once, recognised later, ended exactly.

A pid alone is not an identity: the kernel hands it out again. A record therefore carries the time at which the process
started, and a process counts as ours only while both agree.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOG_LIMIT = 20 * 1024 * 1024  # bytes; a log beyond this is started anew with its process
TERM_SECONDS = 10.0  # kube-apiserver's own shutdown takes up to 2 s, etcd's less; then SIGKILL


@dataclass(frozen=True, slots=True)
class Record:
    """What identifies a process beyond its pid."""

    name: str
    pid: int
    started: str
    argv: tuple[str, ...]

    @property
    def alive(self) -> bool:
        """Whether this very process runs; false for a zombie and for a stranger that got its pid."""
        return start_time(self.pid) == self.started


def start_time(pid: int) -> str | None:
    """When `pid` started, as an opaque string that no other process with that pid shares; None when it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if sys.platform == "linux":
        try:
            # The command name may hold spaces and parentheses: fields count from behind the last one (proc(5)).
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return started.strip() if shown.returncode == 0 and not state.startswith("Z") else None


def parent_of(pid: int) -> int:
    """Pid of the parent; 0 when there is no such process."""
    try:
        if sys.platform == "linux":
            return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        shown = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return int(shown.stdout.strip() or 0)
    except (OSError, ValueError):
        return 0


def program_of(pid: int) -> str | None:
    """Base name of the program that `pid` runs; None when it does not run."""
    argv = dict(command_lines()).get(pid)
    return Path(argv[0]).name if argv and start_time(pid) else None


def _boot() -> str:
    """Ticks since boot mean nothing without the boot they count from."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "boot"


class Processes:
    """The processes that one state folder owns, recorded in its `processes.json`."""

    def __init__(self, path: Path, logs: Path) -> None:
        self.path = path
        self.logs = logs

    def records(self) -> dict[str, Record]:
        """Every record by name, oldest first, dead ones included; nothing when the file is missing or damaged."""
        found: dict[str, Record] = {}
        for name, entry in files.read_json(self.path).items():
            try:
                found[name] = Record(name, int(entry["pid"]), str(entry["started"]), tuple(entry["argv"]))
            except (KeyError, TypeError, ValueError):
                continue
        return found

    def running(self) -> dict[str, Record]:
        """The records whose process runs."""
        return {name: record for name, record in self.records().items() if record.alive}

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start `argv` in a session of its own (Ctrl-C in the terminal does not reach it), log to `<name>.log`, record it."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        mode = "wb" if log.exists() and log.stat().st_size > LOG_LIMIT else "ab"
        with log.open(mode) as output:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self.path.parent,
                env=dict(env) if env is not None else None,
            )
        self._write({**self.records(), name: Record(name, child.pid, start_time(child.pid) or "ended", tuple(argv))})
        return child

    def stop(self, names: Iterable[str] | None = None) -> list[str]:
        """End the named processes (all when None), newest first, and return the names of those that ran."""
        wanted = list(self.records()) if names is None else list(names)
        records = self.records()
        ended = [record.name for record in _end([records[n] for n in reversed(list(records)) if n in wanted])]
        self._write({name: record for name, record in self.records().items() if name not in wanted})
        return ended

    def stop_strays(self, programs: Iterable[str]) -> list[str]:
        """End processes that an interrupted start left without a record.

        Such a process runs one of `programs` (base names, or modules run with `python -m`) for this user and names a
        path inside the state folder on its command line, which nothing else does. One whose parent is an engine that
        runs is left to it.
        """
        wanted = set(programs)
        known = {record.pid for record in self.running().values()}
        marker = f"{self.path.parent}/"
        strays = [
            Record(Path(argv[0]).name, pid, started, tuple(argv))
            for pid, argv in command_lines()
            if pid not in known
            and pid != os.getpid()
            and (Path(argv[0]).name in wanted or (argv[1:2] == ["-m"] and argv[2] in wanted))
            and any(marker in argument for argument in argv)
            and program_of(parent_of(pid)) != "pulumi"
            and (started := start_time(pid))
        ]
        return [record.name for record in _end(strays)]

    def tail(self, name: str, lines: int = 12) -> str:
        """The last lines of a process' log, for an error message."""
        try:
            return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _write(self, records: Mapping[str, Record]) -> None:
        document = {name: {k: v for k, v in asdict(r).items() if k != "name"} for name, r in records.items()}
        files.write(self.path, json.dumps(document, indent=2) + "\n", mode=0o600)


def _end(records: Sequence[Record]) -> list[Record]:
    """SIGTERM in the given order, SIGKILL for what is still there after `TERM_SECONDS`."""
    ended: list[Record] = []
    for record in records:
        if not record.alive:
            continue
        _signal(record, signal.SIGTERM)
        ended.append(record)
        deadline = time.monotonic() + TERM_SECONDS
        while record.alive and time.monotonic() < deadline:
            _reap(record.pid)
            time.sleep(0.02)
        if record.alive:
            _signal(record, signal.SIGKILL)
            while record.alive:
                _reap(record.pid)
                time.sleep(0.02)
    return ended


def _signal(record: Record, number: signal.Signals) -> None:
    try:
        os.kill(record.pid, number)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    """Collect our own child's exit status; a process that another run started has another parent."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def command_lines() -> list[tuple[int, list[str]]]:
    """Pid and arguments of every process of this user."""
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-x", "-o", "pid=,command="], capture_output=True, text=True, check=False).stdout
        return [(int(parts[0]), parts[1:]) for line in shown.splitlines() if len(parts := line.split()) > 1]
    found: list[tuple[int, list[str]]] = []
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or folder.stat().st_uid != os.getuid():
                continue
            argv = (folder / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
        except OSError:
            continue
        if argv[0]:
            found.append((int(folder.name), argv))
    return found
