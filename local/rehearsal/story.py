"""The stories: a day of a school in minutes. Everything waits for what it needs, and what is judged is the order of events."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from local.rehearsal import stack
from local.rehearsal.bridge import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.rehearsal.play import Play

LEAST = 2
LESSON_BRIDGES = 4
LEAD = 30
"""Seconds before the lesson from which its bridges are asked for: a node boots in 8 s here, and the autoscaler looks every 5 s."""
UPDATE_SECONDS = 80
"""Allowed for the timetable on a busy machine: `pulumi up`, the file's way into Prometheus' pod, and its reload (30 s)."""
PATIENCE = 240.0
"""Seconds for what takes one minute on an idle machine."""


def opening(play: Play) -> None:
    """The stack comes up, with two meetings that last all day."""
    play.record.act("up")
    play.deploy()
    play.until(f"{LEAST} bridges", lambda: play.open >= LEAST, PATIENCE)
    play.until("metrics", play.metrics_flow, PATIENCE)
    play.record.act("ready")
    play.come("allday", 2, 12, at=time.time(), over=2)


def lesson(play: Play, name: str, *, bridges: int = LESSON_BRIDGES) -> None:
    """A lesson that the timetable knows: bridges before, then the class."""
    start = stack.full_minute(time.time() + UPDATE_SECONDS + LEAD)
    minutes = 3
    play.record.act("timetable", start=f"{start:%H:%M}", bridges=bridges, lead=LEAD)
    play.deploy(schedule=[stack.lesson(start, minutes, bridges, LEAD)])
    begins = start.timestamp()
    play.come(name, bridges, 20, at=begins - 5, over=20)
    while time.time() < begins:
        time.sleep(0.2)
    play.record.act("lesson", name=name, asked=bridges, standing=play.open)
    time.sleep(20)


def crowd(play: Play, name: str = "crowd") -> None:
    """People whom nobody expected."""
    play.record.act("crowd", people=75)
    play.come(name, 3, 25, at=time.time(), over=10)
    time.sleep(11)
    if play.until("capacity", play.capacity, PATIENCE, needed=False):
        play.record.act("capacity")


def node_drain(play: Play) -> None:
    """An operator drains the node of the bridge with the most people."""
    bridge = play.busiest()
    node = play.node_of(bridge)
    play.record.act("node drain", pod=bridge.pod, people=bridge.seat.load)
    play.drain_node(node, PATIENCE)
    play.record.act("node drained")


def noon(play: Play) -> None:
    """A setting of the bridges changes; they are replaced while meetings go on."""
    play.record.act("rolling update")
    old = {life.pod["metadata"]["uid"] for life in play.ground.kubelet.lives("jvb") if not life.deleted}
    play.deadline = 250
    play.deploy(drain={**play.jvb["drain"], "deadline": f"{play.deadline}s"})
    play.until("a replaced bridge", lambda: any(e["uid"] in old for e in play.record.at("gone")), PATIENCE)


def outage(play: Play, component: str, leaving: str, seconds: float = 45.0) -> None:
    """A part of the metrics' way is away while people leave: nobody knows, and the size must stay."""
    play.record.act("outage", component=component)
    play.ground.kubelet.hold(component)
    play.end(leaving)
    time.sleep(seconds)
    play.ground.kubelet.release(component)
    play.record.act("outage over", component=component)
    play.until("metrics again", play.metrics_flow, PATIENCE, needed=False)


def night(play: Play, *leaving: str, update: bool = False) -> None:
    """Everybody but one meeting goes home; `update`: a rolling update comes to its end first."""
    play.record.act("night")
    for name in leaving:
        play.end(name)
    if update:
        play.until("the end of the update", play.updated, 4 * PATIENCE, needed=False)
    play.until("the least size", lambda: play.settled(LEAST), 2 * PATIENCE, needed=False)
    play.until("the least nodes", lambda: play.nodes() <= LEAST + 1, PATIENCE, needed=False)
    time.sleep(3)
    play.record.act("end")


def control(play: Play) -> None:
    """A bridge with a meeting dies outright, after everything else: a verdict that could not see a cut would be worthless."""
    bridge = play.busiest()
    play.record.act("control", pod=bridge.pod, people=bridge.seat.load)
    play.kill(bridge)
    play.until("the bridge's end", lambda: bridge.state is State.ENDED, 30)


def short(play: Play) -> None:
    """Morning, a crowd, a drained node, an update at noon, an outage of the adapter, night."""
    opening(play)
    lesson(play, "class")
    crowd(play)
    node_drain(play)
    noon(play)
    outage(play, "prometheus-adapter", "crowd")
    night(play, "class", "allday-1")
    control(play)


def hanging(play: Play, seconds: float = 25.0) -> None:
    """A bridge's REST stops answering while it leaves, and comes back: a slow answer must not end the wait."""
    bridge = play.busiest()
    play.record.act("hanging bridge", pod=bridge.pod, people=bridge.seat.load)
    bridge.trouble = "hang"
    node = play.node_of(bridge)

    def heal() -> None:
        time.sleep(seconds)
        bridge.trouble = ""

    threading.Thread(target=heal, daemon=True).start()
    play.drain_node(node, PATIENCE)


def crash_while_leaving(play: Play) -> None:
    """A bridge crashes while it leaves, s6 restarts it, and it has forgotten that it leaves."""
    bridge = play.busiest()
    play.record.act("crash while leaving", pod=bridge.pod, people=bridge.seat.load)
    bridge.on_purpose = True
    node = play.node_of(bridge)

    def crash() -> None:
        deadline = time.time() + PATIENCE
        while not bridge.drain and time.time() < deadline:
            time.sleep(0.2)
        time.sleep(3)
        play.ground.bridges.crash(bridge)

    threading.Thread(target=crash, daemon=True).start()
    play.drain_node(node, PATIENCE)


def killed(play: Play) -> None:
    """A bridge's process dies outright."""
    bridge = play.busiest()
    play.record.act("killed bridge", pod=bridge.pod, people=bridge.seat.load)
    play.kill(bridge)
    time.sleep(20)


def long(play: Play) -> None:
    """Two lessons, and every misfortune."""
    opening(play)
    lesson(play, "class")
    crowd(play)
    node_drain(play)
    hanging(play)
    killed(play)
    noon(play)
    outage(play, "prometheus-adapter", "crowd")
    lesson(play, "class2")
    crash_while_leaving(play)
    outage(play, "prometheus", "class-")
    night(play, "class", "allday-1", update=True)


STORIES: dict[str, Callable[[Play], None]] = {"short": short, "long": long}
