"""Rules about media beside the bridges: telephone gateways and TURN, from the stack file to pod, node and what browsers are told."""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any

from config.turn import TurnServer
from plan.diff.fleet import object_name
from plan.diff.paths import at, mappings, number
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.bridge_ports import field_of, volume_at
from plan.resources.made import Resources
from plan.resources.templates import Template, known, templates, variable, wrong_variables
from plan.wire import UNKNOWN
from sizing.addresses import HTTPS_PORT
from sizing.parts import COTURN, COTURN_UDP, JIGASI, PROSODY

IPV4 = 4


def _node_ports(template: Template) -> dict[int, tuple[int, str]]:
    """Host port -> container port and protocol."""
    ports = [port for each in template.containers for port in mappings(each.get("ports"))]
    return {
        number(port["hostPort"]): (number(port.get("containerPort")), str(port.get("protocol") or "TCP"))
        for port in ports
        if port.get("hostPort") and known(port["hostPort"])
    }


@rule("gateway-port-differs", "error")
def gateway_port_differs(stack: Resources) -> Iterator[Hit]:
    """A telephone gateway sends media from ports that its node does not open, or opens others."""
    sip = stack.config.jigasi.sip if stack.config.jigasi else None
    for template in templates(stack, JIGASI.name):
        if sip is None:
            continue
        problems = [
            f"{name} is {variable(template.main, name)}, not {right}"
            for name, right in (("JIGASI_PORT_MIN", str(sip.first_port)), ("JIGASI_PORT_MAX", str(sip.last_port)))
            if variable(template.main, name) not in (right, UNKNOWN)
        ]
        opened, planned = _node_ports(template), set(range(sip.first_port, sip.last_port + 1))
        closed, more = sorted(planned - set(opened)), sorted(set(opened) - planned)
        problems += [f"host ports lack UDP {', '.join(map(str, closed[:5]))}"] if closed else []
        problems += [f"host ports {', '.join(map(str, more[:5]))} are not the gateway's"] if more else []
        problems += [
            f"hostPort {port} is {protocol} {inner} of the pod"
            for port, (inner, protocol) in opened.items()
            if (inner, protocol) != (port, "UDP")
        ][:5]
        if problems:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{'; '.join(problems)}: calls whose port is not open are silent",
                "leave the ports to the program; jigasi.sip.firstPort and calls set them",
            )


@rule("turn-port-differs", "error")
def turn_port_differs(stack: Resources) -> Iterator[Hit]:
    """Coturn listens on another address or port than the edge, its nodes or the stack file say."""
    udp = stack.config.turn.udp if stack.config.turn else None
    for template in templates(stack, COTURN.name, COTURN_UDP.name):
        words = [str(part) for key in ("command", "args") for part in template.main.get(key) or []]
        problems = [
            f"{flag}=$(POD_IP) is missing"
            for flag in ("--listening-ip", "--relay-ip")
            if f"{flag}=$(POD_IP)" not in words
        ]
        if field_of(template.main, "POD_IP") != "status.podIP":
            problems.append(f"POD_IP is {field_of(template.main, 'POD_IP')}, not the pod's address")
        problems += _file_problems(stack, template, words)
        planned: dict[int, tuple[int, str]] = {}
        if template.name == COTURN_UDP.name and udp:
            planned[udp.port] = (COTURN_UDP.port("turn"), "UDP")
        if _node_ports(template) != planned:
            problems.append(f"host ports are {_written(_node_ports(template))}, not {_written(planned)}")
        if problems:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{'; '.join(problems)}: participants behind firewalls get no relay",
                "leave address and ports to the program; turn.udp.port sets the node's port",
            )


def _file_problems(stack: Resources, template: Template, words: list[str]) -> Iterator[str]:
    """Whether coturn is started with a configuration file that a Secret holds."""
    file = words[words.index("-c") + 1] if "-c" in words[:-1] else ""
    name = volume_at(template.main, file)
    volume = next((each for each in mappings(template.spec.get("volumes")) if each.get("name") == name), {})
    secret = at(volume, "secret", "secretName")
    held = next((each for each in stack.of("Secret") if object_name(each) == secret), None)
    if (
        words[:1] != ["turnserver"]
        or not file
        or held is None
        or file.rpartition("/")[2] not in (held.properties.get("stringData") or {})
    ):
        yield f"it runs {' '.join(words[:3])!r}, and no Secret holds its configuration there"


