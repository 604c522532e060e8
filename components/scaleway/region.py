"""All resources of a stack at Scaleway."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.kubernetes.cluster_access import cluster_provider
from components.kubernetes.component import Component
from components.scaleway.bridge_nodes import BridgeNodes, BridgeNodesArgs
from components.scaleway.cockpit_logs import CockpitLogs, CockpitLogsArgs
from components.scaleway.dedicated_nodes import PoolSite
from components.scaleway.gateway_nodes import GatewayNodes, GatewayNodesArgs
from components.scaleway.kapsule import KapsuleCluster, KapsuleClusterArgs
from components.scaleway.public_address import PublicAddress, PublicAddressArgs
from components.scaleway.recorder_nodes import RecorderNodes, RecorderNodesArgs
from components.scaleway.recordings_bucket import RecordingsBucket, RecordingsBucketArgs
from components.scaleway.turn_nodes import TurnNodes, TurnNodesArgs
from config.passwords import LOGS_TOKEN, RECORDER_KEY
from config.stack import StackConfig
from sizing.drain import max_leave_seconds
from sizing.node_pools import system_pools, upgrade_seconds
from sizing.pools import gateway_zone, recorder_zone, turn_zone


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalewayRegionArgs:
    """Inputs of `ScalewayRegion`."""

    config: StackConfig
    region: str
    instance: str


class ScalewayRegion(Component):
    """Cluster, bridge nodes with their firewalls, and the public address, in one region."""

    provider: pulumi.ProviderResource
    """Kubernetes provider of the cluster; waits for the system pools."""
    kubeconfig: pulumi.Output[str]
    bridge_pools: dict[str, kubernetes.Pool]
    """Shard -> pool of its bridges."""
    address: PublicAddress
    turn_nodes: TurnNodes | None = None
    """None without TURN over UDP."""
    recorder_nodes: RecorderNodes | None = None
    recordings: RecordingsBucket | None = None
    """None if nothing is recorded, or if the bucket is not the stack's."""
    logs: CockpitLogs | None = None
    """None if Cockpit stores no logs."""

    def __init__(self, name: str, args: ScalewayRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:ScalewayRegion", name, opts)
        config = args.config
        tags = ("jitsi", f"stack={args.instance}")
        kapsule = self._kapsule(args, tags)
        # The first pool of a cluster must be neither empty nor tainted, so the system pool precedes all others.
        after_system = self.child(kapsule.system_pool)
        pools = PoolSite(cluster_id=kapsule.cluster.id, region=args.region, tags=tags)
        self.bridge_pools = {
            shard.name: BridgeNodes(
                f"{name}-{shard.name}", BridgeNodesArgs(pools=pools, shard=shard), after_system
            ).pool
            for shard in config.resolved
        }
        if config.jigasi and config.jigasi.sip:
            sip = config.jigasi.sip
            gateways = GatewayNodesArgs(pools=pools, sip=sip, zone=gateway_zone(config, sip))
            GatewayNodes(f"{name}-gateways", gateways, after_system)
        self._recordings(args, pools, after_system)
        self._logs(args)
        self.address = PublicAddress(
            f"{name}-address",
            PublicAddressArgs(
                zones=config.balancer_zones,
                host=config.domain,
                turn_host=config.turn_host,
                aliases=config.hosts,
                ipv6=config.ingress.ipv6,
                dns_zone=config.dns_zone,
                protect=config.protect,
                tags=tags,
            ),
            self.child(),
        )
        udp = config.turn.udp if config.turn else None
        if udp and config.turn_udp_host:
            turn_nodes = TurnNodesArgs(
                pools=pools,
                udp=udp,
                zone=turn_zone(config, udp),
                host=config.turn_udp_host,
                dns_zone=config.dns_zone if config.makes_record(config.turn_udp_host) else None,
                elsewhere=self.address.address,
            )
            self.turn_nodes = TurnNodes(f"{name}-relays", turn_nodes, after_system)
        after_every = self.child(kapsule.system_pool, *kapsule.more_pools)
        self.kubeconfig = kapsule.kubeconfig
        self.provider = cluster_provider(f"{name}-access", kapsule.kubeconfig, kapsule.cluster.id, after_every)
        self.register_outputs({"address": self.address.address})

    def _kapsule(self, args: ScalewayRegionArgs, tags: tuple[str, ...]) -> KapsuleCluster:
        config = args.config
        return KapsuleCluster(
            f"{self._name}-kapsule",
            KapsuleClusterArgs(
                cluster=config.cluster,
                region=args.region,
                drain_seconds=max_leave_seconds(config),
                protect=config.protect,
                scales_to_zero=config.recording is not None and config.recording.min == 0,
                upgrade_seconds=upgrade_seconds(config),
                system_pools=system_pools(config),
                tags=tags,
            ),
            self.child(),
        )

    def _recordings(self, args: ScalewayRegionArgs, pools: PoolSite, after_system: pulumi.ResourceOptions) -> None:
        config, recording, zone = args.config, args.config.recording, recorder_zone(args.config)
        if recording is None or zone is None:
            return
        nodes = RecorderNodesArgs(pools=pools, recording=recording, zone=zone)
        self.recorder_nodes = RecorderNodes(f"{self._name}-recorders", nodes, after_system)
        if recording.endpoint is None:
            bucket = RecordingsBucketArgs(
                recording=recording,
                instance=args.instance,
                region=args.region,
                key_generation=config.secret_generations.get(RECORDER_KEY, 1),
                protect=config.protect,
                tags=pools.tags,
            )
            self.recordings = RecordingsBucket(f"{self._name}-recordings", bucket, self.child())

    def _logs(self, args: ScalewayRegionArgs) -> None:
        logs = args.config.monitoring.logs
        if logs.to == "cockpit":
            store = CockpitLogsArgs(
                logs=logs,
                instance=args.instance,
                region=args.region,
                token_generation=args.config.secret_generations.get(LOGS_TOKEN, 1),
            )
            self.logs = CockpitLogs(f"{self._name}-logs", store, self.child())
