"""Monitoring: targets and rules for an operator, kube-state-metrics, the probe, dashboards, Grafana."""

from dataclasses import dataclass

import pulumi

from components.kubernetes.component import Component
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from components.kubernetes.object import KubernetesObject
from components.kubernetes.site import Site
from components.metrics.recorders_promql import recorders_group
from components.metrics.rules import demand_groups
from components.monitoring.dashboards.catalogue import dashboard_files
from components.monitoring.facts import MonitoringFacts
from components.monitoring.grafana import DASHBOARDS, GrafanaPods
from components.monitoring.kube_state import KubeStatePods
from components.monitoring.probe_pods import ProbePods
from components.monitoring.rule_groups import monitoring_facts
from components.monitoring.targets import ITSELF, KUBE_STATE, OPERATOR, TARGETS, pod_monitor
from probe.from_stack import targets

GRAFANA = "grafana"
"""Name of the password of Grafana's administrator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringArgs:
    """Inputs of `Monitoring`; `groups` are the rules and alerts."""

    site: Site
    groups: list[Document]
    prometheus_url: str


class Monitoring(Component):
    """Everything that observes the stack. No call depends on it."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:monitoring:Monitoring", name, opts)
        site, config = args.site, args.site.config
        facts = monitoring_facts(config)
        if config.makes_kube_state:
            pods = KubeStatePods(objects=site.objects())
            needs = [self.add(f"kube-state-{part}", document) for part, document in pods.documents().items()]
            self.add("kube-state", pods.workload(), *needs)
        if config.monitoring.probe:
            self._probe(ProbePods(objects=site.objects(), targets=targets(config), every=config.monitoring.probe))
        if config.monitoring.scrape == "operator":
            self._for_operator(args, facts)
        if config.makes_dashboards:
            dashboards = self.add("dashboards", dashboards_document(facts, site.instance))
            if config.monitoring.grafana == "managed":
                self._grafana(args, facts, dashboards)
        self.register_outputs({})

    def _for_operator(self, args: MonitoringArgs, facts: MonitoringFacts) -> None:
        site = args.site
        scraped = [target for target in TARGETS if not target.optional or target.component in facts.optional]
        if site.config.makes_kube_state:
            scraped.append(KUBE_STATE)
        if facts.metrics.managed:
            scraped.append(ITSELF)
        for target in scraped:
            monitor = pod_monitor(target, site.namespace, site.instance, site.config.metrics)
            self.add(f"{target.component}-targets", self._selected(site, monitor))
        if args.groups:
            recorders = [recorders_group(recording, site.namespace)] if (recording := site.config.recording) else []
            self.add("rules", self._selected(site, rules_document(facts, site.instance, [*recorders, *args.groups])))

    @staticmethod
    def _selected(site: Site, document: Document) -> Document:
        """Return the object with the labels by which the operator's Prometheus selects it."""
        metadata, more = document["metadata"], site.config.monitoring.monitor_labels
        return document | {"metadata": metadata | {"labels": {**metadata["labels"], **more}}}

    def _probe(self, pods: ProbePods) -> None:
        needs = [self.add(f"probe-{part}", document) for part, document in pods.documents().items()]
        self.add("probe", pods.workload(), *needs)

    def _grafana(self, args: MonitoringArgs, facts: MonitoringFacts, dashboards: KubernetesObject) -> None:
        site = args.site
        pods = GrafanaPods(
            namespace=site.namespace,
            instance=site.instance,
            image=site.images.grafana,
            prometheus_url=args.prometheus_url,
            login=site.config.metrics.login,
            texts=dashboard_files(facts),
        )
        needs = [
            dashboards,
            self.add("grafana-admin", pods.secret(site.passwords.of(GRAFANA))),
            *(self.add(f"grafana-{part}", document) for part, document in pods.documents().items()),
        ]
        [mark] = site.passwords.mark(GRAFANA).values()
        self.add("grafana", pods.workload(mark), *needs)


def dashboards_document(facts: MonitoringFacts, instance: str) -> Document:
    """Return a ConfigMap of all dashboards, with the label that Grafana's sidecar selects."""
    labelled = labels("grafana", instance, grafana_dashboard="1")
    return manifest(
        "v1",
        "ConfigMap",
        DASHBOARDS,
        facts.namespace,
        labelled,
        annotations={"grafana_folder": "Jitsi"},
        data=dashboard_files(facts),
    )


def rules_document(facts: MonitoringFacts, instance: str, groups: list[Document]) -> Document:
    """Return a PrometheusRule with all rules that the managed Prometheus would evaluate."""
    return manifest(
        OPERATOR,
        "PrometheusRule",
        "jitsi",
        facts.namespace,
        labels("prometheus", instance),
        spec={"groups": [*demand_groups(facts.shards, facts.namespace, facts.metrics), *groups]},
    )
