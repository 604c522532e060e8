"""Rules about a bridge's UDP port: the plan, its Service or host port, and what the bridge advertises and listens on are one number."""

import re
from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import BRIDGE, kind_of, object_name
from plan.diff.paths import at, mappings, number, whole
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.scripts import mounted
from plan.resources.selection import ORDINAL_LABEL, POD_NAME_LABEL, namespace_of
from plan.resources.templates import Template, known, templates, variable
from plan.wire import UNKNOWN
from sizing.ports import ports_of

ADVERTISE = "/bridge-scripts/advertise.sh"
ENVIRONMENT = "/bridge/env"
"""File in which advertise.sh leaves JVB_PORT and JVB_ADVERTISE_IPS."""
_PORT_SETTING = re.compile(r"(?m)^[^#\n]*\bport\s*[=:]")
"""A port in the bridge's own config file, which the image includes after the one that holds JVB_PORT."""


def advertise_of(template: Template) -> dict[str, Any]:
    """Return the init container that writes the bridge's port and addresses; empty without one."""
    boxes = mappings(template.spec.get("initContainers"))
    return next((each for each in boxes if ADVERTISE in (each.get("command") or [])), {})


def field_of(container: dict[str, Any], name: str) -> Any:
    """Return the pod's field from which a variable takes its value."""
    entry = next((each for each in mappings(container.get("env")) if each.get("name") == name), {})
    return at(entry, "valueFrom", "fieldRef", "fieldPath")


def _host_ports(template: Template) -> list[dict[str, Any]]:
    ports = [port for each in template.containers for port in mappings(each.get("ports"))]
    return [port for port in ports if port.get("hostPort") and port.get("protocol") == "UDP"]


def _is_by_ordinal(template: Template) -> bool:
    return kind_of(template.workload) == "StatefulSet"


@rule("bridge-port-beside-plan", "error")
def bridge_port_beside_plan(stack: Resources) -> Iterator[Hit]:
    """Bridges are reached at other ports than those of the port plan."""
    for shard in stack.config.resolved:
        plan = ports_of(shard)
        reached = stack.fleet.ports.get(shard.name, {})
        where = next((each.workload.name for each in templates(stack, BRIDGE) if each.shard == shard.name), shard.name)
        planned = {each.port for each in plan}
        beside = sorted(set(reached) - planned), sorted(planned - set(reached))
        for ports, said in zip(
            beside, ("is open, and is not in the port plan", "of the port plan is open on no bridge"), strict=True
        ):
            if ports:
                yield Hit(
                    where,
                    f"UDP {', '.join(map(str, ports[:8]))} {said} of {shard.name}: the report, firewalls and the institution's own "
                    "rules name other ports than bridges have",
                    "leave hostPort, nodePort and the first port to the program; shards[].slot and bridges.perNode set them",
                )
        moved = [each for each in plan if each.layout == "nodePort" and each.port in reached]
        for each in moved:
            if reached[each.port] and each.bridge not in {bridge.number for bridge in reached[each.port]}:
                yield Hit(
                    where,
                    f"UDP {each.port} is bridge {each.bridge}'s, and reaches bridge "
                    f"{', '.join(str(bridge.number) for bridge in sorted(reached[each.port]))}: both lose their media",
                    "select the pod with the plan's number",
                )


@rule("bridge-listens-elsewhere", "error")
def bridge_listens_elsewhere(stack: Resources) -> Iterator[Hit]:
    """A bridge advertises or listens on another port than the one that reaches it."""
    for template in templates(stack, BRIDGE):
        for problem in _listening_problems(stack, template):
            yield Hit(
                f"{template.where}.spec",
                f"{problem}: clients send media to a port on which the bridge does not listen",
                "use one number for FIRST_PORT (plus the ordinal), containerPort, hostPort, targetPort and nodePort",
            )


