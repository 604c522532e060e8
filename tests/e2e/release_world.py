"""A stack whose edge is real: engine, API server, controllers, kube-proxy and HAProxies; web, prosody and jicofo are played as processes."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from edge.edge_world import BINARY

from lab.engine.engine import EngineError
from lab.live.balancer import proxy_header
from lab.live.names import Names
from lab.processes import command_lines
from lab.rehearsal.container import Image
from lab.rehearsal.pod_network import PEOPLE, ROUTER
from lab.rehearsal.pod_testbed import PodTestbed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.toolchain.prepare import Toolchain

PLAYED = ("web", "prosody", "jicofo")
CLOUD = ("--boot-seconds", "3", "--time-scale", "60")
NAMESPACE, DOMAIN, HTTPS = "jitsi", "meet.example.org", 8443
PROGRAM = Path(__file__).with_name("shard_process.py")


class Meeting:
    """A person in a room: a websocket through a HAProxy, as a load balancer opens it."""

    def __init__(self, room: str, haproxy: str) -> None:
        self.room = room
        plain = socket.create_connection((haproxy, HTTPS), timeout=30, source_address=(PEOPLE, 0))
        plain.sendall(proxy_header(("192.0.2.7", plain.getsockname()[1]), (haproxy, HTTPS)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(plain, server_hostname=DOMAIN)
        lines = [
            f"GET /xmpp-websocket?room={room} HTTP/1.1",
            f"Host: {DOMAIN}",
            "Upgrade: websocket",
            "Connection: Upgrade",
        ]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.socket.recv(4096)
            if not part:
                break
            head += part
        answer = head.decode().lower()
        if " 101 " not in answer.splitlines()[0]:
            raise ConnectionError(f"{room}: {answer.splitlines()[0]}")
        self.shard = answer.partition("x-shard: ")[2].split()[0]

    def goes_on(self) -> bool:
        """Whether the other end still answers."""
        try:
            self.socket.sendall(b"ping")
            return self.socket.recv(4) == b"ping"
        except OSError:
            return False

    def end(self) -> None:
        """Leave."""
        self.socket.close()


class World(PodTestbed):
    """The pods of the edge and of signalling as processes."""

    closed = ("kubelet", "names", "forwarder")

    def __init__(self, folder: Path, toolchain: Toolchain, note: Callable[..., None]) -> None:
        super().__init__(folder, toolchain, note, (*PLAYED, "haproxy"), cloud=CLOUD)
        self.file = folder / "Pulumi.release.yaml"
        self.events: list[dict[str, Any]] = []
        self.failure = ""

    def _start(self) -> None:
        resolver = self.folder / "resolv.conf"
        resolver.write_text(f"nameserver {ROUTER}\n")
        python = Path(os.path.realpath(sys.executable))
        adds = {"/etc/resolv.conf": resolver, "/played/shard_process.py": PROGRAM}
        if not sys.base_prefix.startswith("/usr"):
            adds[sys.base_prefix] = Path(sys.base_prefix)
        images = {name: Image(adds, (str(python), "-I", "-S", "/played/shard_process.py", name)) for name in PLAYED}
        path = {"PATH": f"{Path(BINARY).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        images["haproxy"] = Image({"/etc/resolv.conf": resolver}, environment=path)
        self._run_pods(images)
        self.names = Names(ROUTER, self.kubelet.hosts)

    def write(self, **keys: Any) -> None:
        """Write the stack file: one shard of two bridges, and these keys."""
        stack = {
            "pulumi:disable-default-providers": ["kubernetes"],
            "scaleway:region": "fr-par",
            "jitsi:domain": DOMAIN,
            "jitsi:dnsZone": "example.org",
            "jitsi:cluster": {"version": "1.35.3"},
            "jitsi:bridges": {"nodeType": "BASIC3-X4C-8G", "min": 2, "max": 3, "scaling": {"spares": 0}},
            "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
            "jitsi:ingress": {"tls": {"mode": "selfSigned"}},
            **{f"jitsi:{key}": value for key, value in keys.items()},
        }
        self.file.write_text(yaml.safe_dump({"config": stack}, sort_keys=False))

    def up(self, **keys: Any) -> threading.Thread:
        """Run `pulumi up` in a thread; `events` are those of the engine, and `failure` is its message."""
        self.write(**keys)
        self.events, self.failure = [], ""

        def run() -> None:
            try:
                self.embedded.engine.up(self.file, follow=self.events.append)
            except EngineError as error:
                self.failure = f"{error} {' '.join(self.said())}"

        running = threading.Thread(target=run)
        running.start()
        return running

    def said(self) -> list[str]:
        """What the program said in the update."""
        found = (event.get("diagnosticEvent", {}).get("message", "").strip() for event in list(self.events))
        return [text for text in found if text]

    def order(self) -> list[tuple[str, str]]:
        """Operation and logical name of what changed, in the order in which it ended."""
        ended = [event["resOutputsEvent"]["metadata"] for event in list(self.events) if "resOutputsEvent" in event]
        return [(step["op"], step["urn"].rpartition("::")[2]) for step in ended if step["op"] != "same"]

    def kill(self) -> None:
        """Kill the engine of the running update."""
        pulumi = str(self.embedded.engine.pulumi)
        for pid in [pid for pid, argv in command_lines() if argv[0] == pulumi]:
            os.kill(pid, signal.SIGKILL)

    def enter(self, room: str, seconds: float = 60.0) -> Meeting:
        """Open a room, as a browser that tries again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                haproxy = min(pod["status"]["podIP"] for pod in self.pods("haproxy"))
                return Meeting(room, haproxy)
            except (OSError, ValueError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def pods(self, component: str) -> list[dict[str, Any]]:
        """The pods of a component that have an address."""
        found = self.api.items(
            f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=f"app.kubernetes.io/name={component}"
        )
        return [pod for pod in found if pod["status"].get("podIP")]

    def instances(self) -> set[str]:
        """The shards of which a prosody runs."""
        return {pod["metadata"]["labels"]["app.kubernetes.io/instance"] for pod in self.pods("prosody")}

    def haproxy_cfg(self) -> str:
        """HAProxy's configuration."""
        return self.api.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/haproxy")["data"]["haproxy.cfg"]

    def until(self, what: str, holds: Callable[[], Any], seconds: float = 240.0) -> Any:
        """Wait for a condition, and return its first true value."""
        deadline = time.monotonic() + seconds
        while not (value := holds()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s; said: {self.said()[-5:]}; {self.failure}")
            time.sleep(0.5)
        return value
