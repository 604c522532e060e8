"""What a stream costs a bridge: slopes through measured loads, and how they compare with published figures. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.live.stream_loads import Point

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path(__file__).with_name("stream_costs.json")
IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of others, with what it says of one bridge."""

    source: str
    against: tuple[str, ...]
    """The profiles that are most like it."""
    cores: float
    streams: int | None = None
    mbits: float | None = None
    people: int | None = None


PUBLISHED = (
    Published(
        "Jitsi's evaluation: 1056 streams, 550 Mbit/s, 20 % of 4 cores",
        ("360p", "720p", "simulcast"),
        0.8,
        streams=1056,
        mbits=550,
    ),
    Published("openfun's rule: 100 people on the 4 vCPU of a GP1-XS", ("360p", "simulcast"), 4.0, people=100),
    Published("openfun's load test: 8.5 millicores for each further person", ("180p", "simulcast"), 0.0085, people=1),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through points, by least squares."""

    slope: float
    start: float


def line(points: Sequence[tuple[float, float]]) -> Line:
    """The line through at least two points with different x.

    Raises:
        ValueError: there are no two such points.
    """
    middle_x = sum(x for x, _ in points) / max(1, len(points))
    middle_y = sum(y for _, y in points) / max(1, len(points))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    if spread == 0:
        raise ValueError("a slope needs two loads of different size")
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / spread
    return Line(slope, middle_y - slope * middle_x)


def plane(points: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """The z for each x, the z for each y, and z at the origin, by least squares.

    Raises:
        ValueError: x and y do not vary independently.
    """
    count = max(1, len(points))
    middle = [sum(point[axis] for point in points) / count for axis in range(3)]
    moved = [[point[axis] - middle[axis] for axis in range(3)] for point in points]

    def product(one: int, other: int) -> float:
        return sum(each[one] * each[other] for each in moved)

    xx, yy, xy, xz, yz = product(0, 0), product(1, 1), product(0, 1), product(0, 2), product(1, 2)
    determinant = xx * yy - xy * xy
    if determinant <= 1e-9 * max(1.0, xx * yy):
        raise ValueError("two causes need loads in which they vary independently")
    of_x, of_y = (xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant
    return of_x, of_y, middle[2] - of_x * middle[0] - of_y * middle[1]


@dataclass(frozen=True, slots=True)
class Costs:
    """What one profile costs, as slopes through its loads and the idle bridge."""

    profile: str
    per_stream: float
    """Cores for each forwarded stream, of audio or video."""
    per_mbit: float
    """Cores for each Mbit/s sent."""
    per_packet: float
    """Microseconds of CPU for each packet in or out."""
    per_person: float
    """Cores for each participant."""
    best_per_packet: float
    """Microseconds for each packet at the load with the most packets, what an idle bridge uses left out."""


def of_document(document: dict[str, Any]) -> list[Point]:
    """The points of the results."""
    names = [each.name for each in fields(Point)]
    return [Point(**{name: point[name] for name in names}) for point in document["points"]]


def profiles(points: Sequence[Point]) -> list[str]:
    """Names of the measured profiles, in their order."""
    return list(dict.fromkeys(point.profile for point in points if point.profile != IDLE))


def streams(point: Point) -> int:
    """Forwarded streams of a load."""
    return point.audio_streams + point.video_streams


def costs(points: Sequence[Point], profile: str) -> Costs:
    """The slopes of one profile."""
    idle = [point for point in points if point.profile == IDLE]
    own = [point for point in points if point.profile == profile]
    of_all = [*idle, *own]

    def slope(cause: Callable[[Point], float]) -> float:
        # The rates of an idle bridge are those of people who have left, and fade.
        return line([(0 if point.profile == IDLE else cause(point), point.cores) for point in of_all]).slope

    largest = max(own, key=lambda point: point.packets_per_second)
    rest = sum(point.cores for point in idle) / max(1, len(idle))
    return Costs(
        profile=profile,
        per_stream=slope(streams),
        per_mbit=slope(lambda point: point.mbits_sent),
        per_packet=slope(lambda point: point.packets_per_second) * 1e6,
        per_person=slope(lambda point: point.people),
        best_per_packet=(largest.cores - rest) / largest.packets_per_second * 1e6,
    )


def two_kinds(points: Sequence[Point], profile: str) -> tuple[float, float]:
    """Cores for each audio stream, and for each video stream of a profile: the audio of a load is taken off by its own slope."""
    idle = [point for point in points if point.profile == IDLE]
    audio = line([(point.audio_streams, point.cores) for point in points if point.profile in (IDLE, "audio")])
    video = line(
        [
            (point.video_streams, point.cores - audio.slope * point.audio_streams)
            for point in [*idle, *(point for point in points if point.profile == profile)]
        ]
    )
    return audio.slope, video.slope


def memory(points: Sequence[Point], profile: str) -> float:
    """MiB of live heap for each further participant of a profile's meetings. A bridge keeps its buffers, so idle it has had less before than after."""
    return line([(point.people, point.heap_mib) for point in points if point.profile == profile]).slope


def memory_of_meetings(points: Sequence[Point]) -> tuple[float, float]:
    """MiB of live heap for each participant, and for each meeting, of the profile with loads of several rooms."""
    per_person, per_room, _ = plane(
        [(point.people, point.rooms, point.heap_mib) for point in points if point.profile in (IDLE, "audio")]
    )
    return per_person, per_room


def read(file: Path = RESULTS) -> dict[str, Any]:
    """The results of the last measurement."""
    return json.loads(file.read_text(encoding="utf-8"))
