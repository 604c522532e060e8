"""VPCs and private networks (`/vpc/v2`)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from local.scaleway import refusals
from local.scaleway.call import Answer, Body, Call
from local.scaleway.record import new_id
from local.scaleway.records import PrivateNetwork, Subnet, Vpc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.scaleway.records import State

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
RESERVED = ipaddress.ip_network("198.18.0.0/15")  # Scaleway's own, refused for private networks
LONGEST_PREFIX = 22


class VpcBody(Body):
    """Create or update a VPC."""

    name: str = ""
    project_id: str | None = None
    tags: list[str] | None = None
    enable_routing: bool | None = None
    enable_transitivity: bool | None = None


class PrivateNetworkBody(Body):
    """Create or update a private network."""

    name: str = ""
    project_id: str | None = None
    tags: list[str] | None = None
    subnets: list[str] | None = None
    vpc_id: str | None = None
    default_route_propagation_enabled: bool | None = None


def find_vpc(call: Call) -> Vpc:
    """The VPC in the path."""
    vpc = call.state.vpcs.get(call.path["id"])
    if vpc is None or vpc.region != call.region:
        raise refusals.not_found("vpc", call.path["id"])
    return vpc


def find_network(call: Call) -> PrivateNetwork:
    """The private network in the path."""
    network = call.state.private_networks.get(call.path["id"])
    if network is None or network.region != call.region:
        raise refusals.not_found("private_network", call.path["id"])
    return network


def _shown(call: Call, vpc: Vpc) -> dict[str, Any]:
    count = sum(network.vpc_id == vpc.id for network in call.state.private_networks.values())
    return {**vpc.shown(), "private_network_count": count}


def create_vpc(call: Call) -> Answer:
    """POST vpcs."""
    body = call.body(VpcBody)
    project = body.project_id or ""
    vpc = Vpc(name=body.name, region=call.region, project_id=project, organization_id=project, tags=body.tags or [])
    vpc.transitivity_enabled = bool(body.enable_transitivity)
    call.state.vpcs[vpc.id] = vpc
    return 200, _shown(call, vpc)


def read_vpc(call: Call) -> Answer:
    """GET vpcs/{id}."""
    return 200, _shown(call, find_vpc(call))


def list_vpcs(call: Call) -> Answer:
    """GET vpcs."""
    shown = [_shown(call, vpc) for vpc in call.state.vpcs.values() if vpc.region == call.region]
    return call.page("vpcs", [vpc for vpc in shown if call.matches(vpc, "name", "project_id")])


def update_vpc(call: Call) -> Answer:
    """PATCH vpcs/{id}."""
    vpc = find_vpc(call)
    given = call.body(VpcBody).given()
    vpc.name, vpc.tags = given.get("name", vpc.name), given.get("tags", vpc.tags)
    vpc.touched()
    return 200, _shown(call, vpc)


def enable_routing(call: Call) -> Answer:
    """POST vpcs/{id}/enable-routing."""
    vpc = find_vpc(call)
    vpc.routing_enabled = True
    return 200, _shown(call, vpc)


def enable_custom_routes(call: Call) -> Answer:
    """POST vpcs/{id}/enable-custom-routes-propagation."""
    vpc = find_vpc(call)
    vpc.custom_routes_propagation_enabled = True
    return 200, _shown(call, vpc)


def delete_vpc(call: Call) -> Answer:
    """DELETE vpcs/{id}; refused while it holds private networks."""
    vpc = find_vpc(call)
    if any(network.vpc_id == vpc.id for network in call.state.private_networks.values()):
        raise refusals.in_use("vpc", vpc.id, "VPC still has private networks")
    del call.state.vpcs[vpc.id]
    return 204, None


def subnet_of(text: str) -> Network:
    """A subnet that a private network may have; the refusal says what is wrong with it."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise refusals.invalid("subnets", str(error), "format") from None
    if network.version == 6:
        if network.prefixlen != 64:
            raise refusals.invalid("subnets", f"IPv6 Private Network subnets must be /64, got {network}")
        return network
    if network.prefixlen > LONGEST_PREFIX:
        raise refusals.invalid(
            "subnets", f"Private Network subnets are too short: {network} is smaller than /{LONGEST_PREFIX}"
        )
    if network.overlaps(RESERVED):
        raise refusals.invalid("subnets", f"{network} overlaps the reserved range {RESERVED}")
    return network


