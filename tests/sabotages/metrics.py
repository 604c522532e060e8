"""Sabotages of metrics: what pods expose, what is scraped, recorded, served, asked for, drawn and alerted about."""

import json

from sabotages import Patch, Sabotage, container
from sabotages.timetable import replaced

SCRAPED = "Every pod that serves metrics is scraped once, at its port and path, under its own names."
KEPT = "Rates span four scrapes, and samples count and are kept as long as the config says."
RECORDED = "Every recording rule, alert and panel asks for series that exist."
CALLED = "Every alert says how bad it is, what it means and what to do, and waits for transient states to pass."
SERVED = "The custom metrics API leads to an adapter that asks the stack's Prometheus."
RIGHTS = "What serves metrics may read what it needs, and autoscalers may ask."
ASKED = "Autoscalers ask for the config's targets."
RIGHT = "A number that bridges scale on is theirs: leaving bridges are left out, silent ones keep their last value."
TRUE = "An alert is silent while all is well, and fires when what it is named for happens."
BOUNDED = "What Prometheus stores does not grow with meetings, nor with backends that carry no requests."
DRAWN = "Grafana finds the dashboards, and asks the stack's Prometheus."
CONFIG, RULES, BOARDS = "jitsi-metrics-prometheus-config", "jitsi-metrics-rules", "jitsi-monitoring-dashboards"
S0, S1 = "s0-bridges-host-port-0", "s1-bridges-node-port"


def notes(p):
    return p["spec"]["template"]["metadata"]["annotations"]


def port(p, name: str):
    return next(each for each in container(p)["ports"] if each["name"] == name)


def argument(flag: str, value: str) -> Patch:
    """Set a flag of the first container."""

    def patch(p):
        arguments = container(p)["args"]
        place = next(number for number, text in enumerate(arguments) if text.startswith(f"--{flag}"))
        arguments[place] = f"--{flag}={value}"

    return patch


def without(flag: str) -> Patch:
    """Remove a flag of the first container."""
    return lambda p: container(p).update(args=[arg for arg in container(p)["args"] if not arg.startswith(f"--{flag}")])


def metric(p, name: str):
    """Return an autoscaler's metric by its name."""
    bodies = [body for each in p["spec"]["metrics"] for body in each.values() if isinstance(body, dict)]
    return next(body for body in bodies if body.get("metric", {}).get("name") == name)


def remove_metric(name: str) -> Patch:
    """Remove an autoscaler's metric."""
    return lambda p: p["spec"].update(metrics=[each for each in p["spec"]["metrics"] if name not in json.dumps(each)])


def scraped(of: str, patch: Patch | None, rule: str, says: str = "", stack: str = "local") -> Sabotage:
    return Sabotage(SCRAPED, of, patch, rule, says, stack)


def job(old: str, new: str, says: str = "", rule: str = "metrics-not-scraped", count: int = -1) -> Sabotage:
    """Patch the managed Prometheus' configuration."""
    return Sabotage(SCRAPED, CONFIG, replaced("prometheus.yml", old, new, count), rule, says)


def recorded(
    old: str, new: str, says: str = "", stack: str = "local", rule: str = "metric-missing", *, count: int = -1
) -> Sabotage:
    """Patch what the managed Prometheus records and alerts about."""
    promise = {"alert-unusable": CALLED, "alert-missing": CALLED, "scaling-number-wrong": RIGHT}.get(rule, RECORDED)
    return Sabotage(promise, CONFIG, replaced("rules.yml", old, new, count), rule, says, stack)


def drawn(key: str, old: str, new: str, says: str = "", stack: str = "local") -> Sabotage:
    """Patch a dashboard."""
    return Sabotage(RECORDED, BOARDS, replaced(f"jitsi-{key}.json", old, new), "metric-missing", says, stack)


def served(old: str, new: str, says: str = "", rule: str = "autoscaler-unserved", stack: str = "local") -> Sabotage:
    """Patch the adapter's rules."""
    promise = RIGHT if rule == "scaling-number-wrong" else SERVED
    return Sabotage(promise, RULES, replaced("config.yaml", old, new), rule, says, stack)


def api(of: str, patch: Patch | None, says: str = "", stack: str = "local", rule: str = "metrics-api") -> Sabotage:
    return Sabotage(SERVED, f"jitsi-metrics-{of}", patch, rule, says, stack)


def right(of: str, patch: Patch | None, says: str = "", stack: str = "local") -> Sabotage:
    return Sabotage(RIGHTS, f"jitsi-{of}", patch, "metrics-rights", says, stack)


