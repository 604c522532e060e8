"""Rules about the two ends of metrics: programs that serve them, and the Grafana that draws them."""

import re
from collections.abc import Iterator, Mapping

from plan.diff.fleet import component_of, object_name
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.files import containers, is_unknown, mounted
from plan.resources.made import Resources
from plan.resources.metrics import BLIND, DASHBOARD_LABEL, dashboard_maps
from plan.resources.observers import asked_server
from sizing.parts import GRAFANA, HAPROXY, JICOFO, PROSODY, VISITORS

ANY_ADDRESS = "0.0.0.0/0"
"""Network policies admit readers, by label; prosody knows addresses only, and its image's default is none of Kapsule's."""
TRUE = ("1", "true")
_PROSODY = {"PROSODY_ENABLE_METRICS": TRUE, "PROSODY_METRICS_ALLOWED_CIDR": (ANY_ADDRESS,)}
SWITCHES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    JICOFO.name: {"JICOFO_ENABLE_REST": TRUE},
    PROSODY.name: _PROSODY,
    VISITORS.name: _PROSODY,
}
"""Part -> variables of its image without which it serves no metrics, and the values that turn them on."""
DATASOURCES = "/etc/grafana/provisioning/datasources/datasources.yaml"
PROVIDERS = "/etc/grafana/provisioning/dashboards/dashboards.yaml"


@rule("metrics-not-exposed", "error")
def metrics_not_exposed(stack: Resources) -> Iterator[Hit]:
    """A program does not serve its metrics."""
    for pods in stack.pods:
        for name, values in SWITCHES.get(pods.component, {}).items():
            got = [
                variable.get("value")
                for each in pods.containers
                for variable in each.get("env") or []
                if variable.get("name") == name
            ]
            if not any(is_unknown(value) for value in got) and not any(str(value) in values for value in got):
                yield Hit(
                    f"{pods.workload.name}.spec.template.spec.containers",
                    f"{name} is {', '.join(map(str, got)) or 'not set'}, so {pods.component} refuses to serve metrics: {BLIND}",
                    f"set it to {values[0]}",
                )
    port = HAPROXY.port("stats")
    for resource in stack.of("ConfigMap"):
        text = at(resource.properties, "data", "haproxy.cfg")
        if isinstance(text, str) and not is_unknown(text) and component_of(resource) == HAPROXY.name:
            frontends = [
                part for part in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if part.startswith("frontend ")
            ]
            exporters = [part for part in frontends if "use-service prometheus-exporter if { path /metrics }" in part]
            if not any(re.search(rf"^\s+bind :{port}\s*$", part, re.MULTILINE) for part in exporters):
                yield Hit(
                    f"{resource.name}.data['haproxy.cfg']",
                    f"no frontend on :{port} serves /metrics by prometheus-exporter: {BLIND}",
                    f"bind :{port} in the frontend of the exporter",
                )


@rule("dashboards-unread", "warning")
def dashboards_unread(stack: Resources) -> Iterator[Hit]:
    """No Grafana finds the dashboards, or it asks another Prometheus."""
    maps = list(dashboard_maps(stack))
    for resource in maps:
        label = at(resource.properties, "metadata", "labels", DASHBOARD_LABEL)
        if label != "1" and not is_unknown(label):
            yield Hit(
                f"{resource.name}.metadata.labels",
                f"{DASHBOARD_LABEL} is {label}: Grafana's sidecar does not find the dashboards",
                f'set {DASHBOARD_LABEL}: "1"',
            )
    for workload, spec in stack.workloads:
        if component_of(workload) == GRAFANA.name:
            yield from _grafana(stack, workload, spec, maps)


def _grafana(stack: Resources, workload: Resource, spec: dict[str, object], maps: list[Resource]) -> Iterator[Hit]:
    where = f"{workload.name}.spec.template.spec"
    container = next(iter(containers(spec)), {})
    sources, providers = (mounted(stack, spec, container, path) for path in (DATASOURCES, PROVIDERS))
    if sources is None or providers is None:
        yield Hit(
            where, "its data source or its dashboards are not provisioned: Grafana starts empty", "mount both files"
        )
        return
    if is_unknown(sources.text) or is_unknown(providers.text):
        return
    asked = stack.config.metrics
    for source in at(sources.document, "datasources") or []:
        url = str(source.get("url"))
        right = asked_server(stack, url) is not None if asked.managed else url == (asked.url or "")
        if not right or source.get("type") != "prometheus":
            yield Hit(
                sources.where,
                f"asks {source.get('type')} at {url}: every panel stays empty",
                "name the stack's Prometheus",
            )
    volumes = {volume.get("name"): at(volume, "configMap", "name") for volume in spec.get("volumes") or []}  # type: ignore[attr-defined]
    paths = {
        str(mount.get("mountPath")): volumes.get(mount.get("name")) for mount in container.get("volumeMounts") or []
    }
    names = {object_name(each) for each in maps}
    for provider in at(providers.document, "providers") or []:
        path = at(provider, "options", "path")
        if names and paths.get(str(path)) not in names:
            yield Hit(
                providers.where,
                f"reads dashboards from {path}, where none are mounted: Grafana starts empty",
                "mount them there",
            )
