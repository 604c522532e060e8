"""Checks of zones and node types: a stack's own nodes are offered in their zones, at Scaleway in the stack's region."""

import math
from collections.abc import Iterator

from config.balancer import BALANCER_KEYS, PREFIX
from config.node_types import (
    NODE_TYPES,
    ZONES,
    ZONES_WITHOUT_BALANCERS,
    NodeType,
    first_zone,
    in_region,
    is_listed,
    node_type_of,
)
from config.problems import Problem
from config.stack import StackConfig


def elsewhere_problems(config: StackConfig) -> Iterator[Problem]:
    """Yield zones of what a stack without nodes of its own does not create."""
    kind = config.cluster.kind
    if config.cluster.system.zone and not config.cluster.owns_nodes:
        yield Problem(
            "cluster.system.zone",
            f"{config.cluster.system.zone}, but cluster kind {kind} has no system pool: its scheduler chooses the nodes; remove zone",
        )
    if config.cluster.network_id and not config.cluster.is_kapsule:
        yield Problem(
            "cluster.privateNetwork",
            f"{config.cluster.private_network}, but cluster kind {kind} has its network already; remove privateNetwork",
        )
    if config.ingress.ipv6 and not config.cluster.is_kapsule:
        yield Problem(
            "ingress.ipv6",
            f"true, but with cluster kind {kind} the cluster's own controller makes the load balancer and chooses its addresses; remove ipv6",
        )
    if config.ingress.zones and not config.cluster.is_kapsule:
        yield Problem(
            "ingress.zones",
            f"{', '.join(config.ingress.zones)}, but with cluster kind {kind} the cluster's own controller makes the load balancer; remove "
            "zones",
        )


def balancer_problems(config: StackConfig) -> Iterator[Problem]:
    """Yield what a stack tells a load balancer that Scaleway's controller makes from the program's own annotations."""
    if not config.cluster.is_kapsule:
        return
    if config.ingress.proxy_protocol:
        yield Problem(
            "ingress.proxyProtocol", "true, but Scaleway's load balancer sends it in any case; remove proxyProtocol"
        )
    for name in sorted(config.ingress.annotations):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) in BALANCER_KEYS:
            yield Problem(
                f"ingress.annotations.{name}",
                "is set by the program (config/balancer.py gives value and reason); remove it, or use ingress.loadBalancer for "
                "the type and ingress.zones for the zone",
            )


def zone_problems(config: StackConfig) -> Iterator[Problem]:
    """Yield what is wrong with the zones of a stack with nodes of its own."""
    if config.cluster.is_kapsule and config.region is None:
        yield Problem(
            "scaleway:region", f"a Kapsule cluster needs a region, none is set; use one of {', '.join(ZONES)}"
        )
        return
    yield from _system_pool(config)
    network = config.cluster.network_id
    if network and network[0] not in (None, config.region):
        yield Problem(
            "cluster.privateNetwork",
            f"{config.cluster.private_network} is in {network[0]}, and the stack in {config.region}; use a private network of {config.region}",
        )
    if config.cluster.is_kapsule:
        yield from _balancer(config)
    yield from _dedicated_pools(config)
    for number, entry in enumerate(config.shards):
        where = f"shards[{number}].zone"
        override = getattr(entry.bridges, "node_type", None) if entry.bridges else None
        node_type = node_type_of(override or config.bridges.node_type)
        if foreign := _foreign_zone(config, where, entry.zone):
            yield foreign
        elif _lacks(config, entry.zone, node_type):
            yield _not_offered(where, node_type, entry.zone, "move the shard, or choose another nodeType")


def _system_pool(config: StackConfig) -> Iterator[Problem]:
    """The system pool runs in its own zone, or else in the region's first or the first shard's."""
    zone, node_type = config.system_zone, node_type_of(config.cluster.system.node_type)
    if foreign := _foreign_zone(config, "cluster.system.zone", zone):
        yield foreign
    elif _lacks(config, zone, node_type):
        enough = [
            other
            for other in NODE_TYPES.values()
            if zone in other.zones
            and other.vcpus >= node_type.vcpus
            and other.arch == node_type.arch
            and not other.ends
        ]
        cheapest = min(enough, key=lambda other: other.hourly_in(zone) or math.inf, default=None)
        yield _not_offered(
            "cluster.system.nodeType",
            node_type,
            f"{zone}, where the system pool runs",
            f"choose another, such as {cheapest.name}" if cheapest else "move the first shard",
        )


def _balancer(config: StackConfig) -> Iterator[Problem]:
    """Each load balancer is in a zone of the region that offers load balancers."""
    for number, zone in enumerate(config.balancer_zones):
        where = f"ingress.zones[{number}]"
        if foreign := _foreign_zone(config, where, zone):
            yield foreign
        elif zone in ZONES_WITHOUT_BALANCERS:
            others = ", ".join(other for other in ZONES[str(config.region)] if other not in ZONES_WITHOUT_BALANCERS)
            remedy = f"use one of {others}" if others else "use another region"
            yield Problem(where, f"Scaleway offers no load balancers in {zone}; {remedy}")


def _dedicated_pools(config: StackConfig) -> Iterator[Problem]:
    """Nodes for one kind of pod run in their own zone, or else in the region's first."""
    sip = config.jigasi.sip if config.jigasi else None
    udp = config.turn.udp if config.turn else None
    for key, pool in (("jigasi.sip", sip), ("turn.udp", udp), ("recording", config.recording)):
        if pool is None:
            continue
        zone = pool.zone or config.own_nodes_zone
        if foreign := _foreign_zone(config, f"{key}.zone", zone):
            yield foreign
        elif _lacks(config, zone, node_type := node_type_of(pool.node_type)):
            yield _not_offered(f"{key}.nodeType", node_type, zone, f"set {key}.zone, or choose another nodeType")


def _foreign_zone(config: StackConfig, where: str, zone: str) -> Problem | None:
    """Return that the zone is not in the region; None if it is, or outside of Scaleway."""
    region = config.region if config.cluster.is_kapsule else None
    if region is None or in_region(zone, region):
        return None
    return Problem(
        where,
        f"{zone} is not a zone of region {region}; use one of {', '.join(ZONES.get(region, (first_zone(region),)))}",
    )


def _lacks(config: StackConfig, zone: str, node_type: NodeType) -> bool:
    """Whether the zone's list lacks the type; a zone of Scaleway without a list lacks none, nor does any a type without one."""
    unlisted = config.cluster.is_kapsule and not is_listed(zone)
    return bool(node_type.zones) and zone not in node_type.zones and not unlisted


def _not_offered(where: str, node_type: NodeType, place: str, remedy: str) -> Problem:
    zones = ", ".join(node_type.zones)
    return Problem(
        where,
        f"{node_type.name} is not offered in {place}; it is in {zones}: {remedy}; a newer list: python -m local catalogue",
    )
