"""The videobridges of a shard: where they run, how many, how they grow and how they leave."""

import difflib
import zoneinfo
from collections.abc import Iterator
from datetime import date, time
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, field_validator, model_validator

from config.addresses import LAST_PORT, Server
from config.cluster import check_node_type
from config.model import Duration, Model, format_duration, lasts, refuse

NODE_PORTS = range(30000, 32768)  # kube-apiserver --service-node-port-range, default
HOST_PORT = 10000  # JVB_PORT's default; what firewalls of institutions already know
NODE_PORT_BLOCK = 100  # distance of two shards' first NodePorts
ANNOUNCE_SECONDS = 12  # drain flag -> presence (5 s) -> jicofo has stopped choosing the bridge
MOVE_SECONDS = 60  # videobridge.shutdown.shutting-down-delay: jicofo moves the rest meanwhile
EXIT_SECONDS = 60  # from the bridge's exit to the container's end, on a slow node
PROGRESS_MARGIN_SECONDS = 600  # progressDeadlineSeconds' default: for pulling images and a slow start
MOST_BRIDGES = 10_000  # 500 nodes, the most of any control plane, with the 20 bridges of the largest perNode
MOST_PER_BRIDGE = 10_000  # people: far beyond what any bridge was ever seen to carry
MOST_PEOPLE = MOST_BRIDGES * 100
MOST_KBPS = 100_000_000  # 100 Gbit/s, ten times the largest node type's

_MIDNIGHT = " 00:00:00 +0000 UTC"

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value
    try:
        hours, minutes = str(value).split(":")
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f'a time of day is written "08:00", in quotes; got {value!r}') from None


ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda value: value.strftime("%H:%M")),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]


def _day(value: object) -> date:
    """A day without quotes reaches the program as the engine's text of that midnight."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).removesuffix(_MIDNIGHT))
    except ValueError:
        raise ValueError(f'a day is written "2040-07-01"; got {value!r}') from None


Date = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


@cache
def _time_zones() -> frozenset[str]:
    """Every name of the zone database, which is walked on disk for it."""
    return frozenset(zoneinfo.available_timezones())


def _near_zone(name: str) -> str:
    close = difflib.get_close_matches(name, sorted(_time_zones()), n=1)
    return f"did you mean {close[0]}?" if close else "write an IANA name such as Europe/Paris"


class Lesson(Model):
    """One entry of the timetable: capacity that stands before `start` on each of `days`."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    """Days on which the entry starts."""
    start: ClockTime
    """When people come, `"08:00"`."""
    end: ClockTime
    """When they have gone; before `start` it is the next day's."""
    timezone: str
    """IANA name, such as Europe/Paris; daylight saving is followed."""
    participants: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] | None = None
    """People expected, per shard."""
    bridges: Annotated[int, Field(ge=1, le=MOST_BRIDGES)] | None = None
    """Bridges wanted, in place of participants."""
    lead: Annotated[Duration, lasts("0s", "1d")] = 600
    """How long before `start` the capacity stands; boot (240 s), sync (75 s) and early joiners (285 s)."""
    until: Date | None = None
    """The last day on which the entry counts."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in _time_zones():
            raise ValueError(f"time zone {name} is not known; {_near_zone(name)}")
        return name

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.participants is None) == (self.bridges is None):
            raise ValueError("a schedule entry says either participants or bridges, and one of them")
        if self.start == self.end:
            raise ValueError(f"start and end are both {self.start:%H:%M}; an entry lasts at least a minute")
        return self


class Policy(Model):
    """At most `bridges` more (or fewer) in each `period`."""

    bridges: Annotated[int, Field(ge=1, le=MOST_BRIDGES)]
    """Bridges added or removed at most."""
    period: Annotated[Duration, lasts("1s", "30m")] = 60  # autoscaling/v2: periodSeconds is at most 1800
    """In this time."""


class Scaling(Model):
    """Targets of the autoscaler; the largest answer of all wins."""

    stress: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.75
    """Mean stress of the bridges."""
    participants: Annotated[int, Field(ge=1, le=MOST_PER_BRIDGE)] = 80
    """Mean participants per bridge."""
    cpu_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    """Mean CPU of the bridges' requests."""
    transmit_kbps: Annotated[int, Field(ge=1, le=MOST_KBPS)] | None = None
    """Mean outgoing kbit/s per bridge."""
    scale_down_window: Annotated[Duration, lasts("0s", "1h")] = 900  # autoscaling/v2: window is at most 3600 s
    """A smaller number must have been enough for this long."""
    scale_up: Policy | None = None
    """Limit on growth; by default 4 bridges or the double in 15 s."""
    scale_down: Policy | None = None
    """Limit on shrinking; by default all at once."""
    spares: Annotated[int, Field(ge=0, le=MOST_BRIDGES)] = 1
    """Low-priority placeholders, each the size of a bridge, that keep a node booted."""
    spares_when: Literal["timetable", "always"] = "timetable"
    """With a schedule, spares stand while it asks for bridges, or always; without one always."""
    look_ahead: Annotated[Duration, lasts("0s", "10m")] = 90
    """The growth of the last minute is carried on for this long, so that bridges boot before they are full; 0s: never."""
    boot_time: Annotated[Duration, lasts("0s", "2h")] = 240
    """Pending pod to usable bridge on a new node (measured once on Kapsule: 4 min)."""


