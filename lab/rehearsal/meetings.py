"""Simulated participants, and jicofo that assigns them to bridges; every meeting records what happened to it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.rehearsal.bridge import SimulatedBridge, State
from plan.simulate.jicofo import Jicofo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plan.simulate.bridge import Bridge as Seat
    from plan.simulate.settings import JicofoSettings

OVERLOADED = 1.0 / 0.9  # stress at which a bridge's CPU is full
REDISTRIBUTION_SECONDS = 60.0


@dataclass(slots=True)
class Meeting:
    """A meeting and its record."""

    name: str
    began: float
    people: int = 0
    ended: float = 0.0
    cut: int = 0
    """Number of its bridges that ended."""
    cut_on_purpose: int = 0
    """… of those, bridges that the story killed."""
    moved: int = 0
    """Participants moved by jicofo."""
    waited: float = 0.0
    """Person-seconds without a bridge."""
    overloaded: float = 0.0
    """Person-seconds on a bridge whose CPU was full."""
    versions: int = 1
    """Maximum number of bridge versions in it at a time."""


class Focus(Jicofo):
    """The simulation's jicofo, which also never mixes versions within a meeting (BridgeSelector.kt)."""

    def __init__(self, settings: JicofoSettings, version_of: dict[Seat, str]) -> None:
        super().__init__(settings)
        self.version_of = version_of

    def _choose(self, now: int, room: str, candidates: Sequence[Seat]) -> Seat | None:
        used = {self.version_of[seat] for seat in self.rooms.get(room, {})}
        return super()._choose(now, room, [seat for seat in candidates if not used or self.version_of[seat] in used])

    def _elsewhere(self, now: int, room: str, others: Sequence[Seat]) -> Seat | None:
        """Choose another bridge of the meeting's version; None if there is none."""
        return self._choose(now, room, others)


@dataclass(slots=True)
class Join:
    """Participants join a meeting at a time; a negative number leaves, None ends the meeting."""

    at: float
    meeting: str
    people: int | None


class Meetings:
    """The participants of a rehearsal, guarded by `lock`."""

    def __init__(self, capacity: int, settings: JicofoSettings) -> None:
        self.lock = threading.RLock()
        self.capacity = capacity
        self.bridges: list[SimulatedBridge] = []
        """Runs of all bridges, oldest first."""
        self.meetings: dict[str, Meeting] = {}
        self._versions: dict[Seat, str] = {}
        self.jicofo = Focus(settings, self._versions)
        self._plans: list[Join] = []
        self._looked = time.time()
        self._relieved = time.time()

    def plan(self, joins: Iterable[Join]) -> None:
        """Add future joins."""
        with self.lock:
            self._plans = sorted([*self._plans, *joins], key=lambda join: join.at)

    @property
    def participants(self) -> int:
        """Number of participants, those without a bridge included."""
        return sum(sum(seats.values()) for seats in self.jicofo.rooms.values()) + self.waiting

    @property
    def waiting(self) -> int:
        """Number of participants without a bridge."""
        return sum(self.jicofo.waiting.values())

    @property
    def open(self) -> list[SimulatedBridge]:
        """Bridges that accept participants."""
        return [bridge for bridge in self.bridges if bridge.takes_people]

    def tick(self, now: float) -> None:
        """Advance to `now`: participants join and leave, jicofo assigns and moves them."""
        with self.lock:
            self._sight()
            second = int(now)
            while self._plans and self._plans[0].at <= now:
                self._act(second, self._plans.pop(0))
            for bridge in self.bridges:
                if bridge.state is State.SHUTTING_DOWN and bridge.seat.load:
                    self._move(second, bridge)
            self.jicofo.retry(second)
            if now - self._relieved >= REDISTRIBUTION_SECONDS:
                self._relieved = now
                self.jicofo.redistribute(second)
            self._account(now - self._looked)
            self._looked = now

    def _sight(self) -> None:
        for bridge in self.bridges:
            self._versions[bridge.seat] = bridge.version
        self.jicofo.open = [bridge.seat for bridge in self.open]
        self.jicofo.leaving = [bridge.seat for bridge in self.bridges if bridge.healthy and not bridge.takes_people]

    def _act(self, second: int, join: Join) -> None:
        if join.people is None:
            self.jicofo.end(join.meeting)
            self.meetings[join.meeting].ended = time.time()
        elif join.people < 0:
            self.jicofo.leave(join.meeting, -join.people)
        else:
            self.meetings.setdefault(join.meeting, Meeting(join.meeting, time.time())).people += join.people
            self.jicofo.join(second, join.meeting, join.people)

    def _move(self, second: int, bridge: SimulatedBridge) -> None:
        before = dict(bridge.seat.rooms)
        self.jicofo.empty(second, bridge.seat)
        for room, people in before.items():
            self.meetings[room].moved += people - bridge.seat.rooms.get(room, 0)

    def lost(self, bridge: SimulatedBridge, how: str) -> None:
        """Record that a bridge has ended, with its participants."""
        with self.lock:
            for room in list(bridge.seat.rooms):
                if bridge.on_purpose:
                    self.meetings[room].cut_on_purpose += 1
                else:
                    self.meetings[room].cut += 1
            bridge.state, bridge.how, bridge.ended_at = State.ENDED, how, time.time()
            self._sight()
            self.jicofo.cut(int(time.time()), bridge.seat)

    def _account(self, elapsed: float) -> None:
        for room, count in self.jicofo.waiting.items():
            self.meetings[room].waited += count * elapsed
        for room, seats in self.jicofo.rooms.items():
            meeting = self.meetings[room]
            meeting.versions = max(meeting.versions, len({self._versions[seat] for seat in seats}))
            for seat, people in seats.items():
                if seat.reported >= OVERLOADED:
                    meeting.overloaded += people * elapsed