def _taken(state: State, vpc_id: str) -> list[Network]:
    return [
        ipaddress.ip_network(subnet.subnet)
        for network in state.private_networks.values()
        if network.vpc_id == vpc_id
        for subnet in network.subnets
    ]


def overlapping(network: Network, others: Iterable[Network]) -> Network | None:
    """The first of `others` that shares addresses with `network`."""
    return next((other for other in others if other.version == network.version and other.overlaps(network)), None)


def create_network(call: Call) -> Answer:
    """POST private-networks; without subnets it gets the next free /22 of its VPC."""
    body = call.body(PrivateNetworkBody)
    vpc = call.state.vpcs.get(body.vpc_id or "")
    if vpc is None:
        raise refusals.not_found("vpc", body.vpc_id or "")
    if vpc.region != call.region:
        raise refusals.invalid("vpc_id", f"VPC {vpc.id} is in {vpc.region}, not in {call.region}")
    taken = _taken(call.state, vpc.id)
    wanted = [subnet_of(text) for text in body.subnets or []]
    for index, subnet in enumerate(wanted):
        other = overlapping(subnet, [*taken, *wanted[:index]])
        if other is not None:
            raise refusals.invalid("subnets", f"{subnet} overlaps {other}, a subnet of the same VPC")
    if not any(subnet.version == 4 for subnet in wanted):
        free = ipaddress.ip_network("172.16.0.0/12").subnets(new_prefix=LONGEST_PREFIX)
        wanted.append(next(subnet for subnet in free if overlapping(subnet, taken) is None))
    project = body.project_id or vpc.project_id
    network_id = new_id()
    if not any(subnet.version == 6 for subnet in wanted):
        digits = network_id.replace("-", "")
        wanted.append(ipaddress.ip_network(f"fd{digits[:2]}:{digits[2:6]}:{digits[6:10]}:{digits[10:14]}::/64"))
    network = PrivateNetwork(
        id=network_id,
        name=body.name,
        region=call.region,
        vpc_id=vpc.id,
        project_id=project,
        organization_id=vpc.organization_id,
        tags=body.tags or [],
        default_route_propagation_enabled=bool(body.default_route_propagation_enabled),
        subnets=[
            Subnet(subnet=str(s), region=call.region, project_id=project, private_network_id=network_id, vpc_id=vpc.id)
            for s in wanted
        ],
    )
    call.state.private_networks[network.id] = network
    return 200, network.shown()


def read_network(call: Call) -> Answer:
    """GET private-networks/{id}."""
    return 200, find_network(call).shown()


def list_networks(call: Call) -> Answer:
    """GET private-networks."""
    shown = [network.shown() for network in call.state.private_networks.values() if network.region == call.region]
    return call.page("private_networks", [n for n in shown if call.matches(n, "name", "vpc_id", "project_id")])


def update_network(call: Call) -> Answer:
    """PATCH private-networks/{id}."""
    network = find_network(call)
    given = call.body(PrivateNetworkBody).given()
    network.name, network.tags = given.get("name", network.name), given.get("tags", network.tags)
    network.default_route_propagation_enabled = given.get(
        "default_route_propagation_enabled", network.default_route_propagation_enabled
    )
    network.touched()
    return 200, network.shown()


def delete_network(call: Call) -> Answer:
    """DELETE private-networks/{id}; refused while a cluster or pool is attached."""
    network = find_network(call)
    users = [c.name for c in call.state.clusters.values() if c.private_network_id == network.id]
    users += [p.name for p in call.state.pools.values() if p.private_network_id == network.id]
    if users:
        raise refusals.in_use("private_network", network.id, f"Private Network is used by {', '.join(users)}")
    del call.state.private_networks[network.id]
    return 204, None
