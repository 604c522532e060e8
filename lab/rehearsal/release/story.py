"""The story: a release whose bridges do not join, a good one in an update that is killed, and the way back, while people meet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lab.rehearsal.record import Record
from lab.rehearsal.release.world import END_SECONDS, OLD, ReleaseWorld

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Thread

    from lab.toolchain.prepare import Toolchain

BROKEN, GOOD = "stable-11200-alone", "stable-11200"
CONFIG = ("update", "jitsi-edge-config")


class Story:
    """What happens, and when."""

    def __init__(self, world: ReleaseWorld, record: Record) -> None:
        self.world = world
        self.record = record
        self.seen: dict[str, Any] = {}

    def opening(self) -> None:
        """The stack of the former release, with a meeting."""
        self.world.deploy()
        self.lesson = self.world.enter("lesson")
        self.seen["opened on"] = self.lesson.shard
        self.record.act("a stack of one shard runs, with a meeting")

    def broken(self) -> None:
        """A release whose bridges do not join."""
        world, before = self.world, self.world.haproxy_cfg()
        world.up(release=BROKEN).join()
        self.record.act("the update with an unhealthy release ended")
        other = world.enter("other")
        self.seen["broken"] = {
            "failure": world.failure,
            "edge changed": world.haproxy_cfg() != before,
            "deleted": world.deleted(),
            "meeting goes on": self.lesson.goes_on(),
            "next room": other.shard,
            "shards": sorted(world.shards()),
        }
        other.end()

    def change(self) -> None:
        """A good release, in an update that is killed while it waits."""
        world = self.world
        update = world.up(release=GOOD)
        world.until("the edge's update", lambda: CONFIG in world.order() or not update.is_alive())
        made = world.order()
        self.record.act("the new shard is healthy, and HAProxy's configuration changed")
        world.until("rooms move", lambda: world.new_rooms() == {"s0b"})
        self.record.act("every new room opens on the new shard")
        self.seen["change"] = {
            "waits": self._waits(update),
            "failure": world.failure,
            "order": made,
            "meeting goes on": self.lesson.goes_on(),
            "shards": sorted(world.shards()),
        }
        world.kill()
        update.join(120)
        self.record.act("the update was killed")

    def again(self) -> None:
        """The same line once more, until the former shard is empty."""
        world = self.world
        again = world.up(release=GOOD)
        waits = self._waits(again)
        late = world.enter("lesson")
        self.seen["killed"] = {
            "waits": waits,
            "failure": world.failure,
            "order": world.order(),
            "meeting goes on": self.lesson.goes_on(),
            "late guest": late.shard,
        }
        late.end()
        self.lesson.end()
        self.record.act("the last person left the former shard")
        world.finish(again)
        self.record.act("the former shard is removed")
        self.seen["after"] = {
            "failure": world.failure,
            "deleted": world.deleted(),
            "shards": sorted(world.shards()),
            "next room": world.enter("next").shard,
        }

    def back(self) -> None:
        """The former release is appended: it comes up again, and takes the rooms."""
        world = self.world
        evening = world.enter("evening")
        update = world.up(release=[GOOD, OLD])
        waits = self._waits(update)
        world.until("rooms move back", lambda: world.new_rooms() == {"s0"})
        self.record.act("the former release took the rooms again")
        self.seen["back"] = {
            "waits": waits,
            "opened on": evening.shard,
            "meeting goes on": evening.goes_on(),
            "next room": world.enter("morning").shard,
        }
        evening.end()
        world.finish(update)
        self.record.act("the newer shard is removed")
        self.seen["back"] |= {"shards": sorted(world.shards()), "failure": world.failure}

    def _waits(self, update: Thread) -> bool:
        """Whether an update comes to wait for rooms to end, and does not end itself."""
        self.world.until("waiting", lambda: self.world.is_waiting() or not update.is_alive(), END_SECONDS)
        return update.is_alive()


def perform(folder: Path, toolchain: Toolchain, *, back: bool) -> dict[str, Any]:
    """Play the story and return what was seen; `back` takes the release back, too.

    Raises:
        TimeoutError: something that it waits for did not come.
    """
    record = Record()
    with ReleaseWorld(folder, toolchain, record.note) as world:
        story = Story(world, record)
        story.opening()
        story.broken()
        story.change()
        story.again()
        if back:
            story.back()
    return {**story.seen, "events": record.at("act"), "played": round(time.time() - record.began)}
