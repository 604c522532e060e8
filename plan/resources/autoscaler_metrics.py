"""Rules about what autoscalers ask for: the config's targets, and metrics that an adapter serves for their pods and shards."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from components.metrics.names import EXPECTED, PARTICIPANTS, RECORDERS_BUSY, STRESS, TIMETABLE, TRANSMIT_KBPS
from config.quantities import milli
from config.shard import Shard
from plan.diff.fleet import is_bridge_workload, object_name
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.promql.evaluate import Evaluation
from plan.promql.nodes import PromqlError
from plan.promql.parse import parse
from plan.promql.series import Source
from plan.recorder import Resource
from plan.resources.custom_metrics import Adapter, Asked, adapters, asked_metrics, expression, serving_rule
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from plan.resources.observers import asked_server
from plan.resources.selection import namespace_of
from plan.resources.targets import is_readable, stack_pods
from plan.resources.watched import watched

FROZEN = "the autoscaler does not scale down, and not up for this"
JSON_KEYS = {
    STRESS: "$.stress_level",
    PARTICIPANTS: "$.local_endpoints",
    TRANSMIT_KBPS: "$.bit_rate_upload",
    RECORDERS_BUSY: "$.busy",
}
"""Keys of what bridges answer at /colibri/stats (VideobridgeStatisticsShim.kt; bit rates in kbit/s), and recorders at their status."""
STATS = "/colibri/stats"
STATS_VARIABLE = "COLIBRI_REST_ENABLED"
"""Without it, bridges answer /colibri/stats with 404 (jvb's image)."""


@dataclass(frozen=True, slots=True)
class Due:
    """A metric that the config asks for: kind, and value in thousandths."""

    kind: str
    value: int


def _due(shard: Shard, share: int, *, collects: bool) -> dict[str, Due]:
    """Return the metrics of each of a shard's autoscalers; `share` workloads divide what is of the whole shard."""
    scaling = shard.bridges.scaling
    due = {STRESS: Due("Pods", round(scaling.stress * 1000)), PARTICIPANTS: Due("Pods", scaling.participants * 1000)}
    if scaling.transmit_kbps:
        due[TRANSMIT_KBPS] = Due("Pods", scaling.transmit_kbps * 1000)
    if scaling.look_ahead and not collects:
        aim = min(shard.bridges.participants, scaling.participants)
        due[EXPECTED] = Due("Object", aim * share * 1000)
    return due


@rule("autoscaler-targets", "error")
def autoscaler_targets(stack: Resources) -> Iterator[Hit]:
    """The autoscaler of a shard's bridges is missing, or scales on other numbers than bridges.scaling says."""
    collects = any(adapter.collects for adapter in adapters(stack))
    for shard in stack.config.resolved:
        if shard.bridges.topology != "autoscaled":
            continue
        workloads = [
            one
            for one, _ in stack.workloads
            if is_bridge_workload(one)
            and at(one.properties, "metadata", "labels", "app.kubernetes.io/instance") == shard.name
        ]
        for workload in workloads:
            autoscaler = stack.autoscaler(workload)
            if autoscaler is None:
                yield Hit(
                    f"{workload.name}.spec.replicas",
                    f"no autoscaler sets the number of bridges of shard {shard.name}: it never grows or shrinks",
                    f"point a HorizontalPodAutoscaler at {object_name(workload)}, or set topology: static",
                )
            else:
                yield from _targets(
                    shard, autoscaler, _due(shard, len(workloads), collects=collects), collects=collects
                )


def _targets(shard: Shard, autoscaler: Resource, due: dict[str, Due], *, collects: bool) -> Iterator[Hit]:
    where = f"{autoscaler.name}.spec.metrics"
    asked = {each.name.replace("-", "_") if collects else each.name: each for each in asked_metrics(autoscaler)}
    if any(is_unknown(name) or is_unknown(one.target.get("averageValue")) for name, one in asked.items()):
        return
    for name, metric in due.items():
        one = asked.get(name)
        if one is None:
            yield Hit(where, f"does not ask for {name}: bridges of {shard.name} do not follow it", f"add {name}")
        elif (
            one.kind != metric.kind
            or one.target.get("type") != "AverageValue"
            or milli(one.target.get("averageValue") or 0) != metric.value
        ):
            yield Hit(
                where,
                f"aims at {one.kind} {name} {one.target.get('type')} {one.target.get('averageValue')}, and bridges.scaling of "
                f"{shard.name} at {metric.kind} AverageValue {metric.value / 1000:g}: "
                + (
                    "bridges cost more"
                    if 0 < milli(one.target.get("averageValue") or 0) < metric.value
                    else "bridges are overloaded"
                ),
                f"set averageValue: {metric.value / 1000:g}",
            )
        elif metric.kind == "Object" and one.labels != {"shard": shard.name}:
            yield Hit(
                where, f"{name} selects {one.labels}, and it is about shard {shard.name}", f"select shard: {shard.name}"
            )
    for name in sorted(asked.keys() - due.keys()):
        if not name.startswith(TIMETABLE):
            yield Hit(where, f"asks for {name}, which bridges.scaling of {shard.name} does not", f"remove {name}")
    cpu = [
        at(each, "resource", "target", "averageUtilization")
        for each in at(autoscaler.properties, "spec", "metrics") or []
        if each.get("type") == "Resource"
    ]
    if cpu != ([shard.bridges.scaling.cpu_percent] if shard.bridges.scaling.cpu_percent else []):
        yield Hit(
            where,
            f"aims at CPU {cpu or 'never'}, and scaling.cpuPercent of {shard.name} is {shard.bridges.scaling.cpu_percent}",
            "compare the Resource metric with scaling.cpuPercent",
        )


@rule("autoscaler-unserved", "error")
def autoscaler_unserved(stack: Resources) -> Iterator[Hit]:
    """An autoscaler asks for a metric that no adapter serves for its pods or its shard."""
    if not is_readable(stack):
        return
    for autoscaler in stack.of("HorizontalPodAutoscaler"):
        target = at(autoscaler.properties, "spec", "scaleTargetRef") or {}
        workload = next((one for one, _ in stack.workloads if stack.autoscaler(one) is autoscaler), None)
        if workload is None or target.get("apiVersion") != workload.properties.get("apiVersion"):
            if not any(is_unknown(text) for text in target.values()):
                yield Hit(
                    f"{autoscaler.name}.spec.scaleTargetRef",
                    f"names {target.get('apiVersion')} {target.get('kind')} {target.get('name')}, which is not there: it scales nothing",
                    "name the workload",
                )
            continue
        for asked in asked_metrics(autoscaler):
            for adapter in adapters(stack):
                try:
                    _serve(stack, adapter, asked, autoscaler, workload)
                except PromqlError as error:
                    yield Hit(
                        f"{autoscaler.name}.spec.metrics",
                        f"{asked.name} {error}: {FROZEN}",
                        "compare the metric, the adapter's rules and the pods' series",
                    )


def _serve(stack: Resources, adapter: Adapter, asked: Asked, autoscaler: Resource, workload: Resource) -> None:
    """Ask an adapter for a metric.

    Raises:
        PromqlError: it has no value for a pod, or for the object.
    """
    if adapter.collects:
        if asked.kind == "Pods":
            _collected(stack, asked, autoscaler, workload)
        return
    if adapter.file is None or is_unknown(adapter.file.text):
        return
    noticed = str(serving_rule(adapter, asked).get("seriesQuery"))
    source = asked_source(stack, adapter)
    if not Evaluation(source, [0.0], possible=True).vector(parse(noticed)):
        raise PromqlError(f"is noticed by {noticed}, which matches no series")
    if asked.name == TIMETABLE:
        return  # timetable-wrong evaluates it
    namespace = namespace_of(autoscaler)
    if asked.kind == "Object" and asked.described != {"apiVersion": "v1", "kind": "Namespace", "name": namespace}:
        raise PromqlError(f"describes {asked.described}, and is of the namespace {namespace}")
    names = [pod.name for pod in stack_pods(stack) if pod.pods.workload is workload]
    text = expression(adapter, asked, namespace, "|".join(map(re.escape, names)))
    evaluation = Evaluation(source, [0.0], possible=True)
    result = [dict(labels) for labels in evaluation.vector(parse(text))]
    if evaluation.empty:
        raise PromqlError(f"is made of {', '.join(evaluation.empty)}, which is not there")
    if asked.kind == "Pods" and {labels.get("pod") for labels in result} != set(names):
        raise PromqlError(
            f"has values for {sorted(str(labels.get('pod')) for labels in result)}, and not for each of {names}"
        )
    if asked.kind == "Object" and [labels.get("namespace") for labels in result] != [namespace]:
        raise PromqlError(f"has {len(result)} values for the namespace, where one is due")


def asked_source(stack: Resources, adapter: Adapter) -> Source:
    """Return the series of the Prometheus that an adapter asks."""
    server = asked_server(stack, adapter.url)
    watching = watched(stack)
    chosen = [
        source for one, source in watching if (one.server and one.server.workload) == (server and server.workload)
    ]
    return (chosen or [source for _, source in watching])[0]


def _collected(stack: Resources, asked: Asked, autoscaler: Resource, workload: Resource) -> None:
    """Read the annotations by which kube-metrics-adapter collects a metric from each pod."""
    notes = at(autoscaler.properties, "metadata", "annotations") or {}
    prefix = f"metric-config.pods.{asked.name}.json-path/"
    got = {key.removeprefix(prefix): str(value) for key, value in notes.items() if str(key).startswith(prefix)}
    if any(is_unknown(text) for text in got.values()):
        return
    missing = {"json-key", "path", "port"} - got.keys()
    if missing:
        raise PromqlError(f"has no annotation {prefix}{', '.join(sorted(missing))}")
    due = JSON_KEYS.get(asked.name.replace("-", "_"))
    if due is not None and got["json-key"] != due:
        raise PromqlError(f"is read from {got['json-key']}, and bridges answer it under {due}")
    pod = next(each for each in stack_pods(stack) if each.pods.workload is workload)
    if not any(str(port.get("containerPort")) == got["port"] for port in pod.pods.ports):
        raise PromqlError(f"is read from port {got['port']}, which the pods do not declare")
    if is_bridge_workload(workload):
        variables: dict[str, Any] = {
            str(variable.get("name")): variable.get("value")
            for container in pod.pods.containers
            for variable in container.get("env") or []
        }
        if got["path"] != STATS or variables.get(STATS_VARIABLE) not in ("1", "true"):
            raise PromqlError(f"is read from {got['path']}, and bridges answer {STATS}, with {STATS_VARIABLE}=1")
