"""A Kapsule cluster with its network and its system pool."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes, network

from components.labels import ROLE_LABEL
from config.cluster import Cluster, SystemPool
from config.model import format_duration
from plan.node_idle import KEPT_AFTER_GROWTH, UNNEEDED

CNI = "cilium"  # Kapsule's default; honours network policies and hostPort
SPARE_CUTOFF = -10  # placeholders of priority -5 must still make nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class KapsuleClusterArgs:
    """Inputs of `KapsuleCluster`."""

    cluster: Cluster
    region: str
    drain_seconds: int
    """The longest drain of any bridge; the autoscaler waits at least that long for a node to empty."""
    protect: bool
    scales_to_zero: bool
    """Whether an autoscaler may end a workload's last pod; a feature gate that is off by default (Kubernetes 1.35)."""
    upgrade_seconds: int
    """The longest that the engine waits for another version of Kubernetes: the provider's own 15 minutes end in the midst of it."""
    tags: tuple[str, ...]


class KapsuleCluster(pulumi.ComponentResource):
    """Vpc, private network, cluster and system pool in one region.

    The API server's host name works only once a pool is there, so whatever talks to it depends on `system_pool`.
    """

    cluster: kubernetes.Cluster
    system_pool: kubernetes.Pool
    kubeconfig: pulumi.Output[str]
    """Secret. Its token may rotate; nothing is replaced for that."""

    def __init__(self, name: str, args: KapsuleClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:KapsuleCluster", name, None, opts)
        # CRITICAL: these logical names are in every stack's state; another name replaces the network or the cluster.
        child = pulumi.ResourceOptions(parent=self, protect=args.protect or None)
        config = args.cluster
        vpc = network.Vpc(f"{name}-vpc", region=args.region, tags=list(args.tags), opts=child)
        private_network = network.PrivateNetwork(
            f"{name}-network",
            vpc_id=vpc.id,
            region=args.region,
            ipv4_subnet=network.PrivateNetworkIpv4SubnetArgs(subnet=config.private_network),
            tags=list(args.tags),
            opts=child,
        )
        upgrade = config.auto_upgrade
        self.cluster = kubernetes.Cluster(
            f"{name}-cluster",
            type=config.control_plane,
            version=config.version,
            region=args.region,
            cni=CNI,
            private_network_id=private_network.id,
            auto_upgrade=kubernetes.ClusterAutoUpgradeArgs(
                enable=upgrade is not None,
                maintenance_window_day=upgrade.day if upgrade else "any",
                maintenance_window_start_hour=upgrade.hour if upgrade else 0,
            ),
            # The whole block: with parts of it missing the API gets zeros, not its defaults.
            autoscaler_config=kubernetes.ClusterAutoscalerConfigArgs(
                disable_scale_down=False,
                scale_down_delay_after_add=format_duration(KEPT_AFTER_GROWTH),
                scale_down_unneeded_time=format_duration(UNNEEDED),
                estimator="binpacking",
                expander="least_waste",
                ignore_daemonsets_utilization=True,
                balance_similar_node_groups=False,
                expendable_pods_priority_cutoff=SPARE_CUTOFF,
                scale_down_utilization_threshold=0.5,
                max_graceful_termination_sec=args.drain_seconds,
                skip_nodes_with_local_storage=False,
            ),
            # The network is ours to delete; "true" would let Scaleway take it along.
            delete_additional_resources=False,
            feature_gates=["HPAScaleToZero"] if args.scales_to_zero else None,
            tags=list(args.tags),
            opts=pulumi.ResourceOptions.merge(
                child,
                pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(update=f"{args.upgrade_seconds}s")),
            ),
        )
        self.system_pool = self._system_pool(name, config.system, args)
        if config.allowed_ips:
            kubernetes.Acl(
                f"{name}-api-access",
                cluster_id=self.cluster.id,
                region=args.region,
                acl_rules=[
                    kubernetes.AclAclRuleArgs(ip=cidr, description="jitsi:cluster.allowedIps")
                    for cidr in config.allowed_ips
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.kubeconfig = pulumi.Output.secret(self.cluster.kubeconfigs[0].config_file)
        self.register_outputs({"cluster_id": self.cluster.id})

    def _system_pool(self, name: str, system: SystemPool, args: KapsuleClusterArgs) -> kubernetes.Pool:
        return kubernetes.Pool(
            f"{name}-system",
            cluster_id=self.cluster.id,
            region=args.region,
            zone=f"{args.region}-1",
            node_type=system.node_type,
            size=system.min,
            min_size=system.min,
            max_size=system.max,
            autoscaling=True,
            autohealing=True,
            labels={ROLE_LABEL: "system"},
            # The API never sees a zero here (the provider leaves it out), so maxUnavailable 0 would differ for ever.
            upgrade_policy=kubernetes.PoolUpgradePolicyArgs(max_surge=1, max_unavailable=1),
            tags=list(args.tags),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["size"]),
        )
