"""What serves metrics, and what of it is kept: one line here makes a component scraped in every way there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.bridges.pods import REST_PORT
from components.collaboration.places import WHITEBOARD_METRICS_PORT as WHITEBOARD_PORT
from components.edge.places import STATS_PORT
from components.labels import labels, manifest
from components.logs.alloy_config import COMPONENT as ALLOY
from components.logs.pods import PORT as ALLOY_PORT
from components.recording.pods import METRICS_PATH
from components.recording.pods import METRICS_PORT as RECORDER_PORT
from components.signalling.addresses import HTTP_PORT, JICOFO_PORT
from components.turn.coturn_conf import METRICS_PORT as COTURN_PORT
from config.metrics import Metrics
from plan.turn import TURN_UDP

Document = dict[str, Any]

PROBE_PORT = 9115  # TCP in, from whoever scrapes
OPERATOR = "monitoring.coreos.com/v1"
_POD = "__meta_kubernetes_pod"
_NAME_LABEL, _INSTANCE_LABEL = "app_kubernetes_io_name", "app_kubernetes_io_instance"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Pods that serve metrics. `component` is their label app.kubernetes.io/name, `port_name` the container port's (TCP)."""

    component: str
    port: int
    port_name: str
    path: str = "/metrics"
    own_labels: bool = False
    """Its series are about others and already say about whom."""
    optional: bool = False
    """Not every stack runs it."""


TARGETS = (
    Target(component="jvb", port=REST_PORT, port_name="rest"),
    Target(component="jicofo", port=JICOFO_PORT, port_name="http"),
    Target(component="prosody", port=HTTP_PORT, port_name="http"),
    Target(component="coturn", port=COTURN_PORT, port_name="metrics", optional=True),
    Target(component=TURN_UDP, port=COTURN_PORT, port_name="metrics", optional=True),
    Target(component="visitors", port=HTTP_PORT, port_name="http", optional=True),
    Target(component="haproxy", port=STATS_PORT, port_name="stats"),
    Target(component="jibri", port=RECORDER_PORT, port_name="metrics", path=METRICS_PATH, optional=True),
    Target(component=ALLOY, port=ALLOY_PORT, port_name="http", optional=True),
    Target(component="probe", port=PROBE_PORT, port_name="metrics", optional=True),
    Target(component="whiteboard", port=WHITEBOARD_PORT, port_name="metrics", optional=True),
)
"""Components whose pods carry the scrape annotations."""

KUBE_STATE = Target(component="kube-state-metrics", port=8080, port_name="http", own_labels=True)
"""Never annotated: whoever scraped it without honouring its labels would say that every pod were this one."""

BOUNDED: list[Document] = [
    {
        # One series per meeting, person, room or bridge that ever was: thousands a day, and names in some of them.
        "source_labels": ["conference", "conference_name", "endpoint", "endpoint_id", "room", "jid", "jvb", "ip"],
        "separator": "",
        "regex": ".+",
        "action": "drop",
    },
    {
        # Sixteen series for each server of each backend; the state of a server says the same in five.
        "source_labels": ["__name__"],
        "regex": "haproxy_(server|backend)_(agg_)?(server_)?check_status|haproxy_.*_http_(comp|cache)_.*|.*_created",
        "action": "drop",
    },
]
"""`metric_relabel_configs` of every scrape: what grows with people and meetings never enters the store."""


def camel(relabelling: Sequence[Document]) -> list[Document]:
    """The same rules as the operator spells them."""
    return [
        {head + "".join(part.capitalize() for part in rest): value for (head, *rest), value in _split(rule)}
        for rule in relabelling
    ]


def _split(rule: Document) -> list[tuple[list[str], Any]]:
    return [(key.split("_"), value) for key, value in rule.items()]


def placed() -> list[Document]:
    """Relabelling by which a pod's series say where they come from, alike in all ways of scraping."""
    return [
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": [f"{_POD}_name"], "target_label": "pod"},
        {"source_labels": [f"{_POD}_node_name"], "target_label": "node"},
        {"source_labels": [f"{_POD}_label_{_NAME_LABEL}"], "target_label": "component"},
        {"source_labels": [f"{_POD}_label_{_INSTANCE_LABEL}"], "target_label": "shard"},
    ]


def pod_monitor(target: Target, namespace: str, instance: str, metrics: Metrics) -> Document:
    """For a Prometheus Operator: pods of any phase but the ended ones, so a draining bridge is seen to its end."""
    endpoint: Document = {
        "port": target.port_name,
        "path": target.path,
        "interval": f"{metrics.interval}s",
        "scrapeTimeout": f"{min(10, metrics.interval)}s",
        "filterRunning": True,  # a pod that is being ended still runs
        "metricRelabelings": camel(BOUNDED),
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
