"""What each Prometheus scrapes, by its own service discovery: pods, ports, relabelling, and the labels that series get."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import kind_of, object_name
from plan.diff.paths import at, mapping, number
from plan.promql.nodes import seconds
from plan.recorder import Resource
from plan.resources.files import is_unknown
from plan.resources.made import Resources, once
from plan.resources.observers import Server, servers
from plan.resources.relabelling import Step, relabelled, steps_of
from plan.resources.selection import Pods, matches, namespace_of, pod_template
from sizing.part import Part

_META = "__meta_kubernetes_pod"
_NODE = "node-"
SHOWN = 2
"""Pods of one workload that stand for all of them."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of a workload, with a name as its controller gives it."""

    pods: Pods
    name: str
    address: str

    @property
    def annotations(self) -> dict[str, Any]:
        """Annotations of the pod template."""
        return mapping(at(pod_template(self.pods.workload), "metadata", "annotations"))


@dataclass(frozen=True, slots=True)
class Target:
    """One scrape. `pod` is None for an address that is written out; `steps` relabel its series."""

    job: str
    pod: Pod | None
    port: int | None
    path: str
    labels: Mapping[str, str]
    honors: bool
    steps: tuple[Step, ...]
    interval: float


@once
def stack_pods(stack: Resources) -> list[Pod]:
    """Return one or two pods of each workload."""
    result: list[Pod] = []
    for place, pods in enumerate(stack.pods):
        for ordinal in range(max(1, min(SHOWN, pods.most))):
            result.append(Pod(pods, _pod_name(pods.workload, ordinal), f"10.0.{place}.{ordinal + 1}"))
    return result


def _pod_name(workload: Resource, ordinal: int) -> str:
    name, letter = object_name(workload), "ab"[ordinal]
    if kind_of(workload) == "StatefulSet":
        return f"{name}-{ordinal}"
    return f"{name}-aaaa{letter}" if kind_of(workload) == "DaemonSet" else f"{name}-7c9f8d5b6f-aaaa{letter}"


def discovered(pod: Pod) -> Iterator[dict[str, str]]:
    """Yield the labels of Prometheus' pod discovery: one target for each declared port, one without a port if there is none."""
    labels = {
        "__meta_kubernetes_namespace": pod.pods.namespace,
        f"{_META}_name": pod.name,
        f"{_META}_ip": pod.address,
        f"{_META}_phase": "Running",
        f"{_META}_ready": "true",
        f"{_META}_node_name": f"{_NODE}{pod.address}",
        "__address__": pod.address,
    }
    for kind, pairs in (("label", pod.pods.labels), ("annotation", pod.annotations)):
        for key, value in pairs.items():
            clean = re.sub(r"\W", "_", str(key))
            labels |= {f"{_META}_{kind}_{clean}": str(value), f"{_META}_{kind}present_{clean}": "true"}
    yield from (
        labels
        | {
            "__address__": f"{pod.address}:{number(port.get('containerPort'), 0)}",
            f"{_META}_container_port_number": str(number(port.get("containerPort"), 0)),
            f"{_META}_container_port_name": str(port.get("name") or ""),
            f"{_META}_container_port_protocol": str(port.get("protocol") or "TCP"),
        }
        for port in pod.pods.ports
    )
    if not pod.pods.ports:
        yield labels


def _target(labels: Mapping[str, str], pods: Mapping[str, Pod], **fields: Any) -> Target:
    address, _, port = labels.get("__address__", "").partition(":")
    return Target(
        pod=pods.get(address),
        port=int(port) if port.isdigit() else None,
        path=labels.get("__metrics_path__", ""),
        labels={label: value for label, value in labels.items() if not label.startswith("__")},
        **fields,
    )


