"""The story of signalling that moves to its zone: a stack whose second shard is signalled in the first zone gets successors of the same release."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from lab.rehearsal.record import Record
from lab.rehearsal.release.world import END_SECONDS, OLD, ReleaseWorld

if TYPE_CHECKING:
    from pathlib import Path

    from lab.rehearsal.release.meeting import Meeting
    from lab.toolchain.prepare import Toolchain

SHARDS = {"s0": "fr-par-1", "s1": "fr-par-2"}
EDGE = ("update", "jitsi-edge-haproxy")
TRIES = 40
PING_SECONDS = 1.0


def perform(folder: Path, toolchain: Toolchain) -> dict[str, Any]:
    """Play the story and return what was seen.

    Raises:
        TimeoutError: something that it waits for did not come.
    """
    record = Record()
    with ReleaseWorld(folder, toolchain, record.note) as world:
        seen = _move(world, record)
    return {**seen, "events": record.at("act"), "played": round(time.time() - record.began)}


class Person:
    """A person in a meeting who connects again as soon as signalling breaks: a HAProxy is rolled when the stack gets a second zone."""

    def __init__(self, world: ReleaseWorld, meeting: Meeting) -> None:
        self.world = world
        self.meeting = meeting
        self.homes = [meeting.shard]
        """The shard of each connection."""
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._stay, daemon=True)
        self._thread.start()

    def _stay(self) -> None:
        while not self._left.wait(PING_SECONDS):
            if not self.meeting.goes_on():
                self.homes.append("nowhere")
                self.meeting = self.world.enter(self.meeting.room)
                self.homes[-1] = self.meeting.shard
        self.meeting.end()

    def leave(self) -> None:
        """End the meeting."""
        self._left.set()
        self._thread.join()


def _move(world: ReleaseWorld, record: Record) -> dict[str, Any]:
    entries = [{"name": name, "zone": zone} for name, zone in SHARDS.items()]
    world.deploy(shards=[entries[0], {**entries[1], "pinned": False}])
    before = world.zones()
    people = {shard: Person(world, _meeting(world, shard)) for shard in SHARDS}
    record.act("a stack runs with all signalling in the first zone, and a meeting on each shard")
    update = world.up(shards=entries, release=OLD)
    world.until("waiting", lambda: world.is_waiting() or not update.is_alive(), END_SECONDS)
    world.until("rooms move", lambda: world.new_rooms() <= {f"{shard}b" for shard in SHARDS})
    record.act("every new room opens on a successor")
    world.until("HAProxies are rolled", lambda: EDGE in world.order() or not update.is_alive(), END_SECONDS)
    record.act("HAProxies run on nodes of both zones")
    seen: dict[str, Any] = {
        "waits": update.is_alive(),
        "order": world.order(),
        "zones before": before,
        "zones": world.zones(),
        "next rooms": sorted(world.new_rooms()),
        "late guests": {shard: _shard_of(world, person.meeting.room) for shard, person in people.items()},
    }
    for person in people.values():
        person.leave()
    seen["homes"] = {shard: person.homes for shard, person in people.items()}
    record.act("the last person left the former shards")
    world.finish(update)
    record.act("the former shards are removed")
    return seen | {"failure": world.failure, "deleted": world.deleted(), "zones after": world.zones()}


def _meeting(world: ReleaseWorld, shard: str) -> Meeting:
    """Open rooms until one is on the shard."""
    for number in range(TRIES):
        meeting = world.enter(f"{shard}-{number}")
        if meeting.shard == shard:
            return meeting
        meeting.end()
    raise TimeoutError(f"none of {TRIES} rooms opened on {shard}")


def _shard_of(world: ReleaseWorld, room: str) -> str:
    guest = world.enter(room)
    guest.end()
    return guest.shard
