"""Cost of a stack per month: minimum, typical and maximum."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.node_types import node_type_of
from config.quantities import gigabytes
from config.stack import StackConfig
from sizing.node_pools import NodePool, node_pools
from sizing.pools import min_recorders
from sizing.prices import (
    BLOCK_STORAGE_GB,
    CONTROL_PLANES,
    HOURS_PER_MONTH,
    IPV4,
    LOAD_BALANCERS,
    OBJECT_STORAGE_GB,
    OBJECT_STORAGE_SOURCE,
    SOURCE,
)
from sizing.system_pods import nodes_at_rest
from sizing.typical_use import (
    ASSUMED_RECORDINGS,
    BUSY_SHARE,
    kept_days,
    max_gigabytes,
    recorded_share,
    typical_gigabytes,
    typical_week,
)

RECORDINGS = "recordings in their bucket"
LOGS_UNPRICED = (
    "not on it: logs in Cockpit, billed by what is pushed and by how long it is kept (monitoring.logs.retention)"
)
NODES_ONLY = "node prices of config.node_types; nothing else is priced for this cloud"
EXISTING_CLUSTER = "the cluster is already there and its bill is not this stack's"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill: EUR per hour for one unit, None if it is unknown, and the minimum, average and maximum of units."""

    what: str
    unit: str
    hourly: float | None
    min: float
    typical: float
    max: float

    def monthly(self, units: float) -> float | None:
        """EUR per month of 730 hours for that many units; None if the price is unknown."""
        return None if self.hourly is None else self.hourly * units * HOURS_PER_MONTH

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it: EUR per month, to the cent; null where the price is unknown."""
        return {
            "what": self.what,
            "unit": self.unit,
            "hourly": self.hourly,
            "min": _cents(self.monthly(self.min)),
            "typical": _cents(self.monthly(self.typical)),
            "max": _cents(self.monthly(self.max)),
        }


def _fixed(what: str, unit: str, hourly: float, units: float = 1) -> Item:
    return Item(what, unit, hourly, units, units, units)


_LABELS = {
    "system": "system nodes",
    "bridges": "bridge nodes",
    "gateways": "nodes for telephones",
    "relays": "nodes for TURN over UDP",
    "recorders": "recorder nodes",
}


def _units(config: StackConfig, pool: NodePool, today: date) -> tuple[float, float]:
    """Minimum and average of the pool's nodes; both may be above `bounds.min`, for spares and for system pods at rest."""
    if pool.shard:
        week = typical_week(pool.shard.bridges, today)
        return week.min, week.nodes
    if pool.kind == "system":
        return (nodes := nodes_at_rest(config, pool.zone)), nodes
    share = recorded_share(config.recording) if pool.kind == "recorders" and config.recording else 0.0
    return pool.bounds.min, pool.bounds.min + share * (pool.bounds.max - pool.bounds.min)


def _nodes(config: StackConfig, pool: NodePool, today: date) -> Item:
    """The pool's line of the bill."""
    label = f"{_LABELS[pool.kind]} of {pool.shard.name}" if pool.shard else _LABELS[pool.kind]
    if pool.kind == "system" and pool.zone != config.system_zone:
        label += f" in {pool.zone}"
    units = _units(config, pool, today)
    return Item(label, pool.node_type, node_type_of(pool.node_type).hourly_in(pool.zone), *units, pool.bounds.max)


def _with_each_node(nodes: list[tuple[NodePool, Item]]) -> Iterator[Item]:
    """Public address and root volume of every node, a line for each kind of volume."""
    yield Item("public addresses of nodes", "IPv4", IPV4, *_units_of(item for _, item in nodes))
    for root in dict.fromkeys(pool.root for pool, _ in nodes):
        label = f"{root.size} GB Block Storage {'15K, at the price of 5K' if root.type == 'sbs_15k' else '5K'}"
        units = _units_of(item for pool, item in nodes if pool.root == root)
        yield Item("root volumes", label, BLOCK_STORAGE_GB * root.size, *units)


def _units_of(items: Iterable[Item]) -> list[float]:
    """Minimum, average and maximum of all items together."""
    listed = list(items)
    return [sum(getattr(item, column) for item in listed) for column in ("min", "typical", "max")]


