"""What a stack costs in a month, at least, typically and at most."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.node_types import NODE_TYPES
from config.recording import Recording
from config.stack import StackConfig
from plan.pools import pool_bounds
from plan.prices import (
    BLOCK_STORAGE_GB,
    CONTROL_PLANES,
    HOURS_PER_MONTH,
    HOURS_PER_WEEK,
    IPV4,
    LOAD_BALANCERS,
    OBJECT_STORAGE_GB,
    OBJECT_STORAGE_SOURCE,
    ROOT_VOLUME_GB,
    SOURCE,
)
from plan.recorded import ASSUMED, kept_days, most_gigabytes, typical_gigabytes
from plan.recording_pool import fewest, recorder_nodes
from plan.system_pods import nodes_at_rest
from plan.typical import BUSY_HOURS, BUSY_SHARE, typical_week

_BYTES = {"Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
GB = 10**9  # Block Storage is sold in decimal gigabytes
RECORDINGS = "recordings in their bucket"
LOGS_UNPRICED = (
    "not on it: logs in Cockpit, billed by what is pushed and by how long it is kept (monitoring.logs.retention)"
)
NOT_OURS = "the cluster is already there and its bill is not this stack's"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill: `hourly` EUR for one unit, and how many units run at least, on average and at most."""

    what: str
    unit: str
    hourly: float
    min: float
    typical: float
    max: float

    def monthly(self, units: float) -> float:
        """EUR per month of 730 hours for that many units."""
        return self.hourly * units * HOURS_PER_MONTH

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it: EUR per month, to the cent."""
        return {
            "what": self.what,
            "unit": self.unit,
            "hourly": self.hourly,
            "min": round(self.monthly(self.min), 2),
            "typical": round(self.monthly(self.typical), 2),
            "max": round(self.monthly(self.max), 2),
        }


def gigabytes(quantity: str) -> int:
    """Started decimal gigabytes of a Kubernetes quantity such as `20Gi`."""
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi|Ti)", quantity).groups()  # type: ignore[union-attr]
    return -(-int(number) * _BYTES[unit] // GB)


def _fixed(what: str, unit: str, hourly: float, units: float = 1) -> Item:
    return Item(what, unit, hourly, units, units, units)


def _recorded_share(recording: Recording) -> float:
    """Of the week, the share that is billed for recorders half-way to the most; none where they stand always."""
    return 0.0 if fewest(recording) == recording.max else BUSY_HOURS / HOURS_PER_WEEK * BUSY_SHARE


def _bridge_nodes(config: StackConfig, today: date) -> Iterator[Item]:
    """The pools of the shards; a spare that no timetable sends away is there at least."""
    for shard in config.resolved:
        week = typical_week(shard.bridges, today)
        node_type = shard.bridges.node_type
        hourly, most = NODE_TYPES[node_type].hourly_eur, pool_bounds(shard.bridges).max
        yield Item(f"bridge nodes of {shard.name}", node_type, hourly, week.least, week.nodes, most)


def _system_nodes(config: StackConfig) -> Item:
    """The system pool; what always runs there may need more nodes than its `min`."""
    pool, rest = config.cluster.system, nodes_at_rest(config)
    return Item("system nodes", pool.node_type, NODE_TYPES[pool.node_type].hourly_eur, rest, rest, pool.max)


def _special_nodes(config: StackConfig) -> Iterator[Item]:
    """Pools for telephones, for TURN over UDP and for recorders."""
    sip = config.jigasi.sip if config.jigasi else None
    if sip:
        yield _fixed("nodes for telephones", sip.node_type, NODE_TYPES[sip.node_type].hourly_eur, sip.replicas)
    udp = config.turn.udp if config.turn else None
    if udp:
        yield _fixed("nodes for TURN over UDP", udp.node_type, NODE_TYPES[udp.node_type].hourly_eur, udp.nodes)
    if config.recording:
        recorders = recorder_nodes(config.recording)
        average = recorders.min + _recorded_share(config.recording) * (recorders.max - recorders.min)
        node_type = config.recording.node_type
        hourly = NODE_TYPES[node_type].hourly_eur
        yield Item("recorder nodes", node_type, hourly, recorders.min, average, recorders.max)


def _with_each_node(nodes: list[Item]) -> Iterator[Item]:
    """What every node has beside itself."""
    least, typical, most = (sum(getattr(item, column) for item in nodes) for column in ("min", "typical", "max"))
    yield Item("public addresses of nodes", "IPv4", IPV4, least, typical, most)
    yield Item(
        "root volumes", f"{ROOT_VOLUME_GB} GB Block Storage 5K", BLOCK_STORAGE_GB * ROOT_VOLUME_GB, least, typical, most
    )


def _beside_nodes(config: StackConfig) -> Iterator[Item]:
    """Control plane, load balancer, volumes and the bucket."""
    control_plane = config.cluster.control_plane
    yield _fixed("control plane", control_plane, CONTROL_PLANES[control_plane])
    yield _fixed("load balancer", config.ingress.load_balancer, LOAD_BALANCERS[config.ingress.load_balancer])
    yield _fixed("public address of the load balancer", "IPv4", IPV4)
    if config.recording:
        size = gigabytes(config.recording.storage)
        fewest_volumes, most_volumes = fewest(config.recording), config.recording.max
        # One that was needed once stays; half-way is assumed, as for the nodes.
        middle = fewest_volumes + (most_volumes - fewest_volumes) * BUSY_SHARE
        what = f"{size} GB Block Storage 5K"
        yield Item("volumes of recorders", what, BLOCK_STORAGE_GB * size, fewest_volumes, middle, most_volumes)
        if config.recording.endpoint is None:
            what = f"GB Object Storage, {kept_days(config.recording)} days of recordings"
            typical, most = typical_gigabytes(config.recording), most_gigabytes(config.recording)
            yield Item(RECORDINGS, what, OBJECT_STORAGE_GB, 0, typical, most)
    if config.metrics.managed:
        size = gigabytes(config.metrics.storage)
        yield _fixed("volume of Prometheus", f"{size} GB Block Storage 5K", BLOCK_STORAGE_GB * size)
    if config.documents and config.documents.storage:
        size = gigabytes(config.documents.storage)
        yield _fixed("volume of the shared documents", f"{size} GB Block Storage 5K", BLOCK_STORAGE_GB * size)


def items(config: StackConfig, today: date) -> Iterator[Item]:
    """Every line of the bill; `today` decides which timetable entries still count. Nothing for an existing cluster."""
    if config.cluster.kind == "existing":
        return
    nodes = [_system_nodes(config), *_bridge_nodes(config, today), *_special_nodes(config)]
    yield from (*nodes, *_with_each_node(nodes), *_beside_nodes(config))


NODE_EXTRA = IPV4 + BLOCK_STORAGE_GB * ROOT_VOLUME_GB
"""EUR per hour of every node beside the node itself: its public address and its root volume."""


def fixed_hourly(config: StackConfig) -> float:
    """EUR per hour of all but the bridges' nodes, at its least; 0 for an existing cluster."""
    if config.cluster.kind == "existing":
        return 0.0
    nodes = [_system_nodes(config), *_special_nodes(config)]
    return sum(item.hourly * item.min for item in (*nodes, *_with_each_node(nodes), *_beside_nodes(config)))


def cost(config: StackConfig, today: date) -> dict[str, Any]:
    """The report's `cost`: EUR per month without tax; traffic is free on Scaleway and not listed."""
    lines = list(items(config, today))
    monthly = {
        column: round(sum(line.monthly(getattr(line, column)) for line in lines), 2)
        for column in ("min", "typical", "max")
    }
    bases = sorted({f"{shard.name}: {typical_week(shard.bridges, today).basis}" for shard in config.resolved})
    source = SOURCE if lines else NOT_OURS
    if any(line.what == RECORDINGS for line in lines):
        source += f", {OBJECT_STORAGE_SOURCE} ({RECORDINGS}: {ASSUMED})"
    if lines and config.monitoring.logs.to == "cockpit":
        source += f"; {LOGS_UNPRICED}"
    return {
        "currency": "EUR",
        "monthly": monthly,
        "items": [line.as_dict() for line in lines],
        "source": source,
        "typicalFrom": bases if lines else [],
    }
