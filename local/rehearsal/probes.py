"""Startup, readiness and liveness probes, at the pod's own address and at their own periods."""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from local.rehearsal.container import Container

Document = dict[str, Any]


def port_of(container: Document, port: int | str) -> int:
    """A probe's port as a number."""
    if isinstance(port, int):
        return port
    return next(entry["containerPort"] for entry in container.get("ports") or [] if entry.get("name") == port)


def ask(container: Container, probe: Document, address: str) -> bool:
    """One attempt; never raises."""
    timeout = probe.get("timeoutSeconds", 1)
    try:
        if "httpGet" in probe:
            wanted = probe["httpGet"]
            client = http.client.HTTPConnection(address, port_of(container.spec, wanted["port"]), timeout=timeout)
            client.request("GET", wanted.get("path", "/"), headers={"User-Agent": "kube-probe/1.35", "Accept": "*/*"})
            answer = client.getresponse().status
            client.close()
            return 200 <= answer < 400
        if "tcpSocket" in probe:
            with socket.create_connection(
                (address, port_of(container.spec, probe["tcpSocket"]["port"])), timeout=timeout
            ):
                return True
        return container.run(probe["exec"]["command"], time.time() + timeout) == 0
    except (OSError, http.client.HTTPException):
        return False


@dataclass(slots=True)
class Probe:
    """One probe of one container: asked when it is due, without making anybody wait."""

    spec: Document
    good: bool
    """What counts until thresholds say otherwise."""
    failures: int = 0
    successes: int = 0
    due: float = 0.0
    _asked: Future[bool] | None = None

    def look(self, pool: ThreadPoolExecutor, container: Container, address: str) -> None:
        """Take an answer that has come, and ask again when it is time."""
        if self._asked is not None:
            if not self._asked.done():
                return
            self._count(self._asked.result())
            self._asked = None
        if time.time() >= self.due:
            self.due = time.time() + self.spec.get("periodSeconds", 10)
            self._asked = pool.submit(ask, container, self.spec, address)

    def _count(self, success: bool) -> None:
        self.successes, self.failures = (self.successes + 1, 0) if success else (0, self.failures + 1)
        if self.successes >= self.spec.get("successThreshold", 1):
            self.good = True
        elif self.failures >= self.spec.get("failureThreshold", 3):
            self.good = False

    @property
    def failed(self) -> bool:
        """Whether the threshold of failures is reached."""
        return self.failures >= self.spec.get("failureThreshold", 3)


@dataclass(slots=True)
class Probes:
    """A container's probes from one start of it."""

    container: Container
    address: str
    pool: ThreadPoolExecutor
    startup: Probe | None = field(init=False)
    readiness: Probe | None = field(init=False)
    liveness: Probe | None = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The container was started again."""
        spec, now = self.container.spec, time.time()

        def probe(kind: str, good: bool) -> Probe | None:
            found = spec.get(kind)
            return Probe(found, good, due=now + found.get("initialDelaySeconds", 0)) if found else None

        self.startup, self.readiness, self.liveness = (
            probe("startupProbe", False),
            probe("readinessProbe", False),
            probe("livenessProbe", True),
        )

    @property
    def started(self) -> bool:
        """Whether the startup probe has succeeded, or there is none."""
        return self.startup is None or self.startup.good

    @property
    def ready(self) -> bool:
        """Whether the container counts as ready while it runs."""
        return self.started and (self.readiness is None or self.readiness.good)

    def look(self) -> bool:
        """Ask what is due; False when the container has to be restarted."""
        if self.startup is not None and not self.startup.good:
            self.startup.look(self.pool, self.container, self.address)
            return not self.startup.failed
        for probe in (self.readiness, self.liveness):
            if probe is not None:
                probe.look(self.pool, self.container, self.address)
        return self.liveness is None or not self.liveness.failed
