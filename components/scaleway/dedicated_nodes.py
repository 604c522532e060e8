"""Nodes that one kind of pod has to itself, and the firewall in front of those that receive media."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumiverse_scaleway import instance, kubernetes

from config.cluster import RootVolume
from sizing.pools import PoolBounds

ALL_ADDRESSES = ("0.0.0.0/0", "::/0")
POOL_LABEL = "k8s.scaleway.com/pool-name"
"""Label of every node, set by Kapsule; the value is the pool's name, which ends in digits of its own."""
EXCLUDED_FROM_BALANCERS = "node.kubernetes.io/exclude-from-external-load-balancers"


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolSite:
    """The cluster that pools belong to, its region, and the tags of everything in the stack."""

    cluster_id: pulumi.Input[str]
    region: str
    tags: tuple[str, ...]


def root_volume(root: RootVolume | None) -> dict[str, Any]:
    """Return a pool's arguments for its nodes' root volume; none leave the choice to Kapsule."""
    return {"root_volume_type": root.type, "root_volume_size_in_gb": root.size} if root else {}


def media_firewall(
    name: str, site: PoolSite, *, zone: str, ports: Iterable[tuple[int, int]], opts: pulumi.ResourceOptions
) -> instance.SecurityGroup:
    """A stateful security group that drops all inbound traffic but these UDP port ranges, over IPv4 and IPv6."""
    return instance.SecurityGroup(
        name,
        zone=zone,
        stateful=True,
        inbound_default_policy="drop",
        outbound_default_policy="accept",
        inbound_rules=[
            instance.SecurityGroupInboundRuleArgs(
                action="accept",
                protocol="UDP",
                ip_range=source,
                port=first if first == last else None,
                port_range=None if first == last else f"{first}-{last}",
            )
            for first, last in ports
            for source in ALL_ADDRESSES
        ],
        tags=list(site.tags),
        opts=opts,
    )


def dedicated_pool(
    name: str,
    site: PoolSite,
    *,
    zone: str,
    node_type: str,
    root: RootVolume | None,
    bounds: PoolBounds,
    reserved: tuple[str, str],
    firewall: instance.SecurityGroup | None = None,
    opts: pulumi.ResourceOptions,
) -> kubernetes.Pool:
    """A pool with public addresses, and with `reserved` as label and taint. Pools with a firewall carry no load balancer traffic."""
    label, value = reserved
    return kubernetes.Pool(
        name,
        cluster_id=site.cluster_id,
        region=site.region,
        zone=zone,
        node_type=node_type,
        **root_volume(root),
        size=bounds.min,
        min_size=bounds.min,
        max_size=bounds.max,
        autoscaling=bounds.autoscaled,
        autohealing=True,
        public_ip_disabled=False,
        security_group_id=firewall.id if firewall else None,
        labels={label: value, **({EXCLUDED_FROM_BALANCERS: "true"} if firewall else {})},
        taints=[kubernetes.PoolTaintArgs(key=label, value=value, effect="NoSchedule")],
        upgrade_policy=kubernetes.PoolUpgradePolicyArgs(max_surge=1, max_unavailable=1),
        tags=list(site.tags),
        # The autoscaler owns the size once the pool exists.
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["size"] if bounds.autoscaled else None)
        ),
    )
