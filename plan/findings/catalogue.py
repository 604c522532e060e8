"""Rules about what Scaleway's recorded lists lack: node types, zones, regions and prices."""

from collections.abc import Iterator

from config.model import nearest
from config.node_type_names import nearest_type
from config.node_types import NODE_TYPES, PRICES_AS_OF, ZONES, OwnNodeType, is_listed, node_type_of
from plan.findings.nodes import at_scaleway
from plan.findings.rule import Hit, Subject, rule
from sizing.node_pools import node_pools

REFRESH = "python -m local catalogue"


@rule("node-type-unknown", "error")
def node_type_unknown(subject: Subject) -> Iterator[Hit]:
    """A node type is on no list, so its size is assumed."""
    for pool in at_scaleway(subject):
        name = pool.node_type
        if name not in NODE_TYPES and not isinstance(name, OwnNodeType):
            facts = node_type_of(name)
            yield Hit(
                pool.type_key,
                f"{name} is on no list of {PRICES_AS_OF}: {facts.vcpus} vCPU and {facts.memory_gib} GiB are assumed, its price is unknown, and "
                "Kapsule may refuse it",
                f"if Scaleway offers {name}: set cluster.nodeTypes: {{{name}: {{cpu: {facts.vcpus}, memory: {facts.memory_gib}}}}} with its "
                f"numbers, or read the lists anew: {REFRESH}; {nearest_type(name)}",
            )


@rule("node-price-unknown", "info")
def node_price_unknown(subject: Subject) -> Iterator[Hit]:
    """The stack file gives a node type's size without its price, so that the bill lacks its nodes."""
    for name in sorted({pool.node_type for pool in at_scaleway(subject) if isinstance(pool.node_type, OwnNodeType)}):
        if node_type_of(name).hourly_eur is None:
            yield Hit(
                "cluster.nodeTypes",
                f"{name} has no price: its nodes are not in the total of the bill",
                "set price, in EUR per hour without tax",
            )


@rule("node-type-ends", "warning")
def node_type_ends(subject: Subject) -> Iterator[Hit]:
    """Scaleway has announced the end of a node type."""
    for pool in at_scaleway(subject):
        if node_type_of(pool.node_type).ends:
            yield Hit(
                pool.type_key,
                f"{pool.node_type} is at the end of its service by the list of {PRICES_AS_OF}: new nodes may be refused",
                "choose another nodeType; a new pool takes over as the old one drains",
            )


@rule("zone-unknown", "warning")
def zone_unknown(subject: Subject) -> Iterator[Hit]:
    """A zone or region is on no list, so what it offers is unknown."""
    if not subject.kapsule:
        return
    region = subject.config.region
    if region and region not in ZONES:
        yield Hit(
            "scaleway:region",
            f"{region} is no region of the list of {PRICES_AS_OF} ({', '.join(ZONES)}): Scaleway may refuse it, and what it offers is unknown",
            f"read the lists anew: {REFRESH} --region {region}; {nearest(region, ZONES)}",
        )
        return
    zones = {*subject.config.balancer_zones, *(pool.zone for pool in node_pools(subject.config))}
    for zone in sorted(zone for zone in zones if not is_listed(zone)):
        yield Hit(
            "shards" if zone in {shard.zone for shard in subject.shards} else "cluster.system.zone",
            f"{zone} is no zone of the list of {PRICES_AS_OF} ({', '.join(ZONES[str(region)])}): Scaleway may refuse it, and which node types it "
            "offers is unknown",
            f"use a zone of the list, or read the lists anew: {REFRESH}",
        )
