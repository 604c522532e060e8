"""The Pulumi engine, run as a user runs it, for any stack file.

It does not touch the repository: state, plugins, passphrase and the working copy of the stack file are in the state folder.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lab import files
from lab.cluster.api import Api
from lab.engine import events, recovery, stack_file
from lab.engine import settings as engine_settings
from lab.engine.stack_file import SEED, StackFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from lab.engine.events import Outcome
    from lab.paths import Paths

POLL_SECONDS = 0.3


class EngineError(Exception):
    """A command of the engine failed; the message contains its errors."""

    def __init__(self, message: str, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass
class Engine:
    """Stacks of this project in one state folder.

    Every method takes the stack file to work on (`Pulumi.local.yaml`, or any YAML file with a `config:` mapping; the
    file names the stack). `config` overrides keys of the file for one call; `secrets` are encrypted into the working copy
    and stay there. Secret values are passed on standard input only.
    """

    paths: Paths
    pulumi: Path
    scaleway_url: str | None = None
    """URL of the Scaleway emulator; None for none."""
    kubeconfig: Path | None = None
    """Administrator of the embedded cluster, for the cleanup after an interrupted update."""
    project: Path | None = None
    """Folder with Pulumi.yaml; None for the checkout."""
    policy: Path | None = None
    """Folder of the policy pack of previews and updates; None for none."""
    checkpoints: bool = True
    """Whether the state is saved at every step, so that an update that was killed can continue; else at the end, for a third of the CPU."""
    say: Callable[[str], None] = print
    _logs: int = field(default=0, init=False)

    def up(self, file: Path, **options: Any) -> Outcome:
        """Run `pulumi up` without confirmation or preview. Options: see `operate`."""
        return self.operate("up", file, ["--yes", "--skip-preview"], **options)

    def preview(self, file: Path, **options: Any) -> Outcome:
        """Run `pulumi preview`. Options: see `operate`."""
        return self.operate("preview", file, [], **options)

    def refresh(self, file: Path, **options: Any) -> Outcome:
        """Run `pulumi refresh`. Options: see `operate`."""
        return self.operate("refresh", file, ["--yes", "--skip-preview"], **options)

    def destroy(self, file: Path, **options: Any) -> Outcome:
        """Run `pulumi destroy`. Options: see `operate`."""
        return self.operate("destroy", file, ["--yes", "--skip-preview"], **options)

    def operate(
        self,
        command: str,
        file: Path,
        arguments: Sequence[str] = (),
        *,
        config: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        follow: Callable[[dict[str, Any]], None] | None = None,
        check: bool = True,
        timeout: float = 1800.0,
    ) -> Outcome:
        """Run an operation and return its outcome.

        `arguments` are added to the command line; `follow` is called with each event. An interrupt (Ctrl-C) reaches the
        engine as well, which finishes pending operations; this waits for it, then raises KeyboardInterrupt.

        Raises:
            EngineError: it failed and `check` is on.
        """
        stack = self.prepare(file, config=config, secrets=secrets)
        self._recover(stack)
        self._logs += 1
        self.paths.logs.mkdir(parents=True, exist_ok=True)
        log = self.paths.logs / f"{stack.name}-{command}-{os.getpid()}-{self._logs}.events"
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)
        printed = self.paths.logs / f"{stack.name}-{command}.log"
        common = ["--stack", stack.name, "--config-file", str(self.paths.stack_file(stack.name))]
        if self.policy and command in ("up", "preview"):
            common += ["--policy-pack", str(self.policy)]
        line = [command, *common, "--non-interactive", "--color", "never", "--event-log", str(log), *arguments]
        started = time.monotonic()
        with printed.open("wb") as output, self._scratch() as scratch:
            child = subprocess.Popen(
                [self.pulumi, *line],
                cwd=self._project,
                env={**self.environment(stack), "TMPDIR": scratch},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                self._follow(child, log, follow, started + timeout)
            except KeyboardInterrupt:
                _wait_through_interrupts(child)
                raise
        outcome = events.outcome(
            events.read(log), child.returncode, time.monotonic() - started, printed.read_text(errors="replace")
        )
        log.unlink(missing_ok=True)
        if check and outcome.status:
            errors = "\n".join(outcome.errors) or outcome.output.strip()[-3000:]
            raise EngineError(f"`pulumi {command}` of stack {stack.name} failed:\n{errors}", outcome)
        return outcome

    def outputs(self, file: Path) -> dict[str, Any]:
        """The stack's outputs; secrets are `[secret]`."""
        return json.loads(self.run(file, "stack", "output", "--json") or "{}")

    def export(self, file: Path) -> dict[str, Any]:
        """`pulumi stack export`: the state as a document, secrets encrypted."""
        return json.loads(self.run(file, "stack", "export"))

    def run(self, file: Path, *arguments: str, stdin: str | None = None) -> str:
        """Run any command of the engine for this stack and return its standard output.

        Raises:
            EngineError: its exit status is not 0.
        """
        stack = StackFile(file)
        done = subprocess.run(
            [self.pulumi, *arguments, "--stack", stack.name, "--non-interactive", "--color", "never"],
            cwd=self._project,
            env=self.environment(stack),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EngineError(f"`pulumi {' '.join(arguments)}` failed:\n{done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def prepare(
        self, file: Path, *, config: Mapping[str, Any] | None = None, secrets: Mapping[str, str] | None = None
    ) -> StackFile:
        """Create the stack if needed, and update its working copy from the file, `config` and `secrets`."""
        stack = StackFile(file)
        stack.read()
        fresh = not self.paths.passphrase.exists()
        if fresh:
            files.write(self.paths.passphrase, _random(), mode=0o600)
        copy = self.paths.stack_file(stack.name)
        merged = stack_file.refresh(stack, copy, config or {}, passphrase_is_new=fresh)
        if not self.exists(stack):
            self._create(stack)
        values = dict(secrets or {})
        if SEED not in merged["config"]:
            values.setdefault(SEED, _random())
        for key, value in values.items():
            self.run(file, "config", "set", "--secret", key, "--config-file", str(copy), stdin=value)
        return stack

    def exists(self, stack: StackFile) -> bool:
        """Whether the backend knows the stack."""
        return any((self.paths.backend / ".pulumi/stacks").glob(f"*/{stack.name}.json"))

    def environment(self, stack: StackFile | None = None) -> dict[str, str]:
        """The engine's environment."""
        return {**engine_settings.inherited(os.environ), **self.settings(stack)}

    def settings(self, stack: StackFile | None = None) -> dict[str, str]:
        """The variables that differ from the caller's environment."""
        region = stack.region if stack else "fr-par"
        settings = engine_settings.settings(self.paths, self.pulumi, self.scaleway_url, region, os.environ)
        return settings if self.checkpoints else settings | engine_settings.WITHOUT_CHECKPOINTS

    def _scratch(self) -> TemporaryDirectory[str]:
        """A folder for temporary files of one operation: the Kubernetes provider never removes its kubeconfigs."""
        return TemporaryDirectory(prefix="engine-", dir=self.paths.root, ignore_cleanup_errors=True)

    def _recover(self, stack: StackFile) -> None:
        recovery.clear_lock(self.paths, stack.name, self.say)
        operations = recovery.pending(self.paths.backend, stack.name)
        if not operations or not self.kubeconfig or not self.kubeconfig.exists():
            return
        self.say(f"the last update of stack {stack.name} was interrupted in {len(operations)} operations; clearing up")
        state = self.export(stack.path)
        with Api(self.kubeconfig) as api:
            recovery.undo(state, api, self.settings(stack), self.say)
        self.run(stack.path, "stack", "import", stdin=json.dumps(state))

    @property
    def _project(self) -> Path:
        return self.project or self.paths.project

    def _create(self, stack: StackFile) -> None:
        """Run `stack init` in a scratch folder, since it writes a stack file beside Pulumi.yaml."""
        self.paths.backend.mkdir(parents=True, exist_ok=True)
        scratch = self.paths.root / "init"
        scratch.mkdir(exist_ok=True)
        shutil.copyfile(self._project / "Pulumi.yaml", scratch / "Pulumi.yaml")
        try:
            self.run(stack.path, "-C", str(scratch), "stack", "init", "--no-select")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _follow(
        self,
        child: subprocess.Popen[bytes],
        log: Path,
        follow: Callable[[dict[str, Any]], None] | None,
        deadline: float,
    ) -> None:
        count = 0
        while True:
            ended = child.poll() is not None
            if follow:
                logged = events.read(log)
                for event in logged[count:]:
                    follow(event)
                count = len(logged)
            if ended:
                return
            if time.monotonic() > deadline:
                child.terminate()
            time.sleep(POLL_SECONDS)


def _random() -> str:
    return secrets.token_hex(32)


def _wait_through_interrupts(child: subprocess.Popen[bytes]) -> None:
    """Wait for the engine, which the terminal interrupts as well: it winds down first, and exits at a second interrupt."""
    while True:
        try:
            child.wait()
        except KeyboardInterrupt:
            continue
        return
