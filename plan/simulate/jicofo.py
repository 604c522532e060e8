"""Jicofo's selection of bridges, and its redistribution of load."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from plan.simulate.bridge import Bridge
from plan.simulate.settings import JicofoSettings

Key = TypeVar("Key")


class Jicofo:
    """Assigns participants of every room to bridges. Participants without a bridge wait in `waiting` and are retried."""

    def __init__(self, settings: JicofoSettings) -> None:
        self.settings = settings
        self.rooms: dict[str, dict[Bridge, int]] = {}
        self.waiting: dict[str, int] = {}
        self.moved = 0
        self.moved_in_vain = 0
        """Of these, participants whom load redistribution invited to the bridge that they were on."""
        self.open: Sequence[Bridge] = ()
        """Bridges that accept participants: ready and not leaving."""
        self.leaving: Sequence[Bridge] = ()
        """Bridges that drain or shut down and still report to jicofo."""

    def join(self, now: int, room: str, count: int) -> None:
        """Assign `count` participants, one by one."""
        for _ in range(count):
            self._seat(now, room, self._choose(now, room, self.open))

    def leave(self, room: str, count: int) -> int:
        """Remove up to `count` participants of the room, waiting ones first. Return how many were removed."""
        waited = min(count, self.waiting.get(room, 0))
        if waited:
            self.waiting[room] -= waited
            if not self.waiting[room]:
                del self.waiting[room]
        gone = waited
        while gone < count and self.rooms.get(room):
            bridges = self.rooms[room]
            fullest = max(bridges, key=lambda bridge: bridges[bridge])
            taken = min(count - gone, bridges[fullest])
            self._take(room, fullest, taken)
            gone += taken
        return gone

    def end(self, room: str) -> int:
        """End the room. Return how many participants were in it."""
        count = self.waiting.pop(room, 0)
        for bridge, people in list(self.rooms.get(room, {}).items()):
            self._take(room, bridge, people)
            count += people
        return count

    def retry(self, now: int) -> None:
        """Assign waiting participants again."""
        if self.waiting and self.open:
            waiting, self.waiting = self.waiting, {}
            for room, count in waiting.items():
                self.join(now, room, count)

    def empty(self, now: int, bridge: Bridge) -> None:
        """Move all participants of a bridge to others; without another bridge they stay."""
        others = [other for other in self.open if other is not bridge]
        if not others:
            return
        for room, count in list(bridge.rooms.items()):
            self._take(room, bridge, count)
            self.moved += count
            for _ in range(count):
                self._seat(now, room, self._other_bridge(now, room, others))

    def cut(self, now: int, bridge: Bridge) -> int:
        """End a bridge with participants, who rejoin as after a crash. Return how many rooms were cut."""
        rooms = list(bridge.rooms.items())
        for room, count in rooms:
            self._take(room, bridge, count)
            self.join(now, room, count)
        return len(rooms)

    def redistribute(self, now: int) -> None:
        """Run LoadRedistributor.kt once: a bridge at the stress limit moves participants of its largest rooms.

        Bridges that leave count as room for them (BridgeSelector.hasNonOverloadedBridge), and are not selected, unless prosody reports
        them as full. So while a bridge leaves and the others are full, participants are invited again to the bridge that they were on.
        """
        rules = self.settings.redistribution
        if rules is None or not self.settings.relays:
            return
        limit = self.settings.overloaded
        room = (*self.open, *(self.leaving if self.settings.leaving_is_room else ()))
        if not any(self._corrected(now, bridge) < limit for bridge in room):
            return
        for bridge in (*self.open, *self.leaving):
            if now - bridge.relieved_at > rules.timeout and self._corrected(now, bridge) >= rules.stress_threshold:
                bridge.relieved_at = now
                self._relieve(now, bridge, rules.endpoints)

    def _relieve(self, now: int, bridge: Bridge, endpoints: int) -> None:
        left = endpoints
        for room, people in sorted(bridge.rooms.items(), key=lambda item: -item[1]):
            count = min(people, left)
            left -= count
            self._take(room, bridge, count)
            for _ in range(count):
                other = self._choose(now, room, self.open) or bridge
                self._put(now, room, other)
                self.moved += 1
                self.moved_in_vain += other is bridge

    def _corrected(self, now: int, bridge: Bridge) -> float:
        """Return the reported stress plus the estimated stress of recent joins."""
        rules = self.settings
        return bridge.reported + bridge.recently_joined(now, rules.ramp_up) * rules.participant_stress

    def _choose(self, now: int, room: str, candidates: Sequence[Bridge]) -> Bridge | None:
        """Select as the region-based strategy does within one region.

        In this order: a bridge of the room that is not overloaded, any other that is not, the least loaded of the room, the
        least loaded of all.
        """
        used = self.rooms.get(room, {})
        if used and not self.settings.relays:
            return next(iter(used))
        if not candidates:
            return None
        stress: dict[Bridge, float] = {bridge: self._corrected(now, bridge) for bridge in candidates}
        least_stressed: Callable[[Iterable[Bridge]], Bridge] = lambda bridges: min(bridges, key=stress.__getitem__)  # noqa: E731
        limit = self.settings.overloaded
        own = [bridge for bridge in used if bridge in stress]
        calm = [bridge for bridge in own if stress[bridge] < limit and used[bridge] < self.settings.room_cap]
        if calm:
            return least_stressed(calm)
        calm = [bridge for bridge in candidates if stress[bridge] < limit]
        return least_stressed(calm or own or candidates)

    def _other_bridge(self, now: int, room: str, others: Sequence[Bridge]) -> Bridge | None:
        """Return the bridge for a participant that must leave its own."""
        return self._choose(now, room, others) or others[0]

    def _seat(self, now: int, room: str, bridge: Bridge | None) -> None:
        """Assign one participant to the bridge; without a bridge they wait."""
        if bridge is None:
            self.waiting[room] = self.waiting.get(room, 0) + 1
        else:
            self._put(now, room, bridge)

    def _put(self, now: int, room: str, bridge: Bridge) -> None:
        bridge.rooms[room] = bridge.rooms.get(room, 0) + 1
        bridge.load += 1
        bridge.joined(now, 1)
        bridges = self.rooms.setdefault(room, {})
        bridges[bridge] = bridges.get(bridge, 0) + 1

    def _take(self, room: str, bridge: Bridge, count: int) -> None:
        bridge.load -= count
        _subtract(bridge.rooms, room, count)
        _subtract(self.rooms[room], bridge, count)
        if not self.rooms[room]:
            del self.rooms[room]


def _subtract(table: dict[Key, int], key: Key, count: int) -> None:
    table[key] -= count
    if not table[key]:
        del table[key]
