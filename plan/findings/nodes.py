"""Rules about how many nodes the stack may ask for."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from config.cluster import NODE_LIMITS
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


def _pools(subject: Subject) -> Iterator[tuple[str, str, int]]:
    """Every pool of the stack: where its size is written, its node type, its most nodes."""
    if not subject.kapsule:
        return
    system = subject.config.cluster.system
    yield "cluster.system.max", system.node_type, system.max
    for position, shard in enumerate(subject.shards):
        yield subject.bridges_key(position, "max"), shard.bridges.node_type, pool_bounds(shard.bridges).max
    if subject.config.jigasi and subject.config.jigasi.sip:
        yield "jigasi.sip.replicas", subject.config.jigasi.sip.node_type, subject.config.jigasi.sip.replicas
    recording = subject.config.recording
    if recording:
        yield "recording.max", recording.node_type, recorder_nodes(recording).max


@rule("nodes-above-control-plane", "error")
def nodes_above_control_plane(subject: Subject) -> Iterator[Found]:
    """The pools may grow beyond what the control plane serves."""
    pools = list(_pools(subject))
    total = sum(most for _, _, most in pools)
    control_plane = subject.config.cluster.control_plane
    limit = NODE_LIMITS[control_plane]
    if pools and total > limit:
        larger = [name for name, nodes in NODE_LIMITS.items() if nodes >= total]
        yield Found(
            "cluster.controlPlane",
            f"{' + '.join(str(most) for _, _, most in pools)} = {total} nodes at most (system, then shards and recorders; spares and draining "
            f"bridges included), above the {limit} of {control_plane}",
            f"take {larger[0]}, or lower bridges.max"
            if larger
            else "lower bridges.max, or raise perNode with a larger nodeType",
        )


@rule("pool-above-quota", "warning")
def pool_above_quota(subject: Subject) -> Iterator[Found]:
    """A node type is wanted more often than the published quota of an organisation allows."""
    wanted: Counter[str] = Counter()
    places: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for where, node_type, most in _pools(subject):
        wanted[node_type] += most
        places[node_type].append((most, where))
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
    total = sum(most for _, _, most in _pools(subject))
    if total > IP_QUOTA:
        yield Found(
            "bridges.max",
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


@rule("node-type-unproven", "warning")
def node_type_unproven(subject: Subject) -> Iterator[Found]:
    """A node type that nobody is known to have run in a Kapsule pool."""
    for where, node_type, _ in _pools(subject):
        if node_type.startswith("POP2-HN"):
            yield Found(
                where.removesuffix("max") + "nodeType",
                f"{node_type}: no Kapsule pool of high-network Instances is documented; creation may be refused",
                "try one such pool by hand first, or take COMPUTE3-X12C-24G, which has 4000 Mbit/s",
            )


@rule("volume-quota", "warning")
def volume_quota(subject: Subject) -> Iterator[Found]:
    """Every node has a root volume, and an organisation has so much block storage."""
    nodes = sum(most for _, _, most in _pools(subject))
    total = nodes * ROOT_VOLUME_GB
    if total > VOLUME_QUOTA_GB:
        yield Found(
            "bridges.max",
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
