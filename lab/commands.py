"""The commands of `python -m local`."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from config import source
from config.problems import ConfigError
from lab import ports, summary
from lab.cluster import settling
from lab.cluster.api import Api
from lab.cluster.plane import stop
from lab.embedded import EMULATOR, Embedded
from lab.engine.deployment_progress import DeploymentProgress
from lab.engine.engine import Engine, EngineError
from lab.engine.language_host.install import install
from lab.engine.stack_file import StackFile
from lab.engine.stack_secrets import secrets_for
from lab.paths import PROJECT, Paths
from lab.processes import Processes
from lab.progress import Progress, clock
from lab.toolchain import prepare
from lab.toolchain.packages import ensure_packages
from plan.stack_options import complain

if TYPE_CHECKING:
    from pathlib import Path

    from lab.toolchain.catalogue import Group

POLICY = PROJECT / "policy"
CONFIG_IS_WRONG = 2  # exit status of `python -m plan`


def up(file: Path, paths: Paths) -> int:
    """Check the stack file, prepare tools, start the control plane and the emulator, run `pulumi up`, and print a summary."""
    progress = Progress()
    stack = StackFile(file)
    try:
        if file.exists():
            source.read(None, str(file))
    except ConfigError as error:
        complain(error)
        return CONFIG_IS_WRONG
    stack.read()
    complete = len(prepare.locate("up", prepare.sources())) == len(prepare.of_group("up"))
    known = Engine(paths, paths.bin / "pulumi").exists(stack)
    if not (complete and known) and (status := _show_plan(file, progress)):
        return status
    toolchain = prepare.ensure("up", progress)
    embedded = Embedded(paths, toolchain, say=progress.line)
    progress.line("Control plane and Scaleway emulator …")
    started = embedded.start()
    progress.line(f"  {'started ' + ', '.join(started) if started else 'already running'}")
    progress.line(f"pulumi up, stack {stack.name} …")
    try:
        engine = replace(embedded.engine, policy=POLICY)
        outcome = engine.up(file, secrets=secrets_for(stack, embedded), follow=DeploymentProgress(progress))
    except EngineError as error:
        if ended := sorted(embedded.processes.records().keys() - embedded.processes.running().keys()):
            logs = ", ".join(str(paths.logs / f"{name}.log") for name in ended)
            raise EngineError(
                f"{', '.join(ended)} ended during the update (log: {logs}); `make up` starts it and resumes"
            ) from error
        raise
    except KeyboardInterrupt:
        progress.done()
        progress.line("Interrupted. `make up` resumes: it knows or cleans up what was begun.")
        return 130
    finally:
        progress.done()
    counts = ", ".join(f"{count} {operation}" for operation, count in sorted(outcome.summary.items()))
    progress.line(f"  {counts} in {clock(outcome.seconds)}")
    with embedded.api() as api:
        if not (settled := settling.wait(api)):
            progress.line("  some pods are not ready yet; `make status` shows them")
    progress.line()
    _show(paths, embedded.engine, file, progress)
    progress.line(f"{'Ready' if settled else 'Updated, and not ready,'} after {clock(progress.elapsed)}.")
    return 0


def status(file: Path, paths: Paths) -> int:
    """Print the summary of what runs; 1 if nothing does."""
    progress = Progress()
    running = Processes(paths.processes, paths.logs).running()
    if "kube-apiserver" not in running or not _answers(paths):
        problem = "nothing runs" if not running else f"the API server is down ({', '.join(running)} still run)"
        progress.line(
            f"{problem} in {paths.root}; `make up` starts it{' and resumes' if paths.backend.exists() else ''}"
        )
        return 1
    tools = prepare.locate("up", prepare.sources())
    if "pulumi" not in tools:
        progress.line("the engine is missing from the tool cache; `make up` prepares it")
        return 1
    port = ports.remembered(paths.ports).get(EMULATOR)
    engine = Engine(paths, install(paths, tools["pulumi"]), f"http://127.0.0.1:{port}")
    _show(paths, engine, file, progress)
    return 0


def down(paths: Paths, everything: bool) -> int:
    """Stop what was started; with `everything`, remove the state as well."""
    stopped = stop(paths) if paths.root.exists() else []
    print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
    if everything and paths.root.exists():
        shutil.rmtree(paths.root)
        print(f"removed {paths.root}")
    elif paths.root.exists():
        print(f"the state stays in {paths.root}; `make up` resumes, `make clean-local` removes it")
    return 0


def env(file: Path, paths: Paths) -> int:
    """Print shell lines that point `pulumi` and `kubectl` at the embedded stack."""
    tools = prepare.locate("up", prepare.sources())
    if "pulumi" not in tools:
        print("the tools are missing; `make up` prepares them", file=sys.stderr)
        return 1
    stack = StackFile(file)
    port = ports.remembered(paths.ports).get(EMULATOR)
    engine = Engine(paths, install(paths, tools["pulumi"]), f"http://127.0.0.1:{port}" if port else None)
    for name, value in {"KUBECONFIG": str(paths.kubeconfig), **engine.settings(stack)}.items():
        print(f"export {name}={shlex.quote(value)}")
    copy = shlex.quote(str(paths.stack_file(stack.name)))
    print(f"# then: pulumi preview --diff --stack {stack.name} --config-file {copy}")
    return 0


def packages() -> int:
    """Install the Debian packages that the tests run."""
    ensure_packages(Progress())
    return 0


def toolchain(group: Group, as_json: bool) -> int:
    """Prepare the tools of a group and list them."""
    # With --json, standard output holds JSON only.
    progress = Progress(sys.stderr if as_json else sys.stdout)
    ready = prepare.ensure(group, progress)
    if as_json:
        tools = {name: {"path": str(tool.path), "origin": tool.origin} for name, tool in ready.tools.items()}
        crds = str(ready.cert_manager) if ready.cert_manager else None
        print(json.dumps({"tools": tools, "certManagerDefinitions": crds}, indent=2))
        return 0
    width = max(len(name) for name in ready.tools)
    for name, tool in ready.tools.items():
        print(f"{name:<{width}}  {tool.origin:<7}  {tool.path}")
    return 0


def _show_plan(file: Path, progress: Progress) -> int:
    """Print the plan's report before tools are built, so that a wrong config is reported first."""
    progress.line(f"The stack in {file.name}:")
    report = subprocess.run(
        [sys.executable, "-m", "plan", "report", "--file", str(file)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        check=False,
    )
    if report.returncode == CONFIG_IS_WRONG:
        return CONFIG_IS_WRONG
    progress.line()
    return 0


def _answers(paths: Paths) -> bool:
    with Api(paths.kubeconfig, timeout=3.0) as api:
        return api.ready()


def _show(paths: Paths, engine: Engine, file: Path, progress: Progress) -> None:
    outputs = engine.outputs(file) if engine.exists(StackFile(file)) else {}
    with Api(paths.kubeconfig) as api:
        try:
            progress.line(summary.render(summary.read(api), outputs))
        except httpx.HTTPError as error:
            progress.line(f"the API server does not answer: {error}")
            return
        progress.line()
        progress.line(f"Kubernetes API {api.server}, Scaleway API {engine.scaleway_url}; both on this machine only.")
    progress.line("kwok plays nodes and pods: the objects are real, nothing answers at their addresses. cert-manager's")
    progress.line("API is served, without a controller. Look around:")
    progress.line(f"  KUBECONFIG={shlex.quote(str(paths.kubeconfig))} kubectl get pods -A -o wide")
    progress.line('  eval "$(.venv/bin/python -m local env)"   # then pulumi by hand')
    progress.line("  make status    make down")