@rule("turn-record-differs", "error")
def turn_record_differs(stack: Resources) -> Iterator[Hit]:
    """The name of the nodes that serve TURN over UDP has not one address for each node."""
    config = stack.config
    udp, host, zone = config.turn.udp if config.turn else None, config.turn_udp_host, config.dns_zone
    if not udp or not host or not config.makes_record(host) or not stack.of("Pool"):
        return
    records = [each for each in stack.of("Record") if _host(each, str(zone)) == host]
    if len(records) != udp.nodes:
        nodes = [template.workload for template in templates(stack, COTURN_UDP.name)]
        yield Hit(
            (records or nodes or stack.of("Pool"))[0].name,
            f"{host} has {len(records)} records, and {udp.nodes} nodes serve TURN over UDP",
            "create one A record for each node",
        )
    for each in records:
        if each.properties.get("type") != "A" or (
            known(each.properties.get("data")) and not _is_address(each.properties.get("data"))
        ):
            wrong = f"{each.properties.get('type')} {each.properties.get('data')}"
            yield Hit(
                each.name, f"is {wrong}, no address: browsers find no relay", "set an A record with the node's address"
            )


def _host(record: Resource, zone: str) -> str:
    name = str(record.properties.get("name") or "")
    return f"{name}.{record.properties.get('dnsZone')}" if record.properties.get("dnsZone") == zone else ""


def _is_address(text: Any) -> bool:
    try:
        return ipaddress.ip_address(str(text)).version == IPV4
    except ValueError:
        return False


def _written(ports: dict[int, tuple[int, str]]) -> str:
    return ", ".join(f"{protocol} {host} to {inner}" for host, (inner, protocol) in sorted(ports.items())) or "none"


def _others(servers: Sequence[TurnServer]) -> dict[str, str | None]:
    """The variables that announce servers of the stack file: one port and every host for those with TLS, and for the others."""
    right: dict[str, str | None] = {}
    for name, ways in (("TURNS", ("tls",)), ("TURN", ("udp", "tcp"))):
        chosen = [server for server in servers if server.transport in ways]
        right[f"{name}_HOST"] = ",".join(dict.fromkeys(server.host for server in chosen)) or None
        right[f"{name}_PORT"] = str(chosen[0].number) if chosen else None
    plain = [server for server in servers if server.transport != "tls"]
    right["TURN_TRANSPORT"] = ",".join(dict.fromkeys(server.transport for server in plain)) or None
    first = next((server for server in plain if server.transport == "udp"), None)
    return right | {"STUN_HOST": first.host if first else None, "STUN_PORT": str(first.number) if first else None}


@rule("turn-told-otherwise", "error")
def turn_told_otherwise(stack: Resources) -> Iterator[Hit]:
    """Prosody tells browsers another TURN server than the stack runs, or than the stack file says."""
    config = stack.config
    udp = config.turn.udp if config.turn else None
    right: dict[str, Any] = (
        _others(config.turn.servers)
        if config.turn and config.turn.servers
        else {
            "TURNS_HOST": config.turn_host,
            "TURNS_PORT": str(HTTPS_PORT) if config.turn else None,
            "TURN_HOST": config.turn_udp_host if udp else None,
            "TURN_PORT": str(udp.port) if udp else None,
            "TURN_TRANSPORT": "udp" if udp else None,
            "STUN_HOST": config.turn_udp_host if udp else None,
            "STUN_PORT": str(udp.port) if udp else None,
        }
    )
    for template in templates(stack, PROSODY.name, "visitors"):
        problems = wrong_variables(template.main, right)
        if problems:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{'; '.join(problems)}: browsers ask a server that is not there, or none at all",
                "leave these variables to the program; turn sets them",
            )
