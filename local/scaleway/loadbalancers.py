"""Load balancers and their flexible IPs (`/lb/v1`, zonal). The cloud controller makes the load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.scaleway import addresses, refusals
from local.scaleway.call import Answer, Body, Call
from local.scaleway.records import Address

if TYPE_CHECKING:
    from local.scaleway.records import LoadBalancer, State

TYPES = ("LB-S", "LB-GP-M", "LB-GP-L", "LB-GP-XL")


class AddressBody(Body):
    """Reserve or update an IP."""

    project_id: str | None = None
    organization_id: str | None = None
    reverse: str | None = None
    is_ipv6: bool = False
    tags: list[str] | None = None


def reserve(state: State, zone: str, project: str = "") -> Address:
    """A new flexible IP of the zone."""
    address = addresses.balancer({each.ip_address for each in state.addresses.values()})
    if address is None:
        raise refusals.quota("lb_ips", addresses.BALANCER_RANGE.num_addresses - 2, len(state.addresses))
    reserved = Address(
        ip_address=address, zone=zone, region=zone.rpartition("-")[0], project_id=project, organization_id=project
    )
    state.addresses[reserved.id] = reserved
    return reserved


def find(call: Call) -> Address:
    """The IP in the path."""
    address = call.state.addresses.get(call.path["id"])
    if address is None or address.zone != call.zone:
        raise refusals.Refusal(404, {"message": "ips not Found"})
    return address


def create_ip(call: Call) -> Answer:
    """POST ips."""
    body = call.body(AddressBody)
    if body.is_ipv6:
        raise refusals.invalid("is_ipv6", "the emulator has no IPv6 load balancer addresses")
    address = reserve(call.state, call.zone, body.project_id or "")
    address.tags, address.reverse = body.tags or [], body.reverse or ""
    return 200, address.shown()


def read_ip(call: Call) -> Answer:
    """GET ips/{id}."""
    return 200, find(call).shown()


def list_ips(call: Call) -> Answer:
    """GET ips."""
    found = [a.shown() for a in call.state.addresses.values() if a.zone == call.zone]
    return call.page("ips", [address for address in found if call.matches(address, "ip_address", "project_id")])


def update_ip(call: Call) -> Answer:
    """PATCH ips/{id}."""
    address = find(call)
    given = call.body(AddressBody).given()
    address.tags, address.reverse = given.get("tags", address.tags), given.get("reverse", address.reverse)
    return 200, address.shown()


def release_ip(call: Call) -> Answer:
    """DELETE ips/{id}; refused while a load balancer has it."""
    address = find(call)
    if address.lb_id is not None:
        raise refusals.in_use("ip", address.id, f"IP is in use by load balancer {address.lb_id}")
    del call.state.addresses[address.id]
    return 204, None


def shown(state: State, balancer: LoadBalancer) -> dict[str, Any]:
    """The load balancer as the API answers it."""
    address = state.addresses[balancer.address_id]
    return {
        "id": balancer.id,
        "name": balancer.name,
        "description": f"kubernetes service {balancer.service.partition('/')[2]}",
        "status": "ready",
        "instances": [],
        "organization_id": balancer.project_id,
        "project_id": balancer.project_id,
        "ip": [address.shown()],
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


def find_lb(call: Call) -> LoadBalancer:
    """The load balancer in the path."""
    balancer = call.state.load_balancers.get(call.path["id"])
    if balancer is None or balancer.zone != call.zone:
        raise refusals.Refusal(404, {"message": "lbs not Found"})
    return balancer


def list_lbs(call: Call) -> Answer:
    """GET lbs."""
    found = [shown(call.state, each) for each in call.state.load_balancers.values() if each.zone == call.zone]
    return call.page("lbs", [balancer for balancer in found if call.matches(balancer, "name", "project_id")])


def read_lb(call: Call) -> Answer:
    """GET lbs/{id}."""
    return 200, shown(call.state, find_lb(call))


def forget(state: State, balancer: LoadBalancer) -> None:
    """Remove a load balancer: a reserved IP is free again, its own IP goes with it."""
    del state.load_balancers[balancer.id]
    address = state.addresses.get(balancer.address_id)
    if address is not None:
        address.lb_id = None
        if address.own:
            del state.addresses[address.id]


def delete_lb(call: Call) -> Answer:
    """DELETE lbs/{id}: how a load balancer that outlived its cluster is cleaned up."""
    forget(call.state, find_lb(call))
    return 204, None


def list_frontends(call: Call) -> Answer:
    """GET lbs/{id}/frontends."""
    balancer = find_lb(call)
    found = [{"id": f"{balancer.id}-{p['port']}", "name": p["name"], "inbound_port": p["port"]} for p in balancer.ports]
    return call.page("frontends", found)


def list_backends(call: Call) -> Answer:
    """GET lbs/{id}/backends: node ports on the private addresses of the nodes."""
    balancer = find_lb(call)
    found = [
        {
            "id": f"{balancer.id}-{port['node_port']}",
            "name": port["name"],
            "forward_protocol": "tcp",
            "forward_port": port["node_port"],
            "pool": balancer.backends,
        }
        for port in balancer.ports
    ]
    return call.page("backends", found)
