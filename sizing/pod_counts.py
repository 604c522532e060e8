"""Number of pods per part, and their size if it follows from the config."""

from collections.abc import Callable, Iterator

from config.stack import StackConfig
from sizing.haproxy_size import haproxy_size
from sizing.part import Pods
from sizing.pod_sizes import RECORDER_SIDECARS, PodSize, bridge_pod, bridge_size, recorder_size
from sizing.pools import min_recorders
from sizing.signalling_sizes import signalling_size, visitor_node_size


def one_where(runs: Callable[[StackConfig], object]) -> Callable[[StackConfig], Iterator[Pods]]:
    """One pod if the config says so."""

    def count(config: StackConfig) -> Iterator[Pods]:
        if runs(config):
            yield Pods()

    return count


def bridges(config: StackConfig) -> Iterator[Pods]:
    """Bridges of each shard."""
    for shard in config.resolved:
        yield Pods(shard.bridges.min, shard.bridges.ceiling, bridge_pod(shard.bridges))


def spares(config: StackConfig) -> Iterator[Pods]:
    """Placeholders of each autoscaled shard; with a schedule there are none at times."""
    for shard in config.resolved:
        if shard.bridges.topology == "autoscaled" and shard.bridges.scaling.spares:
            size = bridge_size(shard.bridges)
            yield Pods(0, shard.bridges.scaling.spares, PodSize(size.millicpu, size.memory_mib))


def prosodies(config: StackConfig) -> Iterator[Pods]:
    """One prosody per shard."""
    for shard in config.resolved:
        yield Pods(size=signalling_size(shard, config.web).prosody, zone=shard.signalling_zone)


def jicofos(config: StackConfig) -> Iterator[Pods]:
    """One jicofo per shard."""
    for shard in config.resolved:
        yield Pods(size=signalling_size(shard, config.web).jicofo, zone=shard.signalling_zone)


def webs(config: StackConfig) -> Iterator[Pods]:
    """Web pods of each shard."""
    for shard in config.resolved:
        size = signalling_size(shard, config.web)
        yield Pods(size.web_min, size.web_max, size.web, shard.signalling_zone)


def visitor_nodes(config: StackConfig) -> Iterator[Pods]:
    """Visitor prosodies of each shard."""
    if config.visitors:
        size, nodes = visitor_node_size(config.visitors), config.visitors.nodes
        for shard in config.resolved:
            yield Pods(nodes, nodes, size, shard.signalling_zone)


def edges(config: StackConfig) -> Iterator[Pods]:
    """HAProxies, sized for all shards."""
    replicas = config.ingress.replicas
    yield Pods(replicas, replicas, haproxy_size(config.ingress, config.resolved).pod, spread=True)


def turn_pods(config: StackConfig) -> Iterator[Pods]:
    """Coturn behind ingress."""
    if config.coturn:
        yield Pods(config.coturn.replicas, config.coturn.max_replicas)


def udp_turn_pods(config: StackConfig) -> Iterator[Pods]:
    """Coturn on dedicated nodes, one pod per node."""
    if config.turn and config.turn.udp:
        yield Pods(config.turn.udp.nodes, config.turn.udp.nodes)


def recorders(config: StackConfig) -> Iterator[Pods]:
    """Recorders with their sidecars."""
    if config.recording:
        size = recorder_size(config.recording.node_type)
        whole = PodSize(size.millicpu + RECORDER_SIDECARS.millicpu, size.memory_mib + RECORDER_SIDECARS.memory_mib)
        yield Pods(min_recorders(config.recording), config.recording.max, whole)


def gateways(config: StackConfig) -> Iterator[Pods]:
    """Telephone gateways, one on each of their nodes."""
    if config.jigasi and config.jigasi.sip:
        yield Pods(config.jigasi.sip.replicas, config.jigasi.sip.replicas)


def transcribers(config: StackConfig) -> Iterator[Pods]:
    """Transcribers."""
    if config.jigasi and config.jigasi.transcription:
        yield Pods(config.jigasi.transcription.replicas, config.jigasi.transcription.replicas)