class Drain(Model):
    """How a bridge leaves."""

    deadline: Annotated[Duration, lasts("1s", "7d")] = 3600
    """Cap for all of it; the pod's termination grace period."""
    migrate_after: Annotated[Duration, lasts("0s", "7d")] = 600
    """Meetings are waited for this long, then jicofo moves the participants that are left."""

    @property
    def shortest_deadline(self) -> int:
        """Seconds that `migrate_after` and the fixed steps around it need."""
        return ANNOUNCE_SECONDS + self.migrate_after + MOVE_SECONDS + EXIT_SECONDS

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.deadline < self.shortest_deadline:
            raise ValueError(
                f"deadline {format_duration(self.deadline)} is shorter than announcing ({ANNOUNCE_SECONDS}s) + "
                f"migrateAfter ({format_duration(self.migrate_after)}) + moving ({MOVE_SECONDS}s) + exit ({EXIT_SECONDS}s) "
                f"= {format_duration(self.shortest_deadline)}; raise deadline or lower migrateAfter"
            )
        return self


class Bridges(Model):
    """Defaults for every shard; a shard overrides single keys."""

    layout: Literal["hostPort", "nodePort"] = "hostPort"
    """`hostPort`: one bridge per node and port. `nodePort`: one Service and port per bridge."""
    node_type: str = "BASIC3-X4C-8G"
    """Instance type of the shard's pool."""
    per_node: Annotated[int, Field(ge=1, le=20)] = 1
    """Bridges that share a node."""
    first_port: Annotated[int, Field(ge=1024, le=65535)] | None = None
    """First UDP port; by default 10000 (hostPort) or 30300 + 100 x slot (nodePort)."""
    participants: Annotated[int, Field(ge=1, le=MOST_PER_BRIDGE)] = 100
    """What one bridge carries well."""
    bitrate_kbps: Annotated[int, Field(ge=1, le=MOST_KBPS)] = 2500
    """Per participant, both ways together; checked against the node type's network."""
    topology: Literal["autoscaled", "static", "daemonset"] = "autoscaled"
    """`static`: `min` bridges. `daemonset`: one per node of the pool, which has `min` / perNode nodes."""
    min: Annotated[int, Field(ge=1, le=MOST_BRIDGES)] = 2
    """Fewest bridges."""
    max: Annotated[int, Field(ge=1, le=MOST_BRIDGES)] = 10
    """Most bridges; ports are laid out up to here."""
    public_address: Literal["node", "stun"] = "node"
    """`node`: the node's ExternalIP, read at start. `stun`: asks `stunServers`."""
    stun_servers: Annotated[tuple[Server, ...], Field(min_length=1)] = ("meet-jit-si-turnrelay.jitsi.net:443",)
    """`host:port`; asked only with publicAddress stun. The default is Jitsi's own, a third party."""
    scaling: Scaling = Scaling()
    """Targets of the autoscaler."""
    schedule: tuple[Lesson, ...] = ()
    """The timetable."""
    drain: Drain = Drain()
    """How a bridge leaves."""
    relays: bool = True
    """One meeting over several bridges (secure octo)."""

    _type = field_validator("node_type")(check_node_type)

    @property
    def ceiling(self) -> int:
        """Most bridges that can run: `max`, or `min` where nothing scales them."""
        return self.max if self.topology == "autoscaled" else self.min

    def needed_for(self, lesson: Lesson) -> int:
        """Bridges that the entry asks for: as many as the autoscaler would want once the people are there."""
        if lesson.bridges is not None:
            return lesson.bridges
        return -(-(lesson.participants or 0) // self.wanted_participants)

    @property
    def wanted_participants(self) -> int:
        """People per bridge that the autoscaler aims at; never more than one carries well."""
        return min(self.participants, self.scaling.participants)

    @property
    def progress_seconds(self) -> int:
        """Longest pause of a rollout that goes well: a bridge leaves, a node boots, the replacement is ready for a drain's time."""
        return self.drain.deadline + self.scaling.boot_time + self.drain.shortest_deadline + PROGRESS_MARGIN_SECONDS

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self._contradictions())
        return self

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.topology == "autoscaled" and self.min > self.max:
            yield "min", f"min {self.min} is above max {self.max}; raise max or lower min"
        if self.topology == "autoscaled" and self.layout == "hostPort" and self.min < self.per_node:
            yield (
                "min",
                f"min {self.min} is below perNode {self.per_node}: with hostPort every port of a node is a workload of its own "
                f"that keeps one bridge at least; raise min to {self.per_node}, or take layout nodePort",
            )
        if self.topology == "daemonset" and self.layout == "nodePort":
            yield (
                "topology",
                "daemonset needs layout hostPort: a NodePort follows a bridge's ordinal, and the pods of a DaemonSet have none",
            )
        if self.first_port is not None:
            try:
                self._check_ports(self.first_port)
            except ValueError as error:
                yield "firstPort", str(error)
        for number, lesson in enumerate(self.schedule):
            needed = self.needed_for(lesson)
            if needed > self.ceiling:
                asked = (
                    f"{lesson.participants} participants need {needed} bridges of {self.wanted_participants}"
                    if lesson.participants
                    else f"{needed} bridges are asked for"
                )
                key = "max" if self.topology == "autoscaled" else "min"
                other = "" if key == "max" else f", or leave the schedule out: topology {self.topology} follows none"
                yield (
                    f"schedule[{number}]",
                    f"{asked}, above {key} {self.ceiling}; raise {key} to {needed} or more{other}",
                )

    def _check_ports(self, first: int) -> None:
        if self.layout == "nodePort":
            check_node_ports(first, self.ceiling)
        else:
            check_host_ports(first, self.per_node)


