"""`kubectl` of the live world: the real one, but `exec` enters the container here, since kwok's nodes have no kubelet to ask.

`python -m lab.live.kubectl PIDS exec -n NAMESPACE POD -c CONTAINER -- COMMAND...`: PIDS is a JSON document, pod -> pid of its container.
Containers have no cgroup of their own, so their CPU time is told before the command's output, as cgroup's `cpu.stat` would.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.live.bridge_process import cpu_seconds, descendants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.live.world import World


def put_on_path(world: World, real: Path) -> Path:
    """Write `kubectl` for this world into a folder, and return the folder."""
    pids = {}
    for worker in world.kubelet.workers("jvb"):
        container = worker.container("jvb")
        if container and (pid := container.init_pid()):
            pids[worker.name] = pid
    folder = world.folder / "kubectl"
    folder.mkdir(exist_ok=True)
    (folder / "pids.json").write_text(json.dumps(pids))
    program = folder / "kubectl"
    program.write_text(
        f"#!/bin/sh\n"
        f'[ "$1" = exec ] && exec {sys.executable} -m {__name__} {folder}/pids.json "$@"\n'
        f'exec {real} --kubeconfig={world.embedded.paths.kubeconfig} "$@"\n'
    )
    program.chmod(0o755)
    return folder


def used_seconds(pid: int) -> float:
    """CPU time of a container's processes, from its first one."""
    return sum(cpu_seconds(Path(f"/proc/{each}/stat").read_text()) for each in descendants(pid))


def main(arguments: Sequence[str]) -> None:
    """Run a command in a container, in the place of this process."""
    pids, words = json.loads(Path(arguments[0]).read_text()), list(arguments[1:])
    end = words.index("--")
    pod = words[words.index("-n") + 2]
    if pod not in pids:
        sys.exit(f"pods {pod!r} not found")
    pid = pids[pod]
    print(f"usage_usec {round(used_seconds(pid) * 1e6)}", flush=True)
    enter = ["nsenter", "--target", str(pid), "--net", "--mount", f"--root=/proc/{pid}/root", "--wd=/"]
    os.execvp(enter[0], [*enter, *words[end + 1 :]])  # noqa: S606 - in this place, without a shell


if __name__ == "__main__":
    main(sys.argv[1:])
