"""Metrics that scale the bridges, and monitoring."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from config.addresses import LabelName, LabelValue, Tenant, WebBase
from config.logs import Logs
from config.model import Duration, Label, Model, Quantity, between, key_of, matching

_ALERTMANAGER = re.compile(r"https?://[^/\s]+/?")
AlertmanagerUrl = Annotated[
    str,
    matching(
        _ALERTMANAGER,
        "a base URL begins with http:// or https:// and has no path, such as http://alertmanager.monitoring.svc:9093",
    ),
    Field(json_schema_extra={"pattern": f"^{_ALERTMANAGER.pattern}$"}),
]


@dataclass(frozen=True, slots=True)
class PrometheusLogin:
    """What a Prometheus asks of its readers; nothing by default. `token` and `ca` name Secrets."""

    tenant: str | None = None
    token: str | None = None
    ca: str | None = None


class Metrics(Model):
    """The adapter that serves the custom metrics API, and its source."""

    adapter: Literal["prometheus", "kubeMetrics", "existing"] = "prometheus"
    """`prometheus`: prometheus-adapter. `kubeMetrics`: kube-metrics-adapter, which reads the bridges directly. `existing`: the cluster's
    own prometheus-adapter with its Prometheus; its rules are the ConfigMap `custom-metrics-rules`. A cluster has one adapter, and a
    stack that scales nothing by it runs none."""
    prometheus: Literal["managed", "existing"] = "managed"
    """`managed`: the stack runs a small Prometheus. `existing`: it uses the one at url."""
    url: WebBase | None = None
    """Base URL of an existing Prometheus, reachable from the cluster."""
    tenant: Tenant | None = None
    """Tenant of an existing Prometheus such as Mimir or Cortex, sent as X-Scope-OrgID."""
    token_secret: Label | None = None
    """Name of a Secret in the namespace whose key `token` is the bearer token for an existing Prometheus, without a line break."""
    ca_secret: Label | None = None
    """Name of a Secret in the namespace whose key `ca.crt` is the authority of an existing Prometheus' certificate, PEM."""
    interval: Annotated[Duration, between("5s", "5m")] = 15
    """Time between two scrapes."""
    retention: Annotated[Duration, between("1h", "3650d")] = 7 * 86400
    """How long the managed Prometheus keeps samples."""
    storage: Quantity = "20Gi"
    """Volume of the managed Prometheus."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield a Prometheus without its URL, and the reverse."""
        if self.adapter == "prometheus" and self.prometheus == "existing" and not self.url:
            yield "url", "prometheus: existing needs url; set it, such as http://prometheus.monitoring.svc:9090"
        for key in ("tenant", "token_secret", "ca_secret") if not self.url else ():
            if getattr(self, key) is not None:
                yield (
                    key_of(key),
                    f"{key_of(key)} is for the Prometheus at url, and url is not set; set prometheus: existing and url, or remove it",
                )
        if self.url and (end := re.search(r"/(api/v1(/.*)?|graph)/?$", self.url)):
            yield "url", f"{end[0]} is added by those who read it; write {self.url[: end.start()]}"
        if self.ca_secret and self.url and self.url.startswith("http://"):
            yield "caSecret", f"{self.url} has no certificate to verify; write https:// in url, or remove caSecret"
        if self.url and self.prometheus == "managed":
            yield (
                "url",
                "url is used only with prometheus: existing, got prometheus: managed; remove url, or set prometheus: existing",
            )

    @property
    def login(self) -> "PrometheusLogin":
        """What the Prometheus at `url` asks of those who read it."""
        return PrometheusLogin(self.tenant, self.token_secret, self.ca_secret)

    @property
    def of_others(self) -> bool:
        """Whether a Prometheus outside the stack reads the pods, and evaluates what autoscalers ask for."""
        return self.adapter == "existing" or (self.adapter == "prometheus" and self.prometheus == "existing")

    @property
    def managed(self) -> bool:
        """Whether the stack runs its own Prometheus."""
        return self.adapter == "prometheus" and self.prometheus == "managed"


class Monitoring(Model):
    """Scraping, alerts, dashboards and logs."""

    scrape: Literal["annotations", "operator"] = "annotations"
    """`annotations`: prometheus.io/scrape, /port and /path on every pod that serves metrics. `operator`: PodMonitor and
    PrometheusRule objects as well, for a Prometheus Operator whose CRDs must exist."""
    monitor_labels: dict[LabelName, LabelValue] = {}
    """Labels of PodMonitors and PrometheusRules besides the program's, by which your operator's Prometheus selects them."""
    alerts: bool = True
    """Creates alerting rules, each with a runbook."""
    dashboards: bool = True
    """Creates Grafana dashboards, as a ConfigMap with the label grafana_dashboard."""
    grafana: Literal["managed", "existing", "none"] = "existing"
    """`managed`: a small Grafana in the cluster, reached by port-forward. `existing`: your Grafana, whose sidecar finds the ConfigMap.
    `none`: no dashboards."""
    kube_state: Literal["managed", "existing"] = "managed"
    """kube-state-metrics, which reports autoscalers and pods. `managed`: one for the namespace, if the stack runs Prometheus or uses
    the operator. `existing`: yours."""
    alertmanager: AlertmanagerUrl | None = None
    """Base URL of an Alertmanager for the managed Prometheus; without it, alerts show up only in Prometheus and Grafana."""
    logs: Logs = Logs()
    """Where logs are collected."""
    runbooks: str = "docs/runbooks"
    """Folder or URL of the runbook pages, before `/NAME.md`."""
    probe: Annotated[Duration, between("1m", "1h")] | None = None
    """Interval of a check from inside the cluster that joins meetings like a user; off unless set."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield labels of monitors that nothing carries, or that the program sets."""
        if self.monitor_labels and self.scrape != "operator":
            yield (
                "monitorLabels",
                f"labels PodMonitors and PrometheusRules, and scrape: {self.scrape} makes none; set scrape: operator, or remove monitorLabels",
            )
        for name in self.monitor_labels:
            if name.startswith("app.kubernetes.io/"):
                yield (
                    f"monitorLabels.{name}",
                    "is set by the program on every object; choose another label, such as release: kube-prometheus-stack",
                )
