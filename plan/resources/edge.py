"""The edge as rendered: HAProxy's configuration, its pods and the public Service, and which listener each public port reaches."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plan.diff.fleet import component_of, object_name
from plan.diff.paths import at, mappings
from plan.recorder import Resource
from plan.resources.haproxy_cfg import Bind, Section, sections
from plan.resources.made import Resources
from sizing.parts import HAPROXY

FILE = "haproxy.cfg"
HTTP, HTTPS = 80, 443


@dataclass(frozen=True)
class Edge:
    """HAProxy's ConfigMap with its workload and its public Service. Both may be missing in a sabotaged or foreign stack."""

    stack: Resources
    config_map: Resource
    sections: tuple[Section, ...]
    number: int = 0
    """Of the load balancer; further ones have an `Edge` each, of the same configuration."""

    @property
    def where(self) -> str:
        """Where findings about the configuration point."""
        return f"{self.config_map.name}.data[{FILE!r}]".replace("'", '"')

    @cached_property
    def workload(self) -> tuple[Resource, dict[str, Any]] | None:
        """HAProxy's workload with its pods' spec."""
        return next((pair for pair in self.stack.workloads if component_of(pair[0]) == HAPROXY.name), None)

    @cached_property
    def service(self) -> Resource | None:
        """The Service behind the load balancer."""
        for service in self.stack.of("Service"):
            zone = entrance_zone(self.stack, service)
            if at(service.properties, "spec", "type") == "LoadBalancer" and zone == (self.zone if self.number else ""):
                return service
        return None

    @property
    def zone(self) -> str:
        """The load balancer's zone at Scaleway."""
        return self.stack.config.balancer_zones[self.number]

    def section(self, kind: str, name: str = "") -> Section:
        """The section of that name, or an empty one."""
        return next((each for each in self.sections if (each.kind, each.name) == (kind, name)), Section(kind, name))

    @property
    def container(self) -> dict[str, Any]:
        """HAProxy's container; empty without one."""
        boxes = mappings(self.workload[1], "containers") if self.workload else []
        return next((box for box in boxes if box.get("name") == HAPROXY.main), {})

    @property
    def frontends(self) -> Iterator[Section]:
        """Sections that listen for clients."""
        yield from (section for section in self.sections if section.kind in ("frontend", "listen"))

    def pod_port(self, port: dict[str, Any]) -> int | None:
        """The number in the pod behind a port of the public Service."""
        target = port.get("targetPort", port.get("port"))
        if isinstance(target, int):
            return target
        if self.workload is None:
            return None
        ports = [each for box in mappings(self.workload[1], "containers") for each in mappings(box, "ports")]
        return next((each.get("containerPort") for each in ports if each.get("name") == target), None)

    @cached_property
    def public_ports(self) -> dict[int, int | None]:
        """Port of the public Service -> port in the pod."""
        ports = mappings(self.service.properties, "spec", "ports") if self.service else []
        return {int(each["port"]): self.pod_port(each) for each in ports if isinstance(each.get("port"), int)}

    def binds_behind(self, port: int) -> list[Bind]:
        """Listeners that a public port reaches: the one on the pod's port, then those behind Unix sockets."""
        number = self.public_ports.get(port)
        reached = [
            bind for section in self.frontends for bind in section.binds if bind.port == number and not bind.is_internal
        ]
        for bind in reached:  # the list grows
            for name, _ in bind.section.backends:
                paths = [
                    each.address for each in self.section("backend", name).servers if each.address.startswith("unix@")
                ]
                reached += [
                    inner
                    for section in self.frontends
                    for inner in section.binds
                    if inner.address in paths and inner not in reached
                ]
        return reached

    @cached_property
    def public_binds(self) -> list[Bind]:
        """Every listener that clients reach."""
        return [bind for port in self.public_ports for bind in self.binds_behind(port)]

    @cached_property
    def public_frontends(self) -> list[Section]:
        """Frontends that clients reach and that handle requests."""
        return list(dict.fromkeys(bind.section for bind in self.public_binds if not bind.section.is_tcp))

    def service_at(self, host: str) -> Resource | None:
        """The Service with this full host name; a pod of a headless Service has the pod's name in front."""
        labels = host.split(".")
        names = (tuple(labels[:2]), tuple(labels[1:3])) if ".svc" in host else ()
        return next(
            (
                each
                for each in self.stack.of("Service")
                if (object_name(each), at(each.properties, "metadata", "namespace")) in names
            ),
            None,
        )


def entrance_zone(stack: Resources, resource: Resource) -> str:
    """Return the zone after which a Service or address of a further load balancer is named; empty for the first one's."""
    return next((zone for zone in (stack.config.ingress.zones or ())[1:] if resource.name.endswith(f"-{zone}")), "")


def edges(stack: Resources) -> Iterator[Edge]:
    """Every rendered edge; none while its configuration is unknown."""
    for resource in stack.of("ConfigMap"):
        text = at(resource.properties, "data", FILE)
        if component_of(resource) == HAPROXY.name and isinstance(text, str) and "\n" in text:
            for number in range(len(stack.config.ingress.zones or ("",))):
                yield Edge(stack, resource, sections(text), number)


def variables(spec: dict[str, Any]) -> dict[str, Any]:
    """Name -> literal value of the variables of a pod's containers; a reference has the value None."""
    boxes = [*mappings(spec, "containers"), *mappings(spec, "initContainers")]
    return {str(each.get("name")): each.get("value") for box in boxes for each in mappings(box, "env")}
