"""Sabotages of metrics from the adapter on: what is served, asked for, alerted about, and the two ends."""

from sabotages import Patch, Sabotage, container
from sabotages.metrics import (
    ASKED,
    CONFIG,
    DRAWN,
    S0,
    S1,
    SCRAPED,
    TRUE,
    api,
    argument,
    asked,
    metric,
    recorded,
    remove_metric,
    right,
    served,
    verbs,
    without,
)
from sabotages.timetable import replaced

SERVING = [
    api("api", lambda p: p["spec"]["service"].update(name="adapter"), "which is not there"),
    api("api", lambda p: p["spec"]["service"].update(port=6443), "port 6443"),
    api("api", lambda p: p["spec"]["service"].update(namespace="default"), "default/prometheus-adapter"),
    api("api", lambda p: p["spec"].update(version="v1"), "registers version v1"),
    api("api", lambda p: p["metadata"].update(name="v1beta1.external.metrics.k8s.io"), "registers version"),
    api("api", lambda p: p["spec"].update(caBundle="", insecureSkipTLSVerify=True), "does not verify"),
    api("api", None, "0 APIServices"),
    api("service", lambda p: p["spec"]["ports"][0].update(targetPort=8443), "leads to 8443"),
    api("service", lambda p: p["spec"]["ports"][0].update(port=444), "port 443"),
    api("service", lambda p: p["spec"]["selector"].update({"app.kubernetes.io/name": "adapter"}), "does not select"),
    api("service", None, "which is not there"),
    api("adapter", argument("secure-port", "8443"), "listens on 8443"),
    api("adapter", argument("prometheus-url", "http://prometheus.jitsi.svc:9091"), "leads to no Prometheus"),
    api("adapter", argument("prometheus-url", "http://prometheus.default.svc:9090"), "leads to no Prometheus"),
    api("adapter", argument("prometheus-url", "http://prometheus.default.svc:9090"), "metrics.url", "announced"),
    api("adapter", argument("config", "/etc/adapter/rules.yaml"), "in no mounted ConfigMap"),
    api("adapter", argument("metrics-max-age", "10s"), "come and go"),
    api("adapter", argument("metrics-relist-interval", "10m"), "that much later"),
    api("adapter", argument("tls-cert-file", "/certificates/tls.crt"), "is in no Secret"),
    api("adapter", lambda p: p["spec"].update(replicas=0), "no adapter runs"),
    api("adapter", None, "no adapter serves them"),
    api("certificate", None, "is in no Secret"),
    api("prometheus-service", lambda p: p["spec"]["ports"][0].update(port=80), "leads to no Prometheus"),
    api("prometheus-service", lambda p: p["spec"]["selector"].update({"app.kubernetes.io/name": "x"}), "leads to no"),
    api("adapter", without("scaling-schedule"), "is not set", "scaling-schedules"),
    api("adapter", argument("metrics-ttl", "15m"), "still count", "scaling-schedules"),
    api("adapter", argument("metrics-ttl", "30s"), "gone before", "scaling-schedules"),
    api("schedules", None, "no CustomResourceDefinition", "scaling-schedules"),
    right("metrics-reader", verbs, "may not list pods"),
    right("metrics-reader-binding", None, "may not get pods"),
    right(
        "metrics-asker",
        lambda p: p["rules"][0].update(apiGroups=["external.metrics.k8s.io"]),
        "horizontal-pod-autoscaler",
    ),
    right("metrics-asker-binding", lambda p: p["subjects"][0].update(namespace="jitsi"), "horizontal-pod-autoscaler"),
    right("metrics-delegator-binding", None, "system:auth-delegator"),
    right("metrics-authentication-binding", lambda p: p["metadata"].update(namespace="jitsi"), "extension-apiserver"),
    right("metrics-prometheus-role", verbs, "it finds no pod to scrape"),
    right("metrics-prometheus-binding", lambda p: p["subjects"][0].update(name="default"), "may not get pods"),
    right("metrics-account", None, "is no account"),
    right("monitoring-kube-state-role", lambda p: p["rules"].pop(0), "may not list horizontalpodautoscalers"),
    right("metrics-reader", lambda p: p["rules"].pop(4), "scalingschedules", "scaling-schedules"),
    served("as: jvb_stress", "as: jvb-stress", "jvb_stress is served by 0 rules"),
    served("jitsi_jvb_stress", "jitsi_jvb_load", "matches no series"),
    served("resource: pod\n", "resource: node\n", "no label for pod"),
    served("as: jvb_expected", "as: jvb_participants", "served by 2 rules"),
    served("shard:jvb_expected:sum", "shard:jvb_expected:max", "matches no series"),
    served("max by (<<.GroupBy>>) (<<.Series", "max by (shard) (<<.Series", "values for the namespace"),
    served("<<.Series>>", "<<.Name>>", "<<.Name>> of the adapter's query is not known"),
    served('up{namespace="jitsi",pod!=""}', 'up{namespace="default",pod!=""}', "matches no series", stack="announced"),
    served("^jitsi_jvb_stress$", "^jvb_stress$", "does not match its own series"),
    served(
        'jibri_wanted:sum{namespace="jitsi"}', 'jibri:sum{namespace="jitsi"}', "", "autoscaler-unserved", "recorded"
    ),
]
ASKING = [
    asked(
        S0,
        lambda p: metric(p, "jvb_stress")["target"].update(averageValue="950m"),
        "AverageValue 0.75: bridges are overloaded",
    ),
    asked(S1, lambda p: metric(p, "jvb_stress")["target"].update(averageValue="75m"), "bridges cost more"),
    asked(
        S0,
        lambda p: metric(p, "jvb_participants")["target"].update(averageValue="100"),
        "aims at Pods jvb_participants",
    ),
    asked(S1, lambda p: metric(p, "jvb_participants")["target"].update(type="Value"), "Pods jvb_participants Value"),
    asked(S1, remove_metric("jvb_participants"), "does not ask for jvb_participants"),
    asked(
        S0,
        lambda p: metric(p, "jvb_expected")["metric"]["selector"]["matchLabels"].update(shard="s1"),
        "it is about shard s0",
    ),
    asked(S1, lambda p: metric(p, "jvb_expected")["target"].update(averageValue="160"), "80"),
    asked(
        "s0-bridges-host-port-1",
        lambda p: metric(p, "jvb_expected")["target"].update(averageValue="80"),
        "160",
        stack="announced",
    ),
    asked(S1, lambda p: metric(p, "jvb_transmit_kbps")["target"].update(averageValue="90"), "90000", stack="announced"),
    asked(
        S0,
        lambda p: p["spec"]["metrics"].append(
            {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 50}}}
        ),
        "cpuPercent",
    ),
    asked(S0, None, "it never grows or shrinks"),
    asked(
        S0, lambda p: p["spec"]["scaleTargetRef"].update(name="jvb-s0-1"), "it scales nothing", "autoscaler-unserved"
    ),
    asked(
        S1, lambda p: p["spec"]["scaleTargetRef"].update(kind="Deployment"), "it scales nothing", "autoscaler-unserved"
    ),
    asked(
        S0,
        lambda p: metric(p, "jvb_expected")["describedObject"].update(name="default"),
        "describes",
        "autoscaler-unserved",
    ),
    asked(
        S0,
        lambda p: metric(p, "jvb_stress")["metric"].update(name="jvb_load"),
        "served by 0 rules",
        "autoscaler-unserved",
    ),
    asked(
        "jitsi-recorders",
        lambda p: metric(p, "jibri_wanted")["metric"].update(name="jibri_busy"),
        "0 rules",
        "autoscaler-unserved",
        "recorded",
    ),
    *(
        asked(
            S0,
            lambda p, key=key, value=value: p["metadata"]["annotations"].update(
                {f"metric-config.pods.jvb-stress.json-path/{key}": value}
            ),
            says,
            "autoscaler-unserved",
            "scaling-schedules",
        )
        for key, value, says in (
            ("json-key", "$.stress", "$.stress_level"),
            ("path", "/stats", "bridges answer /colibri/stats"),
            ("port", "9090", "which the pods do not declare"),
        )
    ),
    Sabotage(
        ASKED,
        S0,
        lambda p: container(p)["env"].remove(
            next(each for each in container(p)["env"] if each["name"] == "COLIBRI_REST_ENABLED")
        ),
        "autoscaler-unserved",
        "COLIBRI_REST_ENABLED",
        "scaling-schedules",
    ),
    *(
        recorded(old, new, says, rule="scaling-number-wrong")
        for old, new, says in (
            (
                "sum by (namespace) (max by (namespace, pod) ((last",
                "max by (namespace) (max by (namespace, pod) ((last",
                "too few",
            ),
            ("last_over_time(jitsi_jvb_drain_mode", "0 * last_over_time(jitsi_jvb_drain_mode", "leaves (drain_mode)"),
            ("last_over_time(jitsi_jvb_shutting_down", "0 * last_over_time(jitsi_jvb_shutting_down", "(shutting_down)"),
            (
                "last_over_time(jitsi_jvb_local_endpoints",
                "min_over_time(jitsi_jvb_local_endpoints",
                "a crowd that joins",
            ),
            (" * 90)", " * 900)", "too many"),
            ("(2 * max by", "(4 * max by", "a crowd that joins at once"),
            (", 0) * 90", ", -9) * 90", "participants who leave"),
            ("[600s]) and", "[60s]) and", "silent for two minutes"),
            (
                "or max by (namespace) (jitsi_jicofo_participants_current",
                "or 0 * max by (namespace) (jitsi_jicofo_participants_current",
                "no bridge that answers",
            ),
        )
    ),
    served(
        " unless on (namespace, pod) (jitsi_jvb_drain_mode == 1 or",
        " unless on (namespace, pod) (",
        "drain_mode",
        "scaling-number-wrong",
    ),
    served(" * 0.001", "", "jvb_transmit_kbps", "scaling-number-wrong", "announced"),
    served(" * 0.001", " * 0.008", "jvb_transmit_kbps", "scaling-number-wrong", "announced"),
    served(
        "max by (<<.GroupBy>>) ((<<.Series", "2 * max by (<<.GroupBy>>) ((<<.Series", "too many", "scaling-number-wrong"
    ),
    recorded(" + 1\n", " + 3\n", "too many recorders", "recorded", "scaling-number-wrong"),
    recorded(
        "last_over_time(jibri_occupied",
        "0 * last_over_time(jibri_occupied",
        "too few recorders",
        "recorded",
        "scaling-number-wrong",
    ),
]


