"""The recorders' own nodes."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.kubernetes.component import Component
from components.kubernetes.labels import RECORDER_LABEL
from components.scaleway.dedicated_nodes import PoolSite, dedicated_pool
from config.recording import Recording
from sizing.pools import recorder_nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class RecorderNodesArgs:
    """Inputs of `RecorderNodes`."""

    pools: PoolSite
    recording: Recording
    zone: str


class RecorderNodes(Component):
    """A pool for recorders only, because Chrome and x264 must not share cores with bridges. Inbound: nothing."""

    pool: kubernetes.Pool

    def __init__(self, name: str, args: RecorderNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:RecorderNodes", name, opts)
        self.pool = dedicated_pool(
            f"{name}-pool",
            args.pools,
            zone=args.zone,
            node_type=args.recording.node_type,
            root=args.recording.root_volume,
            bounds=recorder_nodes(args.recording),
            reserved=(RECORDER_LABEL, "true"),
            opts=self.child(),
        )
        self.register_outputs({"pool_id": self.pool.id})
