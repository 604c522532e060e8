"""What shows and tells how the service does: targets and rules for an operator, kube-state-metrics, dashboards, Grafana."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.labels import labels, manifest
from components.metrics.rules import demand_groups
from components.monitoring.dashboards.catalogue import dashboard_files
from components.monitoring.grafana import DASHBOARDS, GrafanaPods
from components.monitoring.kube_state import KubeStatePods
from components.monitoring.probe_pods import ProbePods
from components.monitoring.targets import KUBE_STATE, OPERATOR, TARGETS, pod_monitor
from components.monitoring.watched import Watched
from components.stack_objects import StackObjects
from config.images import Images
from config.metrics import Monitoring as Wanted
from config.passwords import fingerprint, password
from probe.targets import Targets

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringArgs:
    """Inputs of `Monitoring`; `dashboards` is whether any are made, `groups` the rules and alerts."""

    watched: Watched
    instance: str
    wanted: Wanted
    images: Images
    dashboards: bool
    makes_kube_state: bool
    groups: list[Document]
    prometheus_url: str
    probed: Targets
    seed: pulumi.Output[str]
    secret_generations: Mapping[str, int]


class Monitoring(pulumi.ComponentResource):
    """Nothing that a call passes through: it may be away, and may be taken away."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:monitoring:Monitoring", name, None, opts)
        self._name = name
        self._opts = opts
        objects = StackObjects(namespace=args.watched.namespace, instance=args.instance, images=args.images)
        if args.makes_kube_state:
            pods = KubeStatePods(objects=objects)
            needs = [self._make(f"kube-state-{part}", document) for part, document in pods.documents().items()]
            self._make("kube-state", pods.workload(), needs)
        if args.wanted.probe:
            self._probe(ProbePods(objects=objects, targets=args.probed, every=args.wanted.probe))
        if args.wanted.scrape == "operator":
            self._for_operator(args)
        if args.dashboards:
            dashboards = self._make("dashboards", dashboards_document(args.watched, args.instance))
            if args.wanted.grafana == "managed":
                self._grafana(args, dashboards)
        self.register_outputs({})

    def _make(
        self, part: str, document: Document, needs: list[pulumi.Resource] | list[KubernetesObject] | None = None
    ) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *(needs or [])))

    def _for_operator(self, args: MonitoringArgs) -> None:
        watched = args.watched
        targets = [target for target in TARGETS if not target.optional or target.component in watched.optional]
        if args.makes_kube_state:
            targets.append(KUBE_STATE)
        for target in targets:
            document = pod_monitor(target, watched.namespace, args.instance, watched.metrics)
            self._make(f"{target.component}-targets", document)
        if args.groups:
            self._make("rules", rules_document(watched, args.instance, args.groups))

    def _probe(self, pods: ProbePods) -> None:
        needs = [self._make(f"probe-{part}", document) for part, document in pods.documents().items()]
        self._make("probe", pods.workload(), needs)

    def _grafana(self, args: MonitoringArgs, dashboards: KubernetesObject) -> None:
        pods = GrafanaPods(
            namespace=args.watched.namespace,
            instance=args.instance,
            image=args.images.grafana,
            prometheus_url=args.prometheus_url,
            texts=dashboard_files(args.watched),
        )
        secret = args.seed.apply(lambda seed: password(seed, "grafana", args.secret_generations))
        mark = args.seed.apply(lambda seed: fingerprint(seed, ("grafana",), args.secret_generations))
        needs = [
            dashboards,
            self._make("grafana-admin", pods.secret(secret)),
            *(self._make(f"grafana-{part}", document) for part, document in pods.documents().items()),
        ]
        self._make("grafana", pods.workload(pulumi.Output.unsecret(mark)), needs)


def dashboards_document(watched: Watched, instance: str) -> Document:
    """All dashboards in one ConfigMap, with the label by which Grafana's sidecar finds it."""
    labelled = labels("grafana", instance, grafana_dashboard="1")
    return manifest(
        "v1",
        "ConfigMap",
        DASHBOARDS,
        watched.namespace,
        labelled,
        annotations={"grafana_folder": "Jitsi"},
        data=dashboard_files(watched),
    )


def rules_document(watched: Watched, instance: str, groups: list[Document]) -> Document:
    """Everything that the managed Prometheus would evaluate, for the operator's."""
    return manifest(
        OPERATOR,
        "PrometheusRule",
        "jitsi",
        watched.namespace,
        labels("prometheus", instance),
        spec={"groups": [*demand_groups(watched.shards, watched.namespace, watched.metrics), *groups]},
    )
