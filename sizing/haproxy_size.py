"""Memory of one HAProxy, and the connections that it holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.ingress import Ingress
from config.shard import Shard
from sizing.capacity import shard_capacity
from sizing.pod_sizes import PodSize

CONNECTIONS_PER_PARTICIPANT = 2  # the XMPP websocket, and one for pages, files and reconnects
CONNECTION_KIB = 48
"""One over TLS with its other half towards the shard: 25 KiB of HAProxy 2.6 and some 10 of the kernel's, and a margin."""
PROCESSES_MIB = (
    96  # master, worker and the workers that reloads left with their websockets: up to nine, 7 MiB each, and a margin
)
ROOM_BYTES = 600  # in `rooms` and in `seats`: 481 measured by `python -m benchmarks --edge`, and a margin
MIN_MIB = 512
SIDECAR = PodSize(10, 64)  # looks for changed files, and reloads
MILLICPU = 200


@dataclass(frozen=True, slots=True)
class HaproxySize:
    """Memory in MiB, as request and limit, and the client connections that it holds; further ones wait, and none is cut."""

    memory_mib: int
    connections: int

    @property
    def pod(self) -> PodSize:
        """The pod's requests, sidecar included."""
        return PodSize(MILLICPU + SIDECAR.millicpu, self.memory_mib + SIDECAR.memory_mib)


def haproxy_size(ingress: Ingress, shards: Sequence[Shard]) -> HaproxySize:
    """Size for all participants of all shards while one HAProxy is away; a power of two, so that it seldom changes.

    Another size restarts HAProxies one by one. A shard's state does not matter: participants stay while it drains.
    """
    participants = sum(shard_capacity(shard).participants for shard in shards)
    connections = -(-participants * CONNECTIONS_PER_PARTICIPANT // max(1, ingress.replicas - 1))
    fixed_kib = PROCESSES_MIB * 1024 + -(-ingress.room_table * ROOM_BYTES // 1024)

    def held(memory_mib: int) -> int:
        return (memory_mib * 1024 - fixed_kib) // CONNECTION_KIB // 100 * 100

    memory_mib = MIN_MIB
    while held(memory_mib) < connections:
        memory_mib *= 2
    return HaproxySize(memory_mib, held(memory_mib))
