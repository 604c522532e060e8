"""The Prometheus servers that watch a stack, as far as its resources configure them: its own, or an operator's."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import component_of, object_name
from plan.diff.paths import at
from plan.promql.series import Recording
from plan.recorder import Resource
from plan.resources.files import File, argument, containers, mounted
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from sizing.parts import PROMETHEUS

CONFIG_FLAG = "config.file"
OPERATORS_INTERVAL = "30s"
"""An operator's evaluation interval where nothing sets one (prometheus-operator's default)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recording or alerting rule and where it stands."""

    where: str
    group: str
    document: dict[str, Any]

    @property
    def expression(self) -> str:
        """Its PromQL."""
        return str(self.document.get("expr") or "")

    @property
    def record(self) -> str | None:
        """Name of what it records; None for an alert."""
        return self.document.get("record")

    @property
    def alert(self) -> str | None:
        """Name of the alert; None for a recording."""
        return self.document.get("alert")

    @property
    def name(self) -> str:
        """What it records or alerts about."""
        return str(self.record or self.alert)


@dataclass(frozen=True, slots=True)
class Server:
    """The managed Prometheus: its workload, container and configuration file."""

    workload: Resource
    spec: dict[str, Any]
    container: dict[str, Any]
    file: File | None

    @property
    def config(self) -> dict[str, Any]:
        """The configuration; empty if it cannot be read."""
        document = self.file.document if self.file else None
        return document if isinstance(document, dict) else {}


def servers(stack: Resources) -> Iterator[Server]:
    """Yield each managed Prometheus."""
    for workload, spec in stack.workloads:
        if component_of(workload) != PROMETHEUS.name:
            continue
        for container in containers(spec):
            path = argument(container, CONFIG_FLAG)
            if path:
                yield Server(workload, spec, container, mounted(stack, spec, container, path))


def rule_paths(server: Server) -> list[str]:
    """Return the paths of the rule files, relative ones beside the configuration."""
    folder = (argument(server.container, CONFIG_FLAG) or "").rpartition("/")[0]
    paths = [str(path) for path in server.config.get("rule_files") or []]
    return [path if path.startswith("/") else f"{folder}/{path}" for path in paths]


def managed_rules(stack: Resources, server: Server) -> list[Rule]:
    """Return the rules that a managed Prometheus evaluates."""
    files = [mounted(stack, server.spec, server.container, path) for path in rule_paths(server)]
    return [rule for file in files if file for rule in _rules(file.where, file.document)]


def operated_rules(stack: Resources) -> list[Rule]:
    """Return the rules of PrometheusRule objects."""
    return [
        rule
        for resource in stack.of("PrometheusRule")
        for rule in _rules(f"{resource.name}.spec", resource.properties.get("spec"))
    ]


def _rules(where: str, document: Any) -> Iterator[Rule]:
    for group in at(document, "groups") or []:
        for rule in group.get("rules") or []:
            if isinstance(rule, dict):
                yield Rule(f"{where}: {rule.get('record') or rule.get('alert')}", str(group.get("name")), rule)


def recordings(rules: list[Rule]) -> dict[str, list[Recording]]:
    """Return what the rules record, by name."""
    result: dict[str, list[Recording]] = {}
    for rule in rules:
        if rule.record:
            labels = {str(label): str(value) for label, value in (rule.document.get("labels") or {}).items()}
            result.setdefault(rule.record, []).append(Recording(rule.record, rule.expression, labels))
    return result


def asked_server(stack: Resources, url: str) -> Server | None:
    """Return the managed Prometheus behind a URL: through the Service that it names; None for another's."""
    host, _, port = url.partition("://")[2].rstrip("/").partition(":")
    name, _, rest = host.partition(".")
    namespace = rest.partition(".")[0]
    for service in stack.of("Service"):
        if (object_name(service), namespace_of(service)) != (name, namespace):
            continue
        ports = at(service.properties, "spec", "ports") or []
        if port not in {str(each.get("port")) for each in ports}:
            return None
        for server in servers(stack):
            labels = at(server.workload.properties, "spec", "template", "metadata", "labels") or {}
            selector = at(service.properties, "spec", "selector") or {}
            if selector and selector.items() <= labels.items() and namespace_of(server.workload) == namespace:
                return server
    return None
