"""Texts for Prometheus and prometheus-adapter: what is scraped, and how it becomes a number per bridge."""

from typing import Any

import yaml

from components.metrics.names import BRIDGE_METRICS, LEAVING
from config.metrics import Metrics


def scrape_config(metrics: Metrics, namespace: str) -> str:
    """prometheus.yml: every pod of the namespace that is annotated for it, until the pod is gone.

    A draining bridge stays visible to its end; whether it counts is the adapter's business.
    """
    source = "__meta_kubernetes_pod"
    annotation = f"{source}_annotation_prometheus_io"
    document: dict[str, Any] = {
        "global": {
            "scrape_interval": f"{metrics.interval}s",
            "scrape_timeout": f"{min(10, metrics.interval)}s",
            "evaluation_interval": f"{metrics.interval}s",
        },
        "scrape_configs": [
            {
                "job_name": "pods",
                "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [namespace]}}],
                "relabel_configs": [
                    {"source_labels": [f"{annotation}_scrape"], "action": "keep", "regex": "true"},
                    {"source_labels": [f"{source}_phase"], "action": "drop", "regex": "Succeeded|Failed"},
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
                    # A pod has one target for each container port; all of them have just become the same address.
                    {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
                    {"source_labels": [f"{source}_name"], "target_label": "pod"},
                    {"source_labels": [f"{source}_node_name"], "target_label": "node"},
                    {"source_labels": [f"{source}_label_app_kubernetes_io_name"], "target_label": "component"},
                    {"source_labels": [f"{source}_label_app_kubernetes_io_instance"], "target_label": "shard"},
                ],
            }
        ],
    }
    return yaml.safe_dump(document, sort_keys=False, width=120)


def per_bridge_query(factor: float) -> str:
    """A series per bridge, those that leave left out: they take nobody any more, however loaded they are."""
    leaving = " or ".join(f"{name} == 1" for name in LEAVING)
    scaled = "" if factor == 1 else f" * {factor}"
    return f"max by (<<.GroupBy>>) ((<<.Series>>{{<<.LabelMatchers>>}} unless on (namespace, pod) ({leaving})){scaled})"


def adapter_config() -> str:
    """prometheus-adapter's rules: one custom metric per bridge metric, on pods."""
    rules = [
        {
            "seriesQuery": f'{metric.series}{{namespace!="",pod!=""}}',
            "resources": {"overrides": {"namespace": {"resource": "namespace"}, "pod": {"resource": "pod"}}},
            "name": {"matches": f"^{metric.series}$", "as": metric.name},
            "metricsQuery": per_bridge_query(metric.factor),
        }
        for metric in BRIDGE_METRICS
    ]
    return yaml.safe_dump({"rules": rules}, sort_keys=False, width=200)