def managed_targets(stack: Resources, server: Server) -> list[Target]:
    """Return what the managed Prometheus scrapes, each address once for a job.

    Raises:
        PromqlError: its configuration is invalid, or uses what is not known here.
    """
    pods = {pod.address: pod for pod in stack_pods(stack)}
    base = server.config.get("global") or {}
    result: dict[tuple[Any, ...], Target] = {}
    for job in server.config.get("scrape_configs") or []:
        name = str(job.get("job_name"))
        start = {"job": name, "__metrics_path__": str(job.get("metrics_path", "/metrics")), "__scheme__": "http"}
        interval = seconds(str(job.get("scrape_interval") or base.get("scrape_interval") or "1m"))
        metric_steps = steps_of(job.get("metric_relabel_configs"))
        steps = steps_of(job.get("relabel_configs"))
        for raw in _job_targets(job, pods):
            labels = relabelled(start | raw, steps)
            if labels is not None:
                target = _target(
                    labels,
                    pods,
                    job=name,
                    honors=job.get("honor_labels") is True,
                    steps=metric_steps,
                    interval=interval,
                )
                result[name, labels.get("__address__"), target.path, *sorted(target.labels.items())] = target
    return list(result.values())


def _job_targets(job: dict[str, Any], pods: Mapping[str, Pod]) -> Iterator[dict[str, str]]:
    for source in job.get("kubernetes_sd_configs") or []:
        names = at(source, "namespaces", "names") or []
        if source.get("role") == "pod":
            for pod in pods.values():
                if not names or pod.pods.namespace in names:
                    yield from discovered(pod)
    for group in job.get("static_configs") or []:
        for address in group.get("targets") or []:
            yield {"__address__": str(address), **(group.get("labels") or {})}


def operated_targets(stack: Resources) -> list[Target]:
    """Return what an operator's Prometheus scrapes by the stack's PodMonitors.

    Raises:
        PromqlError: an object is invalid, or uses what is not known here.
    """
    pods = {pod.address: pod for pod in stack_pods(stack)}
    result: list[Target] = []
    for monitor in stack.of("PodMonitor"):
        spec, own = monitor.properties.get("spec") or {}, namespace_of(monitor)
        names = at(spec, "namespaceSelector", "matchNames") or [own]
        for endpoint in spec.get("podMetricsEndpoints") or []:
            for pod in pods.values():
                if pod.pods.namespace in names and matches(spec.get("selector"), pod.pods):
                    result += _endpoint(monitor, endpoint, pod, pods)
    return result


def _endpoint(monitor: Resource, endpoint: dict[str, Any], pod: Pod, pods: Mapping[str, Pod]) -> Iterator[Target]:
    start = {"job": f"{namespace_of(monitor)}/{object_name(monitor)}", "namespace": namespace_of(monitor)}
    start |= {"pod": pod.name, "__metrics_path__": str(endpoint.get("path", "/metrics"))}
    steps, metric_steps = steps_of(endpoint.get("relabelings")), steps_of(endpoint.get("metricRelabelings"))
    for raw in discovered(pod):
        if raw.get(f"{_META}_container_port_name") != endpoint.get("port"):
            continue
        labels = relabelled(start | raw, steps)
        if labels is not None:
            yield _target(
                labels,
                pods,
                job=start["job"],
                honors=endpoint.get("honorLabels") is True,
                steps=metric_steps,
                interval=seconds(str(endpoint.get("interval") or "30s")),
            )


def annotated_targets(stack: Resources, interval: float) -> list[Target]:
    """Return what another's Prometheus scrapes by annotations, relabelled as docs/monitoring.md asks."""
    result: list[Target] = []
    for pod in stack_pods(stack):
        notes = pod.annotations
        if notes.get("prometheus.io/scrape") == "true":
            labels = {"namespace": pod.pods.namespace, "pod": pod.name, "node": f"{_NODE}{pod.address}"}
            labels |= {"component": pod.pods.component, "shard": pod.pods.instance}
            path = str(notes.get("prometheus.io/path", "/metrics"))
            port = number(notes.get("prometheus.io/port"), 0)
            result.append(Target("pods", pod, port, path, labels, False, (), interval))
    return result


def scraped_part(pod: Pod) -> Part | None:
    """Return the record of a pod that serves metrics."""
    part = pod.pods.part
    return part if part and part.scraped else None


def is_readable(stack: Resources) -> bool:
    """Return whether every text that scrapes follow from is known."""
    texts = [server.file.text for server in servers(stack) if server.file]
    return not any(is_unknown(text) for text in [*texts, *(pod.name for pod in stack_pods(stack))])
