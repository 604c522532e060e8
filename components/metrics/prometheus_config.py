"""Configuration of Prometheus and prometheus-adapter."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from components.kubernetes.document import Document, as_yaml
from components.metrics.demand_promql import Demand
from components.metrics.names import (
    BRIDGE_METRICS,
    EXPECTED,
    LEAVING,
    RECORDED_EXPECTED,
    RECORDED_RECORDERS,
    RECORDED_TIMETABLE,
    RECORDERS_WANTED,
    SHARD,
    TIMETABLE,
)
from components.metrics.recorders_promql import wanted
from components.metrics.rules import scaled
from components.metrics.timetable_promql import needed_bridges
from components.monitoring.targets import BOUNDED, KEPT_OF_ITSELF, KUBE_STATE, placed
from config.metrics import Metrics
from config.recording import Recording
from config.shard import Shard

RULES_FILE = "rules.yml"
STALE_SECONDS = 60
MISSED_SCRAPES = 4


def stale_after(metrics: Metrics) -> int:
    """Seconds after which a sample is stale, and the adapter drops a series without samples.

    A failed scrape or a removed target ends a series at once. This is for an outage of Prometheus: with its default of 5 min
    it would then serve old values of bridges.
    """
    return max(STALE_SECONDS, MISSED_SCRAPES * metrics.interval)


def scrape_config(
    metrics: Metrics, namespace: str, *, watching: bool = True, kube_state: bool = True, alertmanager: str | None = None
) -> str:
    """Return prometheus.yml, which scrapes every annotated pod of the namespace until it is gone.

    A draining bridge stays visible until it stops; the adapter's rules exclude it. `watching` adds targets for other rules
    and alerts: Prometheus itself and, with `kube_state`, kube-state-metrics.
    """
    source = "__meta_kubernetes_pod"
    annotation = f"{source}_annotation_prometheus_io"
    running: Document = {"source_labels": [f"{source}_phase"], "action": "drop", "regex": "Succeeded|Failed"}
    document: dict[str, Any] = {
        "global": {
            "scrape_interval": f"{metrics.interval}s",
            "scrape_timeout": f"{min(10, metrics.interval)}s",
            "evaluation_interval": f"{metrics.interval}s",
        },
        "rule_files": [RULES_FILE],
        "scrape_configs": [
            {
                "job_name": "pods",
                "kubernetes_sd_configs": [_discovery(namespace)],
                "relabel_configs": [
                    {"source_labels": [f"{annotation}_scrape"], "action": "keep", "regex": "true"},
                    running,
                    {
                        "source_labels": [f"{annotation}_path"],
                        "action": "replace",
                        "regex": "(.+)",
                        "target_label": "__metrics_path__",
                    },
                    {
                        "source_labels": [f"{source}_ip", f"{annotation}_port"],
                        "action": "replace",
                        "regex": "(.+);(\\d+)",
                        "replacement": "$1:$2",
                        "target_label": "__address__",
                    },
                    # A pod has one target per container port; by now all have the same address.
                    *placed(),
                ],
                "metric_relabel_configs": BOUNDED,
            }
        ],
    }
    if watching and kube_state:
        document["scrape_configs"].append(_kube_state(namespace, source, running))
    if watching:
        document["scrape_configs"].append(_itself(namespace))
    if alertmanager:
        scheme, _, address = alertmanager.rstrip("/").partition("://")
        document["alerting"] = {"alertmanagers": [{"scheme": scheme, "static_configs": [{"targets": [address]}]}]}
    return as_yaml(document)


def _discovery(namespace: str) -> Document:
    return {"role": "pod", "namespaces": {"names": [namespace]}}


def _kube_state(namespace: str, source: str, running: Document) -> Document:
    keep = {
        "source_labels": [f"{source}_label_app_kubernetes_io_name", f"{source}_container_port_number"],
        "action": "keep",
        "regex": f"{KUBE_STATE.component};{KUBE_STATE.port}",
    }
    return {
        "job_name": KUBE_STATE.component,
        "honor_labels": True,
        "kubernetes_sd_configs": [_discovery(namespace)],
        "relabel_configs": [keep, running, *placed()[:4]],
        "metric_relabel_configs": BOUNDED,
    }


def _itself(namespace: str) -> Document:
    """Return the scrape of Prometheus itself: its requests and rule failures."""
    own = {"namespace": namespace, "component": "prometheus", "pod": "prometheus-0"}
    return {
        "job_name": "prometheus",
        "static_configs": [{"targets": ["127.0.0.1:9090"], "labels": own}],
        "metric_relabel_configs": [KEPT_OF_ITSELF],
    }


def per_bridge_query(factor: float) -> str:
    """Return one series per bridge, without leaving bridges, which accept no new participants."""
    leaving = " or ".join(f"{name} == 1" for name in LEAVING)
    scaled = "" if factor == 1 else f" * {factor}"
    return f"max by (<<.GroupBy>>) ((<<.Series>>{{<<.LabelMatchers>>}} unless on (namespace, pod) ({leaving})){scaled})"


def _of_namespace(series: str, matched: str, metric: str, query: str) -> Document:
    """Return a rule for a metric of the namespace; prometheus-adapter serves it at /namespaces/NAMESPACE/metrics/METRIC."""
    return {
        "seriesQuery": f"{series}{{{matched}}}",
        "resources": {"overrides": {"namespace": {"resource": "namespace"}}},
        "name": {"matches": f"^{series}$", "as": metric},
        "metricsQuery": query,
    }


def _recorded(series: str, metric: str, namespace: str) -> Document:
    query = "max by (<<.GroupBy>>) (<<.Series>>{<<.LabelMatchers>>})"
    return _of_namespace(series, f'namespace="{namespace}"', metric, query)


def _asked(metric: str, namespace: str, shards: Sequence[Shard], expression: Callable[[Shard], str]) -> Document:
    """Return a rule without recorded series: each shard's expression, selected by the autoscaler's selector.

    The metric exists while anything of the namespace is scraped (`up`, even if scrapes fail).
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for shard in shards:
        alike[expression(shard)].append(shard.name)
    cases: list[str] = []
    for text, names in alike.items():
        quoted = " ".join(f'"{name}"' for name in names)
        cases.append(f'if eq (index .LabelValuesByName "{SHARD}") {quoted}>>{text}')
    query = "<<" + "<<else ".join(cases) + "<<end>>"
    return _of_namespace("up", f'namespace="{namespace}",pod!=""', metric, query)


