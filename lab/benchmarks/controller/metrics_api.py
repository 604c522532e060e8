"""The custom metrics API (custom.metrics.k8s.io/v1beta1) over TLS, in place of a metrics adapter.

It answers from a scenario and the existing pods, and records the controller's requests and its answers.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from plan.simulate.hpa_replicas import PodView, Sample, Samples

if TYPE_CHECKING:
    from pathlib import Path

    from lab.benchmarks.controller.scenario import Scenario
    from lab.benchmarks.controller.watched import Cluster, WatchedNamespace

GROUP_VERSION = "custom.metrics.k8s.io/v1beta1"
BASE = f"/apis/{GROUP_VERSION}"


@dataclass(slots=True)
class Sync:
    """A sync of the controller for an autoscaler: the time and value of each metric, and the pods."""

    times: list[float] = field(default_factory=list)
    """Seconds into the run."""
    values: list[Samples | int | None] = field(default_factory=list)
    replicas: int = 0
    status_replicas: int = 0
    pods: tuple[PodView, ...] = ()


@dataclass(slots=True)
class ServedScenario:
    """A scenario in its namespace; a request for the first of `metrics` starts a new sync."""

    scenario: Scenario
    metrics: tuple[str, ...]
    begins: float = 0.0
    """Monotonic time of its first second."""
    syncs: list[Sync] = field(default_factory=list)

    def answer(self, metric: str, watched: WatchedNamespace, *, of_pods: bool) -> Samples | int | None:
        """The metric's value now, which is recorded."""
        seconds = time.monotonic() - self.begins
        value: Samples | int | None
        if of_pods:
            ready = [(name, since - self.begins) for name, since in watched.ready()]
            values = self.scenario.of_pods(metric, seconds, ready)
            value = None if values is None else {name: Sample(milli) for name, milli in values.items()}
        else:
            value = self.scenario.total(metric, seconds)
        if metric == self.metrics[0] or not self.syncs:
            self.syncs.append(Sync())
        sync = self.syncs[-1]
        sync.times.append(seconds)
        sync.values.append(value)
        sync.replicas, sync.status_replicas = watched.replicas, watched.status_replicas
        sync.pods = tuple(
            PodView(pod.name, pod.pending, pod.leaving, pod.ready_since is not None) for pod in watched.pods.values()
        )
        return value


def _item(kind: str, namespace: str, name: str, metric: str, milli: int) -> dict[str, Any]:
    described: dict[str, Any] = {"apiVersion": "v1", "kind": kind, "name": name}
    if kind != "Namespace":
        described["namespace"] = namespace
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"describedObject": described, "metricName": metric, "timestamp": now, "value": f"{milli}m"}


class MetricsServer(ThreadingHTTPServer):
    """The server of a run; `played` by namespace."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], certificate: Path, key: Path, cluster: Cluster) -> None:
        super().__init__(address, _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.cluster = cluster
        self.played: dict[str, ServedScenario] = {}

    def run(self) -> None:
        """Serve in a thread until `shutdown`."""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def metric(self, namespace: str, metric: str, *, of_pods: bool) -> list[dict[str, Any]] | None:
        """The items of the answer; None for a failure.

        Raises:
            LookupError: the scenario has no such metric, or the namespace no scenario.
        """
        played = self.played[namespace]
        with self.cluster.lock:
            value = played.answer(metric, self.cluster.of[namespace], of_pods=of_pods)
            seconds = played.syncs[-1].times[-1]
        if value is None:
            return None if played.scenario.lost(metric, seconds) == "error" else []
        if isinstance(value, int):
            return [_item("Namespace", namespace, namespace, metric, value)]
        return [_item("Pod", namespace, name, metric, sample.value) for name, sample in value.items()]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Serve discovery, `namespaces/N/pods/*/M` and `namespaces/N/metrics/M`."""
        path = unquote(urlsplit(self.path).path)
        parts = path.removeprefix(f"{BASE}/").split("/")
        if path == BASE:
            listing = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP_VERSION, "resources": []}
            self._send(HTTPStatus.OK, listing)
        elif len(parts) == 5 and parts[2:4] == ["pods", "*"]:
            self._metric(parts[1], parts[4], of_pods=True)
        elif len(parts) == 4 and parts[2] == "metrics":
            self._metric(parts[1], parts[3], of_pods=False)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "NotFound", f"nothing is served at {path}")

    def _metric(self, namespace: str, metric: str, *, of_pods: bool) -> None:
        try:
            items = cast("MetricsServer", self.server).metric(namespace, metric, of_pods=of_pods)
        except LookupError as error:
            self._refuse(HTTPStatus.NOT_FOUND, "NotFound", str(error))
            return
        if items is None:
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", f"{metric} is lost, as the scenario has it")
            return
        self._send(
            HTTPStatus.OK,
            {"kind": "MetricValueList", "apiVersion": GROUP_VERSION, "metadata": {}, "items": items},
        )

    def _refuse(self, code: HTTPStatus, reason: str, message: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code.value}
        self._send(code, {**status, "message": message})

    def _send(self, code: HTTPStatus, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Log nothing: `ServedScenario` records the requests."""
