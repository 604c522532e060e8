"""Scrape targets and the series that are kept. One line here makes a component scraped in both scrape modes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from config.metrics import Metrics
from sizing.part import Part, Scrape
from sizing.parts import PARTS, PROMETHEUS

OPERATOR = "monitoring.coreos.com/v1"
_POD = "__meta_kubernetes_pod"
_NAME_LABEL, _INSTANCE_LABEL = "app_kubernetes_io_name", "app_kubernetes_io_instance"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Pods that serve metrics. `component` is their label app.kubernetes.io/name, `port_name` the container port's (TCP)."""

    component: str
    port: int
    port_name: str
    path: str
    own_labels: bool
    """The series describe other pods and already carry their labels."""
    optional: bool
    """Only some stacks run it."""


def _target(part: Part, scraped: Scrape) -> Target:
    return Target(
        component=part.name,
        port=part.port(scraped.port),
        port_name=scraped.port,
        path=scraped.path,
        own_labels=scraped.own_labels,
        optional=bool(part.key),
    )


TARGETS = tuple(_target(part, part.scraped) for part in PARTS if part.scraped and part.scraped.annotated)
"""Components whose pods carry the scrape annotations."""

KUBE_STATE = next(_target(part, part.scraped) for part in PARTS if part.scraped and part.scraped.own_labels)
"""Never annotated: a scrape that ignores its labels would attribute every series to this pod."""

ITSELF = _target(PROMETHEUS, Scrape("http", annotated=False))
"""The managed Prometheus. It scrapes itself at its own address; only to an operator's Prometheus it is a target like others."""

KEPT_OF_ITSELF: Document = {
    "source_labels": ["__name__"],
    "action": "keep",
    "regex": "prometheus_(http_requests_total|rule_evaluation_failures_total|tsdb_head_series|tsdb_(storage_blocks|wal_storage_size|head_chunks_storage_size)_bytes|notifications_.+)",
}
"""Of the hundreds of series about Prometheus, those that alerts and dashboards read."""

WITHOUT_REQUESTS = (
    *("addresses", "alive", "counts", "rooms", "seats", "split", "staffed", "takers"),
    *("bridges", "focus", "pulse"),
)
"""Backends of HAProxy that hold a stick table, or only check servers."""

BOUNDED: list[Document] = [
    {
        # One series per meeting, participant, room or bridge: thousands a day, some with names.
        "source_labels": ["conference", "conference_name", "endpoint", "endpoint_id", "room", "jid", "jvb", "ip"],
        "separator": "",
        "regex": ".+",
        "action": "drop",
    },
    {
        # 16 series per server and backend; the server status says the same in five. Times at which counters began; kube_pod_created is a pod's.
        "source_labels": ["__name__"],
        "regex": "haproxy_(server|backend)_(agg_)?(server_)?check_status|haproxy_.*_http_(comp|cache)_.*|[^k].*_created",
        "action": "drop",
    },
    {
        # 47 series per backend and 57 per server that count requests there are none of. The status of checked servers stays.
        "source_labels": ["__name__", "proxy"],
        "regex": f"haproxy_(backend_.*|server_([^s]|s[^t]).*);({'|'.join(WITHOUT_REQUESTS)})",
        "action": "drop",
    },
]
"""`metric_relabel_configs` of every scrape: drops series whose number grows with participants and meetings, and empty ones."""


def camel(relabelling: Sequence[Document]) -> list[Document]:
    """Return the rules with the operator's camelCase keys."""
    return [
        {head + "".join(part.capitalize() for part in rest): value for (head, *rest), value in _split(rule)}
        for rule in relabelling
    ]


def _split(rule: Document) -> list[tuple[list[str], Any]]:
    return [(key.split("_"), value) for key, value in rule.items()]


def placed() -> list[Document]:
    """Return relabelling that adds a pod's namespace, name, node, component and shard, equal in both scrape modes."""
    return [
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": [f"{_POD}_name"], "target_label": "pod"},
        {"source_labels": [f"{_POD}_node_name"], "target_label": "node"},
        {"source_labels": [f"{_POD}_label_{_NAME_LABEL}"], "target_label": "component"},
        {"source_labels": [f"{_POD}_label_{_INSTANCE_LABEL}"], "target_label": "shard"},
    ]


def pod_monitor(target: Target, namespace: str, instance: str, metrics: Metrics) -> Document:
    """Return a PodMonitor. It scrapes terminating pods, too, so a draining bridge stays visible until it stops."""
    endpoint: Document = {
        "port": target.port_name,
        "path": target.path,
        "interval": f"{metrics.interval}s",
        "scrapeTimeout": f"{min(10, metrics.interval)}s",
        "filterRunning": True,  # a terminating pod is still Running
        "metricRelabelings": camel([KEPT_OF_ITSELF] if target is ITSELF else BOUNDED),
    }
    endpoint["relabelings"] = camel(placed()[:4] if target.own_labels else placed())
    if target.own_labels:
        endpoint["honorLabels"] = True
    return manifest(
        OPERATOR,
        "PodMonitor",
        target.component,
        namespace,
        labels("prometheus", instance),
        spec={
            "selector": {
                "matchLabels": {"app.kubernetes.io/name": target.component, "app.kubernetes.io/part-of": "jitsi"}
            },
            "podMetricsEndpoints": [endpoint],
        },
    )
