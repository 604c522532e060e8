"""Another Jitsi release while people meet; `python -m e2e.release_story FOLDER [--long]` writes what was seen to FOLDER/seen.json.

First a release whose bridges do not join jicofo, then a good one, in an update that is killed while it waits. The long form takes it back.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from e2e.release_world import World

from lab.progress import Progress
from lab.toolchain.prepare import ensure

OLD, BROKEN, GOOD = "stable-11146-2", "stable-11200-alone", "stable-11200"
CONFIG = ("update", "jitsi-edge-config")


class Story:
    """What happens, and when: seconds from the beginning of each part."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: dict[str, Any] = {}
        self.acts: list[tuple[str, float]] = []
        self.began = time.monotonic()

    def act(self, text: str) -> None:
        """Note what happened."""
        self.acts.append((text, round(time.monotonic() - self.began, 1)))
        sys.stdout.write(f"{self.acts[-1][1]:7.1f} s  {text}\n")
        sys.stdout.flush()

    def opening(self) -> None:
        """The stack of the former release, with a meeting."""
        self.world.up().join()
        assert not self.world.failure, self.world.failure
        self.lesson = self.world.enter("lesson")
        self.seen["opened on"] = self.lesson.shard
        self.act("a stack of one shard runs, with a meeting")

    def broken(self) -> None:
        """A release whose bridges do not join."""
        world, before = self.world, self.world.haproxy_cfg()
        self.began = time.monotonic()
        world.up(release=BROKEN).join()
        self.act("the update with an unhealthy release ended")
        other = world.enter("other")
        self.seen["broken"] = {
            "failure": world.failure,
            "edge changed": world.haproxy_cfg() != before,
            "deleted": [name for operation, name in world.order() if operation.startswith("delete")],
            "meeting goes on": self.lesson.goes_on(),
            "next room": other.shard,
            "shards": sorted(world.instances()),
        }
        other.end()

    def change(self) -> None:
        """A good release, in two updates since the first is killed."""
        world = self.world
        self.began = time.monotonic()
        update = world.up(release=GOOD)
        world.until("the edge's update", lambda: CONFIG in world.order() or not update.is_alive())
        made = world.order()
        self.act("the new shard is healthy, and HAProxy's configuration changed")
        world.until("rooms move", self._moved)
        self.act("every new room opens on the new shard")
        world.until("waiting", lambda: any("1 rooms" in text for text in world.said()) or not update.is_alive())
        self.seen["change"] = {
            "waits": update.is_alive(),
            "failure": world.failure,
            "order": made,
            "meeting goes on": self.lesson.goes_on(),
            "shards": sorted(world.instances()),
        }
        world.kill()
        update.join(120)
        self.act("the update was killed")
        again = world.up(release=GOOD)
        world.until("waiting", lambda: any("1 rooms" in text for text in world.said()) or not again.is_alive())
        self.seen["killed"] = {
            "waits": again.is_alive(),
            "failure": world.failure,
            "order": world.order(),
            "meeting goes on": self.lesson.goes_on(),
        }
        late = world.enter("lesson")
        self.seen["killed"]["late guest"] = late.shard
        late.end()
        self.lesson.end()
        self.act("the last person left the former shard")
        again.join(400)
        self.act("the former shard is removed")
        self.seen["after"] = {
            "failure": world.failure,
            "deleted": [name for operation, name in world.order() if operation == "delete"],
            "shards": sorted(world.instances()),
            "next room": world.enter("next").shard,
        }

    def _moved(self) -> bool:
        rooms = [self.world.enter(f"room-{time.monotonic()}-{number}") for number in range(6)]
        for room in rooms:
            room.end()
        return {room.shard for room in rooms} == {"s0b"}

    def back(self) -> None:
        """The former release is appended: it comes up again, and takes the rooms."""
        world = self.world
        self.began = time.monotonic()
        evening = world.enter("evening")
        update = world.up(release=[GOOD, OLD])
        world.until("waiting", lambda: any("1 rooms" in text for text in world.said()) or not update.is_alive(), 400)
        self.act("the former release took the rooms again")
        self.seen["back"] = {
            "opened on": evening.shard,
            "meeting goes on": evening.goes_on(),
            "failure": world.failure,
            "next room": world.enter("morning").shard,
        }
        evening.end()
        update.join(400)
        self.seen["back"] |= {"shards": sorted(world.instances()), "end": world.failure}
        self.act("the newer shard is removed")


def main(folder: Path, *, long: bool) -> None:
    """Tell the story."""

    def note(*_: object, **__: object) -> None: ...

    with World(folder / "world", ensure("loop", Progress()), note) as world:
        story = Story(world)
        story.opening()
        story.broken()
        story.change()
        if long:
            story.back()
        story.seen["acts"] = story.acts
        (folder / "seen.json").write_text(json.dumps(story.seen, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), long="--long" in sys.argv)
