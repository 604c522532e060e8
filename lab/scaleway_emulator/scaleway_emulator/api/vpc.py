"""VPCs and private networks (`/vpc/v2`)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from scaleway_emulator import errors
from scaleway_emulator.call import Answer, Body, Call
from scaleway_emulator.collection import Collection
from scaleway_emulator.resource import new_id
from scaleway_emulator.state import PrivateNetwork, Subnet, Vpc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaleway_emulator.state import State

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
RESERVED = ipaddress.ip_network("198.18.0.0/15")  # Scaleway's own, refused for private networks
LONGEST_PREFIX = 22


class VpcBody(Body):
    """Create a VPC."""

    name: str = ""
    project_id: str | None = None
    tags: list[str] | None = None
    enable_routing: bool | None = None
    enable_transitivity: bool | None = None


class VpcChange(Body):
    """Update a VPC."""

    name: str = ""
    tags: list[str] | None = None


class PrivateNetworkBody(Body):
    """Create a private network."""

    name: str = ""
    project_id: str | None = None
    tags: list[str] | None = None
    subnets: list[str] | None = None
    vpc_id: str | None = None
    default_route_propagation_enabled: bool | None = None


class PrivateNetworkChange(Body):
    """Update a private network."""

    name: str = ""
    tags: list[str] | None = None
    default_route_propagation_enabled: bool | None = None


def _shown(call: Call, vpc: Vpc) -> dict[str, Any]:
    count = sum(network.vpc_id == vpc.id for network in call.state.private_networks.values())
    storage = {"s3_integration_enabled": False, "object_storage_private_access_enabled": False}
    return {**vpc.shown(), **storage, "private_network_count": count}


def _without_networks(call: Call, vpc: Vpc) -> None:
    if any(network.vpc_id == vpc.id for network in call.state.private_networks.values()):
        raise errors.in_use("vpc", vpc.id, "VPC still has private networks")


def _without_users(call: Call, network: PrivateNetwork) -> None:
    users = [c.name for c in call.state.clusters.values() if c.private_network_id == network.id]
    users += [p.name for p in call.state.pools.values() if p.private_network_id == network.id]
    if users:
        raise errors.in_use("private_network", network.id, f"Private Network is used by {', '.join(users)}")


VPCS = Collection[Vpc](
    records=lambda state: state.vpcs,
    name="vpc",
    key="vpcs",
    filters=("name", "project_id"),
    shown=_shown,
    change=VpcChange,
    release=_without_networks,
)
NETWORKS = Collection[PrivateNetwork](
    records=lambda state: state.private_networks,
    name="private_network",
    key="private_networks",
    filters=("name", "vpc_id", "project_id"),
    change=PrivateNetworkChange,
    release=_without_users,
)


def create_vpc(call: Call) -> Answer:
    """POST vpcs."""
    body = call.body(VpcBody)
    project = body.project_id or ""
    vpc = Vpc(name=body.name, region=call.region, project_id=project, organization_id=project, tags=body.tags or [])
    vpc.transitivity_enabled = bool(body.enable_transitivity)
    return VPCS.add(call, vpc)


def enable_routing(call: Call) -> Answer:
    """POST vpcs/{id}/enable-routing."""
    vpc = VPCS.find(call)
    vpc.routing_enabled = True
    return VPCS.answer(call, vpc)


def enable_custom_routes(call: Call) -> Answer:
    """POST vpcs/{id}/enable-custom-routes-propagation."""
    vpc = VPCS.find(call)
    vpc.custom_routes_propagation_enabled = True
    return VPCS.answer(call, vpc)


def parse_subnet(text: str) -> Network:
    """A subnet that a private network may have.

    Raises:
        Refusal: it says what is wrong with the subnet.
    """
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise errors.invalid("subnets", str(error), "format") from None
    if network.version == 6:
        if network.prefixlen != 64:
            raise errors.invalid("subnets", f"IPv6 Private Network subnets must be /64, got {network}")
        return network
    if network.prefixlen > LONGEST_PREFIX:
        raise errors.invalid(
            "subnets", f"Private Network subnets are too short: {network} is smaller than /{LONGEST_PREFIX}"
        )
    if network.overlaps(RESERVED):
        raise errors.invalid("subnets", f"{network} overlaps the reserved range {RESERVED}")
    return network


def _taken(state: State, vpc_id: str) -> list[Network]:
    return [
        ipaddress.ip_network(subnet.subnet)
        for network in state.private_networks.values()
        if network.vpc_id == vpc_id
        for subnet in network.subnets
    ]


def overlapping(network: Network, others: Iterable[Network]) -> Network | None:
    """The first of `others` that shares addresses with `network`, or None."""
    return next((other for other in others if other.version == network.version and other.overlaps(network)), None)


def _subnets(texts: Iterable[str], taken: list[Network], network_id: str) -> list[Network]:
    """The subnets of a new network: those asked for, plus one of IPv4 and one of IPv6 where none is."""
    subnets = [parse_subnet(text) for text in texts]
    for index, subnet in enumerate(subnets):
        other = overlapping(subnet, [*taken, *subnets[:index]])
        if other is not None:
            raise errors.invalid("subnets", f"{subnet} overlaps {other}, a subnet of the same VPC")
    if not any(subnet.version == 4 for subnet in subnets):
        candidates = ipaddress.ip_network("172.16.0.0/12").subnets(new_prefix=LONGEST_PREFIX)
        subnets.append(next(subnet for subnet in candidates if overlapping(subnet, taken) is None))
    if not any(subnet.version == 6 for subnet in subnets):
        digits = network_id.replace("-", "")
        subnets.append(ipaddress.ip_network(f"fd{digits[:2]}:{digits[2:6]}:{digits[6:10]}:{digits[10:14]}::/64"))
    return subnets


def create_network(call: Call) -> Answer:
    """POST private-networks; without subnets it gets the next free /22 of its VPC."""
    body = call.body(PrivateNetworkBody)
    vpc = call.state.vpcs.get(body.vpc_id or "")
    if vpc is None:
        raise errors.not_found("vpc", body.vpc_id or "")
    if vpc.region != call.region:
        raise errors.invalid("vpc_id", f"VPC {vpc.id} is in {vpc.region}, not in {call.region}")
    project = body.project_id or vpc.project_id
    network_id = new_id()
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
            for s in _subnets(body.subnets or [], _taken(call.state, vpc.id), network_id)
        ],
    )
    return NETWORKS.add(call, network)
