"""Rules about what the bridges' nodes let in."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import FIREWALL_TYPE
from plan.findings.rule import Found, rule
from plan.recorder import Resource
from plan.resources.made import Made

ANYWHERE = ("0.0.0.0/0", "::/0")


def _firewall(made: Made, pool: Resource) -> Resource | None:
    """The security group beside a pool, under the same component."""
    return next((one for one in made.resources if one.type == FIREWALL_TYPE and one.parent == pool.parent), None)


def _opened(firewall: Resource) -> dict[str, frozenset[tuple[str, int, int]]]:
    """Range of addresses -> protocol, first and last port that are let in from there."""
    found: dict[str, set[tuple[str, int, int]]] = {}
    for rule_ in firewall.properties.get("inboundRules") or []:
        if rule_.get("action") == "accept":
            source = str(rule_.get("ipRange") or "0.0.0.0/0")
            found.setdefault(source, set()).add((str(rule_.get("protocol") or "TCP"), *_range(rule_)))
    return {source: frozenset(opened) for source, opened in found.items()}


def _range(rule_: dict[str, Any]) -> tuple[int, int]:
    if rule_.get("portRange"):
        first, _, last = str(rule_["portRange"]).partition("-")
        return int(first), int(last or first)
    port = int(rule_.get("port") or 0)
    return (port, port) if port else (1, 65535)


def _ports(opened: frozenset[tuple[str, int, int]]) -> set[int]:
    return {port for protocol, first, last in opened if protocol == "UDP" for port in range(first, last + 1)}


@rule("bridge-pool-without-firewall", "error")
def bridge_pool_without_firewall(made: Made) -> Iterator[Found]:
    """Nodes with public addresses and nothing in front of them."""
    for shard, pool in made.bridge_pools:
        if not pool.properties.get("securityGroupId"):
            yield Found(
                pool.name,
                f"the pool of {shard} has no securityGroupId: its nodes stand in the project's default group, and every port that "
                "answers on them is open to the world",
                "give it the security group of its shard",
            )


@rule("firewall-open-by-default", "error")
def firewall_open_by_default(made: Made) -> Iterator[Found]:
    """What no rule names is let in."""
    for resource in made.resources:
        if resource.type != FIREWALL_TYPE:
            continue
        policy = resource.properties.get("inboundDefaultPolicy", "accept")
        if policy != "drop":
            yield Found(
                f"{resource.name}.inboundDefaultPolicy",
                f"is {policy}: every port of the nodes behind it is open, those of kubelet and node exporter too",
                "set inboundDefaultPolicy to drop",
            )


@rule("bridge-port-closed", "error")
def bridge_port_closed(made: Made) -> Iterator[Found]:
    """A bridge advertises a port that its nodes' firewall does not let in."""
    for shard, pool in made.bridge_pools:
        firewall = _firewall(made, pool)
        if firewall is None:
            continue
        opened = _opened(firewall)
        for source in ANYWHERE:
            closed = sorted(set(made.fleet.ports.get(shard, {})) - _ports(opened.get(source, frozenset())))
            if closed:
                yield Found(
                    f"{firewall.name}.inboundRules",
                    f"UDP {_listed(closed)}, which bridges of {shard} advertise, is not let in from {source}: who comes from there "
                    "has no media",
                    "open exactly the ports of the port plan, for IPv4 and IPv6",
                )


@rule("firewall-opens-more", "error")
def firewall_opens_more(made: Made) -> Iterator[Found]:
    """The firewall lets in what no bridge listens on."""
    for shard, pool in made.bridge_pools:
        firewall = _firewall(made, pool)
        if firewall is None:
            continue
        used = set(made.fleet.ports.get(shard, {}))
        for source, opened in sorted(_opened(firewall).items()):
            others = sorted({f"{protocol} {first}-{last}" for protocol, first, last in opened if protocol != "UDP"})
            unused = sorted(_ports(opened) - used)
            said = [*others, *([f"UDP {_listed(unused)}"] if unused else [])]
            if said:
                yield Found(
                    f"{firewall.name}.inboundRules",
                    f"{', '.join(said)} is open from {source}, and no bridge of {shard} uses it",
                    "open exactly the ports of the port plan",
                )


@rule("bridge-pool-without-bounds", "error")
def bridge_pool_without_bounds(made: Made) -> Iterator[Found]:
    """An autoscaler without an end, or with an end before its beginning."""
    for shard, pool in made.bridge_pools:
        least, most = pool.properties.get("minSize"), pool.properties.get("maxSize")
        if not pool.properties.get("autoscaling"):
            continue
        if not isinstance(least, int) or not isinstance(most, int) or not 0 <= least <= most or most < 1:
            yield Found(
                f"{pool.name}.maxSize",
                f"the pool of {shard} is autoscaled from {least} to {most}",
                "give it minSize and maxSize, the first not above the second",
            )


@rule("bridge-pool-without-addresses", "error")
def bridge_pool_without_addresses(made: Made) -> Iterator[Found]:
    """Bridges on nodes that nobody outside reaches."""
    for shard, pool in made.bridge_pools:
        if pool.properties.get("publicIpDisabled") is True:
            yield Found(
                f"{pool.name}.publicIpDisabled",
                f"nodes of {shard} have no public address, and a load balancer at Scaleway carries no UDP: nobody has media",
                "set publicIpDisabled to false",
            )


def _listed(ports: list[int]) -> str:
    """The first few of many."""
    shown = ", ".join(map(str, ports[:5]))
    return f"{shown} and {len(ports) - 5} more" if len(ports) > 5 else shown  # noqa: PLR2004
