"""Rules about the number and type of nodes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from config.cluster import NODE_LIMITS
from config.node_types import node_type_of
from plan.findings.rule import Hit, Subject, rule
from sizing.node_pools import node_pools

NODE_QUOTAS = {
    "DEV1-M": 15,
    "DEV1-L": 10,
    "DEV1-XL": 6,
    "GP1-XS": 4,
    "PRO2-XXS": 5,
    "PRO2-XS": 4,
    "PRO2-S": 4,
    "POP2-HC-2C-4G": 5,
    "POP2-HC-4C-8G": 4,
    "POP2-HC-8C-16G": 2,
    "POP2-HN-3": 2,
    "POP2-HN-5": 2,
    "POP2-HN-10": 0,
}
"""Instances per type that an organization with a verified identity may run (Scaleway, organization quotas); HN-10: on request."""

IP_QUOTA = 50  # "Instances IPs" with a verified identity; 20 without (Scaleway, organization quotas)

VOLUME_QUOTA_GB = 5000  # "Block storage" with a verified identity; 500 GB without (Scaleway, organization quotas)


@dataclass(frozen=True, slots=True)
class _Pool:
    """A pool of the stack."""

    what: str
    size_key: str
    """Config key of its size."""
    type_key: str
    """Config key of its node type."""
    node_type: str
    max: int
    """Maximum number of nodes."""
    root_gb: int
    """Root volume of each."""


_KEYS = {
    "system": ("system", "cluster.system.max", "cluster.system.nodeType"),
    "gateways": ("telephones", "jigasi.sip.replicas", "jigasi.sip.nodeType"),
    "relays": ("TURN over UDP", "turn.udp.nodes", "turn.udp.nodeType"),
    "recorders": ("recorders", "recording.max", "recording.nodeType"),
}


def _pools(subject: Subject) -> Iterator[_Pool]:
    """Yield every pool of the stack; none on nodes that it does not own."""
    positions = {shard.name: position for position, shard in enumerate(subject.shards)}
    for pool in node_pools(subject.config):
        if pool.shard:
            position = positions[pool.shard.name]
            keys = (pool.shard.name, subject.ceiling_key(position), subject.bridges_key(position, "node_type"))
        else:
            keys = _KEYS[pool.kind]
        yield _Pool(*keys, pool.node_type, pool.bounds.max, pool.root.size)


def at_scaleway(subject: Subject) -> list[_Pool]:
    """Return the pools to which Scaleway's quotas and limits apply."""
    return list(_pools(subject)) if subject.kapsule else []


def _largest(pools: Iterable[_Pool]) -> _Pool:
    """Return the pool with the most nodes."""
    return max(pools, key=lambda pool: pool.max)


@rule("nodes-above-control-plane", "error")
def nodes_above_control_plane(subject: Subject) -> Iterator[Hit]:
    """The pools may outgrow the control plane."""
    pools = at_scaleway(subject)
    total = sum(pool.max for pool in pools)
    control_plane = subject.config.cluster.control_plane
    limit = NODE_LIMITS[control_plane]
    if pools and total > limit:
        larger = [name for name, nodes in NODE_LIMITS.items() if nodes >= total]
        lower = f"lower {_largest(pools).size_key}"
        yield Hit(
            "cluster.controlPlane",
            f"{' + '.join(str(pool.max) for pool in pools)} = {total} nodes at most "
            f"({', '.join(pool.what for pool in pools)}; including spares and draining bridges), above the {limit} "
            f"of {control_plane}",
            f"use {larger[0]}, or {lower}" if larger else f"{lower}, or raise perNode with a larger nodeType",
        )


@rule("pool-above-quota", "warning")
def pool_above_quota(subject: Subject) -> Iterator[Hit]:
    """The pools may need more nodes of a type than the published quota."""
    totals: Counter[str] = Counter()
    places: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for pool in at_scaleway(subject):
        totals[pool.node_type] += pool.max
        places[pool.node_type].append((pool.max, pool.size_key))
    for node_type, nodes in totals.items():
        quota = NODE_QUOTAS.get(node_type)
        if quota is not None and nodes > quota:
            published = f"is {quota} with a verified identity" if quota else "is 0: on request only"
            yield Hit(
                max(places[node_type])[1],
                f"up to {nodes} {node_type}, but the published quota of an organization {published}; nodes above it "
                "are never created, and the pool stays in state scaling",
                "request a higher quota in a support ticket in advance, or use a type of another family",
            )


