"""Parts that no call passes through: metrics, logs, dashboards, the probe. The whole table is `sizing.parts`."""

from sizing import outward
from sizing.part import ANY_POD, API_SERVER, METRICS_READER, NOBODY, PORT_FORWARD, Image, Part, Port, Restart, Scrape
from sizing.pod_counts import one_where
from sizing.pod_sizes import PodSize

SCALING_PAUSES = Restart(
    cost="none",
    rolled="no call passes through it; scaling pauses until metrics are back",
    off_call=True,
    files="no call passes through it; it is reloaded, or read by new pods",
)
VIEW_PAUSES = Restart(
    cost="none", rolled="no call passes through it; dashboards and alerts pause until it is back", off_call=True
)

ADAPTER_MOVES = (
    "every shard keeps its number of bridges until the adapter has started in another zone, within six minutes"
)

PROMETHEUS = Part(
    name="prometheus",
    does="metrics of the stack",
    pods=one_where(lambda config: config.metrics.managed),
    size=PodSize(200, 1024),
    keeps="metrics",
    image=Image(name="prometheus", uid=NOBODY, writes=("/prometheus",), since="v3.5.0"),
    opens=(Port("http", 9090, (ANY_POD,), "queries"),),
    sends=outward.of_prometheus,
    restart=SCALING_PAUSES,
    zone_loss="every shard keeps the number of bridges that it has, alerts are silent, and dashboards end: until the zone is back, or until its volume is given up, with the history in it",
)
PROMETHEUS_ADAPTER = Part(
    name="prometheus-adapter",
    does="custom metrics API, from Prometheus",
    pods=one_where(lambda config: config.runs_adapter and config.metrics.adapter == "prometheus"),
    size=PodSize(100, 256),
    image=Image(name="prometheus_adapter", uid=NOBODY, writes=("/tmp",), since="v0.12.0"),  # noqa: S108
    opens=(Port("https", 6443, (API_SERVER,), "custom metrics; the APIService names the certificate"),),
    asks=(("prometheus", "http"),),
    sends=outward.of_adapters,
    restart=SCALING_PAUSES,
    zone_loss=ADAPTER_MOVES,
)
KUBE_METRICS_ADAPTER = Part(
    name="kube-metrics-adapter",
    does="custom metrics API, from the bridges",
    pods=one_where(lambda config: config.runs_adapter and config.metrics.adapter == "kubeMetrics"),
    size=PodSize(100, 256),
    image=Image(name="kube_metrics_adapter", uid=NOBODY, writes=("/tmp",), since="v0.2.3"),  # noqa: S108
    opens=(Port("https", 6443, (API_SERVER,), "custom metrics; the APIService names the certificate"),),
    sends=outward.api_server,
    restart=SCALING_PAUSES,
    zone_loss=ADAPTER_MOVES,
)
ALLOY = Part(
    name="alloy",
    does="log collector",
    pods=one_where(lambda config: config.monitoring.logs.collected),
    size=PodSize(50, 256),
    key="monitoring.logs",
    image=Image(name="alloy", uid=473, writes=("/tmp", "/var/lib/alloy"), since="v1.11.0"),  # noqa: S108
    opens=(Port("http", 12345, (METRICS_READER,), "metrics, health"),),
    sends=outward.of_collectors,
    scraped=Scrape("http"),
    restart=Restart(
        cost="none", rolled="no call passes through it; logs stay in their pods until it is back", off_call=True
    ),
    zone_loss="no logs are pushed until it has started in another zone, within ten minutes",
)
PROBE = Part(
    name="probe",
    does="joins meetings as a user does",
    pods=one_where(lambda config: config.monitoring.probe),
    size=PodSize(10, 64),
    key="monitoring.probe",
    image=Image(name="python", uid=NOBODY, writes=(), since="3.13.7-alpine3.22"),
    opens=(Port("metrics", 9115, (ANY_POD,), "metrics"),),
    asks=(("haproxy", "https"),),
    sends=outward.of_probes,
    scraped=Scrape("metrics"),
    restart=VIEW_PAUSES,
    zone_loss="no calls are tried until it has started in another zone, within ten minutes",
)
GRAFANA = Part(
    name="grafana",
    does="dashboards",
    pods=one_where(lambda config: config.makes_dashboards and config.monitoring.grafana == "managed"),
    size=PodSize(50, 256),
    key="monitoring.grafana",
    image=Image(name="grafana", uid=472, writes=("/tmp", "/var/lib/grafana"), since="12.1.1"),  # noqa: S108
    opens=(Port("http", 3000, (PORT_FORWARD,), "pages"),),
    asks=(("prometheus", "http"),),
    sends=outward.of_metrics_readers,
    restart=VIEW_PAUSES,
    zone_loss="no dashboards until it has started in another zone, within ten minutes; with a volume, until the zone is back",
)
KUBE_STATE = Part(
    name="kube-state-metrics",
    does="state of autoscalers and pods, as metrics",
    pods=one_where(lambda config: config.makes_kube_state),
    size=PodSize(10, 64),
    image=Image(name="kube_state_metrics", uid=NOBODY, writes=(), since="v2.18.0"),
    opens=(Port("http", 8080, (ANY_POD,), "metrics"),),
    # Never annotated: a scrape that ignores its labels would attribute every series to this pod.
    sends=outward.api_server,
    scraped=Scrape("http", annotated=False, own_labels=True),
    restart=VIEW_PAUSES,
    zone_loss="alerts about pods are silent until it has started in another zone, within ten minutes",
)
