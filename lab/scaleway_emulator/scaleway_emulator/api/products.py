"""Instance types (`/instance/v1/.../products/servers`) and those that a Kapsule pool may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.catalogue import GIB, INSTANCE_TYPES, NODE_TYPES, TOO_SMALL, NodeType

if TYPE_CHECKING:
    from scaleway_emulator.call import Answer, Call

HOURS_PER_MONTH = 730


def normalised(name: str) -> str:
    """The name of an Instance type: Kapsule takes `dev1_m` for `DEV1-M`."""
    return name.upper().replace("_", "-")


def node_type_of(name: str, zone: str) -> NodeType:
    """The Instance type of a pool in `zone`.

    Raises:
        Refusal: Kapsule or the zone does not offer it.
    """
    name = normalised(name)
    if name in TOO_SMALL:
        reason = "Kapsule refuses it: too small for the node's own services"
        raise errors.invalid("node_type", f"node type {name} is not allowed: {reason}")
    if name not in NODE_TYPES:
        raise errors.invalid("node_type", f"unknown node type {name}")
    node_type = NODE_TYPES[name]
    if zone not in node_type.zones:
        offered = ", ".join(node_type.zones)
        raise errors.invalid("node_type", f"node type {name} is not available in {zone}; offered in {offered}")
    return node_type


def _product(each: NodeType, zone: str) -> dict[str, Any]:
    bits, hourly = (each.bandwidth_mbps or 0) * 1_000_000, each.hourly_in(zone)
    return {
        "alt_names": [],
        "arch": each.arch,
        "ncpus": each.vcpus,
        "ram": each.memory_gib * GIB,
        "gpu": each.gpu,
        "gpu_info": None,
        "mig_profile": None,
        "volumes_constraint": {"min_size": 0, "max_size": 0},  # block storage only
        "per_volume_constraint": {"l_ssd": {"min_size": 0, "max_size": 0}},
        "scratch_storage_max_size": 0,
        "scratch_storage_max_volumes_count": 0,
        "monthly_price": round(hourly * HOURS_PER_MONTH, 2),
        "hourly_price": hourly,
        "capabilities": {
            "boot_types": ["local", "rescue"],
            "placement_groups": True,
            "block_storage": True,
            "hot_snapshots_local_volume": False,
            "private_network": 8,
            "max_file_systems": 0,
        },
        "network": {
            "ipv6_support": True,
            "sum_internal_bandwidth": bits,
            "sum_internet_bandwidth": bits,
            "interfaces": [{"internal_bandwidth": bits, "internet_bandwidth": bits}],
        },
        "block_bandwidth": 131_072_000,  # of PRO2-XXS; no list of ours has it
        "end_of_service": each.ends,
    }


def _offered(call: Call) -> dict[str, dict[str, Any]]:
    return {name: _product(each, call.zone) for name, each in INSTANCE_TYPES.items() if call.zone in each.zones}


def list_products(call: Call) -> Answer:
    """GET products/servers: a page of the zone's types, as an object by name."""
    return _page(call, _offered(call))


def list_availability(call: Call) -> Answer:
    """GET products/servers/availability."""
    return _page(call, {name: {"availability": "available"} for name in _offered(call)})


def _page(call: Call, servers: dict[str, dict[str, Any]]) -> Answer:
    status, page = call.page("servers", [{"name": name, "product": servers[name]} for name in sorted(servers)])
    return status, {**page, "servers": {each["name"]: each["product"] for each in page["servers"]}}
