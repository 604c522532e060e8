"""Metrics that scale the bridges, and monitoring beside them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.addresses import WebBase
from config.logs import Logs
from config.model import Duration, Model, Quantity, lasts


class Metrics(Model):
    """The adapter behind the custom metrics API, and its source."""

    adapter: Literal["prometheus", "kubeMetrics"] = "prometheus"
    """prometheus-adapter, or kube-metrics-adapter, which reads the bridges itself."""
    prometheus: Literal["managed", "existing"] = "managed"
    """A small one of the stack's own, or yours."""
    url: WebBase | None = None
    """Base address of an existing Prometheus, reachable from the cluster."""
    interval: Annotated[Duration, lasts("5s", "5m")] = 15
    """Between two scrapes."""
    retention: Annotated[Duration, lasts("1h", "3650d")] = 7 * 86400
    """How long the managed Prometheus keeps samples."""
    storage: Quantity = "20Gi"
    """Its volume."""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.adapter == "prometheus" and self.prometheus == "existing" and not self.url:
            raise ValueError("prometheus existing needs url, such as http://prometheus.monitoring.svc:9090")
        if self.url and self.prometheus == "managed":
            raise ValueError("url is read only with prometheus existing; here prometheus is managed")
        return self

    @property
    def managed(self) -> bool:
        """Whether the stack runs a Prometheus of its own."""
        return self.adapter == "prometheus" and self.prometheus == "managed"


class Monitoring(Model):
    """How others find what the stack measures, and what it says about it."""

    scrape: Literal["annotations", "operator"] = "annotations"
    """`annotations`: prometheus.io/scrape, /port and /path on every pod that serves metrics; `operator`: PodMonitor and
    PrometheusRule objects for a Prometheus Operator as well, whose kinds must be there."""
    alerts: bool = True
    """Alerting rules, each with a runbook."""
    dashboards: bool = True
    """Grafana dashboards, as a ConfigMap with the label grafana_dashboard."""
    grafana: Literal["managed", "existing", "none"] = "existing"
    """`managed`: a small one inside the cluster, reached by port-forward; `existing`: yours, whose sidecar finds the ConfigMap;
    `none`: no dashboards are made."""
    kube_state: Literal["managed", "existing"] = "managed"
    """kube-state-metrics, which knows autoscalers and pods: one of the namespace alone beside the managed Prometheus or the
    operator, or yours."""
    alertmanager: Annotated[str, Field(pattern=r"^https?://[^/\s]+/?$")] | None = None
    """Base address of an Alertmanager that the managed Prometheus tells; none: alerts are seen in Prometheus and Grafana only."""
    logs: Logs = Logs()
    """Where what the pods say is collected."""
    runbooks: str = "docs/runbooks"
    """Where the runbook pages are read: a folder or the address of one, before `/NAME.md`."""
    probe: Annotated[Duration, lasts("1m", "1h")] | None = None
    """Time between two rounds of a check that meets the stack as its users do, from inside the cluster; none: none is made."""
