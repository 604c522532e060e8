"""A container of a pod: a process in namespaces of its own, with the pod's volumes at their paths.

Real: paths, arguments, environment, read-only root, PID namespace, loopback. Simulated: resource limits; and, for an image without
file trees of its own, the image (the machine's /usr plus the files of `Image`) and the user (root of the namespace).
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cluster.certificates import SERVICE_IP
from lab.rehearsal.pod_network import API_PORT
from lab.rehearsal.pod_volumes import field_of, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.kubernetes.document import Document
    from lab.cluster.api import Api
    from lab.rehearsal.node_network import PodNetwork

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHON = (os.path.realpath(sys.executable), "-I", "-S")
"""Command of this machine's Python with its own modules only."""
PYTHON_FILES = {} if sys.base_prefix.startswith("/usr") else {sys.base_prefix: Path(sys.base_prefix)}
"""What an image must add for it."""
_ETC = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime")
_PROGRAMS = ("bin", "sbin", "lib", "lib32", "lib64", "usr")


@dataclass(frozen=True, slots=True)
class Image:
    """The replacement of an image: files and folders to add, and an entrypoint."""

    adds: Mapping[str, Path] = field(default_factory=dict)
    """Path in the container -> file or folder of the machine."""
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    """File trees of the image, the topmost first, in place of the machine's programs. Its containers run as the pod's user."""


def environment(api: Api, pod: Document, container: Document, image: Image) -> dict[str, str]:
    """The container's environment, with the Service variables of the API server."""
    values = {
        "PATH": PATH,
        "HOME": "/tmp",  # noqa: S108
        "HOSTNAME": pod["metadata"]["name"],
        "KUBERNETES_SERVICE_HOST": SERVICE_IP,
        "KUBERNETES_SERVICE_PORT": str(API_PORT),
        **image.environment,
        "REHEARSAL_IMAGE": container["image"],
        "REHEARSAL_UID": pod["metadata"]["uid"],
    }
    namespace = pod["metadata"]["namespace"]
    for variable in container.get("env") or []:
        source = variable.get("valueFrom") or {}
        if "fieldRef" in source:
            value = field_of(pod, source["fieldRef"]["fieldPath"])
        elif "secretKeyRef" in source:
            value = stored(api, "secrets", namespace, source["secretKeyRef"]["name"])[
                source["secretKeyRef"]["key"]
            ].decode()
        elif "configMapKeyRef" in source:
            reference = source["configMapKeyRef"]
            value = stored(api, "configmaps", namespace, reference["name"])[reference["key"]].decode()
        else:
            value = expanded(variable.get("value", ""), values)
        values[variable["name"]] = value
    return values


