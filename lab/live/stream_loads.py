"""The loads under which the cost of a stream is measured: what people send and see, how many of them, in how many rooms."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.call.kubectl import Used, over

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.live.bridge_process import BridgeProcess
    from lab.live.guests import Guest, Guests

FORGET_SECONDS = 45
"""Until an empty room is forgotten, and the rates that it had."""
SETTLE_SECONDS = 15
"""Before a load is measured: the bridge's estimate of bandwidth and the encoders need about so long."""
MEASURE_SECONDS = 20
LOOK_SECONDS = 4
"""Between two looks at the bridge's rates, which it renews every few seconds."""
CODEC = {"videoQuality": {"codecPreferenceOrder": ["VP8"]}}
"""The same for all loads, and the cheapest for browsers on the same cores. A bridge forwards every codec's packets alike."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What everybody in a load sends and sees."""

    name: str
    loads: Sequence[tuple[int, int]]
    """Rooms, and people in each."""
    wanted: Mapping[str, Any] = field(default_factory=dict)
    """As in `probe/call/page.js`."""
    first_sees: int | None = None
    """Height that the first one in a room asks for, where it differs from that of others."""


WARM_UP = ("180p", 6)
"""Profile and people of a room before the first measured one: the largest, so that the JVM has compiled its paths and made its buffers."""
PROFILES = (
    Profile("audio", ((1, 3), (1, 7), (3, 2)), {"devices": ["audio"], "settings": CODEC}),
    Profile("180p", ((1, 3), (1, 6)), {"height": 180, "settings": {**CODEC, "disableSimulcast": True}}),
    Profile("360p", ((1, 2), (1, 3), (1, 4)), {"height": 360, "settings": {**CODEC, "disableSimulcast": True}}),
    Profile("720p", ((1, 2), (1, 3)), {"height": 720, "settings": {**CODEC, "disableSimulcast": True}}),
    Profile("simulcast", ((1, 2), (1, 3), (1, 4)), {"height": 720, "receive": 180, "settings": CODEC}, 720),
)
"""The last sends three sizes of a camera of 720 lines; one person sees large pictures, so that all three are sent, others small ones."""


@dataclass(frozen=True, slots=True)
class Point:
    """One measured load."""

    profile: str
    rooms: int
    people: int
    """In all rooms together."""
    audio_streams: int
    """Forwarded by the bridge; the same below."""
    video_streams: int
    heights: Sequence[int]
    """Of received pictures, lowest first."""
    seconds: float
    cores: float
    packets_per_second: float
    """In and out."""
    mbits_sent: float
    resident_mib: float
    heap_mib: float
    machine_busy: float
    """Share of the machine's cores that worked, from 0 to 1."""

    def as_dict(self) -> dict[str, Any]:
        """As it is written to the results."""
        return {**asdict(self), "heights": list(self.heights)}


def point(
    profile: str,
    rooms: int,
    reports: Sequence[Mapping[str, Any]],
    spent: Used,
    *,
    memory: tuple[float, float],
    busy: float,
) -> Point:
    """A load from its participants' reports and the bridge's counters over `spent.uptime` seconds; `memory` is resident and live heap."""
    heights = sorted(height for report in reports for height in report["videoIn"]["heights"] if height)
    return Point(
        profile=profile,
        rooms=rooms,
        people=len(reports),
        audio_streams=sum(report["audioIn"]["streams"] for report in reports),
        video_streams=len(heights),  # a bridge's probes for bandwidth are streams without pictures
        heights=heights,
        seconds=round(spent.uptime, 1),
        cores=round(spent.cpu_seconds / spent.uptime, 4),
        packets_per_second=round(spent.packets_per_second, 1),
        mbits_sent=round(spent.bits_per_second / 1e6, 3),
        resident_mib=memory[0],
        heap_mib=memory[1],
        machine_busy=round(busy, 2),
    )


def busy_share(before: str, after: str) -> float:
    """Share of all cores that worked between two texts of /proc/stat; waiting for disks is idle."""

    def times(text: str) -> tuple[int, int]:
        numbers = [int(each) for each in text.splitlines()[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]

    (all_before, idle_before), (all_after, idle_after) = times(before), times(after)
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def measure(bridge: BridgeProcess, profile: str, rooms: int, guests: Sequence[Guest]) -> Point:
    """Measure what is going on now."""
    machine = Path("/proc/stat")
    stat, looks = machine.read_text(), [bridge.used()]
    while looks[-1].uptime < looks[0].uptime + MEASURE_SECONDS:
        time.sleep(LOOK_SECONDS)
        looks.append(bridge.used())
    spent, busy = over(looks), busy_share(stat, machine.read_text())
    reports = [guest.report() for guest in guests]
    memory = bridge.memory()
    return point(profile, rooms, reports, spent, memory=(memory.resident, memory.live_heap), busy=busy)


def play(guests: Guests, profile: Profile, rooms: int, people: int) -> list[Guest]:
    """Let the people of a load meet, and wait until bitrates have settled."""
    came = []
    for room in range(rooms):
        for number in range(people):
            sees = {"receive": profile.first_sees} if number == 0 and profile.first_sees else {}
            came.append(guests.join(f"{profile.name}-{rooms}-{people}-{room}", **{**profile.wanted, **sees}))
    guests.flowing(came, 180)
    time.sleep(SETTLE_SECONDS)
    return came
