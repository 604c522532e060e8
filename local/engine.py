"""The Pulumi engine, run as a user would run it, for any stack file.

Nothing it does touches the repository: state, plugins, passphrase and the working copy of the stack file lie in the
state folder, and every call names that copy.
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

from local import engine_settings, events, files, recovery, stack_file
from local.control_plane.api import Api
from local.stack_file import SEED, StackFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from local.events import Outcome
    from local.places import Places

POLL_SECONDS = 0.3


class EngineError(Exception):
    """A command of the engine failed; the message holds its errors."""

    def __init__(self, message: str, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass
class Engine:
    """Stacks of this project in one state folder.

    Every method takes the stack file to work on (`Pulumi.local.yaml`, or any YAML file with a `config:` mapping; the
    stack is called after it). `config` overrides keys of the file for this and no other call; `secrets` are encrypted
    into the working copy, where they stay. Secret values travel over standard input only.
    """

    places: Places
    pulumi: Path
    scaleway_url: str | None = None
    """Where the Scaleway API is emulated; None: nowhere, and the provider would fail."""
    kubeconfig: Path | None = None
    """Administrator of the embedded cluster, to clear up there after an interrupted update."""
    project: Path | None = None
    """Folder with Pulumi.yaml, when it is not the checkout."""
    policy: Path | None = None
    """Folder of the policy pack that previews and updates run with; None: none."""
    say: Callable[[str], None] = print
    _logs: int = field(default=0, init=False)

    def up(self, file: Path, **options: Any) -> Outcome:
        """`pulumi up`, without asking and without a preview first. Options: see `operate`."""
        return self.operate("up", file, ["--yes", "--skip-preview"], **options)

    def preview(self, file: Path, **options: Any) -> Outcome:
        """`pulumi preview`: what `up` would do. Options: see `operate`."""
        return self.operate("preview", file, [], **options)

    def refresh(self, file: Path, **options: Any) -> Outcome:
        """`pulumi refresh`: bring the state in line with what is there. Options: see `operate`."""
        return self.operate("refresh", file, ["--yes", "--skip-preview"], **options)

    def destroy(self, file: Path, **options: Any) -> Outcome:
        """`pulumi destroy`: remove everything the stack made. Options: see `operate`."""
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
        """Run an operation to its end and say what it did.

        `arguments` are added to the command line; `follow` sees each event as it happens. An interrupt (Ctrl-C) reaches
        the engine too, which then finishes what it has begun; this waits for it and raises KeyboardInterrupt.

        Raises:
            EngineError: it failed and `check` is on.
        """
        stack = self.prepare(file, config=config, secrets=secrets)
        self._recover(stack)
        self._logs += 1
        self.places.logs.mkdir(parents=True, exist_ok=True)
        log = self.places.logs / f"{stack.name}-{command}-{os.getpid()}-{self._logs}.events"
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)
        printed = self.places.logs / f"{stack.name}-{command}.log"
        common = ["--stack", stack.name, "--config-file", str(self.places.stack_file(stack.name))]
        if self.policy and command in ("up", "preview"):
            common += ["--policy-pack", str(self.policy)]
        line = [command, *common, "--non-interactive", "--color", "never", "--event-log", str(log), *arguments]
        begun = time.monotonic()
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
                self._follow(child, log, follow, begun + timeout)
            except KeyboardInterrupt:
                _wait_through_interrupts(child)
                raise
        outcome = events.outcome(
            events.read(log), child.returncode, time.monotonic() - begun, printed.read_text(errors="replace")
        )
        log.unlink(missing_ok=True)
        if check and outcome.status:
            said = "\n".join(outcome.errors) or outcome.output.strip()[-3000:]
            raise EngineError(f"`pulumi {command}` of stack {stack.name} failed:\n{said}", outcome)
        return outcome

    def outputs(self, file: Path) -> dict[str, Any]:
        """The stack's outputs; secret ones say `[secret]`."""
        return json.loads(self.run(file, "stack", "output", "--json") or "{}")

    def export(self, file: Path) -> dict[str, Any]:
        """`pulumi stack export`: the state as a document, secrets encrypted."""
        return json.loads(self.run(file, "stack", "export"))

    def run(self, file: Path, *arguments: str, stdin: str | None = None) -> str:
        """Any other command of the engine for this stack; returns its standard output.

        Raises:
            EngineError: its status is not 0.
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
        """Make sure that the stack exists and that its working copy says what the file says, and holds its secrets."""
        stack = StackFile(file)
        stack.read()
        fresh = not self.places.passphrase.exists()
        if fresh:
            files.write(self.places.passphrase, _random(), mode=0o600)
        copy = self.places.stack_file(stack.name)
        merged = stack_file.refresh(stack, copy, config or {}, passphrase_is_new=fresh)
        if not self.exists(stack):
            self._create(stack)
        wanted = dict(secrets or {})
        if SEED not in merged["config"]:
            wanted.setdefault(SEED, _random())
        for key, value in wanted.items():
            self.run(file, "config", "set", "--secret", key, "--config-file", str(copy), stdin=value)
        return stack

    def exists(self, stack: StackFile) -> bool:
        """Whether the backend knows the stack."""
        return any((self.places.backend / ".pulumi/stacks").glob(f"*/{stack.name}.json"))

    def environment(self, stack: StackFile | None = None) -> dict[str, str]:
        """What the engine runs with."""
        return {**engine_settings.inherited(os.environ), **self.settings(stack)}

    def settings(self, stack: StackFile | None = None) -> dict[str, str]:
        """What distinguishes that from the caller's environment; shell lines of it make `pulumi` work by hand."""
        region = stack.region if stack else "fr-par"
        return engine_settings.settings(self.places, self.pulumi, self.scaleway_url, region, os.environ)

    def _scratch(self) -> TemporaryDirectory[str]:
        """For temporary files of one operation: the Kubernetes provider leaves each kubeconfig it was given behind."""
        return TemporaryDirectory(prefix="engine-", dir=self.places.root, ignore_cleanup_errors=True)

    def _recover(self, stack: StackFile) -> None:
        recovery.clear_lock(self, stack, self.say)
        if self.kubeconfig and self.kubeconfig.exists():
            with Api(self.kubeconfig) as api:
                recovery.clear_pending(self, stack, api, self.say)

    @property
    def _project(self) -> Path:
        return self.project or self.places.project

    def _create(self, stack: StackFile) -> None:
        """`stack init` writes a stack file beside Pulumi.yaml: let it do that elsewhere."""
        self.places.backend.mkdir(parents=True, exist_ok=True)
        scratch = self.places.root / "init"
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
        seen = 0
        while True:
            ended = child.poll() is not None
            if follow:
                known = events.read(log)
                for event in known[seen:]:
                    follow(event)
                seen = len(known)
            if ended:
                return
            if time.monotonic() > deadline:
                child.terminate()
            time.sleep(POLL_SECONDS)


def _random() -> str:
    return secrets.token_hex(32)


def _wait_through_interrupts(child: subprocess.Popen[bytes]) -> None:
    """The terminal has interrupted the engine as well: the first time it winds down, the second time it leaves at once."""
    while True:
        try:
            child.wait()
        except KeyboardInterrupt:
            continue
        return
