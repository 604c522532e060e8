"""Load balancers and their flexible IPs (`/lb/v1`, zonal). The cloud controller makes the load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.api import addresses
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.collection import Collection
from scaleway_emulator.state import Address, LoadBalancer

if TYPE_CHECKING:
    from scaleway_emulator.state import State

TYPES = ("LB-S", "LB-GP-M", "LB-GP-L", "LB-GP-XL")


class AddressBody(Body):
    """Reserve an IP."""

    project_id: str | None = None
    reverse: str | None = None
    is_ipv6: bool = False
    tags: list[str] | None = None


class AddressChange(Body):
    """Update an IP."""

    reverse: str | None = None
    tags: list[str] | None = None


def reserve(state: State, zone: str, project: str = "", *, ipv6: bool = False) -> Address:
    """A new flexible IP of the zone."""
    address = addresses.balancer({each.ip_address for each in state.addresses.values()}, ipv6=ipv6)
    if address is None:
        raise errors.quota("lb_ips", addresses.BALANCER_RANGE.num_addresses - 2, len(state.addresses))
    reserved = Address(
        ip_address=address, zone=zone, region=zone.rpartition("-")[0], project_id=project, organization_id=project
    )
    state.addresses[reserved.id] = reserved
    return reserved


def shown(state: State, balancer: LoadBalancer) -> dict[str, Any]:
    """The load balancer as the API answers it."""
    held = [state.addresses[each] for each in (balancer.address_id, balancer.address6_id) if each]
    return {
        "id": balancer.id,
        "name": balancer.name,
        "description": f"kubernetes service {balancer.service.partition('/')[2]}",
        "status": "ready",
        "instances": [],
        "organization_id": balancer.project_id,
        "project_id": balancer.project_id,
        "ip": [address.shown() for address in held],
        "tags": ["managed-by-scaleway-cloud-controller-manager", f"cluster={balancer.cluster_id}"],
        "frontend_count": len(balancer.ports),
        "backend_count": len(balancer.ports),
        "type": balancer.type,
        "subscriber": None,
        "ssl_compatibility_level": "ssl_compatibility_level_intermediate",
        "created_at": balancer.created_at,
        "updated_at": balancer.updated_at,
        "private_network_count": 1,
        "route_count": 0,
        "region": balancer.region,
        "zone": balancer.zone,
    }


def forget(state: State, balancer: LoadBalancer) -> None:
    """Remove a load balancer: a reserved IP is free again, its own IP is released."""
    del state.load_balancers[balancer.id]
    for held in (balancer.address_id, balancer.address6_id):
        address = state.addresses.get(held)
        if address is not None:
            address.lb_id = None
            if address.own:
                del state.addresses[address.id]


def _missing(name: str, _resource_id: str) -> errors.Refusal:
    """404 as the load balancer API words it."""
    return errors.Refusal(404, {"message": f"{name} not Found"})


def _unused(_call: Call, address: Address) -> None:
    if address.lb_id is not None:
        raise errors.in_use("ip", address.id, f"IP is in use by load balancer {address.lb_id}")


ADDRESSES = Collection[Address](
    records=lambda state: state.addresses,
    name="ips",
    key="ips",
    scope="zone",
    filters=("ip_address", "project_id"),
    change=AddressChange,
    release=_unused,
    missing=_missing,
)
BALANCERS = Collection[LoadBalancer](
    records=lambda state: state.load_balancers,
    name="lbs",
    key="lbs",
    scope="zone",
    filters=("name", "project_id"),
    shown=lambda call, balancer: shown(call.state, balancer),
    missing=_missing,
)


def create_ip(call: Call) -> Answer:
    """POST ips."""
    body = call.body(AddressBody)
    address = reserve(call.state, call.zone, body.project_id or "", ipv6=body.is_ipv6)
    address.tags, address.reverse = body.tags or [], body.reverse or ""
    return ADDRESSES.answer(call, address)


def delete_lb(call: Call) -> Answer:
    """DELETE lbs/{id}: how a load balancer that outlived its cluster is cleaned up."""
    forget(call.state, BALANCERS.find(call))
    return 204, None


def _backend(balancer: LoadBalancer, port: dict[str, Any]) -> dict[str, Any]:
    """The backend of one port, as the API answers it; durations are milliseconds, as the cloud controller leaves them."""
    dates = {"created_at": balancer.created_at, "updated_at": balancer.updated_at}
    return {
        "id": f"{balancer.id}-{port['node_port']}",
        "name": port["name"],
        "forward_protocol": "tcp",
        "forward_port": port["node_port"],
        "forward_port_algorithm": "roundrobin",
        "sticky_sessions": "none",
        "sticky_sessions_cookie_name": "",
        "host": "",
        "pool": balancer.backends,
        "on_marked_down_action": "on_marked_down_action_none",
        "proxy_protocol": "proxy_protocol_none",
        "send_proxy_v2": False,
        "timeout_server": 10_000,
        "timeout_connect": 600_000,
        "timeout_tunnel": 600_000,
        "timeout_queue": "0s",
        "max_retries": 3,
        "failover_host": None,
        "ssl_bridging": False,
        "ignore_ssl_server_verify": None,
        "redispatch_attempt_count": None,
        "max_connections": None,
        **dates,
    }


def list_frontends(call: Call) -> Answer:
    """GET lbs/{id}/frontends."""
    balancer = BALANCERS.find(call)
    frontends = [
        {
            "id": f"{balancer.id}-{port['port']}",
            "name": port["name"],
            "inbound_port": port["port"],
            "backend": _backend(balancer, port),
            "lb": shown(call.state, balancer),
            "timeout_client": 600_000,
            "certificate": None,
            "certificate_ids": [],
            "enable_http3": False,
            "enable_access_logs": False,
            "connection_rate_limit": None,
            "created_at": balancer.created_at,
            "updated_at": balancer.updated_at,
        }
        for port in balancer.ports
    ]
    return call.page("frontends", frontends)


def list_backends(call: Call) -> Answer:
    """GET lbs/{id}/backends: node ports on the private addresses of the nodes."""
    balancer = BALANCERS.find(call)
    lb = shown(call.state, balancer)
    return call.page("backends", [{**_backend(balancer, port), "lb": lb} for port in balancer.ports])
