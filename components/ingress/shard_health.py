"""What the API server tells of a shard: whether it can take rooms, and whether it still has some."""

import re
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from components.kubernetes.cluster_reader import ClusterReader, UnreachableError
from components.kubernetes.labels import selector
from components.metrics.names import PARTICIPANTS, collected
from config.quantities import quantity
from config.shard import Shard
from sizing.parts import HAPROXY, JICOFO, JVB, PROSODY, WEB

PROBE_SECONDS = 90
"""A jicofo without a failed liveness probe for so long counts as healthy where it cannot be asked: three of its probes."""
CUSTOM_METRICS = "/apis/custom.metrics.k8s.io/v1beta2"
OK = 200
BRIDGES_KNOWN = "jitsi_jicofo_bridge_selector_bridge_count_operational"
ROOMS, PEOPLE = "jitsi_jicofo_conferences", "jitsi_jicofo_participants_current"
ICE_FAILED, ICE_SUCCEEDED = "jitsi_jvb_ice_failed", "jitsi_jvb_ice_succeeded"


def figure(metrics: str, name: str) -> int | None:
    """Return the sum of a metric's series, with or without the suffix `_total`; None if there is none."""
    found = re.findall(rf"^{name}(?:_total)?(?:{{[^}}]*}})? ([0-9.eE+-]+)$", metrics, re.MULTILINE)
    return round(sum(map(float, found))) if found else None


