"""Rules about being seen: who evaluates the alerts, and what must be there for it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from plan.findings.rule import Found, Subject, rule


@rule("operator-expected", "info")
def operator_expected(subject: Subject) -> Iterator[Found]:
    """Objects for a Prometheus Operator need its kinds."""
    if subject.config.monitoring.scrape == "operator":
        rules = " and PrometheusRule" if subject.config.is_watched else ""
        yield Found(
            "monitoring.scrape",
            f"the cluster must know PodMonitor{rules} (monitoring.coreos.com/v1) before pulumi up: without them the update stops at "
            "these objects, after everything that calls need; and its Prometheus must select them in namespace "
            f"{subject.config.namespace}",
            "install the operator first, and let its podMonitorSelector, ruleSelector and their namespace selectors match",
        )


@rule("alerts-unheard", "info")
def alerts_unheard(subject: Subject) -> Iterator[Found]:
    """Alerts that nobody evaluates, or that nobody is told of."""
    watching = subject.config.monitoring
    if not watching.alerts or watching.scrape == "operator":
        return
    if not subject.config.metrics.managed:
        yield Found(
            "monitoring.alerts",
            "no Prometheus of this stack evaluates them, and an existing one without the operator takes no rules from a cluster object",
            "set monitoring.scrape: operator, or metrics.prometheus: managed; alerts: false says that it is meant so",
        )
    elif watching.alertmanager is None:
        yield Found(
            "monitoring.alertmanager",
            "none is named: alerts are seen on the dashboards and in Prometheus, and wake nobody",
            "name one by its address inside the cluster; alerts: false says that it is meant so",
        )


def _inside(url: str) -> bool:
    """Whether the address is one of the cluster's own: a Service's name, short or whole."""
    host = urlsplit(url).hostname or ""
    return "." not in host or host.endswith((".svc", ".svc.cluster.local"))


@rule("logs-in-the-clear", "warning")
def logs_in_the_clear(subject: Subject) -> Iterator[Found]:
    """Logs that leave the cluster unencrypted."""
    url = subject.config.monitoring.logs.url
    if url and url.startswith("http://") and not _inside(url):
        yield Found(
            "monitoring.logs.url",
            f"{url} is outside the cluster and not encrypted: everyone on the way reads the lines, and the password if there is one",
            "push to an https address",
        )


@rule("logs-without-login", "info")
def logs_without_login(subject: Subject) -> Iterator[Found]:
    """A Loki that takes lines of anybody."""
    logs = subject.config.monitoring.logs
    if logs.url and logs.user is None and not _inside(logs.url):
        yield Found(
            "monitoring.logs.user",
            f"{logs.url} is outside the cluster, and lines are pushed without a login: whoever reaches it may write, and mostly read",
            "set user, and the password with: pulumi config set --secret jitsi:lokiPassword",
        )


@rule("logs-name-people", "info")
def logs_name_people(subject: Subject) -> Iterator[Found]:
    """Addresses and names that leave the cluster in logs."""
    logs = subject.config.monitoring.logs
    if logs.collected and not logs.pseudonyms:
        yield Found(
            "monitoring.logs.pseudonyms",
            f"addresses and names of rooms and people go to {logs.to} as they are: personal data where a law like the GDPR holds",
            "leave pseudonyms on, or say how long they are kept and who reads them",
        )
