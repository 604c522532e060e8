"""The recorders' own nodes."""

from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import kubernetes

from components.children import child_options
from components.cloud.dedicated_nodes import dedicated_pool
from components.labels import RECORDER_LABEL
from config.recording import Recording
from plan.recording_pool import recorder_nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class RecorderNodesArgs:
    """Inputs of `RecorderNodes`."""

    cluster_id: pulumi.Input[str]
    recording: Recording
    region: str
    zone: str
    tags: tuple[str, ...]


class RecorderNodes(pulumi.ComponentResource):
    """A pool that only recorders run on: Chrome and x264 must not share cores with meetings. Nothing comes in from outside."""

    pool: kubernetes.Pool

    def __init__(self, name: str, args: RecorderNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:RecorderNodes", name, None, opts)
        bounds = recorder_nodes(args.recording)
        self.pool = dedicated_pool(
            f"{name}-pool",
            cluster_id=args.cluster_id,
            region=args.region,
            zone=args.zone,
            node_type=args.recording.node_type,
            least=bounds.min,
            most=bounds.max,
            autoscaling=True,
            reserved=(RECORDER_LABEL, "true"),
            tags=args.tags,
            opts=child_options(self, opts),
        )
        self.register_outputs({"pool_id": self.pool.id})
