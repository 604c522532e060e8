"""One container of a pod: a process that sees the pod's volumes at their paths, and nothing of the machine but its programs.

Played: the image (the machine's own /usr with what the container would run), its limits and its user (all run as the
namespace's root). Real: paths, arguments, environment, read-only root, own processes (pid 1 included), own loopback.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.control_plane.certificates import SERVICE_IP
from local.rehearsal.pod_network import API_PORT
from local.rehearsal.pod_volumes import field_of, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from local.control_plane.api import Api
    from local.rehearsal.pod_network import PodNetwork

Document = dict[str, Any]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ETC = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime")
_PROGRAMS = ("bin", "sbin", "lib", "lib32", "lib64", "usr")


@dataclass(frozen=True, slots=True)
class Image:
    """What stands for an image: files and folders to add, and what runs where a container names no command."""

    adds: Mapping[str, Path] = field(default_factory=dict)
    """Path in the container -> file or folder of the machine."""
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def environment(api: Api, pod: Document, container: Document, image: Image) -> dict[str, str]:
    """The container's environment, Service variables of the API server included."""
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
            asked = source["configMapKeyRef"]
            value = stored(api, "configmaps", namespace, asked["name"])[asked["key"]].decode()
        else:
            value = expanded(variable.get("value", ""), values)
        values[variable["name"]] = value
    return values


def expanded(text: str, values: Mapping[str, str]) -> str:
    """`$(NAME)` as Kubernetes expands it: what is not known stays."""
    return re.sub(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", lambda found: values.get(found[1], found[0]), text)


def command_line(container: Document, image: Image, values: Mapping[str, str]) -> list[str]:
    """What the container runs.

    Raises:
        ValueError: neither it nor its image says so.
    """
    argv = [*(container.get("command") or image.entrypoint), *(container.get("args") or [])]
    if not argv:
        raise ValueError(
            f"container {container['name']} names no command, and nothing stands for image {container['image']}"
        )
    return [expanded(part, values) for part in argv]


def _ground(root: Path, binds: Sequence[tuple[Path, str, bool]], argv: Sequence[str]) -> str:
    """A script that lays out the container's file tree in a mount namespace of its own, then becomes the container."""
    top = shlex.quote(str(root))
    lines = ["set -e", f"mount -t tmpfs -o size=4m,mode=755 rehearsal {top}", f"cd {top}"]
    lines.append("mkdir proc dev etc tmp var etc/alternatives etc/ssl")
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
    """One container; `start` may be called again after its end."""

    spec: Document
    folder: Path
    network: PodNetwork
    argv: Sequence[str]
    values: Mapping[str, str]
    binds: Sequence[tuple[Path, str, bool]]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    ended_at: float = 0.0
    restarts: int = -1
    """-1 before the first start."""

    @property
    def name(self) -> str:
        """As the pod calls it."""
        return self.spec["name"]

    def start(self) -> None:
        """Run it."""
        root = self.folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        script = self.folder / "start.sh"
        script.write_text(_ground(root, self.binds, self.argv))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.network.enter, "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", str(script)],
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
        """Its exit code once it has ended, as a shell counts (128 + signal)."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.ended_at = self.ended_at or time.time()
        return code if code >= 0 else 128 - code

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.status is None

    def first(self) -> int | None:
        """Pid of its pid 1, as we see it."""
        if self.process is None:
            return None
        try:
            pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            return None
        return int(pids[0]) if pids else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its pid 1; nothing when it has ended."""
        if self.running and (pid := self.first()):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return

    def kill(self) -> None:
        """End it at once, and all it has started."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.ended_at = self.ended_at or time.time()

    def run(self, argv: Sequence[str], until: float, ended: Callable[[], bool] = lambda: False) -> int | None:
        """`kubectl exec`: its exit code, or None when it did not end before `until` (seconds since the epoch)."""
        pid = self.first()
        if pid is None:
            return None
        enter = ["nsenter", "--target", str(pid), "--net", "--mount", "--pid", f"--root=/proc/{pid}/root", "--wd=/"]
        with self.log.open("ab") as output:
            child = subprocess.Popen(
                [*enter, *argv],
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
