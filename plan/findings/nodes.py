"""Rules about how many nodes the stack may ask for."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from config.cluster import NODE_LIMITS
from config.node_types import NODE_TYPES
from plan.findings.rule import Found, Subject, rule
from plan.pools import pool_bounds
from plan.prices import ROOT_VOLUME_GB
from plan.recording_pool import recorder_nodes

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
"""Instances of a type that an organisation with a validated identity may run (Scaleway, organization quotas); HN-10: on request."""

IP_QUOTA = 50  # "Instances IPs" with a validated identity; 20 without (Scaleway, organization quotas)

VOLUME_QUOTA_GB = 5000  # "Block storage" with a validated identity; 500 GB without (Scaleway, organization quotas)


@dataclass(frozen=True, slots=True)
class _Pool:
    """One pool of the stack, or several that are alike."""

    what: str
    size_key: str
    """Where its size is written."""
    type_key: str
    """Where its node type is written."""
    node_type: str
    most: int
    """Nodes at most."""


def _pools(subject: Subject) -> Iterator[_Pool]:
    """Every pool of the stack; none in a cluster of others."""
    config = subject.config
    if not subject.kapsule:
        return
    system = config.cluster.system
    yield _Pool("system", "cluster.system.max", "cluster.system.nodeType", system.node_type, system.max)
    for position, shard in enumerate(subject.shards):
        yield _Pool(
            shard.name,
            subject.ceiling_key(position),
            subject.bridges_key(position, "node_type"),
            shard.bridges.node_type,
            pool_bounds(shard.bridges).max,
        )
    sip = config.jigasi.sip if config.jigasi else None
    if sip:
        yield _Pool("telephones", "jigasi.sip.replicas", "jigasi.sip.nodeType", sip.node_type, sip.replicas)
    udp = config.turn.udp if config.turn else None
    if udp:
        yield _Pool("TURN over UDP", "turn.udp.nodes", "turn.udp.nodeType", udp.node_type, udp.nodes)
    recording = config.recording
    if recording:
        most = recorder_nodes(recording).max
        yield _Pool("recorders", "recording.max", "recording.nodeType", recording.node_type, most)


def _largest(pools: Iterable[_Pool]) -> _Pool:
    """The pool with which a number is lowered most."""
    return max(pools, key=lambda pool: pool.most)


@rule("nodes-above-control-plane", "error")
def nodes_above_control_plane(subject: Subject) -> Iterator[Found]:
    """The pools may grow beyond what the control plane serves."""
    pools = list(_pools(subject))
    total = sum(pool.most for pool in pools)
    control_plane = subject.config.cluster.control_plane
    limit = NODE_LIMITS[control_plane]
    if pools and total > limit:
        larger = [name for name, nodes in NODE_LIMITS.items() if nodes >= total]
        lower = f"lower {_largest(pools).size_key}"
        yield Found(
            "cluster.controlPlane",
            f"{' + '.join(str(pool.most) for pool in pools)} = {total} nodes at most ({', '.join(pool.what for pool in pools)}; spares and "
            f"draining bridges included), above the {limit} of {control_plane}",
            f"take {larger[0]}, or {lower}" if larger else f"{lower}, or raise perNode with a larger nodeType",
        )


@rule("pool-above-quota", "warning")
def pool_above_quota(subject: Subject) -> Iterator[Found]:
    """A node type is wanted more often than the published quota of an organisation allows."""
    wanted: Counter[str] = Counter()
    places: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for pool in _pools(subject):
        wanted[pool.node_type] += pool.most
        places[pool.node_type].append((pool.most, pool.size_key))
    for node_type, most in wanted.items():
        quota = NODE_QUOTAS.get(node_type)
        if quota is not None and most > quota:
            published = f"is {quota} with a validated identity" if quota else "is 0: on request only"
            yield Found(
                max(places[node_type])[1],
                f"up to {most} {node_type}, but the published quota of an organisation {published}; "
                "nodes beyond it are never created, and the pool stays in state scaling",
                "have the quota raised by a support ticket before the day it is needed, or take a type of another family",
            )


@rule("instance-ip-quota", "warning")
def instance_ip_quota(subject: Subject) -> Iterator[Found]:
    """Every node takes a public address, and an organisation has few."""
    pools = list(_pools(subject))
    total = sum(pool.most for pool in pools)
    if total > IP_QUOTA:
        yield Found(
            _largest(pools).size_key,
            f"up to {total} nodes with a public IPv4 each; the published quota of an organisation is {IP_QUOTA} with a "
            "validated identity, 20 without",
            "have the quota for Instance IPs raised by a support ticket, or put more bridges on larger nodes (perNode)",
        )


@rule("spares-without-room", "warning")
def spares_without_room(subject: Subject) -> Iterator[Found]:
    """Spares that no bridge can ever take over."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        written = subject.bridges_key(position, "scaling", "spares")
        if bridges.topology != "autoscaled":
            if "spares" in bridges.scaling.model_fields_set and bridges.scaling.spares:
                yield Found(
                    written,
                    f"spares {bridges.scaling.spares} with topology {bridges.topology}: the number of bridges never changes, so "
                    "nothing takes a spare's place and none is made",
                    "leave spares out, or set topology: autoscaled",
                )
        elif bridges.min == bridges.max and bridges.scaling.spares:
            yield Found(
                written,
                f"spares {bridges.scaling.spares} with min = max = {bridges.max}: the spare nodes are paid for, but no further "
                "bridge ever comes to use them",
                "set scaling.spares: 0, raise max, or set topology: static",
            )
        elif bridges.scaling.spares > (room := bridges.max - bridges.min):
            yield Found(
                written,
                f"spares {bridges.scaling.spares} with min {bridges.min} and max {bridges.max}: of the spare nodes, which are paid for, no "
                f"more than {room} are ever used",
                f"set scaling.spares: {room} or fewer, or raise max",
            )


