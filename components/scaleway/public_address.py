"""The address of the edge, and its DNS records."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import domain, loadbalancers

from components.kubernetes.component import Component
from config.model import in_zone

RECORD_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAddressArgs:
    """Inputs of `PublicAddress`."""

    zone: str
    host: str
    turn_host: str | None
    aliases: tuple[str, ...]
    """Further host names that lead to `host`."""
    dns_zone: str | None
    ipv6: bool
    protect: bool
    tags: tuple[str, ...]


class PublicAddress(Component):
    """Reserved load-balancer addresses, which outlive the load balancer, and their records if the stack has the DNS zone."""

    address: pulumi.Output[str]
    address6: pulumi.Output[str] | None = None
    """The IPv6 address. None without one."""
    address_ids: pulumi.Output[str]
    """The bare ids with a comma between them, as the cloud controller's annotation takes them: IPv4 first, which it requires."""

    def __init__(self, name: str, args: PublicAddressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:PublicAddress", name, opts)
        # CRITICAL: another logical name releases the address, and every record elsewhere points nowhere.
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect or None)
        ip = loadbalancers.Ip(f"{name}-ip", zone=args.zone, tags=list(args.tags), opts=kept)
        self.address = ip.ip_address
        self.address_ids = ip.id.apply(bare_id)
        data = {"": ("A", ip.ip_address)}
        if args.ipv6:
            ip6 = loadbalancers.Ip(f"{name}-ip6", zone=args.zone, is_ipv6=True, tags=list(args.tags), opts=kept)
            self.address6 = ip6.ip_address.apply(without_prefix)
            self.address_ids = pulumi.Output.concat(self.address_ids, ",", ip6.id.apply(bare_id))
            data["6"] = ("AAAA", self.address6)
        if args.dns_zone:
            aliases = ((f"record-{alias}", alias) for alias in args.aliases)
            for part, host in (("record", args.host), ("turn-record", args.turn_host), *aliases):
                if host is None or not in_zone(host, args.dns_zone):
                    continue
                for suffix, (kind, address) in data.items():
                    domain.Record(
                        f"{name}-{part}{suffix}",
                        dns_zone=args.dns_zone,
                        name=record_name(host, args.dns_zone),
                        type=kind,
                        data=address,
                        ttl=RECORD_TTL_SECONDS,
                        opts=kept,
                    )
        self.register_outputs({"address": self.address})


def without_prefix(address: str) -> str:
    """An IPv6 address without the length of its prefix, which some answers of the API carry."""
    return address.partition("/")[0]


def bare_id(scoped: str) -> str:
    """`fr-par-1/uuid` without its zone."""
    return scoped.rsplit("/", maxsplit=1)[-1]


def record_name(host: str, dns_zone: str) -> str:
    """The host's name inside the zone; empty at its top."""
    return host.removesuffix(dns_zone).removesuffix(".")
