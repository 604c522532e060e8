"""A drain behind a NodePort while people talk, also with the bridge not ready, and Services that are broken on purpose meanwhile."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from config.bridges import NODE_PORTS
from lab.cluster.api import has_condition
from lab.rehearsal.media import LOST_AFTER
from lab.rehearsal.stack import NAMESPACE

if TYPE_CHECKING:
    from components.kubernetes.document import Document
    from lab.rehearsal.bridge import SimulatedBridge
    from lab.rehearsal.play import Play

TIMEOUT = 240.0
SILENT = 3.0
"""Seconds without an answer to anybody that show a broken path: the machine may be late, but not for everybody."""
SEEN_SECONDS = 30.0
"""Seconds in which a fault must show: kube-proxy follows a change within 2 s on an idle machine."""
MEETINGS = 2
PEOPLE = 6
"""Participants of each meeting."""
POD_NAME = "statefulset.kubernetes.io/pod-name"

Spec = dict[str, Any]


def faults(other: str) -> dict[str, tuple[Spec, str]]:
    """Faults of a media Service: merge patch of its spec, and what people notice; `other` is another bridge's pod.

    silence: nobody hears the bridge. foreign: the bridge sees the node's address in place of theirs.
    """
    return {
        "cluster policy": ({"externalTrafficPolicy": "Cluster"}, "foreign"),
        "no unready addresses": ({"publishNotReadyAddresses": False}, "silence"),
        "port of another pod": ({"selector": {POD_NAME: other}}, "silence"),
    }


def behind_node_ports(play: Play) -> None:
    """Change the layout to nodePort, and drain a bridge's node; the bridge is not ready for most of its drain."""
    play.record.act("node ports")
    if play.jvb["layout"] != "nodePort":
        play.deploy(layout="nodePort")
    play.until("two bridges behind NodePorts", lambda: len(_open(play)) > 1, TIMEOUT)
    play.come("ports", MEETINGS, PEOPLE, at=time.time(), over=1)
    play.until("everybody", lambda: _arrived(play), TIMEOUT)
    play.until("media of everybody", lambda: all(_talks(play, bridge) for bridge in _open(play)), TIMEOUT)
    bridge = max(_open(play), key=lambda each: each.seat.load)
    node = play.node_of(bridge)
    play.record.act("drain behind a NodePort", pod=bridge.pod, people=bridge.seat.load)
    draining = threading.Thread(target=play.drain_node, args=(node, TIMEOUT), daemon=True)
    draining.start()
    play.until("the bridge's drain", lambda: bridge.drain, TIMEOUT)
    bridge.trouble = "500"  # it stays in its drain, and its readiness probe fails
    try:
        play.until("a bridge that is not ready", lambda: not has_condition(_pod(play, bridge)), TIMEOUT)
        people = play.testbed.people
        time.sleep(LOST_AFTER + 1)  # what a node loses of flows that it tracks is counted before their ports change
        people.rebind(bridge)
        time.sleep(LOST_AFTER + 1)
        play.record.note("network changed", pod=bridge.pod, silence=round(people.waits(bridge), 1))
        other = next(each.pod for each in _open(play) if each is not bridge)
        for name, (patch, effect) in faults(other).items():
            _break(play, bridge, name, patch, effect)
    finally:
        bridge.trouble = ""
    draining.join()
    play.record.act("node ports over")


def _open(play: Play) -> list[SimulatedBridge]:
    meetings = play.testbed.meetings
    with meetings.lock:
        return [bridge for bridge in meetings.open if bridge.candidate[1] in NODE_PORTS]


def _arrived(play: Play) -> bool:
    """Whether all participants are on a bridge: those who join later are not led to a bridge that leaves."""
    meetings = play.testbed.meetings
    with meetings.lock:
        return all(
            sum(meetings.jicofo.rooms.get(f"ports-{meeting}", {}).values()) == PEOPLE for meeting in range(MEETINGS)
        )


def _talks(play: Play, bridge: SimulatedBridge) -> bool:
    """Whether everybody on the bridge hears it."""
    return play.testbed.people.waits(bridge) < SILENT


def _pod(play: Play, bridge: SimulatedBridge) -> Document:
    return play.testbed.api.get(f"/api/v1/namespaces/{NAMESPACE}/pods/{bridge.pod}")


def _break(play: Play, bridge: SimulatedBridge, name: str, patch: Spec, effect: str) -> None:
    """Break the leaving bridge's Service until its people notice the effect, then mend it; records the effect if they did."""
    api, people = play.testbed.api, play.testbed.people
    path = f"/api/v1/namespaces/{NAMESPACE}/services/{bridge.pod}"
    before = api.get(path)["spec"]
    foreign, began = people.foreign(bridge), time.time()
    people.expect_loss(bridge, on=True)
    _patch(play, path, patch)

    def noticed() -> bool:
        people.rebind(bridge)  # nodes keep the way of a flow that they track
        time.sleep(1.0)
        return people.silence(bridge) >= SILENT if effect == "silence" else people.foreign(bridge) > foreign

    seen = effect if play.until(f"{effect} by {name}", noticed, SEEN_SECONDS, needed=False) else ""
    play.record.note("sabotage", name=name, seen=seen, after=round(time.time() - began, 1), people=bridge.seat.load)
    _patch(play, path, {key: before[key] for key in patch})

    def mended() -> bool:
        people.rebind(bridge)
        seen = people.foreign(bridge)
        time.sleep(1.0)
        return people.waits(bridge) < 1.0 and people.foreign(bridge) == seen

    play.until(f"media after {name}", mended, SEEN_SECONDS)
    people.expect_loss(bridge, on=False)


def _patch(play: Play, path: str, spec: Spec) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    play.testbed.api.http.patch(path, headers=headers, json={"spec": spec}).raise_for_status()