@dataclass(frozen=True, slots=True)
class Health:
    """What a shard still waits for, and what is wrong with it; both empty if it can take rooms."""

    missing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Observer:
    """Reads of a namespace."""

    reader: ClusterReader
    namespace: str

    def pods(self, component: str, instance: str = "") -> list[dict[str, Any]]:
        """Return the pods of a component, of one shard or of all, but not those that are being deleted.

        Raises:
            OSError: the API server does not answer.
        """
        labels = selector(component, instance) if instance else {"app.kubernetes.io/name": component}
        wanted = ",".join(f"{key}={value}" for key, value in labels.items())
        found = self.reader.items(f"/api/v1/namespaces/{self.namespace}/pods", labelSelector=wanted)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def health(self, shard: Shard) -> Health:
        """Return whether a shard's pods are Ready, and then whether jicofo knows its bridges and ICE works on them.

        Raises:
            OSError: the API server does not answer.
        """
        missing, ready = [], {}
        for component, count in ((WEB.name, 1), (PROSODY.name, 1), (JICOFO.name, 1), (JVB.name, shard.bridges.min)):
            pods = self.pods(component, shard.name)
            ready[component] = [pod for pod in pods if _is_ready(pod)]
            if len(ready[component]) < count:
                reasons = sorted({f"{pod['metadata']['name']}: {_reason(pod)}" for pod in pods if not _is_ready(pod)})
                missing.append(
                    f"{component} has {len(ready[component])} of {count} pods Ready ({'; '.join(reasons) or 'no pod'})"
                )
        if missing:
            return Health(missing=tuple(missing))
        bridges = ready[JVB.name]
        jicofo = ready[JICOFO.name][0]
        try:
            faults = list(self._jicofo(jicofo, shard.bridges.min))
        except UnreachableError:
            if _age(jicofo) < PROBE_SECONDS:
                name = jicofo["metadata"]["name"]
                return Health(
                    missing=(f"{name} cannot be asked, and its liveness probes tell after {PROBE_SECONDS} s",)
                )
            faults = list(self._probes(jicofo))
        return Health(faults=(*faults, *(fault for bridge in bridges for fault in self._ice(bridge))))

    def _jicofo(self, pod: dict[str, Any], bridges: int) -> Iterator[str]:
        name = pod["metadata"]["name"]
        status, text = self._ask(pod, JICOFO.port("http"), "/about/health")
        if status != OK:
            yield f"{name} answers {status} to /about/health: {text.strip()[:200] or 'nothing'}"
        _, text = self._ask(pod, JICOFO.port("http"), "/metrics")
        known = figure(text, BRIDGES_KNOWN)
        if known is None:
            yield f"{name} does not say at /metrics how many bridges it knows ({BRIDGES_KNOWN})"
        elif known < bridges:
            yield f"{name} knows {known} bridges, and {bridges} are Ready: they do not join it (room JvbBrewery)"

    def _probes(self, pod: dict[str, Any]) -> Iterator[str]:
        """The kubelet's view of a jicofo that the API server cannot reach: its liveness probe needs health or a bridge."""
        name, since = pod["metadata"]["name"], datetime.now(UTC) - timedelta(seconds=PROBE_SECONDS)
        events = self.reader.items(
            f"/api/v1/namespaces/{self.namespace}/events", fieldSelector=f"involvedObject.name={name},reason=Unhealthy"
        )
        if failed := [each for each in events if _time(each.get("lastTimestamp")) > since]:
            yield f"{name} fails its liveness probe, so it does not answer or knows no bridge: {failed[-1].get('message', '').strip()}"

    def _ice(self, pod: dict[str, Any]) -> Iterator[str]:
        """A bridge meets itself before it is Ready: ICE that failed then will fail for people too."""
        try:
            status, text = self._ask(pod, JVB.port("rest"), "/metrics")
        except UnreachableError:
            return
        name = pod["metadata"]["name"]
        failed, succeeded = figure(text, ICE_FAILED), figure(text, ICE_SUCCEEDED)
        if status != OK:
            yield f"{name} answers {status} to /metrics"
        elif failed is None or succeeded is None:
            yield f"{name} does not say at /metrics whether ICE worked ({ICE_FAILED}, {ICE_SUCCEEDED})"
        elif failed > succeeded:
            yield f"ICE failed {failed} times on {name}, and succeeded {succeeded} times"

    def rooms(self, shard: str, adapter: str) -> tuple[int, int]:
        """Return how many rooms and people a shard has; of people alone, on its bridges, where jicofo cannot be asked.

        Raises:
            OSError: neither jicofo nor the custom metrics API answers.
        """
        pods = self.pods(JICOFO.name, shard)
        if not pods:
            return 0, 0  # an update that was interrupted has removed it already
        try:
            _, text = self._ask(pods[0], JICOFO.port("http"), "/metrics")
            rooms, people = figure(text, ROOMS), figure(text, PEOPLE)
            if rooms is not None:
                return rooms, people or 0
        except UnreachableError:
            pass
        metric = collected(PARTICIPANTS) if adapter == "kubeMetrics" else PARTICIPANTS
        wanted = ",".join(f"{key}={value}" for key, value in selector(JVB.name, shard).items())
        found = self.reader.items(f"{CUSTOM_METRICS}/namespaces/{self.namespace}/pods/*/{metric}", labelSelector=wanted)
        people = sum(round(quantity(each["value"])) for each in found)
        return (1 if people else 0), people

    def led_by_all(self, shards: set[str]) -> bool:
        """Return whether every HAProxy that can be asked sees these shards up."""
        for pod in self.pods(HAPROXY.name):
            if not _is_ready(pod):
                return False
            _, text = self._ask(pod, HAPROXY.port("stats"), "/metrics")
            up = re.findall(
                r'^haproxy_server_status{proxy="signalling",server="([^"]+)",state="UP"} 1$', text, re.MULTILINE
            )
            if not shards <= set(up):
                return False
        return True

    def running(self) -> set[str]:
        """Return the shards whose prosody is deployed.

        Raises:
            OSError: the API server does not answer.
        """
        found = self.reader.items(
            f"/apis/apps/v1/namespaces/{self.namespace}/deployments",
            labelSelector=f"app.kubernetes.io/name={PROSODY.name}",
        )
        return {each["metadata"]["labels"]["app.kubernetes.io/instance"] for each in found}

    def haproxy_cfg(self) -> str:
        """Return the configuration of the running HAProxies; empty before the first update.

        Raises:
            OSError: the API server does not answer.
        """
        try:
            found = self.reader.get(f"/api/v1/namespaces/{self.namespace}/configmaps/haproxy")
        except urllib.error.HTTPError as error:
            if error.code == 404:  # noqa: PLR2004
                return ""
            raise
        return str((found.get("data") or {}).get("haproxy.cfg", ""))

    def _ask(self, pod: dict[str, Any], port: int, path: str) -> tuple[int, str]:
        return self.reader.from_pod(self.namespace, pod["metadata"]["name"], port, path)


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _reason(pod: dict[str, Any]) -> str:
    """The first thing that keeps a pod from being Ready."""
    status = pod.get("status", {})
    for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        if waiting := each.get("state", {}).get("waiting"):
            return f"{waiting.get('reason')} {waiting.get('message', '')}".strip()
    blocked = (each for each in status.get("conditions") or () if each["status"] != "True" and each.get("message"))
    return next((each["message"] for each in blocked), status.get("phase", "Pending"))


def _age(pod: dict[str, Any]) -> float:
    """Seconds since the last start of a pod's containers."""
    started = (
        each.get("state", {}).get("running", {}).get("startedAt")
        for each in pod["status"].get("containerStatuses") or ()
    )
    return (datetime.now(UTC) - max(map(_time, started), default=datetime.now(UTC))).total_seconds()


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)
