"""Rules about being seen: who evaluates the alerts, and what must be there for it."""

from collections.abc import Iterator

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
