"""The address that users' browsers go to, and its name."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import domain, loadbalancers

from config.model import in_zone

RECORD_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAddressArgs:
    """Inputs of `PublicAddress`."""

    zone: str
    host: str
    turn_host: str | None
    dns_zone: str | None
    protect: bool
    tags: tuple[str, ...]


class PublicAddress(pulumi.ComponentResource):
    """A reserved load-balancer address, kept when the load balancer is made anew, and its records where the zone is ours."""

    address: pulumi.Output[str]
    address_id: pulumi.Output[str]
    """The bare id, as the cloud controller's annotation takes it."""

    def __init__(self, name: str, args: PublicAddressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:PublicAddress", name, None, opts)
        # CRITICAL: another logical name gives the address back, and every record elsewhere points nowhere.
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect or None)
        ip = loadbalancers.Ip(f"{name}-ip", zone=args.zone, tags=list(args.tags), opts=kept)
        self.address = ip.ip_address
        self.address_id = ip.id.apply(bare_id)
        if args.dns_zone:
            for part, host in (("record", args.host), ("turn-record", args.turn_host)):
                if host is not None and in_zone(host, args.dns_zone):
                    domain.Record(
                        f"{name}-{part}",
                        dns_zone=args.dns_zone,
                        name=record_name(host, args.dns_zone),
                        type="A",
                        data=ip.ip_address,
                        ttl=RECORD_TTL_SECONDS,
                        opts=kept,
                    )
        self.register_outputs({"address": self.address})


def bare_id(scoped: str) -> str:
    """`fr-par-1/uuid` without its zone."""
    return scoped.rsplit("/", maxsplit=1)[-1]


def record_name(host: str, dns_zone: str) -> str:
    """The host's name inside the zone; empty at its top."""
    return host.removesuffix(dns_zone).removesuffix(".")
