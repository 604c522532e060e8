"""Rules about HAProxy's pod: it runs the rendered configuration, and its sidecar reloads it."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import object_name
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.resources.edge import FILE, Edge, edges
from plan.resources.made import Resources

ETC, RUN, TLS = "/etc/haproxy", "/run/haproxy", "/tls"


@rule("edge-reload-broken", "error")
def edge_reload_broken(stack: Resources) -> Iterator[Hit]:
    """HAProxy runs another configuration than the rendered one, or does not notice a change of it."""
    for edge in edges(stack):
        if edge.workload is not None:
            for fault in _faults(edge, *edge.workload):
                yield Hit(
                    f"{edge.workload[0].name}.spec.template.spec",
                    f"{fault}: changed shards and renewed certificates do not reach HAProxy",
                    f"run haproxy as master on {ETC}/{FILE}, beside a sidecar that watches {ETC} and {TLS} and signals it",
                )


def _faults(edge: Edge, workload: Any, spec: dict[str, Any]) -> Iterator[str]:
    box, boxes = edge.container, mappings(spec, "containers")
    sidecar = next((each for each in boxes if each.get("name") == "reload"), {})
    words = [*texts(box, "command"), *texts(box, "args")]
    if (
        words[:1] != ["haproxy"]
        or not {"-W", "-db", "-p", f"{RUN}/master.pid"}.issubset(words)
        or words[-2:] != ["-f", f"{ETC}/{FILE}"]
    ):
        yield f"HAProxy runs as `{' '.join(words)}`"
    if texts(sidecar, "command") != ["sh", f"{ETC}/reload.sh"]:
        yield f"the sidecar runs `{' '.join(texts(sidecar, 'command'))}`"
    if spec.get("shareProcessNamespace") is not True:
        yield "the sidecar cannot signal HAProxy (shareProcessNamespace)"
    volumes = {each.get("name"): each for each in mappings(spec, "volumes")}
    for each in (box, sidecar):
        mounts = {str(mount.get("mountPath")): mount.get("name") for mount in mappings(each, "volumeMounts")}
        source = volumes.get(mounts.get(ETC), {})
        if at(source, "configMap", "name") != object_name(edge.config_map) or mapping(source, "configMap").get("items"):
            yield f"{each.get('name')} does not mount the ConfigMap {object_name(edge.config_map)} at {ETC}"
        if "emptyDir" not in volumes.get(mounts.get(RUN), {}):
            yield f"{each.get('name')} does not share {RUN}"
    env = {str(each.get("name")): each for each in mappings(sidecar, "env")}
    watched = str(env.get("WATCHED", {}).get("value")).split()
    if not {ETC, TLS}.issubset(watched) and "[unknown]" not in watched:
        yield f"the sidecar watches {' '.join(watched)}"
    replicas = at(workload.properties, "spec", "replicas")
    if isinstance(replicas, int) and env.get("REPLICAS", {}).get("value") not in (str(replicas), "[unknown]"):
        yield f"the sidecar takes turns with {env.get('REPLICAS', {}).get('value')} HAProxies, and there are {replicas}"
    if at(env.get("POD_NAME", {}), "valueFrom", "fieldRef", "fieldPath") != "metadata.name":
        yield "the sidecar does not know its pod's name, and so not its turn"
    files = mapping(edge.config_map.properties, "data")
    for name in ("reload.sh", "maintenance.html"):
        if not files.get(name):
            yield f"the ConfigMap has no {name}"