def _beside_nodes(config: StackConfig) -> Iterator[Item]:
    """Control plane, load balancer, volumes and the bucket, at Scaleway."""
    control_plane = config.cluster.control_plane
    yield _fixed("control plane", control_plane, CONTROL_PLANES[control_plane])
    for number, zone in enumerate(config.balancer_zones):
        what = f"load balancer in {zone}" if number else "load balancer"
        yield _fixed(what, config.ingress.load_balancer, LOAD_BALANCERS[config.ingress.load_balancer])
        yield _fixed(f"public address of the {what}", "IPv4", IPV4)
    if config.recording:
        size = gigabytes(config.recording.storage)
        lower, upper = min_recorders(config.recording), config.recording.max
        # A volume that was needed once stays; half-way is assumed, as for the nodes.
        units = (lower, lower + (upper - lower) * BUSY_SHARE, upper)
        yield Item("volumes of recorders", f"{size} GB Block Storage 5K", BLOCK_STORAGE_GB * size, *units)
        if config.recording.endpoint is None:
            what = f"GB Object Storage, {kept_days(config.recording)} days of recordings"
            units = (0, typical_gigabytes(config.recording), max_gigabytes(config.recording))
            yield Item(RECORDINGS, what, OBJECT_STORAGE_GB, *units)
    if config.metrics.managed:
        size = gigabytes(config.metrics.storage)
        yield _fixed("volume of Prometheus", f"{size} GB Block Storage 5K", BLOCK_STORAGE_GB * size)
    if config.documents and config.documents.storage:
        size = gigabytes(config.documents.storage)
        yield _fixed("volume of the shared documents", f"{size} GB Block Storage 5K", BLOCK_STORAGE_GB * size)


def items(config: StackConfig, today: date) -> Iterator[Item]:
    """Every line of the bill; `today` decides which timetable entries still count. None for an existing cluster."""
    if not config.cluster.owns_nodes:
        return
    nodes = [(pool, _nodes(config, pool, today)) for pool in node_pools(config)]
    yield from _bill(config, nodes)


def _bill(config: StackConfig, nodes: list[tuple[NodePool, Item]]) -> Iterator[Item]:
    """Yield the nodes and, if their prices are known, volumes, addresses and other resources."""
    yield from (item for _, item in nodes)
    if config.cluster.is_kapsule:
        yield from (*_with_each_node(nodes), *_beside_nodes(config))


def _cents(eur: float | None) -> float | None:
    return None if eur is None else round(eur, 2)


def fixed_hourly(config: StackConfig) -> float | None:
    """Minimum EUR per hour of everything but bridge nodes; 0 for an existing cluster, None if a price is unknown."""
    if not config.cluster.owns_nodes:
        return 0.0
    any_day = date.min  # only bridges have a timetable
    nodes = [(pool, _nodes(config, pool, any_day)) for pool in node_pools(config) if pool.kind != "bridges"]
    known = [item.hourly * item.min for item in _bill(config, nodes) if item.hourly is not None]
    return sum(known) if len(known) == len(list(_bill(config, nodes))) else None


def cost(config: StackConfig, today: date) -> dict[str, Any]:
    """The report's `cost`: EUR per month without tax; traffic is free on Scaleway and not listed."""
    lines = list(items(config, today))
    monthly = {
        column: round(sum(line.monthly(getattr(line, column)) or 0 for line in lines), 2)
        for column in ("min", "typical", "max")
    }
    bases = [f"{shard.name}: {typical_week(shard.bridges, today).basis}" for shard in config.resolved]
    source = (SOURCE if config.cluster.is_kapsule else NODES_ONLY) if lines else EXISTING_CLUSTER
    if any(line.what == RECORDINGS for line in lines):
        source += f", {OBJECT_STORAGE_SOURCE} ({RECORDINGS}: {ASSUMED_RECORDINGS})"
    if unknown := sorted({line.unit for line in lines if line.hourly is None}):
        source += f"; price unknown, and not in the total: {', '.join(unknown)} (cluster.nodeTypes)"
    if lines and config.monitoring.logs.to == "cockpit":
        source += f"; {LOGS_UNPRICED}"
    return {
        "currency": "EUR",
        "monthly": monthly,
        "items": [line.as_dict() for line in lines],
        "source": source,
        "typicalFrom": bases if lines else [],
    }