def said(old: str, new: str, says: str = "") -> Sabotage:
    """Patch the expression of an alert."""
    return Sabotage(TRUE, CONFIG, replaced("rules.yml", old, new), "alert-misfires", says, "recorded")


def variable(of: str, name: str, value: str | None, stack: str = "local") -> Sabotage:
    """Set or remove a variable without which a program serves no metrics."""

    def patch(p):
        container(p)["env"] = [each for each in container(p)["env"] if each["name"] != name]
        if value is not None:
            container(p)["env"].append({"name": name, "value": value})

    return Sabotage(SCRAPED, of, patch, "metrics-not-exposed", name, stack)


def grafana(of: str, patch: Patch, says: str) -> Sabotage:
    """Patch Grafana or its dashboards, of a stack that runs both."""
    return Sabotage(DRAWN, f"jitsi-monitoring-{of}", patch, "dashboards-unread", says, "many-ports-per-node")


ENDS = [
    said("> 0.9\n", "< 0.9\n", "fires while all is well"),
    said("> 0.9\n", "> 9\n", "stays silent with jitsi_jvb_stress 1"),
    said('component="prosody"}) == 1', 'component="prosody"}) == 2', "NoProsody"),
    said('component="jicofo"}) == 1', 'component="jicofo"}) >= 0', "NoJicofo"),
    said(
        'count_in_shutdown{namespace="jitsi",component="jicofo"}) <= 0',
        'count_in_shutdown{namespace="jitsi",component="jicofo"}) > 0',
        "NoBridges",
    ),
    said(
        'shard:scaling_active:state{namespace="jitsi"} == 0',
        'shard:scaling_active:state{namespace="jitsi"} == 1',
        "AutoscalerBlind",
    ),
    said(
        'jibri_upload_oldest_seconds{namespace="jitsi"}) > 1800',
        'jibri_upload_oldest_seconds{namespace="jitsi"}) > 18000',
        "RecordingsNotUploaded",
    ),
    said("min by (namespace) (jibri_occupied", "max by (namespace) (0 * jibri_occupied", "NoFreeRecorder"),
    said(
        'absent(up{namespace="jitsi",component="haproxy"} == 1)',
        'absent(up{namespace="jitsi",component="haproxy"} == 0)',
        "EdgeDown",
    ),
    said(
        'haproxy_process_connected_peers{namespace="jitsi"}) > 0',
        'haproxy_process_connected_peers{namespace="jitsi"}) >= 0',
        "HaproxiesDisagree",
    ),
    Sabotage(TRUE, "jitsi-edge-haproxy", lambda p: p["spec"].update(replicas=1), "alert-misfires", "HaproxiesDisagree"),
    variable("s0-jicofo", "JICOFO_ENABLE_REST", None),
    variable("s1-prosody", "PROSODY_ENABLE_METRICS", "0"),
    variable("s0-prosody", "PROSODY_METRICS_ALLOWED_CIDR", "172.16.0.0/12"),
    variable("s0-visitors-nodes", "PROSODY_ENABLE_METRICS", None, "options"),
    Sabotage(
        SCRAPED,
        "jitsi-edge-config",
        replaced("haproxy.cfg", "bind :8404", "bind :8405"),
        "metrics-not-exposed",
        ":8404",
    ),
    Sabotage(
        SCRAPED, "jitsi-edge-config", replaced("haproxy.cfg", "path /metrics }", "path /stats }"), "metrics-not-exposed"
    ),
    grafana("dashboards", lambda p: p["metadata"]["labels"].pop("grafana_dashboard"), "sidecar"),
    grafana("grafana-config", replaced("datasources.yaml", ":9090", ":3000"), "every panel stays empty"),
    grafana("grafana-config", replaced("dashboards.yaml", '"/dashboards"', '"/boards"'), "none are mounted"),
    grafana("grafana", lambda p: p["spec"]["template"]["spec"]["volumes"].pop(0), "Grafana starts empty"),
]
SABOTAGES: list[Sabotage] = [*SERVING, *ASKING, *ENDS]
