"""Builds of tools from Go modules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.progress import Progress, clock
from lab.toolchain.fingerprint import GO_FLAGS, MODULES, key
from lab.toolchain.plan import Step, lanes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.toolchain.catalogue import Tool

AMPLE_MEMORY = 12 * 2**30  # bytes; with this much, a larger compiler heap saves a tenth of the time


class BuildError(Exception):
    """A build failed; the message contains the compiler's last lines."""


@dataclass
class _Run:
    """A step in progress."""

    step: Step
    total: int = 0
    compiled: int = 0
    downloads: int = 0
    state: str = "waiting"

    def __str__(self) -> str:
        if self.state == "modules":
            return f"{self.step.title}: {self.downloads} modules downloaded"
        if self.state == "compiling":
            return f"{self.step.title}: {self.compiled}/{self.total} packages"
        return ""


@dataclass
class Builder:
    """Builds tools into the cache. Callers hold the cache's lock."""

    cache: Path
    go: Path
    platform: str
    progress: Progress
    modules: Path = MODULES
    seconds: dict[str, float] = field(default_factory=dict)
    """Duration of each step, by title."""
    _children: list[subprocess.Popen[str]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def go_build_cache(self) -> Path:
        """Compiled packages (some 8 GB), kept until the build is complete so that it can resume."""
        return self.cache / "go-build"

    def build(self, missing: Sequence[Tool]) -> None:
        """Build `missing`, each atomically into its own folder of the cache.

        Raises:
            BuildError: the compiler or the module download failed.
        """
        plan = [[_Run(step) for step in lane] for lane in lanes(missing)]
        runs = [run for lane in plan for run in lane]
        # Modules are downloaded in the order of use, while earlier steps compile.
        order = sorted(runs, key=lambda run: next(lane.index(run) for lane in plan if run in lane))
        loaded = {id(run): threading.Event() for run in runs}
        pool = ThreadPoolExecutor(max_workers=3)
        try:
            jobs = [pool.submit(self._fetch, order, loaded), *(pool.submit(self._lane, lane, loaded) for lane in plan)]
            while True:
                done, waiting = wait(jobs, timeout=0.5, return_when=FIRST_EXCEPTION)
                for job in done:
                    job.result()
                if not waiting:
                    break
                shown = " · ".join(text for run in runs if (text := str(run)))
                self.progress.live(f"  {clock(self.progress.elapsed)}  {shown}")
        finally:
            self._stop.set()
            for event in loaded.values():
                event.set()
            for child in self._children:
                if child.poll() is None:
                    child.terminate()
            pool.shutdown()
            self.progress.done()
        shutil.rmtree(self.go_build_cache, ignore_errors=True)
        shutil.rmtree(self.cache / "go-tmp", ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """The environment of `go`: this Go, these modules, no C."""
        temporary = self.cache / "go-tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return {
            **os.environ,
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GOFLAGS": "-buildvcs=false -mod=readonly",
            "CGO_ENABLED": "0",
            "GOCACHE": str(self.go_build_cache),
            "GOTMPDIR": str(temporary),
            "GOGC": "400" if memory >= AMPLE_MEMORY else "100",
        }

    def _fetch(self, order: Sequence[_Run], loaded: Mapping[int, threading.Event]) -> None:
        """Load every step's packages, which downloads its modules and counts its packages."""
        for run in order:
            run.state = "modules"
            tags = sorted({tag for tool in run.step.tools for tag in tool.tags})
            arguments = ["list", "-deps", *(["-tags", ",".join(tags)] if tags else []), "-f", "{{.ImportPath}}"]
            for tool in run.step.tools:
                self._stage(tool)
            run.total = len(self._go([*arguments, *run.step.packages], run).split())
            run.state = "waiting"
            loaded[id(run)].set()

    def _lane(self, runs: Sequence[_Run], loaded: Mapping[int, threading.Event]) -> None:
        for run in runs:
            loaded[id(run)].wait()
            if self._stop.is_set():
                return
            started = self.progress.elapsed
            self.progress.line(f"  building {', '.join(tool.name for tool in run.step.tools)}")
            run.state = "compiling"
            output = Path(tempfile.mkdtemp(dir=self.cache, prefix=".building."))
            try:
                self._go(["build", "-v", *GO_FLAGS, *run.step.arguments(output)], run)
                for tool in run.step.tools:
                    self._publish(tool, output)
            finally:
                shutil.rmtree(output, ignore_errors=True)
            run.state = "done"
            self.seconds[run.step.title] = self.progress.elapsed - started
            self.progress.line(
                f"  built {', '.join(tool.name for tool in run.step.tools)} in {clock(self.seconds[run.step.title])}"
            )

    def _publish(self, tool: Tool, output: Path) -> None:
        """Move a finished tool and its companions into the cache atomically."""
        draft = Path(tempfile.mkdtemp(dir=self.cache, prefix=f".{tool.name}."))
        (draft / "bin").mkdir()
        (output / tool.built_name).rename(draft / "bin" / tool.name)
        for module, name in tool.companions:
            source = self.folder_of(tool.module, "-m", module) / name
            shutil.copyfile(source, draft / "bin" / source.name)
        target = self.cache / key(tool, self.platform, self.modules)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)

    def _stage(self, tool: Tool) -> None:
        """Copy the documents that a main package embeds beside it, as Go requires."""
        if tool.staged is None:
            return
        package, folder, names = tool.staged
        source = self.folder_of(tool.module, package) / folder
        target = self.modules / tool.module / tool.package / "embed"
        target.mkdir(exist_ok=True)
        for name in names:
            document = json.loads((source / name).read_text())
            if name == "schema.json":
                document["version"] = tool.version
            (target / name).write_text(json.dumps(document, separators=(",", ":")))

    def folder_of(self, module: str, *package: str) -> Path:
        """Folder of the Go module of `package` (`-m NAME` for a module's name)."""
        template = "{{.Dir}}" if package[0] == "-m" else "{{.Module.Dir}}"
        return Path(self._go(["list", "-f", template, *package], _Run(Step(module, ()))).strip())

    def _go(self, arguments: Sequence[str], run: _Run) -> str:
        """Run `go` in a module's folder, count its progress lines, and return its output."""
        last: deque[str] = deque(maxlen=40)
        child = subprocess.Popen(
            [self.go, *arguments],
            cwd=self.modules / run.step.module,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._children.append(child)
        if child.stdout is None or child.stderr is None:  # pragma: no cover - pipes were asked for
            raise BuildError("no pipes")
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.append(child.stdout.read() if child.stdout else ""))
        reader.start()
        for line in child.stderr:
            if line.startswith("go: downloading"):
                run.downloads += 1
            elif " " not in line.strip() and not line.startswith("#"):
                run.compiled += 1
            else:
                last.append(line.rstrip())
        reader.join()
        status = child.wait()
        if self._stop.is_set():
            raise BuildError("stopped; run this again to resume")
        if status:
            lines = "\n".join(last)
            raise BuildError(
                f"`go {arguments[0]}` of {run.step.title} failed in modules/{run.step.module} (status {status}); "
                f"compiled packages are kept for the next attempt. Its last lines:\n{lines}"
            )
        return "".join(output)
