"""Metrics that scale the bridges: Prometheus (or none), and an adapter behind the custom metrics API."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.kubernetes import pod
from components.kubernetes.component import Component
from components.kubernetes.document import Document
from components.kubernetes.site import Site
from components.metrics.adapter import AdapterPods, bundle, foreign_rules
from components.metrics.prometheus import PrometheusPods
from components.metrics.prometheus_config import adapter_config
from components.metrics.scaling_schedules import definition, scaling_schedule


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsAdapterArgs:
    """Inputs of `MetricsAdapter`. `groups` are rules of the managed Prometheus besides those for autoscaling."""

    site: Site
    groups: Sequence[Document]


class MetricsAdapter(Component):
    """Serves jvb_stress, jvb_participants and jvb_transmit_kbps of each bridge, and the expected load of each shard.

    Leaving bridges are in none of them. TCP 6443 in, from the API server.
    """

    prometheus_url: str
    """URL of Prometheus inside the cluster; empty if there is none."""

    def __init__(self, name: str, args: MetricsAdapterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:metrics:MetricsAdapter", name, opts)
        site, metrics = args.site, args.site.config.metrics
        rules = adapter_rules(site)
        self.prometheus_url = self._prometheus(args) if metrics.managed else metrics.url or ""
        if site.config.runs_adapter:
            self._adapter(site, rules)
        elif site.config.scales_by_metrics:
            self.add("rules", foreign_rules(site.namespace, site.instance, rules))
        self.register_outputs({})

    def _adapter(self, site: Site, rules: str) -> None:
        metrics = site.config.metrics
        pods = AdapterPods(
            namespace=site.namespace,
            instance=site.instance,
            rules=rules,
            metrics=metrics,
            shards=site.config.resolved,
            images=site.images,
            prometheus_url=self.prometheus_url,
        )
        pair = site.passwords.certificate(pods.host)
        certificate = pulumi.Output.unsecret(pair.apply(lambda pair: pair.certificate))
        needs = [self.add(part, document) for part, document in pods.rights().items()]
        needs.append(self.add("certificate", pods.tls_secret(certificate, pair.apply(lambda pair: pair.key))))
        if metrics.adapter == "prometheus":
            needs.append(self.add("rules", pods.config_map()))
        if pods.timed:
            kind = self.add("schedules", definition(site.instance))
            needs.append(kind)
            for shard in pods.timed:
                self.add(f"{shard.name}-schedule", scaling_schedule(shard, site.namespace), kind)
        workload = self.add("adapter", pods.workload(certificate.apply(pod.text_hash)), *needs)
        service = self.add("service", pods.service())
        self.add("api", pods.api_service(certificate.apply(bundle)), workload, service)

    def _prometheus(self, args: MetricsAdapterArgs) -> str:
        site, config = args.site, args.site.config
        pods = PrometheusPods(
            namespace=site.namespace,
            instance=site.instance,
            metrics=config.metrics,
            shards=config.resolved,
            images=site.images,
            groups=args.groups,
            kube_state=config.monitoring.kube_state == "managed",
            alertmanager=config.monitoring.alertmanager,
            recording=config.recording,
        )
        needs = [self.add(f"prometheus-{part}", document) for part, document in pods.documents().items()]
        needs.append(self.add("prometheus-volume", pods.claim(), protect=config.protect))
        self.add("prometheus", pods.workload(), *needs)
        return pods.url


def adapter_rules(site: Site) -> str:
    """Return the rules of prometheus-adapter, for the stack's own or for the cluster's."""
    config = site.config
    return adapter_config(config.resolved, site.namespace, config.metrics, config.recording)