@rule("node-type-unproven", "warning")
def node_type_unproven(subject: Subject) -> Iterator[Found]:
    """A node type that nobody is known to have run in a Kapsule pool."""
    for pool in _pools(subject):
        if pool.node_type.startswith("POP2-HN"):
            yield Found(
                pool.type_key,
                f"{pool.node_type}: no Kapsule pool of high-network Instances is documented; creation may be refused",
                "try one such pool by hand first, or take COMPUTE3-X12C-24G, which has 4000 Mbit/s",
            )


@rule("volume-quota", "warning")
def volume_quota(subject: Subject) -> Iterator[Found]:
    """Every node has a root volume, and an organisation has so much block storage."""
    pools = list(_pools(subject))
    nodes = sum(pool.most for pool in pools)
    total = nodes * ROOT_VOLUME_GB
    if total > VOLUME_QUOTA_GB:
        yield Found(
            _largest(pools).size_key,
            f"up to {nodes} nodes x {ROOT_VOLUME_GB} GB of root volume = {total} GB; the published quota of block storage is "
            f"{VOLUME_QUOTA_GB} GB with a validated identity, 500 without",
            "have it raised by a support ticket, or put more bridges on larger nodes (perNode)",
        )


@rule("one-node-family", "info")
def one_node_family(subject: Subject) -> Iterator[Found]:
    """When a family of Instances is out of stock, no shard grows."""
    families = {shard.bridges.node_type.partition("-")[0] for shard in subject.active}
    if subject.kapsule and len(subject.active) > 1 and len(families) == 1:
        yield Found(
            "bridges.nodeType",
            f"the bridges of all {len(subject.active)} active shards run on {families.pop()}: when Scaleway has none left in a zone, "
            "or the quota is used up, pools stay in state scaling and no shard takes more",
            "give one shard a nodeType of another family",
        )


@rule("arm-nodes", "warning")
def arm_nodes(subject: Subject) -> Iterator[Found]:
    """Images for another processor; recorders have a rule of their own."""
    for pool in _pools(subject):
        arch = NODE_TYPES[pool.node_type].arch
        if arch != "x86_64" and pool.what != "recorders":
            yield Found(
                pool.type_key,
                f"{pool.node_type} has {arch} cores: every image that runs there must be built for them, else its pods end "
                "with exec format error",
                "check each image with: docker manifest inspect IMAGE; or take an x86_64 type",
            )
