"""A Kapsule cluster with its network and its system pool."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes, network

from components.kubernetes.component import Component
from components.kubernetes.labels import RESERVE_TAINT, ROLE_LABEL, SYSTEM_ROLE
from components.scaleway.dedicated_nodes import root_volume
from config.cluster import Cluster
from config.model import format_duration
from sizing.pools import NODE_DELAY_AFTER_ADD_SECONDS, NODE_UNNEEDED_SECONDS, PoolBounds

CNI = "cilium"  # Kapsule's default; honours network policies and hostPort
SPARE_CUTOFF = -10  # placeholders have priority -5 and must still add nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class KapsuleClusterArgs:
    """Inputs of `KapsuleCluster`."""

    cluster: Cluster
    region: str
    drain_seconds: int
    """Longest drain of any bridge; the autoscaler waits at least as long for a node to empty."""
    protect: bool
    scales_to_zero: bool
    """Whether an autoscaler may remove a workload's last pod; the feature gate is off by default (Kubernetes 1.35)."""
    upgrade_seconds: int
    """How long the engine waits for an upgrade of Kubernetes; the provider's 15 minutes are too short for many nodes."""
    system_pools: Mapping[str, PoolBounds]
    """Zone -> bounds of its system pool, the first zone in front."""
    tags: tuple[str, ...]


class KapsuleCluster(Component):
    """VPC and private network unless they exist, cluster and a system pool per zone in one region.

    The API server's host name resolves only after the first pool exists, so everything that talks to it depends on `system_pool`.
    """

    cluster: kubernetes.Cluster
    system_pool: kubernetes.Pool
    """The first one."""
    more_pools: tuple[kubernetes.Pool, ...]
    """System pools of the other zones."""
    kubeconfig: pulumi.Output[str]
    """Secret. A rotated token replaces nothing."""

    def __init__(self, name: str, args: KapsuleClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:KapsuleCluster", name, opts)
        # CRITICAL: these logical names are in every stack's state; another name replaces the network or the cluster.
        config = args.cluster
        self.cluster = self._cluster(name, args, self._network_id(name, args))
        first, *others = args.system_pools
        self.system_pool = self._system_pool(f"{name}-system", first, args, self.child())
        after_first = self.child(self.system_pool)
        self.more_pools = tuple(
            self._system_pool(f"{name}-system-{zone}", zone, args, after_first, reserve=True) for zone in others
        )
        if config.allowed_ips:
            kubernetes.Acl(
                f"{name}-api-access",
                cluster_id=self.cluster.id,
                region=args.region,
                acl_rules=[
                    kubernetes.AclAclRuleArgs(ip=cidr, description="jitsi:cluster.allowedIps")
                    for cidr in config.allowed_ips
                ],
                opts=self.child(),
            )
        self.kubeconfig = pulumi.Output.secret(self.cluster.kubeconfigs[0].config_file)
        self.register_outputs({"cluster_id": self.cluster.id})

    def _network_id(self, name: str, args: KapsuleClusterArgs) -> pulumi.Input[str]:
        """Return the id of the private network, which the stack creates unless the config names another's."""
        if existing := args.cluster.network_id:
            return f"{args.region}/{existing[1]}"
        child = self.child(protect=args.protect)
        vpc = network.Vpc(f"{name}-vpc", region=args.region, tags=list(args.tags), opts=child)
        private_network = network.PrivateNetwork(
            f"{name}-network",
            vpc_id=vpc.id,
            region=args.region,
            ipv4_subnet=network.PrivateNetworkIpv4SubnetArgs(subnet=args.cluster.private_network),
            tags=list(args.tags),
            opts=child,
        )
        return private_network.id

    def _cluster(self, name: str, args: KapsuleClusterArgs, network_id: pulumi.Input[str]) -> kubernetes.Cluster:
        config = args.cluster
        upgrade = config.auto_upgrade
        return kubernetes.Cluster(
            f"{name}-cluster",
            type=config.control_plane,
            version=config.version,
            region=args.region,
            cni=CNI,
            private_network_id=network_id,
            auto_upgrade=kubernetes.ClusterAutoUpgradeArgs(
                enable=upgrade is not None,
                maintenance_window_day=upgrade.day if upgrade else "any",
                maintenance_window_start_hour=upgrade.hour if upgrade else 0,
            ),
            # Send the whole block: the API reads missing fields as zero, not as its defaults.
            autoscaler_config=kubernetes.ClusterAutoscalerConfigArgs(
                disable_scale_down=False,
                scale_down_delay_after_add=format_duration(NODE_DELAY_AFTER_ADD_SECONDS),
                scale_down_unneeded_time=format_duration(NODE_UNNEEDED_SECONDS),
                estimator="binpacking",
                expander="least_waste",
                ignore_daemonsets_utilization=True,
                balance_similar_node_groups=False,
                expendable_pods_priority_cutoff=SPARE_CUTOFF,
                scale_down_utilization_threshold=0.5,
                max_graceful_termination_sec=args.drain_seconds,
                skip_nodes_with_local_storage=False,
            ),
            # The stack, or the network's owner, deletes it; "true" would let Scaleway do so.
            delete_additional_resources=False,
            feature_gates=["HPAScaleToZero"] if args.scales_to_zero else None,
            tags=list(args.tags),
            opts=pulumi.ResourceOptions.merge(
                self.child(protect=args.protect),
                pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(update=f"{args.upgrade_seconds}s")),
            ),
        )

    def _system_pool(
        self, name: str, zone: str, args: KapsuleClusterArgs, opts: pulumi.ResourceOptions, *, reserve: bool = False
    ) -> kubernetes.Pool:
        system, bounds = args.cluster.system, args.system_pools[zone]
        taint = kubernetes.PoolTaintArgs(key=RESERVE_TAINT, value="true", effect="PreferNoSchedule")
        return kubernetes.Pool(
            name,
            cluster_id=self.cluster.id,
            region=args.region,
            zone=zone,
            node_type=system.node_type,
            **root_volume(system.root_volume),
            size=bounds.min,
            min_size=bounds.min,
            max_size=bounds.max,
            autoscaling=True,
            autohealing=True,
            labels={ROLE_LABEL: SYSTEM_ROLE},
            taints=[taint] if reserve else None,
            # The provider never sends a zero, so maxUnavailable: 0 would show a diff for ever.
            upgrade_policy=kubernetes.PoolUpgradePolicyArgs(max_surge=1, max_unavailable=1),
            tags=list(args.tags),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["size"])),
        )
