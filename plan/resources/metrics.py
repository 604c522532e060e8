"""Rules about metrics, from pods to Prometheus: what serves them is scraped once, and what is asked for exists."""

import json
from collections.abc import Iterator
from typing import Any

from plan.diff.paths import at, number
from plan.findings.rule import Hit, rule
from plan.promql.evaluate import Evaluation
from plan.promql.nodes import PromqlError
from plan.promql.parse import parse
from plan.promql.series import Source
from plan.recorder import Resource
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from plan.resources.observers import servers
from plan.resources.targets import Pod, is_readable, scraped_part, stack_pods
from plan.resources.watched import Observer, observers, panels, readably_watched
from sizing.part import Part
from sizing.parts import KUBE_STATE

DASHBOARD_LABEL = "grafana_dashboard"
"""Label by which Grafana's sidecar finds ConfigMaps with dashboards."""
BLIND = "no rule, alert, dashboard or autoscaler sees these pods"


@rule("scrape-annotations", "error")
def scrape_annotations(stack: Resources) -> Iterator[Hit]:
    """A pod's annotations do not say where it serves metrics."""
    seen: set[str] = set()
    for pod in stack_pods(stack):
        workload, part = pod.pods.workload, pod.pods.part
        if workload.name in seen or part is None:
            continue
        seen.add(workload.name)
        where = f"{workload.name}.spec.template.metadata.annotations"
        notes = {key: pod.annotations.get(f"prometheus.io/{key}") for key in ("scrape", "port", "path")}
        if any(is_unknown(text) for text in notes.values()):
            continue
        scraped = part.scraped if part.scraped and part.scraped.annotated else None
        due = {"scrape": "true", "port": str(part.port(scraped.port)), "path": scraped.path} if scraped else {}
        if scraped and notes != due:
            for key in (key for key in due if notes[key] != due[key]):
                yield Hit(
                    where,
                    f"prometheus.io/{key} is {notes[key]!r}, and {part.name} serves metrics at {due['port']}{due['path']}: {BLIND}",
                    f'set prometheus.io/{key}: "{due[key]}"',
                )
        elif not scraped and notes["scrape"] == "true":
            why = (
                "its series name other pods, and a scrape would rename them"
                if part is KUBE_STATE
                else "it serves no metrics"
            )
            yield Hit(
                where,
                f"prometheus.io/scrape is 'true' on {part.name}: {why}",
                "remove the annotations of prometheus.io",
            )


@rule("metrics-not-scraped", "error")
def metrics_not_scraped(stack: Resources) -> Iterator[Hit]:
    """A pod that serves metrics is not scraped exactly once, at its port and path, with the labels that rules read."""
    if not is_readable(stack):
        return
    try:
        watching = [observer for observer in observers(stack) if observer.own]
    except PromqlError as error:
        files = [server.file.where for server in servers(stack) if server.file]
        names = files or [each.name for each in stack.of("PrometheusRule", "PodMonitor")]
        yield Hit(names[0], f"cannot be used: {error}", "compare it with `make render` of an unchanged stack")
        return
    for observer in watching:
        for pod in stack_pods(stack):
            part = scraped_part(pod)
            if part and not (part is KUBE_STATE and observer.server and not observer.rules):
                yield from _scraped(observer, pod, part)


