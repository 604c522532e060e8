"""What `python -m local …`, and with it make, does."""

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

from local import ports, settling, summary
from local.control_plane.api import Api
from local.control_plane.plane import stop
from local.deployment_progress import DeploymentProgress
from local.embedded import EMULATOR, Embedded
from local.engine import Engine
from local.language_host.install import install
from local.places import PROJECT, Places
from local.processes import Processes
from local.progress import Progress, clock
from local.secrets_for import secrets_for
from local.stack_file import StackFile
from local.toolchain import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from local.toolchain.catalogue import Group

POLICY = PROJECT / "policy"
CONFIG_IS_WRONG = 2  # exit status of `python -m plan`


def up(file: Path, places: Places) -> int:
    """Tools, control plane, emulated cloud, `pulumi up`, and a summary of what stands."""
    progress = Progress()
    stack = StackFile(file)
    stack.read()
    complete = len(prepare.locate("up", prepare.sources())) == len(prepare.of_group("up"))
    known = Engine(places, places.bin / "pulumi").exists(stack)
    if not (complete and known) and (status := _show_plan(file, progress)):
        return status
    toolchain = prepare.ensure("up", progress)
    embedded = Embedded(places, toolchain, say=progress.line)
    progress.line("Control plane and Scaleway emulator …")
    started = embedded.start()
    progress.line(f"  {'started ' + ', '.join(started) if started else 'run already'}")
    progress.line(f"pulumi up, stack {stack.name} …")
    try:
        engine = replace(embedded.engine, policy=POLICY)
        outcome = engine.up(file, secrets=secrets_for(stack, embedded), follow=DeploymentProgress(progress))
    except KeyboardInterrupt:
        progress.done()
        progress.line("Interrupted. What was begun is recorded or will be cleared up: `make up` goes on from here.")
        return 130
    finally:
        progress.done()
    counts = ", ".join(f"{count} {operation}" for operation, count in sorted(outcome.summary.items()))
    progress.line(f"  {counts} in {clock(outcome.seconds)}")
    with embedded.api() as api:
        if not settling.wait(api):
            progress.line("  some pods are not ready yet; `make status` shows them")
    progress.line()
    _show(places, embedded.engine, file, progress)
    progress.line(f"Ready after {clock(progress.elapsed)}.")
    return 0


def status(file: Path, places: Places) -> int:
    """The same summary for what runs now; 1 when nothing does."""
    progress = Progress()
    running = Processes(places.processes, places.logs).running()
    if "kube-apiserver" not in running or not _answers(places):
        gone = "nothing runs" if not running else f"the API server is down ({', '.join(running)} still run)"
        progress.line(f"{gone} in {places.root}; `make up` starts it and continues where it was")
        return 1
    found = prepare.locate("up", prepare.sources())
    if "pulumi" not in found:
        progress.line("the engine is missing from the tool cache; `make up` prepares it again")
        return 1
    port = ports.remembered(places.ports).get(EMULATOR)
    engine = Engine(places, install(places, found["pulumi"]), f"http://127.0.0.1:{port}")
    _show(places, engine, file, progress)
    return 0


def down(places: Places, everything: bool) -> int:
    """End exactly what was started; with `everything`, forget the state too."""
    ended = stop(places) if places.root.exists() else []
    print(f"ended {', '.join(ended)}" if ended else "nothing was running")
    if everything and places.root.exists():
        shutil.rmtree(places.root)
        print(f"removed {places.root}")
    elif places.root.exists():
        print(f"the state stays in {places.root}; `make up` continues, `make clean-local` forgets it")
    return 0


def env(file: Path, places: Places) -> int:
    """Shell lines with which `pulumi` and `kubectl` work on the embedded stack by hand."""
    found = prepare.locate("up", prepare.sources())
    if "pulumi" not in found:
        print("the tools are not prepared yet; `make up` does that", file=sys.stderr)
        return 1
    stack = StackFile(file)
    port = ports.remembered(places.ports).get(EMULATOR)
    engine = Engine(places, install(places, found["pulumi"]), f"http://127.0.0.1:{port}" if port else None)
    for name, value in {"KUBECONFIG": str(places.kubeconfig), **engine.settings(stack)}.items():
        print(f"export {name}={shlex.quote(value)}")
    copy = shlex.quote(str(places.stack_file(stack.name)))
    print(f"# then: pulumi preview --diff --stack {stack.name} --config-file {copy}")
    return 0


def toolchain(group: Group, as_json: bool) -> int:
    """Prepare the tools of a group and list them."""
    # With --json, standard output is for machines alone.
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
    """Show what the stack will be while the tools are still missing; a wrong config is told before anything is built."""
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


def _answers(places: Places) -> bool:
    with Api(places.kubeconfig, timeout=3.0) as api:
        return api.ready()


def _show(places: Places, engine: Engine, file: Path, progress: Progress) -> None:
    outputs = engine.outputs(file) if engine.exists(StackFile(file)) else {}
    with Api(places.kubeconfig) as api:
        try:
            progress.line(summary.render(summary.read(api), outputs))
        except httpx.HTTPError as error:
            progress.line(f"the API server does not answer: {error}")
            return
        progress.line()
        progress.line(f"Kubernetes API {api.server}, Scaleway API {engine.scaleway_url}; both on this machine only.")
    progress.line(
        "Nodes and pods are played by kwok: objects are real, nothing answers at their addresses. cert-manager's"
    )
    progress.line("API is there, no controller behind it. Look around:")
    progress.line(f"  KUBECONFIG={shlex.quote(str(places.kubeconfig))} kubectl get pods -A -o wide")
    progress.line('  eval "$(.venv/bin/python -m local env)"   # then pulumi by hand')
    progress.line("  make status    make down")
