"""Metrics that scale the bridges, and monitoring beside them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.model import Duration, Model, Quantity


class Metrics(Model):
    """The adapter behind the custom metrics API, and its source."""

    adapter: Literal["prometheus", "kubeMetrics"] = "prometheus"
    """prometheus-adapter, or kube-metrics-adapter, which reads the bridges itself."""
    prometheus: Literal["managed", "existing"] = "managed"
    """A small one of the stack's own, or yours."""
    url: str | None = None
    """Base address of an existing Prometheus, reachable from the cluster."""
    interval: Annotated[Duration, Field(ge=5, le=300)] = 15
    """Between two scrapes."""
    retention: Duration = 7 * 86400
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


class Monitoring(Model):
    """How others find what the stack measures."""

    scrape: Literal["annotations"] = "annotations"
    """`annotations`: prometheus.io/scrape, /port and /path on every pod that serves metrics."""