def _per_shard(shards: Sequence[Shard], namespace: str, metrics: Metrics) -> list[Document]:
    grown = scaled(shards)
    ahead = [shard for shard in grown if shard.bridges.scaling.look_ahead]
    timed = [shard for shard in grown if shard.bridges.schedule]
    if metrics.managed:
        recorded = ((ahead, RECORDED_EXPECTED, EXPECTED), (timed, RECORDED_TIMETABLE, TIMETABLE))
        return [_recorded(series, metric, namespace) for some, series, metric in recorded if some]

    def labelled(shard: Shard) -> str:
        return f'label_replace({needed_bridges(shard.bridges)}, "namespace", "{namespace}", "", "")'

    def expected(shard: Shard) -> str:
        return Demand(shard, namespace, metrics).expected()

    asked = ((ahead, EXPECTED, expected), (timed, TIMETABLE, labelled))
    return [_asked(metric, namespace, some, expression) for some, metric, expression in asked if some]


def _recorders(recording: Recording, namespace: str, metrics: Metrics) -> Document:
    if metrics.managed:
        return _recorded(RECORDED_RECORDERS, RECORDERS_WANTED, namespace)
    return _of_namespace("up", f'namespace="{namespace}",pod!=""', RECORDERS_WANTED, wanted(recording, namespace))


def adapter_config(
    shards: Sequence[Shard], namespace: str, metrics: Metrics, recording: Recording | None = None
) -> str:
    """Return prometheus-adapter's rules: pod metrics of bridges, and namespace metrics of shards."""
    rules: list[Document] = [
        {
            "seriesQuery": f'{metric.series}{{namespace!="",pod!=""}}',
            "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
            "name": {"matches": f"^{metric.series}$", "as": metric.name},
            "metricsQuery": per_bridge_query(metric.factor),
        }
        for metric in BRIDGE_METRICS
    ]
    rules += _per_shard(shards, namespace, metrics)
    if recording:
        rules.append(_recorders(recording, namespace, metrics))
    return as_yaml({"rules": rules}, width=200)
