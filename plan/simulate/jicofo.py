"""Where people are put: jicofo's choice of a bridge, its stickiness, and its redistribution of load."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from plan.simulate.bridge import Bridge
from plan.simulate.settings import JicofoSettings

Key = TypeVar("Key")


class Jicofo:
    """Knows every room. Nobody is ever lost: who finds no bridge waits in `waiting` and is tried again."""

    def __init__(self, settings: JicofoSettings) -> None:
        self.settings = settings
        self.rooms: dict[str, dict[Bridge, int]] = {}
        self.waiting: dict[str, int] = {}
        self.moved = 0
        self.open: Sequence[Bridge] = ()
        """Bridges that take people: ready and not on their way out."""

    def join(self, now: int, room: str, count: int) -> None:
        """`count` people, one after the other."""
        for _ in range(count):
            self._seat(now, room, self._choose(now, room, self.open))

    def leave(self, room: str, count: int) -> int:
        """So many of the room go home, those that wait first; how many there were to go."""
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
        """The room is over; how many people were in it."""
        count = self.waiting.pop(room, 0)
        for bridge, people in list(self.rooms.get(room, {}).items()):
            self._take(room, bridge, people)
            count += people
        return count

    def retry(self, now: int) -> None:
        """Those who wait come again."""
        if self.waiting and self.open:
            waiting, self.waiting = self.waiting, {}
            for room, count in waiting.items():
                self.join(now, room, count)

    def empty(self, now: int, bridge: Bridge) -> None:
        """Everybody on a bridge is invited elsewhere; without another one they stay."""
        others = [other for other in self.open if other is not bridge]
        if not others:
            return
        for room, count in list(bridge.rooms.items()):
            self._take(room, bridge, count)
            self.moved += count
            for _ in range(count):
                self._seat(now, room, self._elsewhere(now, room, others))

    def cut(self, now: int, bridge: Bridge) -> int:
        """The bridge ends under its people, who come back as after a crash; how many rooms that hit."""
        hit = list(bridge.rooms.items())
        for room, count in hit:
            self._take(room, bridge, count)
            self.join(now, room, count)
        return len(hit)

    def redistribute(self, now: int) -> None:
        """One look (LoadRedistributor.kt): a bridge at the stress limit gives people of its largest rooms to be placed anew."""
        rules = self.settings.redistribution
        if rules is None or not self.settings.relays:
            return
        limit = self.settings.overloaded
        if not any(self._corrected(now, bridge) < limit for bridge in self.open):
            return
        for bridge in self.open:
            if now - bridge.relieved_at > rules.timeout and self._corrected(now, bridge) >= rules.stress_threshold:
                bridge.relieved_at = now
                self._give(now, bridge, rules.endpoints)

    def _give(self, now: int, bridge: Bridge, endpoints: int) -> None:
        left = endpoints
        for room, people in sorted(bridge.rooms.items(), key=lambda item: -item[1]):
            count = min(people, left)
            left -= count
            self._take(room, bridge, count)
            for _ in range(count):
                other = self._choose(now, room, self.open) or bridge
                self._put(now, room, other)
                self.moved += other is not bridge

    def _corrected(self, now: int, bridge: Bridge) -> float:
        """Reported stress and the joins that it cannot know of yet."""
        rules = self.settings
        return bridge.reported + bridge.recently_joined(now, rules.ramp_up) * rules.participant_stress

    def _choose(self, now: int, room: str, candidates: Sequence[Bridge]) -> Bridge | None:
        """Region-based strategy within one region: not overloaded of the room, of all; else least loaded of the room, of all."""
        used = self.rooms.get(room, {})
        if used and not self.settings.relays:
            return next(iter(used))
        if not candidates:
            return None
        stress: dict[Bridge, float] = {bridge: self._corrected(now, bridge) for bridge in candidates}
        least: Callable[[Iterable[Bridge]], Bridge] = lambda bridges: min(bridges, key=stress.__getitem__)  # noqa: E731
        limit = self.settings.overloaded
        own = [bridge for bridge in used if bridge in stress]
        calm = [bridge for bridge in own if stress[bridge] < limit and used[bridge] < self.settings.room_cap]
        if calm:
            return least(calm)
        calm = [bridge for bridge in candidates if stress[bridge] < limit]
        return least(calm or own or candidates)

    def _elsewhere(self, now: int, room: str, others: Sequence[Bridge]) -> Bridge | None:
        """Where somebody goes who has to leave a bridge."""
        return self._choose(now, room, others) or others[0]

    def _seat(self, now: int, room: str, bridge: Bridge | None) -> None:
        """One person takes a place on the bridge; without one they wait."""
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