def asked(
    of: str, patch: Patch | None, says: str = "", rule: str = "autoscaler-targets", stack: str = "local"
) -> Sabotage:
    return Sabotage(ASKED, f"{of}-autoscaler", patch, rule, says, stack)


def verbs(p):
    p["rules"][0]["verbs"] = ["get"]


EXPOSED = [
    scraped(S0, lambda p: notes(p).pop("prometheus.io/scrape"), "scrape-annotations", "serves metrics at 8080/metrics"),
    scraped(S1, lambda p: notes(p).update({"prometheus.io/port": "9090"}), "scrape-annotations", 'port: "8080"'),
    scraped("s0-prosody", lambda p: notes(p).update({"prometheus.io/path": "/stats"}), "scrape-annotations", "path"),
    scraped(
        "s0-web", lambda p: notes(p).update({"prometheus.io/scrape": "true"}), "scrape-annotations", "serves no metrics"
    ),
    scraped(
        "jitsi-monitoring-kube-state",
        lambda p: p["spec"]["template"]["metadata"].update(annotations={"prometheus.io/scrape": "true"}),
        "scrape-annotations",
        "name other pods",
    ),
    scraped(S0, lambda p: notes(p).pop("prometheus.io/scrape"), "metrics-not-scraped", "0 times"),
    scraped(
        S0,
        lambda p: port(p, "rest").update(containerPort=8081),
        "metrics-not-scraped",
        "declares no port rest TCP 8080",
    ),
    scraped(
        "s0-jicofo", lambda p: port(p, "http").update(name="rest"), "metrics-not-scraped", "declare containerPort 8888"
    ),
    scraped("s1-prosody", lambda p: port(p, "http").update(protocol="UDP"), "metrics-not-scraped"),
    scraped("s0-jicofo", lambda p: notes(p).update({"prometheus.io/scrape": "yes"}), "metrics-not-scraped"),
    job("regex: 'true'", "regex: 'yes'", "0 times"),
    job("- jitsi\n", "- default\n", "0 times"),
    job("regex: (.+);(\\d+)", "regex: (.+);(\\w)", "scrapes"),
    Sabotage(
        SCRAPED,
        CONFIG,
        replaced("prometheus.yml", "target_label: __metrics_path__", "target_label: metrics_path"),
        "metrics-not-scraped",
        "9464/metrics.txt",
        "recorded",
    ),
    job("replacement: $1:$2", "replacement: $1:9100", "9100/metrics"),
    job("target_label: pod\n", "target_label: pod_name\n", "pod=nothing"),
    job("target_label: shard\n", "target_label: instance\n", "shard=nothing"),
    job("target_label: component\n", "target_label: app\n", "component=nothing"),
    job("label_app_kubernetes_io_instance", "label_app_kubernetes_io_part_of", "shard='jitsi'"),
    job("honor_labels: true", "honor_labels: false", "would all be this pod's"),
    job("kube-state-metrics;8080", "kube-state-metrics;8081", "scrapes kube-state-metrics 0 times"),
    job("- job_name: kube-state-metrics", "- job_name: kube-state\n  metrics_path: /stats", "8080/stats"),
    job("regex: Succeeded|Failed", "regex: Succeeded|Running", "0 times"),
    job("action: keep", "action: hold", "hold is not known"),
    job("regex: .+\n", "regex: .*\n", rule="metric-missing", says="it never fires"),
    job(
        "haproxy_(server|backend)_(agg_)?",
        "haproxy_(server|backend)_.*|jitsi_jvb_(agg_)?str.*|x",
        rule="metric-missing",
    ),
    recorded(
        'haproxy_sticktable_used{namespace="jitsi",name="rooms"}',
        'haproxy_sticktable_used{namespace="jitsi",name="split"}',
        "HaproxiesDisagree",
        stack="turn-udp",
    ),
    job("prometheus_(http_requests_total|", "prometheus_(", rule="metric-missing", says="MetricsAdapterStale"),
    job("scrape_interval: 15s", "scrape_interval: 60s", "scrapes every 60 s", "range-below-scrapes"),
    job("scrape_interval: 15s", "scrape_interval: 30s", "metrics.interval 15 s", "prometheus-times"),
    job("evaluation_interval: 15s", "evaluation_interval: 5m", "evaluation_interval is 300 s", "prometheus-times"),
    job("scrape_timeout: 10s", "scrape_timeout: 20s", "does not start", "prometheus-times"),
    job("- rules.yml", "- rule.yml", "does not evaluate", "alert-missing"),
    Sabotage(KEPT, "jitsi-metrics-prometheus", argument("storage.tsdb.retention.time", "5m"), "prometheus-times", "5m"),
    Sabotage(
        KEPT, "jitsi-metrics-prometheus", argument("storage.tsdb.retention.size", "20480MB"), "prometheus-times", "fill"
    ),
    Sabotage(KEPT, "jitsi-metrics-prometheus", argument("query.lookback-delta", "20s"), "prometheus-times", "vanish"),
    Sabotage(
        KEPT, "jitsi-metrics-prometheus", argument("query.lookback-delta", "30m"), "prometheus-times", "still served"
    ),
    Sabotage(KEPT, "jitsi-metrics-prometheus", argument("storage.tsdb.path", "/tmp"), "prometheus-times", "persistent"),
    Sabotage(
        SCRAPED, "jitsi-metrics-prometheus", argument("config.file", "/etc/prometheus.yml"), "metrics-not-scraped"
    ),
    Sabotage(
        RECORDED,
        "jitsi-monitoring-kube-state",
        argument("resources", "deployments,pods,statefulsets"),
        "metric-missing",
        "kube_horizontalpodautoscaler",
    ),
    Sabotage(RECORDED, "jitsi-monitoring-kube-state", argument("namespaces", "default"), "metric-missing", "kube_"),
    Sabotage(
        RECORDED,
        "jitsi-monitoring-kube-state",
        argument("metric-allowlist", "kube_pod_info"),
        "metric-missing",
        "kube_",
    ),
    *(
        Sabotage(SCRAPED, f"jitsi-monitoring-{of}-targets", patch, "metrics-not-scraped", says, "daemonset")
        for of, patch, says in (
            ("jvb", None, "scrapes jvb 0 times"),
            ("jicofo", lambda p: p["spec"]["podMetricsEndpoints"][0].update(port="rest"), "0 times"),
            ("prosody", lambda p: p["spec"]["podMetricsEndpoints"][0].update(path="/stats"), "5280/stats"),
            (
                "haproxy",
                lambda p: p["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/name": "edge"}),
                "0 times",
            ),
            ("jvb", lambda p: p["spec"]["podMetricsEndpoints"][0]["relabelings"].pop(), "shard=nothing"),
            ("probe", lambda p: p["spec"].update(namespaceSelector={"matchNames": ["default"]}), "0 times"),
            (
                "kube-state-metrics",
                lambda p: p["spec"]["podMetricsEndpoints"][0].pop("honorLabels"),
                "would all be this pod's",
            ),
            ("jvb", lambda p: p["spec"]["podMetricsEndpoints"].append(p["spec"]["podMetricsEndpoints"][0]), "2 times"),
        )
    ),
]
WATCHED = [
    recorded("jitsi_jicofo_conferences{", "jitsi_jicofo_conference{", "jitsi_jicofo_conference{"),
    recorded('component="jicofo"', 'component="focus"', "it never fires"),
    recorded('namespace="jitsi"', 'namespace="meet"', "no such series"),
    recorded(
        "on (namespace, shard) shard:bridge_capacity",
        "on (namespace, pod) shard:bridge_capacity",
        "shard:headroom:participants",
    ),
    recorded("record: shard:rooms:current", "record: shard:rooms:now", "shard:rooms:current"),
    recorded("record: bridge:stress:current", "record: bridge:stress:now", "bridge:stress:current"),
    recorded(
        "max by (namespace, shard, pod) (jitsi_jvb_stress",
        "max by (namespace, shard, pod (jitsi_jvb_stress",
        "cannot be evaluated",
    ),
    recorded(
        "jitsi_jvb_(drain_mode|graceful_shutdown|shutting_down)",
        "jvb_(drain_mode|graceful_shutdown)",
        "jvb_(drain_mode",
    ),
    recorded('horizontalpodautoscaler=~"jvb-s1', 'horizontalpodautoscaler=~"bridges-s1', "bridges-s1"),
    recorded('proxy="signalling"', 'proxy="signaling"', 'proxy="signaling"'),
    recorded('name="split"', 'name="splits"', 'name="splits"'),
    recorded("sum by (namespace) (rate(", "topk by (namespace) (rate(", "cannot be evaluated"),
    recorded("[120s]", "[30s]", "a rate over 30 s", rule="range-below-scrapes"),
    recorded("[60s]", "[15s]", "a rate over 15 s", rule="range-below-scrapes"),
    recorded("for: 1m\n", "for: 0s\n", "fires after 0 s", rule="alert-unusable"),
    recorded("    for: 2m\n", "", "has no `for`", rule="alert-unusable", count=1),
    recorded("severity: critical", "severity: page", "severity is 'page'", rule="alert-unusable"),
    recorded("docs/runbooks/EdgeDown.md", "docs/runbooks/Edge.md", "Edge.md", rule="alert-unusable"),
    recorded("alert: NoBridges", "alert: NoBridge", "has no page NoBridge.md", rule="alert-unusable"),
    recorded("alert: NoBridges", "alert: NoBridge", "does not evaluate the alert NoBridges", rule="alert-missing"),
    recorded("for: 3900s", "for: 600s", "may drain for 3600 s", rule="alert-unusable"),
    recorded("summary: No HAProxy answers scrapes", "summary: ''", "has no summary", rule="alert-unusable"),
    recorded("record: namespace:jibri_wanted:sum", "record: jibri:wanted", "namespace:jibri_wanted:sum", "recorded"),
    drawn("overview", "stack:participants:sum", "stack:participants", "stack:participants{"),
    drawn("bridges", "jitsi_jvb_jvm_heap_used", "jitsi_jvb_heap_used", "it stays empty"),
    drawn("signalling", "prosody_mod_muc__live_room", "prosody_mod_muc_live_room"),
    drawn("edge", 'proxy=\\"public\\"', 'proxy=\\"https\\"', 'proxy="https"'),
    drawn("shards", "shard:participants:current", "shard:people:current"),
    drawn(
        "bridges",
        "label_values(shard:bridge_capacity:participants",
        "label_values(shard:bridges:participants",
        "variable shard",
    ),
    drawn("bridges", "jitsi_jvb_thread_count", "jitsi_jvb_threads", stack="announced"),
    drawn("recording", "jibri_storage_free_bytes", "jibri_disk_free_bytes", stack="recorded"),
    drawn("cost", "[24h]", "[24h:1h]", "cannot be evaluated"),
    Sabotage(
        RECORDED,
        "jitsi-monitoring-rules",
        lambda p: p["spec"]["groups"].pop(0),
        "metric-missing",
        "shard:bridge_capacity:participants",
        "daemonset",
    ),
    *(
        Sabotage(RECORDED, "jitsi-monitoring-prometheus-targets", patch, "metric-missing", says, "documented")
        for patch, says in (
            (None, "MetricsAdapterStale"),
            (None, "RulesFail"),
            (lambda p: p["spec"]["podMetricsEndpoints"][0].update(port="https"), "MetricsVolumeNearFull"),
            (
                lambda p: p["spec"]["podMetricsEndpoints"][0]["metricRelabelings"][0].update(regex="up"),
                "MetricsAdapterStale",
            ),
        )
    ),
    Sabotage(CALLED, "jitsi-monitoring-rules", None, "alert-missing", "the operator's Prometheus", "daemonset"),
]


