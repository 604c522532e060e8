"""Rules about monitoring: what evaluates the alerts, and what it needs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config.model import format_duration
from plan.findings.rule import Hit, Subject, rule
from sizing.metrics_volume import kept_seconds, needed_gib

HOUR = 3600


@rule("operator-expected", "info")
def operator_expected(subject: Subject) -> Iterator[Hit]:
    """The Prometheus Operator's kinds must be installed."""
    if subject.config.monitoring.scrape == "operator":
        rules = " and PrometheusRule" if subject.config.is_watched else ""
        yield Hit(
            "monitoring.scrape",
            f"the cluster must have PodMonitor{rules} (monitoring.coreos.com/v1) before pulumi up: otherwise the "
            "update stops at these objects, after everything that calls need is created; its Prometheus must also "
            f"select them in namespace {subject.config.namespace}",
            "install the operator first, and make its podMonitorSelector, ruleSelector and their namespace "
            "selectors match",
        )


@rule("alerts-unheard", "info")
def alerts_unheard(subject: Subject) -> Iterator[Hit]:
    """Alerts are not evaluated, or not delivered."""
    monitoring = subject.config.monitoring
    if not monitoring.alerts or monitoring.scrape == "operator":
        return
    if not (metrics := subject.config.metrics).managed:
        managed = " and ".join(
            text
            for text, needed in {
                "metrics.adapter: prometheus": metrics.adapter != "prometheus",
                "metrics.prometheus: managed": metrics.prometheus != "managed",
                "remove metrics.url": metrics.url is not None,
            }.items()
            if needed
        )
        yield Hit(
            "monitoring.alerts",
            "this stack runs no Prometheus to evaluate them, and an existing one without the operator does not read "
            "rules from cluster objects",
            f"set monitoring.scrape: operator, or set {managed}; set alerts: false if this is intended",
        )
    elif monitoring.alertmanager is None:
        yield Hit(
            "monitoring.alertmanager",
            "not set: alerts appear on the dashboards and in Prometheus, but nobody is notified",
            "set its address inside the cluster; set alerts: false if this is intended",
        )


@rule("kube-state-unseen", "warning")
def kube_state_unseen(subject: Subject) -> Iterator[Hit]:
    """The stack's own Prometheus does not see the cluster's kube-state-metrics."""
    config = subject.config
    alone = config.metrics.managed and config.monitoring.scrape != "operator"
    if config.is_watched and alone and config.monitoring.kube_state == "existing":
        yield Hit(
            "monitoring.kubeState",
            f"existing, but the managed Prometheus scrapes pods of namespace {config.namespace} only: alerts and panels about "
            "autoscalers and waiting pods stay silent and empty there",
            "set monitoring.kubeState: managed",
        )


def _inside(subject: Subject, url: str) -> bool:
    """Return whether the address is a Service of the cluster, by short or full name."""
    host = urlsplit(url).hostname or ""
    return "." not in host or subject.config.cluster.holds(host)


@rule("logs-in-the-clear", "warning")
def logs_in_the_clear(subject: Subject) -> Iterator[Hit]:
    """Logs leave the cluster unencrypted."""
    url = subject.config.monitoring.logs.url
    if url and url.startswith("http://") and not _inside(subject, url):
        yield Hit(
            "monitoring.logs.url",
            f"{url} is outside the cluster and unencrypted: anyone on the network path can read the logs, and the "
            "password if one is set",
            "use an https:// address",
        )


@rule("logs-without-login", "info")
def logs_without_login(subject: Subject) -> Iterator[Hit]:
    """Loki accepts logs without authentication."""
    logs = subject.config.monitoring.logs
    if logs.url and logs.user is None and not _inside(subject, logs.url):
        yield Hit(
            "monitoring.logs.user",
            f"{logs.url} is outside the cluster, and logs are pushed without a login: anyone who reaches it can "
            "write, and usually read",
            "set user, and the password with: pulumi config set --secret jitsi:lokiPassword",
        )


@rule("logs-name-people", "info")
def logs_name_people(subject: Subject) -> Iterator[Hit]:
    """Logs contain personal data."""
    logs = subject.config.monitoring.logs
    if logs.collected and not logs.pseudonyms:
        yield Hit(
            "monitoring.logs.pseudonyms",
            f"client addresses and the names of rooms and participants are sent to {logs.to} unchanged: personal "
            "data under laws such as the GDPR",
            "keep pseudonyms on, or document who reads the logs and how long they are kept",
        )


@rule("metrics-volume-too-small", "warning")
def metrics_volume_too_small(subject: Subject) -> Iterator[Hit]:
    """The samples of `metrics.retention` do not fit into `metrics.storage`."""
    metrics = subject.config.metrics
    needed = needed_gib(subject.config)
    if not metrics.managed or metrics.retention <= (kept := kept_seconds(subject.config)):
        return
    keeps = (
        f"Prometheus keeps about {format_duration(kept // 3600 * 3600)}" if kept >= HOUR else "not even its log fits"
    )
    lower = f", or lower metrics.retention to {format_duration(kept // 3600 * 3600)}" if kept >= HOUR else ""
    yield Hit(
        "metrics.storage",
        f"{metrics.storage} cannot hold {format_duration(metrics.retention)} of samples every "
        f"{format_duration(metrics.interval)}, about {needed}Gi while every pod runs: {keeps}, then deletes the oldest",
        f"raise metrics.storage to {needed}Gi{lower}",
    )
