"""Metrics that scale the bridges: Prometheus (or none), and an adapter behind the custom metrics API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components import pod
from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.metrics.adapter import AdapterPods, bundle
from components.metrics.prometheus import PrometheusPods
from components.metrics.scaling_schedules import definition, scaling_schedule
from components.self_signed import self_signed
from config.images import Images
from config.metrics import Metrics
from config.recording import Recording
from config.shard import Shard


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsAdapterArgs:
    """Inputs of `MetricsAdapter`."""

    namespace: str
    instance: str
    metrics: Metrics
    shards: Sequence[Shard]
    images: Images
    keep_data: bool
    groups: Sequence[dict[str, Any]]
    """Rules for the managed Prometheus beside those that autoscaling reads."""
    kube_state: bool
    alertmanager: str | None
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]
    recording: Recording | None = None


class MetricsAdapter(pulumi.ComponentResource):
    """Serves jvb_stress, jvb_participants and jvb_transmit_kbps per bridge, and what is expected and announced per shard.

    Bridges that leave are in none of them.
    """

    prometheus_url: str
    """Where Prometheus answers inside the cluster; empty where none is known."""

    def __init__(self, name: str, args: MetricsAdapterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:metrics:MetricsAdapter", name, None, opts)
        self._name = name
        self._opts = opts
        url = args.metrics.url or ""
        if args.metrics.managed:
            url = self._prometheus(args)
        self.prometheus_url = url
        pods = AdapterPods(
            namespace=args.namespace,
            instance=args.instance,
            metrics=args.metrics,
            shards=args.shards,
            images=args.images,
            prometheus_url=url,
            recording=args.recording,
        )
        pair = args.seed.apply(lambda seed: self_signed(seed, pods.host, args.secret_generations))
        certificate = pulumi.Output.unsecret(pair.apply(lambda made: made.certificate))
        needs = [self._make(part, document) for part, document in pods.rights().items()]
        needs.append(self._make("certificate", pods.tls_secret(certificate, pair.apply(lambda made: made.key))))
        if args.metrics.adapter == "prometheus":
            needs.append(self._make("rules", pods.config_map()))
        if pods.timed:
            kind = self._make("schedules", definition(args.instance))
            needs.append(kind)
            for shard in pods.timed:
                self._make(f"{shard.name}-schedule", scaling_schedule(shard, args.namespace), [kind])
        workload = self._make("adapter", pods.workload(certificate.apply(pod.text_hash)), needs)
        service = self._make("service", pods.service())
        self._make("api", pods.api_service(certificate.apply(bundle)), [workload, service])
        self.register_outputs({})

    def _make(self, part: str, document: dict[str, Any], needs: list[Any] | None = None) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *(needs or [])))

    def _prometheus(self, args: MetricsAdapterArgs) -> str:
        pods = PrometheusPods(
            namespace=args.namespace,
            instance=args.instance,
            metrics=args.metrics,
            shards=args.shards,
            images=args.images,
            groups=args.groups,
            kube_state=args.kube_state,
            alertmanager=args.alertmanager,
            recording=args.recording,
        )
        needs = [self._make(f"prometheus-{part}", document) for part, document in pods.documents().items()]
        kept = child_options(self, self._opts, protect=args.keep_data)
        needs.append(KubernetesObject(f"{self._name}-prometheus-volume", pods.claim(), kept))
        self._make("prometheus", pods.workload(), needs)
        return pods.url