def steps(change) -> Patch:
    """Change the steps that relabel the series of a PodMonitor's first endpoint."""
    return lambda p: change(p["spec"]["podMetricsEndpoints"][0]["metricRelabelings"])


STORED: list[Sabotage] = [
    *(
        Sabotage(BOUNDED, CONFIG, replaced("prometheus.yml", old, new), "series-unbounded", says)
        for old, new, says in (
            ("    - jid\n    - jvb\n", "    - jid\n", "series with the label jvb"),
            ("(agg_)?(server_)?check_status", "check_state", "haproxy_server_check_status"),
            ("|bridges|focus|pulse)", "|focus)", 'haproxy_backend_bytes_in_total{proxy="bridges"}'),
            ("(backend_.*|server_", "(server_", 'haproxy_backend_bytes_in_total{proxy="rooms"}'),
        )
    ),
    Sabotage(
        BOUNDED,
        "jitsi-monitoring-haproxy-targets",
        steps(lambda each: each.pop()),
        "series-unbounded",
        'proxy="rooms"',
        "daemonset",
    ),
    Sabotage(
        BOUNDED,
        "jitsi-monitoring-jicofo-targets",
        steps(lambda each: each.clear()),
        "series-unbounded",
        "the label conference",
        "daemonset",
    ),
]
SABOTAGES: list[Sabotage] = [*EXPOSED, *WATCHED, *STORED]