def check_host_ports(first: int, count: int) -> None:
    """Refuse host ports among the NodePorts or beyond the last port.

    Raises:
        ValueError: with the range that is taken.
    """
    last = first + count - 1
    if first <= NODE_PORTS[-1] and last >= NODE_PORTS[0]:
        raise ValueError(
            f"firstPort {first} puts host ports into {NODE_PORTS[0]}-{NODE_PORTS[-1]}, where Kubernetes hands out NodePorts; "
            "take one outside, such as 10000"
        )
    if last > LAST_PORT:
        raise ValueError(f"firstPort {first} with perNode {count} ends at {last}, beyond {LAST_PORT}; take a lower one")


def check_node_ports(first: int, count: int) -> None:
    """Refuse a block of NodePorts that leaves Kubernetes' range.

    Raises:
        ValueError: with the range and the largest firstPort that would fit.
    """
    last = first + count - 1
    if first not in NODE_PORTS or last not in NODE_PORTS:
        raise ValueError(
            f"firstPort {first} with max {count} bridges needs UDP {first}-{last}, outside Kubernetes' NodePort range "
            f"{NODE_PORTS[0]}-{NODE_PORTS[-1]}; firstPort {max(NODE_PORTS[0], NODE_PORTS[-1] - count + 1)} or lower would fit"
        )
