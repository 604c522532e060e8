"""Rules about what the cluster opens to the world."""

from collections.abc import Iterator

from plan.diff.fleet import BRIDGE, component_of, media_service
from plan.diff.verdicts.edge import EDGE
from plan.findings.rule import Found, rule
from plan.resources.made import Made
from plan.turn import TURN_UDP

MEDIA = (BRIDGE, "jigasi", TURN_UDP)
"""Components that take UDP on their nodes' own addresses."""


@rule("udp-on-load-balancer", "error")
def udp_on_load_balancer(made: Made) -> Iterator[Found]:
    """Scaleway's load balancers carry TCP alone."""
    for service in made.of("Service"):
        spec = service.properties.get("spec") or {}
        udp = [port.get("port") for port in spec.get("ports") or [] if port.get("protocol") == "UDP"]
        if spec.get("type") == "LoadBalancer" and udp:
            yield Found(
                f"{service.name}.spec.ports",
                f"UDP {', '.join(map(str, udp))} on a Service of type LoadBalancer: Scaleway's load balancers have no UDP, so nothing "
                "arrives",
                "media goes to the nodes: a host port, or a Service of type NodePort",
            )


@rule("exposed-beside-plan", "error")
def exposed_beside_plan(made: Made) -> Iterator[Found]:
    """A Service that the world reaches, and that is neither the edge nor a bridge's media."""
    for service in made.of("Service"):
        kind = (service.properties.get("spec") or {}).get("type")
        if (kind == "LoadBalancer" and component_of(service) != EDGE) or (
            kind == "NodePort" and media_service(service) is None
        ):
            yield Found(
                f"{service.name}.spec.type",
                f"{kind} of {component_of(service) or 'something'} is reached from outside; the plan opens HAProxy and the bridges' "
                "media, and nothing else",
                "make it a ClusterIP",
            )


@rule("host-access", "error")
def host_access(made: Made) -> Iterator[Found]:
    """A pod on the node's own network, ports or processes."""
    for workload, spec in made.workloads:
        flags = [flag for flag in ("hostNetwork", "hostPID", "hostIPC") if spec.get(flag) is True]
        containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
        flags += ["privileged" for one in containers if (one.get("securityContext") or {}).get("privileged") is True]
        flags += [f"hostPath {one.get('name')}" for one in spec.get("volumes") or [] if one.get("hostPath")]
        flags += [
            f"hostPort {port.get('protocol', 'TCP')} {port['hostPort']}"
            for one in containers
            for port in one.get("ports") or []
            if port.get("hostPort") and (component_of(workload) not in MEDIA or port.get("protocol") != "UDP")
        ]
        if flags:
            yield Found(
                f"{workload.name}.spec.template.spec",
                f"{', '.join(flags)}: what breaks out of the pod, or only listens in it, has the node; a bridge's REST interface on the "
                "host's network can be shut down by anyone",
                "only the UDP ports of a bridge, a telephone gateway and a TURN relay may be host ports",
            )
