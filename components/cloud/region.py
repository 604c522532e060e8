"""Everything that one stack makes at Scaleway."""

from dataclasses import dataclass

import pulumi

from components.cloud.bridge_nodes import BridgeNodes, BridgeNodesArgs
from components.cloud.cluster_access import cluster_provider
from components.cloud.cockpit_logs import CockpitLogs, CockpitLogsArgs
from components.cloud.gateway_nodes import GatewayNodes, GatewayNodesArgs
from components.cloud.kapsule import KapsuleCluster, KapsuleClusterArgs
from components.cloud.public_address import PublicAddress, PublicAddressArgs
from components.cloud.recorder_nodes import RecorderNodes, RecorderNodesArgs
from components.cloud.recordings_bucket import RecordingsBucket, RecordingsBucketArgs
from components.cloud.relay_nodes import RelayNodes, RelayNodesArgs
from config.passwords import LOGS_TOKEN, RECORDER_KEY
from config.stack import StackConfig
from plan.gateways import gateway_zone
from plan.recording_pool import longest_leave_seconds, zone_of
from plan.turn import relay_zone
from plan.upgrade import upgrade_seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalewayRegionArgs:
    """Inputs of `ScalewayRegion`."""

    config: StackConfig
    region: str
    instance: str


class ScalewayRegion(pulumi.ComponentResource):
    """Cluster, bridge nodes with their firewalls, and the public address, in one region."""

    provider: pulumi.ProviderResource
    """Kubernetes provider of the cluster; waits for the system pool."""
    address: PublicAddress
    address_zone: str
    relays: RelayNodes | None = None
    """None without TURN over UDP."""
    recorder_nodes: RecorderNodes | None = None
    recordings: RecordingsBucket | None = None
    """None where nothing is recorded, or into a bucket that is already there."""
    logs: CockpitLogs | None = None
    """None where logs go elsewhere."""

    def __init__(self, name: str, args: ScalewayRegionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:ScalewayRegion", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        config = args.config
        tags = ("jitsi", f"stack={args.instance}")
        self.address_zone = f"{args.region}-1"
        kapsule = KapsuleCluster(
            f"{name}-kapsule",
            KapsuleClusterArgs(
                cluster=config.cluster,
                region=args.region,
                drain_seconds=longest_leave_seconds(config),
                protect=config.protect,
                scales_to_zero=config.recording is not None and config.recording.min == 0,
                upgrade_seconds=upgrade_seconds(config),
                tags=tags,
            ),
            child,
        )
        # A first pool of the cluster must not be empty or tainted, so the system pool comes before the bridges'.
        after_system = pulumi.ResourceOptions(parent=self, depends_on=[kapsule.system_pool])
        for shard in config.resolved:
            BridgeNodes(
                f"{name}-{shard.name}",
                BridgeNodesArgs(cluster_id=kapsule.cluster.id, shard=shard, region=args.region, tags=tags),
                after_system,
            )
        if config.jigasi and config.jigasi.sip:
            GatewayNodes(
                f"{name}-gateways",
                GatewayNodesArgs(
                    cluster_id=kapsule.cluster.id,
                    sip=config.jigasi.sip,
                    zone=gateway_zone(config, config.jigasi.sip),
                    region=args.region,
                    tags=tags,
                ),
                after_system,
            )
        zone = zone_of(config)
        if config.recording and zone:
            self.recorder_nodes = RecorderNodes(
                f"{name}-recorders",
                RecorderNodesArgs(
                    cluster_id=kapsule.cluster.id,
                    recording=config.recording,
                    region=args.region,
                    zone=zone,
                    tags=tags,
                ),
                after_system,
            )
            if config.recording.endpoint is None:
                self.recordings = RecordingsBucket(
                    f"{name}-recordings",
                    RecordingsBucketArgs(
                        recording=config.recording,
                        instance=args.instance,
                        region=args.region,
                        key_generation=config.secret_generations.get(RECORDER_KEY, 1),
                        protect=config.protect,
                        tags=tags,
                    ),
                    child,
                )
        if config.monitoring.logs.to == "cockpit":
            self.logs = CockpitLogs(
                f"{name}-logs",
                CockpitLogsArgs(
                    logs=config.monitoring.logs,
                    instance=args.instance,
                    region=args.region,
                    token_generation=config.secret_generations.get(LOGS_TOKEN, 1),
                ),
                child,
            )
        self.address = PublicAddress(
            f"{name}-address",
            PublicAddressArgs(
                zone=self.address_zone,
                host=config.domain,
                turn_host=config.turn_host,
                dns_zone=config.dns_zone,
                protect=config.protect,
                tags=tags,
            ),
            child,
        )
        udp = config.turn.udp if config.turn else None
        if udp and config.turn_udp_host:
            self.relays = RelayNodes(
                f"{name}-relays",
                RelayNodesArgs(
                    cluster_id=kapsule.cluster.id,
                    udp=udp,
                    zone=relay_zone(config, udp),
                    region=args.region,
                    host=config.turn_udp_host,
                    dns_zone=config.dns_zone if config.makes_record(config.turn_udp_host) else None,
                    elsewhere=self.address.address,
                    tags=tags,
                ),
                after_system,
            )
        self.provider = cluster_provider(f"{name}-access", kapsule.kubeconfig, kapsule.cluster.id, after_system)
        self.register_outputs({"address": self.address.address})