def _scraped(observer: Observer, pod: Pod, part: Part) -> Iterator[Hit]:
    where = f"{pod.pods.workload.name}.spec.template"
    targets = [target for target in observer.targets if target.pod == pod]
    if part.scraped is None:
        return
    port, path = part.port(part.scraped.port), part.scraped.path
    numbers = {number(each.get("containerPort")): each for each in pod.pods.ports}
    if numbers.get(port, {}).get("name") != part.scraped.port or numbers[port].get("protocol", "TCP") != "TCP":
        yield Hit(
            f"{where}.spec.containers",
            f"declares no port {part.scraped.port} TCP {port}, where {part.name} serves metrics: {BLIND}",
            f"declare containerPort {port} as {part.scraped.port}",
        )
        return
    if len(targets) != 1:
        follows = "sums and rates of its series count double" if targets else BLIND
        jobs = ", ".join(sorted({target.job for target in targets})) or "no job"
        yield Hit(
            where,
            f"{observer.title} scrapes {part.name} {len(targets)} times ({jobs}), and once is due: {follows}",
            "compare the scrape jobs or PodMonitors with the pods' labels, ports and annotations",
        )
        return
    (target,) = targets
    if (target.port, target.path) != (port, path):
        yield Hit(
            where,
            f"{observer.title} scrapes {part.name} at {target.port}{target.path}, and it serves metrics at {port}{path}: {BLIND}",
            f"scrape port {port} and path {path}",
        )
    due = {"namespace": pod.pods.namespace, "pod": pod.name, "component": part.name}
    if not part.scraped.own_labels:
        due["shard"] = pod.pods.instance
    wrong = {label: target.labels.get(label) for label in due if target.labels.get(label) != due[label]}
    if wrong:
        label = next(iter(wrong))
        yield Hit(
            where,
            f"{observer.title} gives the series of {part.name} {label}={wrong[label]!r}, and rules and dashboards look for "
            f"{label}={due[label]!r}: they stay empty",
            f"relabel {label}",
        )
    if target.honors != part.scraped.own_labels:
        yield Hit(
            where,
            f"honor_labels is {str(target.honors).lower()} for {part.name}, whose series "
            + (
                "name other pods: they would all be this pod's"
                if part.scraped.own_labels
                else "are its own: it could pose as others"
            ),
            f"set honor_labels to {str(part.scraped.own_labels).lower()}",
        )


@rule("metric-missing", "error")
def metric_missing(stack: Resources) -> Iterator[Hit]:
    """A recording rule, alert or dashboard asks for series that nothing exposes or records, or can never have a result."""
    watching = readably_watched(stack)
    if not watching:
        return
    for observer, source in watching:
        for each in observer.rules:
            what = f"alert {each.alert}" if each.alert else f"recording {each.record}"
            yield from _missing(each.where, what, each.expression, observer, source)
    for dashboards in dashboard_maps(stack):
        for key, document in dashboards_of(dashboards):
            for title, expression in panels(document):
                for observer, source in watching:
                    where = f"{dashboards.name}.data[{key!r}]: {title}"
                    yield from _missing(where, "panel", expression, observer, source)


def _missing(where: str, what: str, expression: str, observer: Observer, source: Source) -> Iterator[Hit]:
    follows = {"alert": "it never fires", "panel": "it stays empty"}.get(
        what.split(maxsplit=1)[0], "nothing that reads it has a result"
    )
    remedy = "compare names and labels with the part's metrics (plan/resources/exposition.py) and the recording rules"
    if is_unknown(expression):
        return
    evaluation = Evaluation(source, [0.0], possible=True)
    try:
        result = evaluation.vector(parse(expression))
    except PromqlError as error:
        yield Hit(where, f"{what} cannot be evaluated: {error}: {follows}", remedy)
        return
    empty = [text for text in evaluation.empty if observer.own or not _is_others(text)]
    if empty or (not result and observer.own):
        names = ", ".join(dict.fromkeys(empty)) or "its parts together"
        yield Hit(where, f"{what} asks for {names}, and {observer.title} has no such series: {follows}", remedy)


def _is_others(selector: str) -> bool:
    """Return whether another's Prometheus may have a series that the stack neither exposes nor records."""
    name = selector.partition("{")[0]
    return ":" in name or name.startswith(("kube_", "ALERTS"))


def dashboard_maps(stack: Resources) -> Iterator[Resource]:
    """Yield the stack's ConfigMaps with dashboards."""
    for resource in stack.of("ConfigMap"):
        labels = at(resource.properties, "metadata", "labels") or {}
        if labels.get("app.kubernetes.io/part-of") == "jitsi" and any(
            str(key).endswith(".json") and "panels" in str(text)
            for key, text in (resource.properties.get("data") or {}).items()
        ):
            yield resource


def dashboards_of(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield key and document of each dashboard."""
    for key, text in (resource.properties.get("data") or {}).items():
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield str(key), document