def _listening_problems(stack: Resources, template: Template) -> Iterator[str]:
    advertise, main = advertise_of(template), template.main
    if not advertise:
        yield f"no init container runs {ADVERTISE}"
        return
    first, host_ports = whole(variable(advertise, "FIRST_PORT")), _host_ports(template)
    if first is None:
        yield f"FIRST_PORT is {variable(advertise, 'FIRST_PORT')}"
        return
    if problem := mounted(stack, template, advertise, ADVERTISE)[1]:
        yield f"{advertise.get('name')} {problem}"
    ordinal = field_of(advertise, "ORDINAL")
    if _is_by_ordinal(template) and ordinal != f"metadata.labels['{ORDINAL_LABEL}']":
        yield f"ORDINAL comes from {ordinal}, not from the pod's ordinal: every bridge advertises {first}"
    if not _is_by_ordinal(template) and (ordinal or variable(advertise, "ORDINAL") not in (None, "0")):
        yield "ORDINAL is set, although all pods of the workload share one port"
    for port in host_ports:
        numbers = {"hostPort": port["hostPort"], "containerPort": port.get("containerPort")}
        others = [f"{name} is {value}" for name, value in numbers.items() if known(value) and number(value) != first]
        if others:
            yield f"the bridge advertises {first}, but {', '.join(others)}"
    if not _is_by_ordinal(template) and len(host_ports) != 1:
        yield f"the bridge advertises {first}, and its pod has {len(host_ports)} UDP host ports"
    folders = {box.get("name"): volume_at(box, ENVIRONMENT) for box in (advertise, main)}
    if None in folders.values() or len(set(folders.values())) != 1:
        yield f"{advertise.get('name')} and the bridge do not share the volume of {ENVIRONMENT}"
    command = " ".join(map(str, [*(main.get("command") or []), *(main.get("args") or [])]))
    if f". {ENVIRONMENT}" not in command or "exec /init" not in command.split(f". {ENVIRONMENT}")[-1]:
        yield f"the bridge starts by {command or 'its image'!r}, without {ENVIRONMENT}"
    for box in (advertise, main):
        words = [str(word) for word in box.get("command") or []]
        option = "".join(words[1:2])
        if words[:1] != ["/bin/sh"] or " " in option or (option.startswith("-") and not option.endswith("c")):
            yield f"{box.get('name')} runs {' '.join(words)!r}, not by /bin/sh"
    text = mounted(stack, template, main, "/config/custom-jvb.conf")[0]
    if text and (setting := _PORT_SETTING.search(text)):
        yield f"custom-jvb.conf sets {setting[0].strip()}, which replaces JVB_PORT"


def volume_at(container: dict[str, Any], path: str) -> Any:
    """Return the name of the volume that holds a file. None if the container mounts none there."""
    folder = path.rpartition("/")[0]
    mounts = mappings(container.get("volumeMounts"))
    return next((each.get("name") for each in mounts if each.get("mountPath") == folder), None)


@rule("bridge-service-differs", "error")
def bridge_service_differs(stack: Resources) -> Iterator[Hit]:
    """A bridge behind NodePorts lacks its Service, or the Service does not bring clients to it."""
    for template in templates(stack, BRIDGE):
        first = whole(variable(advertise_of(template), "FIRST_PORT"))
        if first is None or _host_ports(template) or not _is_by_ordinal(template):
            continue
        pods = next(each for each in stack.pods if each.workload is template.workload)
        services: dict[int | None, list[Resource]] = {}
        for service in stack.of("Service"):
            if namespace_of(service) == pods.namespace:
                name = at(service.properties, "spec", "selector", POD_NAME_LABEL)
                services.setdefault(pods.ordinal(name), []).append(service)
        for ordinal in range(pods.most):
            mine = services.get(ordinal, [])
            if not mine:
                yield Hit(
                    template.workload.name,
                    f"bridge {ordinal} ({object_name(template.workload)}-{ordinal}) has no Service that carries UDP "
                    f"{first + ordinal}: its meetings have no media",
                    "create one NodePort Service for each bridge up to the autoscaler's maximum",
                )
            for service in mine:
                yield from _service_problems(service, first + ordinal)


def _service_problems(service: Resource, port: int) -> Iterator[Hit]:
    spec = service.properties.get("spec") or {}
    promises: tuple[tuple[str, Any, str], ...] = (
        ("type", "NodePort", "no port of a node reaches the bridge"),
        (
            "externalTrafficPolicy",
            "Local",
            "nodes pass packets on to each other, and the bridge answers from an address that clients do not know",
        ),
        (
            "publishNotReadyAddresses",
            True,
            "a bridge that drains or is busy loses the media of running meetings at once",
        ),
    )
    for key, right, consequence in promises:
        if spec.get(key) != right and spec.get(key) != UNKNOWN:
            yield Hit(
                f"{service.name}.spec.{key}", f"is {spec.get(key)}, not {right}: {consequence}", f"set it to {right}"
            )
    ports = mappings(spec.get("ports"))
    if len(ports) != 1:
        yield Hit(
            f"{service.name}.spec.ports",
            f"has {len(ports)} ports, and a bridge has one: UDP {port}",
            "carry this port only",
        )
    for each in ports:
        numbers = {key: each.get(key) for key in ("nodePort", "port", "targetPort")}
        others = [f"{key} {value}" for key, value in numbers.items() if number(value) != port and known(value)]
        others += [f"protocol {each.get('protocol') or 'TCP'}"] if each.get("protocol") != "UDP" else []
        if others:
            yield Hit(
                f"{service.name}.spec.ports",
                f"has {', '.join(others)}, and the bridge advertises and listens on UDP {port}: clients have no media",
                f"set protocol UDP, and nodePort, port and targetPort to {port}",
            )
