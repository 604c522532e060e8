"""The stories of a school day in minutes, and their steps, one function each; `verdict` judges the order of their events."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from lab.rehearsal import stack
from lab.rehearsal.bridge import State
from lab.rehearsal.node_ports import behind_node_ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.rehearsal.play import Play

MIN_BRIDGES = 2
LESSON_BRIDGES = 4
LEAD = 30
"""Seconds before a lesson at which its bridges are requested: a node boots in 8 s, and the autoscaler syncs every 5 s."""
UPDATE_SECONDS = 80
"""Seconds until a new schedule is effective on a busy machine: `pulumi up`, the update of Prometheus' volume, its reload (30 s)."""
OTHER_TYPE = "BASIC3-X4C-8G"
"""As large as `stack.bridges`' node type, so that the bridges keep their size."""
TIMEOUT = 240.0
"""Seconds; four times what the steps take on an idle machine."""


def opening(play: Play, bridges: int = MIN_BRIDGES) -> None:
    """Deploy the stack, with two meetings that last all day."""
    play.record.act("up")
    play.deploy()
    play.until(f"{bridges} bridges", lambda: play.open >= bridges, TIMEOUT)
    play.until("metrics", play.metrics_flow, TIMEOUT)
    play.record.act("ready")
    play.come("allday", 2, 12, at=time.time(), over=2)


def lesson(play: Play, name: str, *, bridges: int = LESSON_BRIDGES) -> None:
    """Start a scheduled lesson: its bridges first, then the class."""
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
    """Let unscheduled participants join."""
    play.record.act("crowd", people=75)
    play.come(name, 3, 25, at=time.time(), over=10)
    time.sleep(11)
    if play.until("capacity", play.capacity, TIMEOUT, needed=False):
        play.record.act("capacity")


def node_drain(play: Play) -> None:
    """Drain the node of the busiest bridge."""
    bridge = play.busiest()
    node = play.node_of(bridge)
    play.record.act("node drain", pod=bridge.pod, people=bridge.seat.load)
    play.drain_node(node, TIMEOUT)
    play.record.act("node drained")


def noon(play: Play) -> None:
    """Change a setting of the bridges, which replaces them while meetings go on."""
    play.record.act("rolling update")
    old = {worker.pod["metadata"]["uid"] for worker in play.testbed.kubelet.workers("jvb") if not worker.deleted}
    play.deadline = 250
    play.deploy(drain={**play.jvb["drain"], "deadline": f"{play.deadline}s"})
    play.until("a replaced bridge", lambda: any(e["uid"] in old for e in play.record.at("gone")), TIMEOUT)


def outage(play: Play, component: str, leaving: str, seconds: float = 45.0) -> None:
    """Stop a part of the metrics pipeline while participants leave: the number of bridges must not change."""
    play.record.act("outage", component=component)
    play.testbed.kubelet.hold(component)
    play.end(leaving)
    time.sleep(seconds)
    play.testbed.kubelet.release(component)
    play.record.act("outage over", component=component)
    play.until("metrics again", play.metrics_flow, TIMEOUT, needed=False)


def night(play: Play, *leaving: str, update: bool = False) -> None:
    """End all meetings but one, and wait for the minimum size; with `update`, for the rolling update first."""
    play.record.act("night")
    for name in leaving:
        play.end(name)
    if update:
        play.until("the end of the update", play.updated, 4 * TIMEOUT, needed=False)
    play.until("the minimum size", lambda: play.settled(MIN_BRIDGES), 2 * TIMEOUT, needed=False)
    play.until("the minimum of nodes", lambda: play.nodes() <= MIN_BRIDGES + 1, TIMEOUT, needed=False)
    time.sleep(3)
    play.record.act("end")


def control(play: Play) -> None:
    """Kill a bridge with a meeting after the story, to prove that the verdict detects a cut."""
    bridge = play.busiest()
    play.record.act("control", pod=bridge.pod, people=bridge.seat.load)
    play.kill(bridge)
    play.until("the bridge's end", lambda: bridge.state is State.ENDED, 30)


def short(play: Play) -> None:
    """A lesson, a crowd, a node drain, a rolling update, an outage of the adapter, night; then a drain behind a NodePort."""
    opening(play)
    lesson(play, "class")
    crowd(play)
    node_drain(play)
    noon(play)
    outage(play, "prometheus-adapter", "crowd")
    night(play, "class", "allday-1")
    control(play)
    behind_node_ports(play)


def media(play: Play) -> None:
    """A node drain while people talk."""
    opening(play)
    play.until("people", lambda: play.busiest().seat.load > 0, TIMEOUT)
    node_drain(play)
    behind_node_ports(play)


def pool(play: Play, bridges: int = 1) -> None:
    """Change the node type while people meet: a new pool beside the old one, which goes when its last bridge has left."""
    play.jvb = {
        **play.jvb,
        "min": bridges,
        "max": bridges,
    }  # each bridge moves once, and none comes or goes beside that
    opening(play, bridges)
    play.come("class", bridges - 1, 12, at=time.time(), over=2)
    play.until("people", lambda: play.seated() == 12 * (1 + bridges), TIMEOUT)
    play.record.act("node type", types=sorted(play.node_types()), of=bridges)
    play.deploy(nodeType=OTHER_TYPE)
    play.record.act("node type changed", types=sorted(play.node_types()))
    play.until("nodes of one type", lambda: play.node_types() == {OTHER_TYPE}, TIMEOUT)
    play.until("everybody on a bridge", lambda: play.seated() == 12 * (1 + bridges), TIMEOUT)
    play.record.act("end")
    control(play)


def pools(play: Play) -> None:
    """The same with several bridges, which move one after another."""
    pool(play, 3)


def hanging(play: Play, seconds: float = 25.0) -> None:
    """Let a bridge's REST hang during its drain: a slow answer must not end the drain."""
    bridge = play.busiest()
    play.record.act("hanging bridge", pod=bridge.pod, people=bridge.seat.load)
    bridge.trouble = "hang"
    node = play.node_of(bridge)

    def heal() -> None:
        time.sleep(seconds)
        bridge.trouble = ""

    threading.Thread(target=heal, daemon=True).start()
    play.drain_node(node, TIMEOUT)


def crash_while_leaving(play: Play) -> None:
    """Crash a bridge during its drain: s6 restarts it without the drain state."""
    bridge = play.busiest()
    play.record.act("crash while leaving", pod=bridge.pod, people=bridge.seat.load)
    bridge.on_purpose = True
    node = play.node_of(bridge)

    def crash() -> None:
        deadline = time.time() + TIMEOUT
        while not bridge.drain and time.time() < deadline:
            time.sleep(0.2)
        time.sleep(3)
        play.testbed.bridges.crash(bridge)

    threading.Thread(target=crash, daemon=True).start()
    play.drain_node(node, TIMEOUT)


def killed(play: Play) -> None:
    """Kill a bridge."""
    bridge = play.busiest()
    play.record.act("killed bridge", pod=bridge.pod, people=bridge.seat.load)
    play.kill(bridge)
    time.sleep(20)


def long(play: Play) -> None:
    """Two lessons, and every failure."""
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


STORIES: dict[str, Callable[[Play], None]] = {
    "short": short,
    "long": long,
    "media": media,
    "pool": pool,
    "pools": pools,
}