def expanded(text: str, values: Mapping[str, str]) -> str:
    """Expand `$(NAME)` as Kubernetes does; unknown names stay."""
    return re.sub(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", lambda match: values.get(match[1], match[0]), text)


def command_line(container: Document, image: Image, values: Mapping[str, str]) -> list[str]:
    """The container's command line.

    Raises:
        ValueError: neither the container nor its image names a command.
    """
    argv = [*(container.get("command") or image.entrypoint), *(container.get("args") or [])]
    if not argv:
        raise ValueError(
            f"container {container['name']} names no command, and image {container['image']} has no entrypoint"
        )
    return [expanded(part, values) for part in argv]


def as_user(pod: Document, container: Document) -> list[str]:
    """Prefix of a command line that runs it as the container's user: no capabilities, and no way to get any."""
    of = {**(pod["spec"].get("securityContext") or {}), **(container.get("securityContext") or {})}
    groups = f"--groups={of['fsGroup']}" if "fsGroup" in of else "--clear-groups"
    user = [f"--reuid={of.get('runAsUser', 0)}", f"--regid={of.get('runAsGroup', 0)}", groups]
    return ["setpriv", *user, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]


def _layered(layers: Sequence[Path]) -> list[str]:
    """Lines that make the current folder the file tree of an image's layers."""
    lower = shlex.quote(":".join(map(str, layers)))
    return [
        "mkdir upper work root",
        f"mount -t overlay -o lowerdir={lower},upperdir=upper,workdir=work rehearsal root",
        "cd root",
        "mkdir -p proc dev etc tmp run",
    ]


def _machine() -> list[str]:
    """Lines that make the current folder a file tree with the machine's programs."""
    lines = ["mkdir proc dev etc tmp var etc/alternatives etc/ssl"]
    for name in _PROGRAMS:
        here = Path("/") / name
        if here.is_symlink():
            lines.append(f"cp -P /{name} {name}")
        elif here.is_dir():
            lines.append(f"mkdir {name} && mount --rbind /{name} {name} && mount -o remount,bind,ro {name}")
    lines += [f"cp -L /etc/{name} etc/{name}" for name in _ETC if Path("/etc", name).exists()]
    lines += [
        f"mount --rbind /etc/{name} etc/{name}" for name in ("alternatives", "ssl") if Path("/etc", name).is_dir()
    ]
    return lines


def _script(
    root: Path, binds: Sequence[tuple[Path, str, bool]], argv: Sequence[str], layers: Sequence[Path] = ()
) -> str:
    """A script that mounts the container's file tree in its mount namespace, then executes the command."""
    top = shlex.quote(str(root))
    lines = ["set -e", f"mount -t tmpfs -o size=4m,mode=755 rehearsal {top}", f"cd {top}"]
    lines += _layered(layers) if layers else _machine()
    lines += ["mount --rbind /dev dev", "mount -t proc proc proc"]
    for source, target, read_only in sorted(binds, key=lambda bind: bind[1].count("/")):
        inside = shlex.quote(target.lstrip("/"))
        if source.is_dir():
            lines.append(f"mkdir -p {inside}")
        else:
            lines.append(f"mkdir -p $(dirname {inside}) && : > {inside}")
        lines.append(f"mount --bind {shlex.quote(str(source))} {inside}")
        if read_only:
            lines.append(f"mount -o remount,bind,ro {inside}")
    lines += ["mount -o remount,bind,ro .", f"exec chroot . {shlex.join(argv)}"]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Container:
    """A container; `start` may be called again after it has exited."""

    spec: Document
    folder: Path
    network: PodNetwork
    argv: Sequence[str]
    values: Mapping[str, str]
    binds: Sequence[tuple[Path, str, bool]]
    log: Path
    layers: Sequence[Path] = ()
    user: Sequence[str] = ()
    """Prefix of every command line, from `as_user`."""
    shares_processes: bool = False
    """Whether it sees the processes of the pod's other containers, and here of the machine (`shareProcessNamespace`)."""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    ended_at: float = 0.0
    restarts: int = -1
    """Number of restarts; -1 before the first start."""

    @property
    def name(self) -> str:
        """The container's name in the pod."""
        return self.spec["name"]

    def start(self) -> None:
        """Start the container."""
        root = self.folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        script = self.folder / "start.sh"
        script.write_text(_script(root, self.binds, [*self.user, *self.argv], self.layers))
        own = [] if self.shares_processes else ["--pid"]
        with self.log.open("ab") as output:
            self.log.chmod(0o666)  # programs open /dev/stdout, as users of their own
            self.process = subprocess.Popen(
                [*self.network.enter, "unshare", "--mount", *own, "--fork", "--kill-child", "sh", str(script)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=dict(self.values),
            )
        self.started_at, self.ended_at = time.time(), 0.0
        self.restarts += 1

    @property
    def status(self) -> int | None:
        """The exit code, 128 + signal for a signal; None while it runs."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.ended_at = self.ended_at or time.time()
        return code if code >= 0 else 128 - code

    @property
    def running(self) -> bool:
        """Whether the container runs."""
        return self.process is not None and self.status is None

    def init_pid(self) -> int | None:
        """The pid of the container's pid 1 in our namespace; None if it does not run."""
        if self.process is None:
            return None
        try:
            pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            return None
        return int(pids[0]) if pids else None

    def signal(self, number: int) -> None:
        """Send a signal to the container's pid 1, if it runs."""
        if self.running and (pid := self.init_pid()):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def kill(self) -> None:
        """Kill the container with all its processes."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.ended_at = self.ended_at or time.time()

    def run(self, argv: Sequence[str], until: float, ended: Callable[[], bool] = lambda: False) -> int | None:
        """Run a command in the container; its exit code, or None if it ran until `until` (seconds since the epoch)."""
        pid = self.init_pid()
        if pid is None:
            return None
        own = [] if self.shares_processes else ["--pid"]
        enter = ["nsenter", "--target", str(pid), "--net", "--mount", *own, f"--root=/proc/{pid}/root", "--wd=/"]
        with self.log.open("ab") as output:
            child = subprocess.Popen(
                [*enter, *self.user, *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=dict(self.values),
            )
        while child.poll() is None and time.time() < until and self.running and not ended():
            time.sleep(0.05)
        if child.poll() is None:
            child.kill()
        child.wait()
        return child.returncode if time.time() < until else None
