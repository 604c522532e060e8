"""What the system pool must hold when everything runs: signalling of all shards, edge and metrics."""

from collections.abc import Iterable, Iterator

from config.node_types import NODE_TYPES
from config.stack import StackConfig
from plan.edge_size import haproxy_size
from plan.gateways import TRANSCRIBER
from plan.pools import ALLOCATABLE_SHARE, NODE_RESERVED_MIB, NODE_RESERVED_MILLICPU
from plan.signalling import PodSize, signalling_size, visitor_node_size
from plan.turn import COTURN

PROMETHEUS = PodSize(200, 1024)
METRICS_ADAPTER = PodSize(100, 256)
KUBE_STATE = PodSize(10, 64)
GRAFANA = PodSize(50, 256)
LOG_COLLECTOR = PodSize(50, 256)
PROBE = PodSize(10, 64)
WHITEBOARD_SIZE = PodSize(100, 256)
"""Assumed: it passes messages on and keeps none; one may have 20 MB (upstream's maxHttpBufferSize)."""
ETHERPAD_SIZE = PodSize(200, 512)
"""Assumed: all documents of its file database stand in its memory."""


def node_room(node_type: str) -> PodSize:
    """What one node leaves to the stack's pods, after the kubelet and Kapsule's own."""
    node = NODE_TYPES[node_type]
    return PodSize(
        node.vcpus * 1000 - NODE_RESERVED_MILLICPU, int(node.memory_gib * 1024 * ALLOCATABLE_SHARE) - NODE_RESERVED_MIB
    )


def system_pods(config: StackConfig, *, at_rest: bool = False) -> Iterator[PodSize]:
    """Requests of every pod beside the bridges; of web and coturn the most pods, or at rest the fewest."""
    for shard in config.resolved:
        size = signalling_size(shard, config.web)
        yield from (size.prosody, size.jicofo, *[size.web] * (size.web_least if at_rest else size.web_most))
        if config.visitors:
            yield from [visitor_node_size(config.visitors)] * config.visitors.nodes
    yield from [haproxy_size(config.ingress, config.resolved).pod] * config.ingress.replicas
    if config.turn:
        yield from [COTURN] * (config.turn.replicas if at_rest else config.turn.max_replicas)
    if config.metrics.managed:
        yield PROMETHEUS
    yield METRICS_ADAPTER
    if config.makes_kube_state:
        yield KUBE_STATE
    if config.makes_dashboards and config.monitoring.grafana == "managed":
        yield GRAFANA
    if config.monitoring.logs.collected:
        yield LOG_COLLECTOR
    if config.monitoring.probe:
        yield PROBE
    if config.jigasi and config.jigasi.transcription:
        yield from [TRANSCRIBER] * config.jigasi.transcription.replicas
    if config.whiteboard:
        yield WHITEBOARD_SIZE
    if config.documents:
        yield ETHERPAD_SIZE


def nodes_for(pods: Iterable[PodSize], room: PodSize) -> int | None:
    """Nodes that hold the pods, largest first, each on the first node with room; None where one fits on no node."""
    nodes: list[PodSize] = []
    for pod in sorted(pods, key=lambda pod: (pod.millicpu, pod.memory_mib), reverse=True):
        place = next((number for number, left in enumerate(nodes) if _fits(pod, left)), len(nodes))
        if place == len(nodes):
            if not _fits(pod, room):
                return None
            nodes.append(room)
        nodes[place] = PodSize(nodes[place].millicpu - pod.millicpu, nodes[place].memory_mib - pod.memory_mib)
    return len(nodes)


def nodes_at_rest(config: StackConfig) -> int:
    """Nodes of the system pool that stand even while nobody meets: its least, or as many as what always runs takes.

    A pod that fits on no node has an error of its own (`system-pool-too-small`); the pool's most stands in for it.
    """
    pool = config.cluster.system
    needed = nodes_for(system_pods(config, at_rest=True), node_room(pool.node_type))
    return pool.max if needed is None else min(pool.max, max(pool.min, needed))


def _fits(pod: PodSize, left: PodSize) -> bool:
    return pod.millicpu <= left.millicpu and pod.memory_mib <= left.memory_mib
