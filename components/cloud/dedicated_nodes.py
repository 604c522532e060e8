"""Nodes that one kind of pod has to itself, and the firewall in front of those that take media."""

from collections.abc import Iterable, Sequence

import pulumi
from pulumiverse_scaleway import instance, kubernetes

ANYWHERE = ("0.0.0.0/0", "::/0")
EXCLUDED_FROM_BALANCERS = "node.kubernetes.io/exclude-from-external-load-balancers"


def media_firewall(
    name: str, *, zone: str, ports: Iterable[tuple[int, int]], tags: Sequence[str], opts: pulumi.ResourceOptions
) -> instance.SecurityGroup:
    """A stateful security group that drops all inbound but these UDP ports, first and last, over IPv4 and IPv6."""
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
            for source in ANYWHERE
        ],
        tags=list(tags),
        opts=opts,
    )


def dedicated_pool(
    name: str,
    *,
    cluster_id: pulumi.Input[str],
    region: str,
    zone: str,
    node_type: str,
    least: int,
    most: int,
    autoscaling: bool,
    reserved: tuple[str, str],
    firewall: instance.SecurityGroup | None = None,
    tags: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> kubernetes.Pool:
    """Nodes with public addresses, `reserved` as label and taint, and no load balancer's traffic where media comes in."""
    label, value = reserved
    return kubernetes.Pool(
        name,
        cluster_id=cluster_id,
        region=region,
        zone=zone,
        node_type=node_type,
        size=least,
        min_size=least,
        max_size=most,
        autoscaling=autoscaling,
        autohealing=True,
        public_ip_disabled=False,
        security_group_id=firewall.id if firewall else None,
        labels={label: value, **({EXCLUDED_FROM_BALANCERS: "true"} if firewall else {})},
        taints=[kubernetes.PoolTaintArgs(key=label, value=value, effect="NoSchedule")],
        upgrade_policy=kubernetes.PoolUpgradePolicyArgs(max_surge=1, max_unavailable=1),
        tags=list(tags),
        # An autoscaler owns the size from the first minute on.
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(ignore_changes=["size"] if autoscaling else None)
        ),
    )
