"""Totals and time series of a simulated day, in the JSON format of `plan simulate`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plan.simulate.bridge import Bridge

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Moment:
    """State of the simulation at one instant."""

    time: int
    participants: int
    waiting: int
    desired: int
    ready: int
    draining: int
    starting: int
    nodes: int
    overloaded: int
    """Bridges above their capacity."""
    crowded: int
    """Participants on overloaded bridges."""
    needed: int
    """Bridges that an oracle would run."""

    def as_dict(self) -> dict[str, int]:
        """Return one point of `series`."""
        return {
            "t": self.time,
            "participants": self.participants,
            "waiting": self.waiting,
            "wanted": self.desired,
            "ready": self.ready,
            "draining": self.draining,
            "starting": self.starting,
            "nodes": self.nodes,
            "overloaded": self.overloaded,
            "crowded": self.crowded,
            "needed": self.needed,
        }


@dataclass(slots=True)
class Account:
    """Sums over the day; `step` is the length of a step in seconds."""

    capacity: int
    per_node: int
    step: int
    crowd: tuple[int, int] | None = None
    gap: float = 0
    over: float = 0
    degraded: float = 0
    participant_seconds: float = 0
    drain_seconds: float = 0
    longest_drain: int = 0
    oracle_seconds: float = 0
    cut: int = 0
    peak_participants: int = 0
    peak_bridges: int = 0
    crowd_peak: int = 0
    """Maximum of participants since the crowd arrived, so that capacity after they left does not count."""
    short_until: int | None = None
    time_to_capacity: int | None = None
    series: list[Moment] = field(default_factory=list)

    def note(
        self, now: int, bridges: Sequence[Bridge], *, participants: int, waiting: int, desired: int, nodes: int
    ) -> None:
        """Add one step to the totals."""
        capacity, step = self.capacity, self.step
        ready = leaving = leaving_ready = crowded = overloaded = over = 0
        for bridge in bridges:
            is_ready = bridge.ready(now)
            ready += is_ready
            if bridge.leaving_since is not None:
                leaving += 1
                self.longest_drain = max(self.longest_drain, now + step - bridge.leaving_since)
                leaving_ready += is_ready
            if bridge.load > capacity:
                overloaded += 1
                crowded += bridge.load
                over += bridge.load - capacity
        serving = ready - leaving_ready
        needed = -(-participants // capacity)
        self.gap += max(0, participants - capacity * ready) * step
        self.over += (over + waiting) * step
        self.degraded += (crowded + waiting) * step
        self.participant_seconds += participants * step
        self.drain_seconds += leaving * step
        self.oracle_seconds += -(-needed // self.per_node) * step
        self.peak_participants = max(self.peak_participants, participants)
        self.peak_bridges = max(self.peak_bridges, len(bridges))
        if self.crowd and now >= self.crowd[0]:
            self._track_crowd(now, *self.crowd, participants, serving * capacity)
        if now % MINUTE == 0:
            starting = len(bridges) - leaving - serving
            self.series.append(
                Moment(
                    now,
                    participants,
                    waiting,
                    desired,
                    serving,
                    leaving,
                    starting,
                    nodes,
                    overloaded,
                    crowded,
                    needed,
                )
            )

    def _track_crowd(self, now: int, arrival: int, joining: int, participants: int, carried: int) -> None:
        """Measure the time to capacity: until the last step without enough capacity, once everyone has joined."""
        self.crowd_peak = max(self.crowd_peak, participants)
        if self.time_to_capacity is not None:
            return
        if carried < self.crowd_peak:
            self.short_until = now + self.step
        elif now > arrival + joining:
            self.time_to_capacity = self.short_until - arrival if self.short_until else 0

    def result(
        self, *, moved: int, moved_in_vain: int, node_hours: float, billed_hours: int, hourly: float | None
    ) -> dict[str, Any]:
        """Return the result. `timeToCapacitySeconds` is None without a crowd, or if capacity was never reached."""
        oracle = self.oracle_seconds / HOUR
        return {
            "degradedPercent": round(100 * self.degraded / max(1, self.participant_seconds), 3),
            "gapParticipantMinutes": round(self.gap / MINUTE, 1),
            "overParticipantMinutes": round(self.over / MINUTE, 1),
            "cutConferences": self.cut,
            "movedParticipants": moved,
            "movedInVain": moved_in_vain,
            "nodeHours": round(node_hours, 2),
            "billedHours": billed_hours,
            "oracleNodeHours": round(oracle, 2),
            "nodeHoursPerOracle": round(node_hours / oracle, 3) if oracle else None,
            "timeToCapacitySeconds": self.time_to_capacity,
            "peakBridges": self.peak_bridges,
            "peakParticipants": self.peak_participants,
            "participantMinutes": round(self.participant_seconds / MINUTE),
            "drainHours": round(self.drain_seconds / HOUR, 2),
            "longestDrainSeconds": self.longest_drain,
            "costEur": None if hourly is None else round(billed_hours * hourly, 2),
            "series": [moment.as_dict() for moment in self.series],
        }