@rule("instance-ip-quota", "warning")
def instance_ip_quota(subject: Subject) -> Iterator[Hit]:
    """Every node needs a public address, and the quota is small."""
    pools = at_scaleway(subject)
    total = sum(pool.max for pool in pools)
    if total > IP_QUOTA:
        yield Hit(
            _largest(pools).size_key,
            f"up to {total} nodes with a public IPv4 each; the published quota of an organization is {IP_QUOTA} with "
            "a verified identity, 20 without",
            "request a higher quota for Instance IPs in a support ticket, or run more bridges per node on larger "
            "nodes (perNode)",
        )


@rule("spares-without-room", "warning")
def spares_without_room(subject: Subject) -> Iterator[Hit]:
    """Bridges can never use the spare nodes."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        key = subject.bridges_key(position, "scaling", "spares")
        if bridges.topology != "autoscaled":
            if "spares" in bridges.scaling.model_fields_set and bridges.scaling.spares:
                yield Hit(
                    key,
                    f"spares {bridges.scaling.spares} with topology {bridges.topology}: the number of bridges never "
                    "changes, so no spare is created",
                    "remove spares, or set topology: autoscaled",
                )
        elif bridges.min == bridges.max and bridges.scaling.spares:
            yield Hit(
                key,
                f"spares {bridges.scaling.spares} with min = max = {bridges.max}: the spare nodes are billed, but no "
                "bridge is ever added to use them",
                "set scaling.spares: 0, raise max, or set topology: static",
            )
        elif bridges.scaling.spares > (room := bridges.max - bridges.min):
            yield Hit(
                key,
                f"spares {bridges.scaling.spares} with min {bridges.min} and max {bridges.max}: all spare nodes are "
                f"billed, but at most {room} are ever used",
                f"set scaling.spares: {room} or fewer, or raise max",
            )


@rule("node-type-unproven", "warning")
def node_type_unproven(subject: Subject) -> Iterator[Hit]:
    """The node type is not documented for Kapsule pools."""
    for pool in at_scaleway(subject):
        if pool.node_type.startswith("POP2-HN"):
            yield Hit(
                pool.type_key,
                f"{pool.node_type}: high-network Instances are not documented for Kapsule pools; creation may be "
                "refused",
                "create one such pool by hand first, or use COMPUTE3-X12C-24G, which has 4000 Mbit/s",
            )


@rule("volume-quota", "warning")
def volume_quota(subject: Subject) -> Iterator[Hit]:
    """The nodes' root volumes may exceed the block storage quota."""
    pools = at_scaleway(subject)
    nodes = sum(pool.max for pool in pools)
    total = sum(pool.max * pool.root_gb for pool in pools)
    sizes = " or ".join(map(str, sorted({pool.root_gb for pool in pools})))
    if total > VOLUME_QUOTA_GB:
        yield Hit(
            _largest(pools).size_key,
            f"up to {nodes} nodes x {sizes} GB of root volume = {total} GB; the published quota of block "
            f"storage is {VOLUME_QUOTA_GB} GB with a verified identity, 500 without",
            "request a higher quota in a support ticket, or run more bridges per node on larger nodes (perNode)",
        )


@rule("one-node-family", "info")
def one_node_family(subject: Subject) -> Iterator[Hit]:
    """If one family of Instances is out of stock, no shard scales up."""
    families = {shard.bridges.node_type.partition("-")[0] for shard in subject.active}
    if subject.kapsule and len(subject.active) > 1 and len(families) == 1:
        yield Hit(
            "bridges.nodeType",
            f"the bridges of all {len(subject.active)} active shards run on {families.pop()}: if Scaleway has none "
            "left in a zone, or the quota is used up, pools stay in state scaling and no shard grows",
            "give one shard a nodeType of another family",
        )


@rule("arm-nodes", "warning")
def arm_nodes(subject: Subject) -> Iterator[Hit]:
    """Images must support the nodes' CPU architecture (`recorder-node-arm` covers recorders)."""
    for pool in _pools(subject):
        arch = node_type_of(pool.node_type).arch
        if arch != "x86_64" and pool.what != "recorders":
            yield Hit(
                pool.type_key,
                f"{pool.node_type} has {arch} cores: every image that runs there must support that architecture, "
                "otherwise its pods fail with exec format error",
                "check each image with: docker manifest inspect IMAGE; or use an x86_64 type",
            )
