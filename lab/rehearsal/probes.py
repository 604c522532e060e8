"""Startup, readiness and liveness probes, at the pod's address and with their own periods."""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from components.kubernetes.document import Document
    from lab.rehearsal.container import Container


def port_of(container: Document, port: int | str) -> int:
    """The number of a probe's port."""
    if isinstance(port, int):
        return port
    return next(entry["containerPort"] for entry in container.get("ports") or [] if entry.get("name") == port)


def ask(container: Container, probe: Document, address: str) -> bool:
    """Run a probe once; never raises."""
    timeout = probe.get("timeoutSeconds", 1)
    try:
        if "httpGet" in probe:
            get = probe["httpGet"]
            client = http.client.HTTPConnection(address, port_of(container.spec, get["port"]), timeout=timeout)
            client.request("GET", get.get("path", "/"), headers={"User-Agent": "kube-probe/1.35", "Accept": "*/*"})
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
    """One probe of a container, run in the pool when it is due."""

    spec: Document
    good: bool
    """The result so far, until a threshold is reached."""
    failures: int = 0
    successes: int = 0
    due: float = 0.0
    _attempt: Future[bool] | None = None

    def look(self, pool: ThreadPoolExecutor, container: Container, address: str) -> None:
        """Count a finished attempt, and start the next one when it is due."""
        if self._attempt is not None:
            if not self._attempt.done():
                return
            self._count(self._attempt.result())
            self._attempt = None
        if time.time() >= self.due:
            self.due = time.time() + self.spec.get("periodSeconds", 10)
            self._attempt = pool.submit(ask, container, self.spec, address)

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
    """The probes of a container, from its last start."""

    container: Container
    address: str
    pool: ThreadPoolExecutor
    startup: Probe | None = field(init=False)
    readiness: Probe | None = field(init=False)
    liveness: Probe | None = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again with a restarted container."""
        spec, now = self.container.spec, time.time()

        def probe(kind: str, good: bool) -> Probe | None:
            probe = spec.get(kind)
            return Probe(probe, good, due=now + probe.get("initialDelaySeconds", 0)) if probe else None

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
        """Whether the running container is ready."""
        return self.started and (self.readiness is None or self.readiness.good)

    def look(self) -> bool:
        """Run the probes that are due; False if the container must be restarted."""
        if self.startup is not None and not self.startup.good:
            self.startup.look(self.pool, self.container, self.address)
            return not self.startup.failed
        for probe in (self.readiness, self.liveness):
            if probe is not None:
                probe.look(self.pool, self.container, self.address)
        return self.liveness is None or not self.liveness.failed
