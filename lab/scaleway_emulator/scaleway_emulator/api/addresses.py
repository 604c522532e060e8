"""Addresses of nodes and load balancers: public ones from the documentation ranges, private ones from the subnet."""

from __future__ import annotations

import ipaddress
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

# RFC 5737: never routed, so nothing sent to an emulated node leaves the machine.
NODE_RANGES = (ipaddress.IPv4Network("203.0.113.0/24"), ipaddress.IPv4Network("198.51.100.0/24"))
BALANCER_RANGE = ipaddress.IPv4Network("192.0.2.0/24")
BALANCER_RANGE6 = ipaddress.IPv6Network("2001:db8:1::/120")  # RFC 3849: documentation
NODE_ADDRESSES = tuple(str(host) for network in NODE_RANGES for host in network.hosts())
FIRST_NODE_OFFSET = 10  # the first addresses of a subnet are the gateway's and the control plane's


def public(taken: Collection[str], cursor: int) -> str | None:
    """The next free public address after `cursor`, or None if all 508 are taken.

    Going round gives a replaced node another address, as with dynamic IPs.
    """
    count = len(NODE_ADDRESSES)
    candidates = (NODE_ADDRESSES[(cursor + step) % count] for step in range(count))
    return next((address for address in candidates if address not in taken), None)


def private(subnet: str, taken: Collection[str]) -> str | None:
    """The lowest free address of a subnet, or None if it is full."""
    hosts = islice(ipaddress.IPv4Network(subnet).hosts(), FIRST_NODE_OFFSET - 1, None)
    return next((str(host) for host in hosts if str(host) not in taken), None)


def balancer(taken: Collection[str], *, ipv6: bool = False) -> str | None:
    """The lowest free address of load balancers, or None if all are taken."""
    hosts = BALANCER_RANGE6.hosts() if ipv6 else BALANCER_RANGE.hosts()
    return next((str(host) for host in hosts if str(host) not in taken), None)
