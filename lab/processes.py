"""Background processes of an embedded stack.

The kernel reuses pids, so a record holds the start time as well: a process is ours only if both match.
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

from lab import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOG_LIMIT = 20 * 1024 * 1024  # bytes; a larger log is truncated when its process starts
TERM_SECONDS = 10.0  # kube-apiserver takes up to 2 s to shut down, etcd less; then SIGKILL


@dataclass(frozen=True, slots=True)
class Record:
    """A started process."""

    name: str
    pid: int
    started: str
    argv: tuple[str, ...]

    @property
    def alive(self) -> bool:
        """Whether this process runs; False for a zombie and for another process with its pid."""
        return start_time(self.pid) == self.started


def start_time(pid: int) -> str | None:
    """The start time of `pid` as an opaque string, unique among processes with that pid; None if it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if sys.platform == "linux":
        try:
            # The command name may contain spaces and parentheses: fields follow the last one (proc(5)).
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return started.strip() if shown.returncode == 0 and not state.startswith("Z") else None


def parent_of(pid: int) -> int:
    """Pid of the parent; 0 if there is no such process."""
    try:
        if sys.platform == "linux":
            return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        shown = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return int(shown.stdout.strip() or 0)
    except (OSError, ValueError):
        return 0


def program_of(pid: int) -> str | None:
    """Base name of the program of `pid`; None if it does not run."""
    argv = dict(command_lines()).get(pid)
    return Path(argv[0]).name if argv and start_time(pid) else None


def _boot() -> str:
    """The boot's id, since start times are ticks since boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "boot"


class Processes:
    """The processes of a state folder, recorded in its `processes.json`."""

    def __init__(self, path: Path, logs: Path) -> None:
        self.path = path
        self.logs = logs

    def records(self) -> dict[str, Record]:
        """Every record by name, oldest first, dead ones included; empty if the file is missing or damaged."""
        records: dict[str, Record] = {}
        for name, entry in files.read_json(self.path).items():
            try:
                records[name] = Record(name, int(entry["pid"]), str(entry["started"]), tuple(entry["argv"]))
            except (KeyError, TypeError, ValueError):
                continue
        return records

    def running(self) -> dict[str, Record]:
        """The records whose process runs."""
        return {name: record for name, record in self.records().items() if record.alive}

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start `argv` in its own session (out of reach of Ctrl-C), log to `<name>.log`, and record it."""
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
        """Stop the named processes (all if None), newest first, and return the names of those that ran."""
        records = self.records()
        names = list(records) if names is None else list(names)
        stopped = [record.name for record in _stop([records[n] for n in reversed(list(records)) if n in names])]
        self._write({name: record for name, record in self.records().items() if name not in names})
        return stopped

    def stop_strays(self, programs: Iterable[str]) -> list[str]:
        """Stop processes that an interrupted start left without a record.

        Such a process runs one of `programs` (base names, or modules run with `python -m`) for this user, with a path inside
        the state folder on its command line. Children of a running engine are left alone.
        """
        programs = set(programs)
        recorded = {record.pid for record in self.running().values()}
        marker = f"{self.path.parent}/"
        strays = [
            Record(Path(argv[0]).name, pid, started, tuple(argv))
            for pid, argv in command_lines()
            if pid not in recorded
            and pid != os.getpid()
            and (Path(argv[0]).name in programs or (argv[1:2] == ["-m"] and argv[2] in programs))
            and any(marker in argument for argument in argv)
            and program_of(parent_of(pid)) != "pulumi"
            and (started := start_time(pid))
        ]
        return [record.name for record in _stop(strays)]

    def tail(self, name: str, lines: int = 12) -> str:
        """The last lines of a process' log."""
        try:
            return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _write(self, records: Mapping[str, Record]) -> None:
        document = {name: {k: v for k, v in asdict(r).items() if k != "name"} for name, r in records.items()}
        files.write(self.path, json.dumps(document, indent=2) + "\n", mode=0o600)


def _stop(records: Sequence[Record]) -> list[Record]:
    """Send SIGTERM in the given order, and SIGKILL after `TERM_SECONDS`."""
    stopped: list[Record] = []
    for record in records:
        if not record.alive:
            continue
        _signal(record, signal.SIGTERM)
        stopped.append(record)
        deadline = time.monotonic() + TERM_SECONDS
        while record.alive and time.monotonic() < deadline:
            _reap(record.pid)
            time.sleep(0.02)
        if record.alive:
            _signal(record, signal.SIGKILL)
            while record.alive:
                _reap(record.pid)
                time.sleep(0.02)
    return stopped


def _signal(record: Record, number: signal.Signals) -> None:
    try:
        os.kill(record.pid, number)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    """Collect the exit status, if it is our own child."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def command_lines() -> list[tuple[int, list[str]]]:
    """Pid and arguments of every process of this user."""
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-x", "-o", "pid=,command="], capture_output=True, text=True, check=False).stdout
        return [(int(parts[0]), parts[1:]) for line in shown.splitlines() if len(parts := line.split()) > 1]
    lines: list[tuple[int, list[str]]] = []
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or folder.stat().st_uid != os.getuid():
                continue
            argv = (folder / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
        except OSError:
            continue
        if argv[0]:
            lines.append((int(folder.name), argv))
    return lines
