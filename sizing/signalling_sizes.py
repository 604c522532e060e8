"""Sizes of web, prosody and jicofo of a shard, from the participants that its bridges carry at their maximum.

The anchor is meet.jit.si, which adds a shard at 4000 participants and gives each of them prosody 1024 MB, jicofo a heap of
1536 MB and web 300 MB. Its shares of CPU (200 to 500 MHz each) count on idle neighbours, so requests here are larger; a
single-threaded prosody never uses more than one core. A predecessor's 3 cores and 14 GB for each serve no shard.
"""

from dataclasses import dataclass

from config.limits import MAX_WEB_PODS
from config.shard import Shard
from config.visitors import Visitors
from config.web import Web
from sizing.capacity import shard_capacity
from sizing.pod_sizes import PodSize

ANCHOR_PARTICIPANTS = 4000  # infra-provisioning: new shards above it, an alert at 5000
CORE = 1000  # millicores
MIN_CLASS = 250  # participants

PROSODY_IDLE_MILLICPU = 250
PROSODY_MILLICPU_EACH = 0.5
"""A core from 1500 participants on, half of one at 500: a room of 500 ran on two vCPUs with jicofo beside it (meetrix.io); with
300 millicores, joins answered 500 from 400 participants on (openfun)."""
PROSODY_IDLE_MIB = 256
PROSODY_MIB_EACH = 0.5
"""Twice meet.jit.si's, as passing a limit ends every meeting of the shard: Lua's collector waits until memory is four times what
lives (image: GC_INC_TH 400), and each of n who join one room gets n presences, of 1 to 2 kB, into its queue."""

JICOFO_IDLE_MILLICPU = 200
JICOFO_MILLICPU_EACH = 0.2
JICOFO_HEAP_MIB = 1536  # meet.jit.si, for ANCHOR_PARTICIPANTS
JICOFO_MIN_HEAP_MIB = 512
JICOFO_MAX_HEAP_MIB = 3072  # the image's own default
JICOFO_OFF_HEAP_MIB = 512  # metaspace, compiled code and threads; no direct buffers as in a bridge

WEB_PARTICIPANTS = 500
"""Participants for whom one web pod is added at most.

Assumed: 0.1 s of CPU to compress what a first visitor loads, and a full shard arriving within five minutes (BigBlueButton's
planning guide: classes start together). 4000 people then need 1.3 cores; eight pods at WEB_CPU_PERCENT have 1.4.
"""
WEB_IDLE_MILLICPU = 100
WEB_MILLICPU_EACH = 0.1
WEB_MAX_MILLICPU = 250
WEB_MIB = 256
WEB_CPU_PERCENT = 70  # of the request, where another pod is added
NGINX_WORKERS = 2  # the image's 4 only share the same quarter of a core
NGINX_CONNECTIONS_EACH = 6  # a browser's limit per host; websockets go past nginx, from HAProxy to prosody
NGINX_MIN_CONNECTIONS, NGINX_MAX_CONNECTIONS = 1024, 16384


@dataclass(frozen=True, slots=True)
class SignallingSize:
    """Sizes of a shard's signalling pods, and the number of web pods."""

    participants: int
    """The size class: what the shard carries, or `signalling.sizedFor`, rounded up."""
    prosody: PodSize
    jicofo: PodSize
    jicofo_heap_mib: int
    web: PodSize
    web_min: int
    web_max: int
    nginx_connections: int
    """Per worker process, of which there are NGINX_WORKERS; enough for all participants on `web_min` pods."""

    @property
    def web_scales(self) -> bool:
        """Whether the number of web pods follows their CPU."""
        return self.web_max > self.web_min


def _up(value: float, step: int) -> int:
    return -int(-value // step) * step


def _within(lower: int, value: int, upper: int) -> int:
    return max(lower, min(value, upper))


def size_class(participants: int) -> int:
    """250, 500, 1000, 2000, … participants: another size restarts prosody, and with it every meeting of the shard reconnects.

    So one more bridge must not mean another size; each class doubles the one before.
    """
    rounded = MIN_CLASS
    while rounded < participants:
        rounded *= 2
    return rounded


def prosody_size(clients: int) -> PodSize:
    """Requests of one prosody for that many clients, in steps of 50 millicores and 64 MiB."""
    return PodSize(
        min(CORE, _up(PROSODY_IDLE_MILLICPU + clients * PROSODY_MILLICPU_EACH, 50)),
        _up(PROSODY_IDLE_MIB + clients * PROSODY_MIB_EACH, 64),
    )


def visitor_node_size(visitors: Visitors) -> PodSize:
    """Size of a visitor prosody: that of a prosody with as many clients, since each visitor receives what happens in the room."""
    return prosody_size(visitors.visitors_per_node)


def signalling_size(shard: Shard, web: Web) -> SignallingSize:
    """Sizes for the class of `signalling.sizedFor`, else of the bridges at their maximum; steps of 50 millicores and 64 MiB.

    Only `web_max` follows the participants themselves: changing it restarts nothing.
    """
    carried = shard_capacity(shard).participants
    size = size_class(shard.sized_for or carried)
    heap = _within(JICOFO_MIN_HEAP_MIB, _up(size * JICOFO_HEAP_MIB / ANCHOR_PARTICIPANTS, 64), JICOFO_MAX_HEAP_MIB)
    web_max = web.max_replicas or max(
        web.replicas, _within(2, _up(carried, WEB_PARTICIPANTS) // WEB_PARTICIPANTS, MAX_WEB_PODS)
    )
    return SignallingSize(
        participants=size,
        prosody=prosody_size(size),
        jicofo=PodSize(
            min(CORE, _up(JICOFO_IDLE_MILLICPU + size * JICOFO_MILLICPU_EACH, 50)), heap + JICOFO_OFF_HEAP_MIB
        ),
        jicofo_heap_mib=heap,
        web=PodSize(min(WEB_MAX_MILLICPU, _up(WEB_IDLE_MILLICPU + size * WEB_MILLICPU_EACH, 50)), WEB_MIB),
        web_min=web.replicas,
        web_max=web_max,
        nginx_connections=_within(
            NGINX_MIN_CONNECTIONS,
            _up(size / web.replicas * NGINX_CONNECTIONS_EACH / NGINX_WORKERS, 1024),
            NGINX_MAX_CONNECTIONS,
        ),
    )
