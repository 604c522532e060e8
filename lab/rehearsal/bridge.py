"""A simulated videobridge: states, durations and metrics of jitsi-videobridge 2.3; media are packets that it answers."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lab.rehearsal.colibri import Conferences
from plan.simulate.bridge import Bridge as Seat
from sizing.bridge_crash import JAVA_START_SECONDS

SAMPLE_SECONDS = 10.0  # JvbLoadManager measures every 10 s
EXIT_SECONDS = 0.9  # from the end of shutting-down-delay until the process has exited; measured with the real bridge
KBPS_PER_PERSON = 435  # outgoing; measured by openfun, 54.4 kB/s


UNSIMULATED = (
    *(
        "incoming_loss_fraction",
        "outgoing_loss_fraction",
        "average_rtt",
        "endpoints_with_high_outgoing_loss",
        "cpu_steal",
    ),
    *("relay_incoming_bitrate", "relay_outgoing_bitrate", "conferences_with_relay", "jvm_heap_used", "thread_count"),
)
"""Gauges of the real bridge that stay 0 here."""
COUNTED = ("ice_failed", "endpoints_dtls_failed", "xmpp_disconnects")
"""Counters of the real bridge (VideobridgeMetrics.kt) that stay 0 here; their names end in `_total`."""
SIZES = (0, 1, 2, 3, 4, 5, 10, 15, 20, 30, 50, 100)


class State(Enum):
    """States of ShutdownManager, and ENDED."""

    RUNNING = "RUNNING"
    GRACEFUL_SHUTDOWN = "GRACEFUL_SHUTDOWN"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    ENDED = "ENDED"


def seconds_of(conf: str, key: str, default: float) -> float:
    """A duration in the bridge's HOCON (`key = 30 seconds`)."""
    match = re.search(rf"{re.escape(key)}\s*=\s*([0-9.]+)\s*(second|minute|hour)", conf)
    return float(match[1]) * {"second": 1, "minute": 60, "hour": 3600}[match[2]] if match else default


@dataclass(eq=False)
class SimulatedBridge:
    """A run of a bridge's process. Callers hold the lock of the meetings."""

    pod: str
    version: str
    conf: str
    capacity: int
    java_speed: float
    """Divisor of the fixed minute of SHUTTING_DOWN."""
    relays: bool = True
    """Whether relays (octo) are on."""
    uid: str = ""
    """Uid of its pod, since a StatefulSet reuses names."""
    candidate: tuple[str, int] = ("", 0)
    """Address and UDP port that it offers to participants."""
    ufrag: str = field(default_factory=lambda: secrets.token_hex(8))
    """Name of this run's ICE session: it answers packets with this name only."""
    began: float = field(default_factory=time.time)
    state: State = State.RUNNING
    drain: bool = field(init=False)
    """Drain mode, in which jicofo prefers other bridges; `initial-drain-mode` is how it starts."""
    graceful: bool = False
    """Whether a graceful shutdown was ever requested, as the real bridge reports until it exits."""
    graceful_since: float = 0.0
    ending_since: float = 0.0
    ended_at: float = 0.0
    how: str = ""
    """exit, killed or crash, once it has ended."""
    on_purpose: bool = False
    """Killed by the story: its meetings are counted separately."""
    trouble: str = ""
    """"hang" or "500": failure of its REST; "" for none."""
    seat: Seat = field(init=False)
    held: Conferences = field(init=False)
    """Conferences that were made over REST."""
    _sampled: float = 0.0

    def __post_init__(self) -> None:
        self.seat = Seat(self.pod, 0)
        self.held = Conferences(self.relays)
        self.drain = re.search(r"^\s*initial-drain-mode\s*=\s*true\b", self.conf, re.MULTILINE) is not None
        self.longest_grace = seconds_of(self.conf, "graceful-shutdown-max-duration", 86400)
        self.moving = seconds_of(self.conf, "shutting-down-delay", 60) / self.java_speed

    @property
    def healthy(self) -> bool:
        """Whether the JVM is up."""
        return self.state is not State.ENDED and time.time() >= self.began + JAVA_START_SECONDS

    @property
    def warm(self) -> bool:
        """Whether its JVM has done ICE and DTLS before, with people or with itself."""
        return self.held.connected > 0

    @property
    def takes_people(self) -> bool:
        """Whether jicofo can choose it: it is in the brewery, and neither drains nor shuts down."""
        return self.healthy and not self.drain and self.state is State.RUNNING

    def shut_down(self, *, graceful: bool) -> None:
        """POST /colibri/shutdown."""
        self.graceful |= graceful and self.state is State.RUNNING
        if self.state is State.RUNNING and graceful and self.seat.load:
            self.state, self.graceful_since = State.GRACEFUL_SHUTDOWN, time.time()
        elif self.state is State.RUNNING or (self.state is State.GRACEFUL_SHUTDOWN and not graceful):
            self._announce_end()

    def _announce_end(self) -> None:
        self.state, self.ending_since = State.SHUTTING_DOWN, time.time()

    def tick(self, now: float) -> bool:
        """Advance to `now`; True if its process must exit with status 0."""
        if now - self._sampled >= SAMPLE_SECONDS:
            self._sampled = now
            self.seat.reported = self.seat.stress(self.capacity)
        if self.state is State.GRACEFUL_SHUTDOWN and (
            self.seat.load == 0 or now - self.graceful_since >= self.longest_grace
        ):
            self._announce_end()
        return self.state is State.SHUTTING_DOWN and now - self.ending_since >= self.moving + EXIT_SECONDS

    def figures(self) -> dict[str, float]:
        """Its gauges, by the names of its Prometheus metrics."""
        people = self.seat.load
        return {
            "stress": self.seat.reported,
            "local_endpoints": people + self.held.endpoints,
            "current_endpoints": people + self.held.endpoints,
            "conferences": len(self.seat.rooms) + len(self.held.meetings),
            "largest_conference": max(self.seat.rooms.values(), default=0),
            "outgoing_bitrate": people * KBPS_PER_PERSON * 1000,
            "incoming_bitrate": people * KBPS_PER_PERSON * 500,
            "drain_mode": int(self.drain),
            "graceful_shutdown": int(self.graceful),
            "shutting_down": int(self.state is State.SHUTTING_DOWN),
            "healthy": int(self.healthy),
            "mucs_joined": 1,
            "mucs_connected": 1,
            "endpoints_sending_audio": people,
            "endpoints_sending_video": people,
            "outgoing_packet_rate": people * KBPS_PER_PERSON / 8,
            "incoming_packet_rate": people * KBPS_PER_PERSON / 16,
            **dict.fromkeys(UNSIMULATED, 0),
        }

    def exposition(self) -> str:
        """GET /metrics."""
        lines: list[str] = []
        for name, value in self.figures().items():
            lines += [f"# TYPE jitsi_jvb_{name} gauge", f"jitsi_jvb_{name} {value}"]
        counted = dict.fromkeys(COUNTED, 0) | {
            "conferences_created": self.held.created,
            "conferences_completed": self.held.completed,
            "ice_succeeded": self.held.connected,
        }
        for name, count in counted.items():
            lines += [f"# TYPE jitsi_jvb_{name} counter", f"jitsi_jvb_{name}_total {count}"]
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
            "graceful_shutdown": self.graceful,
            "shutting_down": self.state is State.SHUTTING_DOWN,
            "drain": self.drain,
            "healthy": self.healthy,
            "version": self.version,
        }
