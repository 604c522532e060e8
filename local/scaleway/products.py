"""Instance types (`/instance/v1/.../products/servers`) and which of them a Kapsule pool may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.node_types import NODE_TYPES, REFUSED, NodeType
from local.scaleway import refusals

if TYPE_CHECKING:
    from local.scaleway.call import Answer, Call

GIB = 1024**3
SMALL = {"DEV1-S": (2, 2), "PLAY2-PICO": (1, 2), "STARDUST1-S": (1, 1)}  # sold, but refused as nodes: vCPU, GiB
HOURS_PER_MONTH = 730


def normalised(name: str) -> str:
    """Kapsule takes `dev1_m` for `DEV1-M`."""
    return name.upper().replace("_", "-")


def node_type_of(name: str, zone: str) -> NodeType:
    """The type, if a pool in `zone` may have it."""
    wanted = normalised(name)
    if wanted in REFUSED:
        raise refusals.invalid("node_type", f"node type {wanted} is not allowed: {REFUSED[wanted]}")
    if wanted not in NODE_TYPES:
        raise refusals.invalid("node_type", f"unknown node type {wanted}")
    node_type = NODE_TYPES[wanted]
    if zone not in node_type.zones:
        offered = ", ".join(node_type.zones)
        raise refusals.invalid("node_type", f"node type {wanted} is not available in {zone}; offered in {offered}")
    return node_type


def _product(node_type: NodeType) -> dict[str, Any]:
    return _described(
        node_type.vcpus, node_type.memory_gib, node_type.arch, node_type.hourly_eur, node_type.bandwidth_mbps
    )


def _described(vcpus: int, gib: int, arch: str, hourly: float, mbps: int) -> dict[str, Any]:
    bits = mbps * 1_000_000
    return {
        "ncpus": vcpus,
        "ram": gib * GIB,
        "arch": arch,
        "gpu": 0,
        "alt_names": [],
        "baremetal": False,
        "hourly_price": hourly,
        "monthly_price": round(hourly * HOURS_PER_MONTH, 2),
        "volumes_constraint": {"min_size": 0, "max_size": 0},  # block storage only
        "per_volume_constraint": {"l_ssd": {"min_size": 1_000_000_000, "max_size": 800_000_000_000}},
        "network": {
            "interfaces": [{"internal_bandwidth": None, "internet_bandwidth": bits}],
            "sum_internal_bandwidth": bits,
            "sum_internet_bandwidth": bits,
            "ipv6_support": True,
        },
        "capabilities": {"boot_types": ["local", "rescue"], "hot_snapshots_local_volume": True},
        "scratch_storage_max_size": None,
        "scratch_storage_max_volumes_count": 0,
        "block_bandwidth": None,
        "end_of_service": False,
    }


def _offered(call: Call) -> dict[str, dict[str, Any]]:
    offered = {name: _product(each) for name, each in NODE_TYPES.items() if call.zone in each.zones}
    for name, (vcpus, gib) in SMALL.items():
        offered[name] = _described(vcpus, gib, "x86_64", 0.01, 100)
    return offered


def list_products(call: Call) -> Answer:
    """GET products/servers: a page of the zone's types, as an object by name."""
    return _page(call, _offered(call))


def list_availability(call: Call) -> Answer:
    """GET products/servers/availability."""
    return _page(call, {name: {"availability": "available"} for name in _offered(call)})


def _page(call: Call, servers: dict[str, dict[str, Any]]) -> Answer:
    status, page = call.page("servers", [{"name": name, "product": servers[name]} for name in sorted(servers)])
    return status, {**page, "servers": {each["name"]: each["product"] for each in page["servers"]}}
