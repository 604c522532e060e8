"""Series that each Prometheus has of a stack: what it scrapes, and what its rules record."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import object_name
from plan.diff.paths import at
from plan.promql.nodes import PromqlError
from plan.promql.series import ANY, NAME, Source, Stream, labelled
from plan.resources.exposition import EXPOSED, OF_EVERY_SCRAPE, proxies
from plan.resources.files import argument, is_unknown
from plan.resources.made import Resources, once
from plan.resources.observers import Rule, Server, managed_rules, operated_rules, recordings, servers
from plan.resources.relabelling import relabelled
from plan.resources.selection import namespace_of
from plan.resources.targets import Target, annotated_targets, is_readable, managed_targets, operated_targets, stack_pods
from sizing.parts import KUBE_STATE, PROMETHEUS

ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
"""Series that Prometheus makes of the alerts that it evaluates."""
ALERT_LABELS = ("alertname", "alertstate", "severity", "namespace", "shard", "pod")


SPLIT_TABLE = "split"
"""Table of rooms on two shards, which HAProxy has for several shards only."""


@dataclass(frozen=True, slots=True)
class Observer:
    """A Prometheus as far as the stack configures it. `server` is None for another's."""

    title: str
    server: Server | None
    targets: tuple[Target, ...]
    rules: tuple[Rule, ...]
    own: bool = True
    """Whether the stack configures what is scraped; else it only annotates its pods."""

    @property
    def interval(self) -> float:
        """The longest time between two scrapes of pods, in seconds."""
        return max((target.interval for target in self.targets), default=15.0)


@once
def observers(stack: Resources) -> list[Observer]:
    """Return each Prometheus that watches the stack.

    Raises:
        PromqlError: a configuration is invalid, or uses what is not known here.
    """
    result = [
        Observer(
            server.workload.name, server, tuple(managed_targets(stack, server)), tuple(managed_rules(stack, server))
        )
        for server in servers(stack)
    ]
    if stack.of("PodMonitor", "PrometheusRule"):
        result.append(
            Observer("the operator's Prometheus", None, tuple(operated_targets(stack)), tuple(operated_rules(stack)))
        )
    if not result:
        targets = annotated_targets(stack, stack.config.metrics.interval)
        result.append(Observer("another's Prometheus", None, tuple(targets), (), own=False))
    return result


@once
def watched(stack: Resources) -> list[tuple[Observer, Source]]:
    """Return each Prometheus that watches the stack, with every series that it has.

    Raises:
        PromqlError: a configuration is invalid, or uses what is not known here.
    """
    return [(observer, _source(stack, observer)) for observer in observers(stack)]


def readably_watched(stack: Resources) -> list[tuple[Observer, Source]]:
    """Return `watched`; empty while a text is unknown, or if one is invalid, which `metrics-not-scraped` names."""
    if not is_readable(stack):
        return []
    try:
        return watched(stack)
    except PromqlError:
        return []


def _source(stack: Resources, observer: Observer) -> Source:
    streams: dict[str, list[Stream]] = {}
    for target in observer.targets:
        for name, own in (*((each, {}) for each in OF_EVERY_SCRAPE), *_served(stack, target)):
            labels = _labels(target, name, own)
            if labels is not None:
                streams.setdefault(name, []).append(Stream(labelled(labels)))
    if stack.config.monitoring.kube_state == "existing":
        for name, own in _kube_state_series(stack):
            streams.setdefault(name, []).append(Stream(labelled(own)))
    for name in ALERTS:
        streams[name] = [Stream(labelled(dict.fromkeys(ALERT_LABELS, ANY)))]
    return Source(streams, recordings(list(observer.rules)), observer.interval)


def _labels(target: Target, name: str, own: dict[str, str]) -> dict[str, str] | None:
    """Return a series' labels as they are stored; None if it is dropped. A label of both sides is the target's, unless it honours."""
    if name in OF_EVERY_SCRAPE:
        return dict(target.labels)
    both = own.keys() & target.labels.keys()
    kept = own if target.honors else {f"exported_{label}" if label in both else label: own[label] for label in own}
    labels = relabelled({**target.labels, **kept, NAME: name}, target.steps)
    return {label: value for label, value in labels.items() if label != NAME} if labels else None


def _served(stack: Resources, target: Target) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the series that answer at a target, with the labels of their own."""
    part = target.pod.pods.component if target.pod else target.labels.get("component", "")
    if target.pod is None and part != PROMETHEUS.name:
        return
    if part == KUBE_STATE.name:
        yield from _kube_state(stack, target)
        return
    for name, labels in EXPOSED.get(part, {}).items():
        for values in _own(stack, name, labels):
            yield name, values


def _own(stack: Resources, name: str, labels: tuple[str, ...]) -> Iterable[dict[str, str]]:
    plain = dict.fromkeys(labels, ANY)
    if not name.startswith("haproxy_"):
        return [plain]
    texts = [text for resource in stack.of("ConfigMap") if (text := at(resource.properties, "data", "haproxy.cfg"))]
    names, tables = proxies(texts[0]) if texts and not is_unknown(texts[0]) else ((ANY,), (ANY,))
    if "proxy" in labels:
        return [plain | {"proxy": proxy} for proxy in names]
    return [plain | {"name": table} for table in tables] if "name" in labels else [plain]


def _kube_state(stack: Resources, target: Target) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what kube-state-metrics serves under its arguments: resources, namespaces, allowed names."""
    container = target.pod.pods.containers[0] if target.pod and target.pod.pods.containers else {}
    allowed = [text for text in re.split(r",(?![^(]*\))", argument(container, "metric-allowlist") or "") if text]
    resources = (argument(container, "resources") or "").split(",")
    namespaces = (argument(container, "namespaces") or "").split(",")
    for name, own in _kube_state_series(stack):
        kind = "horizontalpodautoscalers" if "horizontalpodautoscaler" in own else "pods"
        if kind in resources and own["namespace"] in namespaces and any(re.fullmatch(each, name) for each in allowed):
            yield name, own


def _kube_state_series(stack: Resources) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what kube-state-metrics knows of the stack's pods and autoscalers."""
    for name, labels in EXPOSED[KUBE_STATE.name].items():
        kind = "horizontalpodautoscaler" if "horizontalpodautoscaler" in labels else "pod"
        for namespace, subject in _subjects(stack, kind):
            yield name, dict.fromkeys(labels, ANY) | {"namespace": namespace, kind: subject}


def _subjects(stack: Resources, kind: str) -> list[tuple[str, str]]:
    if kind == "pod":
        return [(pod.pods.namespace, pod.name) for pod in stack_pods(stack)]
    return [(namespace_of(resource), object_name(resource)) for resource in stack.of("HorizontalPodAutoscaler")]


def panels(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield title and expression of each query of a dashboard, those of its variables included."""
    for variable in at(document, "templating", "list") or []:
        query = variable.get("query")
        text = str(query.get("query") if isinstance(query, dict) else query or "")
        if match := re.fullmatch(r"label_values\((.*),\s*(\w+)\)", text):
            yield f"variable {variable.get('name')}", f"count by ({match[2]}) ({match[1]})"
    for panel in document.get("panels") or []:
        for query in panel.get("targets") or []:
            yield str(panel.get("title")), _without_variables(str(query.get("expr")))


def _without_variables(expression: str) -> str:
    """Return an expression as Grafana sends it with every shard selected."""
    plain = re.sub(r"\$\{?shard\}?", ".+", expression)
    return re.sub(r"\$__(?:rate_interval|interval|range)", "5m", plain)
