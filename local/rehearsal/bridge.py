"""A played videobridge: the states, durations and figures of the real one (jitsi-videobridge 2.3), without media."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from plan.simulate.bridge import Bridge as Seat

SAMPLE_SECONDS = 10.0  # JvbLoadManager measures every 10 s
JAVA_START_SECONDS = 3.0  # a JVM is not healthy at once
KBPS_PER_PERSON = 435  # outgoing; measured by openfun, 54.4 kB/s


UNPLAYED = (
    *(
        "incoming_loss_fraction",
        "outgoing_loss_fraction",
        "average_rtt",
        "endpoints_with_high_outgoing_loss",
        "cpu_steal",
    ),
    *("relay_incoming_bitrate", "relay_outgoing_bitrate", "conferences_with_relay", "jvm_heap_used", "thread_count"),
)
"""Gauges that the real one has as well, and that nothing here moves."""
COUNTED = ("conferences_created", "conferences_completed", "ice_failed", "endpoints_dtls_failed", "xmpp_disconnects")
"""Counters of the real one (VideobridgeMetrics.kt), which the exposition calls `_total`; nothing here moves them."""
SIZES = (0, 1, 2, 3, 4, 5, 10, 15, 20, 30, 50, 100)


class State(Enum):
    """ShutdownManager's states, and the end."""

    RUNNING = "RUNNING"
    GRACEFUL_SHUTDOWN = "GRACEFUL_SHUTDOWN"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    ENDED = "ENDED"


def seconds_of(conf: str, key: str, default: float) -> float:
    """A duration of the bridge's HOCON (`key = 30 seconds`)."""
    found = re.search(rf"{re.escape(key)}\s*=\s*([0-9.]+)\s*(second|minute|hour)", conf)
    return float(found[1]) * {"second": 1, "minute": 60, "hour": 3600}[found[2]] if found else default


@dataclass(eq=False)
class PlayedBridge:
    """One run of a bridge's process. Whoever calls holds the lock of the meetings."""

    pod: str
    version: str
    conf: str
    capacity: int
    java_speed: float
    """By how much the fixed minute of SHUTTING_DOWN is shortened."""
    uid: str = ""
    """Of its pod: a StatefulSet gives the name to the next one."""
    began: float = field(default_factory=time.time)
    state: State = State.RUNNING
    drain: bool = False
    drained_at: float = 0.0
    graceful_since: float = 0.0
    ending_since: float = 0.0
    ended_at: float = 0.0
    how: str = ""
    """exit, sigterm or crash, once it has ended."""
    on_purpose: bool = False
    """The story kills it: its meetings are counted apart."""
    trouble: str = ""
    """"hang" or "500": what its REST does instead of answering."""
    seat: Seat = field(init=False)
    _sampled: float = 0.0

    def __post_init__(self) -> None:
        self.seat = Seat(self.pod, 0)
        self.longest_grace = seconds_of(self.conf, "graceful-shutdown-max-duration", 86400)
        self.moving = seconds_of(self.conf, "shutting-down-delay", 60) / self.java_speed

    @property
    def healthy(self) -> bool:
        """Whether the JVM is up."""
        return self.state is not State.ENDED and time.time() >= self.began + JAVA_START_SECONDS

    @property
    def takes_people(self) -> bool:
        """Whether jicofo would choose it: it joined the brewery, and neither drains nor leaves."""
        return self.healthy and not self.drain and self.state is State.RUNNING

    def shut_down(self, *, graceful: bool) -> None:
        """POST /colibri/shutdown."""
        if self.state is State.RUNNING and graceful and self.seat.load:
            self.state, self.graceful_since = State.GRACEFUL_SHUTDOWN, time.time()
        elif self.state is State.RUNNING or (self.state is State.GRACEFUL_SHUTDOWN and not graceful):
            self._announce_end()

    def _announce_end(self) -> None:
        self.state, self.ending_since = State.SHUTTING_DOWN, time.time()

    def tick(self, now: float) -> bool:
        """Move on with time; True when its process has to exit with 0."""
        if now - self._sampled >= SAMPLE_SECONDS:
            self._sampled = now
            self.seat.reported = self.seat.stress(self.capacity)
        if self.state is State.GRACEFUL_SHUTDOWN and (
            self.seat.load == 0 or now - self.graceful_since >= self.longest_grace
        ):
            self._announce_end()
        return self.state is State.SHUTTING_DOWN and now - self.ending_since >= self.moving

    def figures(self) -> dict[str, float]:
        """What it measures, by the names of its Prometheus metrics."""
        people = self.seat.load
        return {
            "stress": self.seat.reported,
            "local_endpoints": people,
            "current_endpoints": people,
            "conferences": len(self.seat.rooms),
            "largest_conference": max(self.seat.rooms.values(), default=0),
            "outgoing_bitrate": people * KBPS_PER_PERSON * 1000,
            "incoming_bitrate": people * KBPS_PER_PERSON * 500,
            "drain_mode": int(self.drain),
            "graceful_shutdown": int(self.state is State.GRACEFUL_SHUTDOWN),
            "shutting_down": int(self.state is State.SHUTTING_DOWN),
            "healthy": int(self.healthy),
            "mucs_joined": 1,
            "mucs_connected": 1,
            "endpoints_sending_audio": people,
            "endpoints_sending_video": people,
            "outgoing_packet_rate": people * KBPS_PER_PERSON / 8,
            "incoming_packet_rate": people * KBPS_PER_PERSON / 16,
            **dict.fromkeys(UNPLAYED, 0),
        }

    def exposition(self) -> str:
        """GET /metrics."""
        lines: list[str] = []
        for name, value in self.figures().items():
            lines += [f"# TYPE jitsi_jvb_{name} gauge", f"jitsi_jvb_{name} {value}"]
        for name in COUNTED:
            lines += [f"# TYPE jitsi_jvb_{name} counter", f"jitsi_jvb_{name}_total 0"]
        sizes = list(self.seat.rooms.values())
        name = "jitsi_jvb_conferences_by_size"
        lines.append(f"# TYPE {name} histogram")
        for bound in SIZES:
            lines.append(f'{name}_bucket{{le="{bound}"}} {sum(size <= bound for size in sizes)}')
        lines += [f'{name}_bucket{{le="+Inf"}} {len(sizes)}', f"{name}_sum {sum(sizes)}", f"{name}_count {len(sizes)}"]
        return "\n".join(lines) + "\n"

    def statistics(self) -> dict[str, Any]:
        """GET /colibri/stats."""
        figures = self.figures()
        return {
            "stress_level": figures["stress"],
            "participants": self.seat.load,
            "endpoints": self.seat.load,
            "local_endpoints": self.seat.load,
            "octo_endpoints": 0,
            "conferences": figures["conferences"],
            "largest_conference": figures["largest_conference"],
            "bit_rate_upload": figures["outgoing_bitrate"] / 1000,
            "bit_rate_download": figures["incoming_bitrate"] / 1000,
            "graceful_shutdown": self.state is State.GRACEFUL_SHUTDOWN,
            "shutting_down": self.state is State.SHUTTING_DOWN,
            "drain": self.drain,
            "healthy": self.healthy,
            "version": self.version,
        }
