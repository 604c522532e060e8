"""Rules about public exposure."""

from collections.abc import Iterator

from plan.diff.fleet import component_of, media_service
from plan.diff.verdicts.edge import EDGE
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from sizing.parts import PARTS

MEDIA = {part.name for part in PARTS if part.takes_media}
"""Parts that receive UDP on their nodes' addresses."""


@rule("udp-on-load-balancer", "error")
def udp_on_load_balancer(stack: Resources) -> Iterator[Hit]:
    """Scaleway's load balancers carry only TCP."""
    for service in stack.of("Service"):
        spec = service.properties.get("spec") or {}
        udp = [port.get("port") for port in spec.get("ports") or [] if port.get("protocol") == "UDP"]
        if spec.get("type") == "LoadBalancer" and udp:
            yield Hit(
                f"{service.name}.spec.ports",
                f"UDP {', '.join(map(str, udp))} on a Service of type LoadBalancer: Scaleway's load balancers have "
                "no UDP, so no traffic arrives",
                "send media directly to the nodes: a host port, or a Service of type NodePort",
            )


@rule("exposed-beside-plan", "error")
def exposed_beside_plan(stack: Resources) -> Iterator[Hit]:
    """A public Service is neither ingress nor a bridge's media."""
    for service in stack.of("Service"):
        kind = (service.properties.get("spec") or {}).get("type")
        if (kind == "LoadBalancer" and component_of(service) != EDGE) or (
            kind == "NodePort" and media_service(service) is None
        ):
            yield Hit(
                f"{service.name}.spec.type",
                f"{kind} of {component_of(service) or 'something'} is reachable from outside; only HAProxy and the "
                "bridges' media may be",
                "make it a ClusterIP",
            )


@rule("host-access", "error")
def host_access(stack: Resources) -> Iterator[Hit]:
    """A pod uses the node's network, ports or processes."""
    for workload, spec in stack.workloads:
        flags = [flag for flag in ("hostNetwork", "hostPID", "hostIPC") if spec.get(flag) is True]
        containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
        flags += [
            "privileged"
            for container in containers
            if (container.get("securityContext") or {}).get("privileged") is True
        ]
        flags += [f"hostPath {volume.get('name')}" for volume in spec.get("volumes") or [] if volume.get("hostPath")]
        flags += [
            f"hostPort {port.get('protocol', 'TCP')} {port['hostPort']}"
            for container in containers
            for port in container.get("ports") or []
            if port.get("hostPort") and (component_of(workload) not in MEDIA or port.get("protocol") != "UDP")
        ]
        if flags:
            yield Hit(
                f"{workload.name}.spec.template.spec",
                f"{', '.join(flags)}: a process that breaks out of the pod, or only listens in it, controls the "
                "node; anyone can shut down a bridge through its REST interface on the host network",
                "use host ports only for the UDP ports of bridges, telephone gateways and TURN",
            )
