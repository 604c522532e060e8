"""The address of the edge, and its DNS records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumiverse_scaleway import domain, loadbalancers

from components.kubernetes.component import Component
from config.balancer import CHECKED_TTL_SECONDS, PROBE_ANSWER, PROBE_PATH
from config.model import in_zone

RECORD_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAddressArgs:
    """Inputs of `PublicAddress`."""

    zones: tuple[str, ...]
    """Zones of the load balancers; each has an address of its own."""
    host: str
    turn_host: str | None
    aliases: tuple[str, ...]
    """Further host names that lead to `host`."""
    dns_zone: str | None
    ipv6: bool
    protect: bool
    tags: tuple[str, ...]


class PublicAddress(Component):
    """Reserved addresses of the load balancers, which outlive these, and their records if the stack has the DNS zone.

    With several, a record lists those at which HAProxy answers: Scaleway's name servers ask each over HTTP.
    """

    address: pulumi.Output[str]
    address6: pulumi.Output[str] | None = None
    """The IPv6 address. None without one."""
    address_ids: Mapping[str, pulumi.Output[str]]
    """Zone -> bare ids with a comma between them, as the cloud controller's annotation takes them: IPv4 first, which it requires."""
    more: list[tuple[str, pulumi.Output[str]]]
    """Type of record and address of the further load balancers."""

    def __init__(self, name: str, args: PublicAddressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:PublicAddress", name, opts)
        # CRITICAL: another logical name releases the address, and every record elsewhere points nowhere.
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect or None)
        data: dict[tuple[str, str], list[pulumi.Output[str]]] = {}
        self.address_ids = {}
        for number, zone in enumerate(args.zones):
            part = f"-{zone}" if number else ""
            ip = loadbalancers.Ip(f"{name}-ip{part}", zone=zone, tags=list(args.tags), opts=kept)
            ids = ip.id.apply(bare_id)
            data.setdefault(("", "A"), []).append(ip.ip_address)
            if args.ipv6:
                ip6 = loadbalancers.Ip(f"{name}-ip6{part}", zone=zone, is_ipv6=True, tags=list(args.tags), opts=kept)
                ids = pulumi.Output.concat(ids, ",", ip6.id.apply(bare_id))
                data.setdefault(("6", "AAAA"), []).append(ip6.ip_address.apply(without_prefix))
            self.address_ids[zone] = ids
        self.address = data["", "A"][0]
        if args.ipv6:
            self.address6 = data["6", "AAAA"][0]
        self.more = [(kind, address) for (_, kind), addresses in data.items() for address in addresses[1:]]
        if args.dns_zone:
            aliases = ((f"record-{alias}", alias) for alias in args.aliases)
            for part, host in (("record", args.host), ("turn-record", args.turn_host), *aliases):
                if host is None or not in_zone(host, args.dns_zone):
                    continue
                for (suffix, kind), addresses in data.items():
                    domain.Record(
                        f"{name}-{part}{suffix}",
                        dns_zone=args.dns_zone,
                        name=record_name(host, args.dns_zone),
                        type=kind,
                        data=addresses[0],
                        opts=kept,
                        **answering(host, addresses),
                    )
        self.register_outputs({"address": self.address})


def answering(host: str, addresses: list[pulumi.Output[str]]) -> dict[str, Any]:
    """Arguments of a record: of one address, or of those of several at which HAProxy answers."""
    if len(addresses) == 1:
        return {"ttl": RECORD_TTL_SECONDS}
    check = domain.RecordHttpServiceArgs(
        ips=addresses, url=f"http://{host}{PROBE_PATH}", must_contain=PROBE_ANSWER, strategy="all"
    )
    return {"ttl": CHECKED_TTL_SECONDS, "http_service": check}


def without_prefix(address: str) -> str:
    """An IPv6 address without the length of its prefix, which some answers of the API carry."""
    return address.partition("/")[0]


def bare_id(scoped: str) -> str:
    """`fr-par-1/uuid` without its zone."""
    return scoped.rsplit("/", maxsplit=1)[-1]


def record_name(host: str, dns_zone: str) -> str:
    """The host's name inside the zone; empty at its top."""
    return host.removesuffix(dns_zone).removesuffix(".")
