"""Rules about firewalls of nodes with public addresses: those of bridges, telephone gateways and TURN."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import FIREWALL_TYPE, pool_shard
from plan.diff.paths import mappings, number
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources, selects
from plan.resources.policies import Range, listed, ranges, without
from plan.resources.templates import known

ANY_SOURCE = ("0.0.0.0/0", "::/0")
LAST_PORT = 65535


def _firewall(stack: Resources, pool: Resource) -> Resource | None:
    """The security group beside a pool, under the same component."""
    return next(
        (resource for resource in stack.resources if resource.type == FIREWALL_TYPE and resource.parent == pool.parent),
        None,
    )


def media_pools(stack: Resources) -> Iterator[tuple[Resource, str, tuple[Range, ...]]]:
    """Yield pools whose nodes receive media: pool, whose it is, and the UDP ports on which it arrives."""
    for pool in stack.of("Pool"):
        shard = pool_shard(pool)
        asking = [pods for pods in stack.pods if (asked := pods.spec.get("nodeSelector")) and selects(asked, pool)]
        ports = {
            number(port.get("hostPort")) for pods in asking for port in pods.ports if port.get("protocol") == "UDP"
        }
        ports |= set(stack.fleet.ports.get(shard, {})) if shard else set()
        used = ranges(("UDP", port, port) for port in ports if port)
        if used or shard:
            yield pool, f"bridges of {shard}" if shard else ", ".join(sorted({pods.title for pods in asking})), used


def _rules(firewall: Resource) -> Iterator[tuple[bool, str, Range]]:
    """Each inbound rule in order: whether it accepts, from where, and the ports. `ANY` is every protocol."""
    for each in mappings(firewall.properties.get("inboundRules")):
        source, protocol = str(each.get("ipRange") or ANY_SOURCE[0]), str(each.get("protocol") or "TCP")
        yield each.get("action") == "accept", source, (protocol, *_range(each))


def _opened(firewall: Resource) -> dict[str, tuple[Range, ...]]:
    """Range of addresses -> ports that are let in from there."""
    opened: dict[str, list[Range]] = {}
    for accepts, source, ports in _rules(firewall):
        if accepts:
            opened.setdefault(source, []).append(ports)
    return {source: ranges(ports) for source, ports in opened.items()}


def _reachable(firewall: Resource, source: str) -> tuple[Range, ...]:
    """UDP ports that are open from a whole address family: the first rule that names a port decides, also one for a few addresses."""
    opened: tuple[Range, ...] = ()
    dropped: list[Range] = []
    for accepts, origin, (protocol, first, last) in _rules(firewall):
        if protocol not in ("UDP", "ANY") or (":" in origin) != (":" in source):
            continue
        if not accepts:
            dropped.append(("UDP", first, last))
        elif origin == source:
            opened = ranges((*opened, *without([("UDP", first, last)], dropped)))
    return opened


def _range(rule_: dict[str, Any]) -> tuple[int, int]:
    if rule_.get("portRange"):
        first, _, last = str(rule_["portRange"]).partition("-")
        return number(first), number(last or first)
    port = number(rule_.get("port"))
    return (port, port) if port else (1, LAST_PORT)


@rule("bridge-pool-without-firewall", "error")
def bridge_pool_without_firewall(stack: Resources) -> Iterator[Hit]:
    """Nodes with public addresses have no firewall."""
    for pool, owner, _ in media_pools(stack):
        if not pool.properties.get("securityGroupId"):
            yield Hit(
                pool.name,
                f"the pool of {owner} has no securityGroupId: its nodes are in the project's default group, and "
                "every listening port is open to the internet",
                "set it to the security group beside the pool",
            )


@rule("firewall-open-by-default", "error")
def firewall_open_by_default(stack: Resources) -> Iterator[Hit]:
    """The firewall allows inbound traffic by default."""
    for resource in stack.resources:
        if resource.type != FIREWALL_TYPE:
            continue
        policy = resource.properties.get("inboundDefaultPolicy", "accept")
        if policy != "drop":
            yield Hit(
                f"{resource.name}.inboundDefaultPolicy",
                f"is {policy}: every port of its nodes is open, including those of kubelet and node exporter",
                "set inboundDefaultPolicy to drop",
            )


@rule("firewall-stops-replies", "error")
def firewall_stops_replies(stack: Resources) -> Iterator[Hit]:
    """The firewall drops what nodes send, or the answers to it."""
    for resource in stack.resources:
        if resource.type != FIREWALL_TYPE:
            continue
        properties = resource.properties
        wrong = [f"stateful is {properties.get('stateful')}"] if properties.get("stateful", True) is False else []
        outbound = properties.get("outboundDefaultPolicy", "accept")
        wrong += [f"outboundDefaultPolicy is {outbound}"] if known(outbound) and outbound != "accept" else []
        wrong += (
            ["outboundRules drop"]
            if any(r.get("action") == "drop" for r in mappings(properties.get("outboundRules")))
            else []
        )
        if wrong:
            yield Hit(
                resource.name,
                f"{', '.join(wrong)}: nodes cannot join the cluster, pull images or answer clients",
                "set stateful to true and outboundDefaultPolicy to accept",
            )


@rule("firewall-of-another", "error")
def firewall_of_another(stack: Resources) -> Iterator[Hit]:
    """A pool has the firewall of another pool or zone."""
    owners: dict[str, Resource] = {}
    for pool, owner, _ in media_pools(stack):
        group, zone, firewall = (
            str(pool.properties.get("securityGroupId") or ""),
            pool.properties.get("zone"),
            _firewall(stack, pool),
        )
        if not group or not known(group) or not known(zone):
            continue
        first = owners.setdefault(group, pool)
        own = firewall.properties.get("zone") if firewall else zone
        zones = {group.partition("/")[0] if "/" in group else zone, own} - {zone}
        wrong = ""
        if firewall is None:
            wrong = f"is {group}, and the stack has no security group beside the pool"
        elif first.parent != pool.parent:
            wrong = f"is also that of {first.name}"
        elif zones and known(own):
            wrong = f"is of zone {', '.join(sorted(map(str, zones)))}, and the pool of {zone}"
        if wrong:
            yield Hit(
                f"{pool.name}.securityGroupId",
                f"{wrong}: nodes of {owner} do not start, or other ports are open than theirs",
                "set it to the security group beside the pool, in the pool's zone",
            )


@rule("bridge-port-closed", "error")
def bridge_port_closed(stack: Resources) -> Iterator[Hit]:
    """The firewall blocks a port on which media arrives."""
    for pool, owner, used in media_pools(stack):
        firewall = _firewall(stack, pool)
        if firewall is None:
            continue
        for source in ANY_SOURCE:
            closed = without(used, _reachable(firewall, source))
            if closed:
                yield Hit(
                    f"{firewall.name}.inboundRules",
                    f"{listed(closed)}, advertised by {owner}, is not allowed from {source}: clients from there have no media",
                    "open exactly the ports of the port plan, for IPv4 and IPv6",
                )


@rule("firewall-opens-more", "error")
def firewall_opens_more(stack: Resources) -> Iterator[Hit]:
    """The firewall opens a port that nothing uses."""
    for pool, owner, used in media_pools(stack):
        firewall = _firewall(stack, pool)
        for source, opened in sorted(_opened(firewall).items()) if firewall else ():
            unused = without(opened, used)
            if firewall and unused:
                yield Hit(
                    f"{firewall.name}.inboundRules",
                    f"{listed(unused)} is open from {source}, and nothing on the nodes of {owner} uses it",
                    "open exactly the ports of the port plan",
                )
