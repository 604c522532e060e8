"""Another node type while people meet, and another zone: new pools beside the old ones, bridges move, the old ones go last, also after a kill.

One update changes a shard of each layout: Deployments with host ports, a StatefulSet behind NodePorts, a DaemonSet that changes its zone, too.
"""

import os
import signal
import threading

import pytest
import yaml
from waiting import eventually

from lab.engine.engine import EngineError
from lab.paths import PROJECT
from lab.processes import command_lines

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PARTS = {
    "s0": ("scaleway-s0-pool", "s0-bridges-host-port-0"),
    "s1": ("scaleway-s1-pool", "s1-bridges-node-port"),
    "s2": ("scaleway-s2-pool", "s2-bridges-host-port-0"),
}
"""Shard -> logical names of its pool and of its bridges' workload."""
OF_SHARD = {
    "s1": {"layout": "nodePort", "perNode": 2, "min": 2},
    "s2": {"topology": "daemonset"},
}
BRIDGES = {"s0": 1, "s1": 2, "s2": 1}
OLD, NEW = ("BASIC3-X4C-8G", "fr-par-1"), ("COMPUTE3-X4C-8G", "fr-par-1")
ELSEWHERE = ("COMPUTE3-X4C-8G", "fr-par-2")
PLACES = {"s0": NEW, "s1": NEW, "s2": ELSEWHERE}
MEETS = {"pod-delete.stage.kwok.x-k8s.io/delay": "1h"}
"""A bridge whose meeting lasts: it leaves when the test says that the meeting is over."""
SHARD = "jitsi.org/bridges"


class Stack:
    """The local stack with a shard of each layout, and a node type that changes."""

    def __init__(self, embedded, folder):
        self.embedded = embedded
        self.engine = embedded.engine
        self.engine.checkpoints = True  # it is killed
        self.file = folder / "Pulumi.moving.yaml"
        self.document = yaml.safe_load((PROJECT / "Pulumi.local.yaml").read_text())
        self.events = []

    def write(self, places):
        self.document["config"]["jitsi:bridges"] = {"min": 1, "max": 2, "scaling": {"spares": 0}}
        self.document["config"]["jitsi:shards"] = [
            {"name": shard, "zone": zone, "bridges": {"nodeType": node_type, **OF_SHARD.get(shard, {})}}
            for shard, (node_type, zone) in places.items()
        ]
        self.file.write_text(yaml.safe_dump(self.document))

    def up(self):
        """Run the update in a thread; `events` are those of the engine."""
        self.events, self.failure = [], None

        def run():
            try:
                self.engine.up(self.file, follow=self.events.append)
            except EngineError as error:
                self.failure = error

        running = threading.Thread(target=run)
        running.start()
        return running

    def waits(self, shard, bridges):
        text = f"{shard}: {bridges} of its bridges are on the former node pool"
        return any(text in event.get("diagnosticEvent", {}).get("message", "") for event in self.events)

    def order(self, shard):
        """Operations on the pool and on the bridges' workload, in the order in which they ended."""
        ended = [event["resOutputsEvent"]["metadata"] for event in self.events if "resOutputsEvent" in event]
        return [
            (step["op"], name)
            for step in ended
            if (name := step["urn"].rpartition("::")[2]) in PARTS[shard] and step["op"] not in ("same", "replace")
        ]

    def bridges(self):
        """Return shard -> node type and zone -> pod -> whether it is leaving, of every bridge on a node."""
        with self.embedded.api() as api:
            nodes = {node["metadata"]["name"]: node["metadata"]["labels"] for node in api.items("/api/v1/nodes")}
            pods = api.items("/api/v1/namespaces/jitsi/pods", labelSelector="app.kubernetes.io/name=jvb")
        found = {}
        for pod in pods:
            labels = nodes.get(pod["spec"].get("nodeName"), {})
            if SHARD in labels and pod["status"].get("phase") == "Running":
                place = labels["node.kubernetes.io/instance-type"], labels["topology.kubernetes.io/zone"]
                on_place = found.setdefault(labels[SHARD], {}).setdefault(place, {})
                on_place[pod["metadata"]["name"]] = "deletionTimestamp" in pod["metadata"]
        return found

    def stand(self, places):
        """Return whether every shard has all its bridges, and on these places only."""
        return {
            shard: {place: [False] * BRIDGES[shard]} for shard, place in places.items()
        } == {
            shard: {place: list(pods.values()) for place, pods in each.items()}
            for shard, each in self.bridges().items()
        }  # fmt: skip

    def annotate(self, pod, annotations):
        with self.embedded.api() as api:
            path = f"/api/v1/namespaces/jitsi/pods/{pod}"
            headers = {"Content-Type": "application/merge-patch+json"}
            api.http.patch(path, headers=headers, json={"metadata": {"annotations": annotations}}).raise_for_status()

    def end(self, pod):
        """The meeting of a bridge that leaves is over."""
        with self.embedded.api() as api:
            path = f"/api/v1/namespaces/jitsi/pods/{pod}"
            api.http.delete(path, params={"gracePeriodSeconds": "0"}).raise_for_status()

    def kill(self):
        for pid in [pid for pid, argv in command_lines() if argv[0] == str(self.engine.pulumi)]:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def stack(embedded, tmp_path_factory):
    made = Stack(embedded, tmp_path_factory.mktemp("moving"))
    made.write(dict.fromkeys(PARTS, OLD))
    try:
        made.engine.up(made.file)
        eventually(lambda: made.stand(dict.fromkeys(PARTS, OLD)))
        yield made
    finally:
        made.engine.destroy(made.file)


def test_the_former_pool_goes_once_its_last_bridge_has_left_whatever_happens_to_the_update(stack):
    meetings = {shard: sorted(each[OLD]) for shard, each in stack.bridges().items()}
    for pods in meetings.values():
        for pod in pods:
            stack.annotate(pod, MEETS)
    # A host port's and a DaemonSet's bridges leave at once, those of a StatefulSet one by one, the highest number first.
    leaving = {shard: {pod: pod == pods[-1] for pod in pods} for shard, pods in meetings.items()}
    stack.write(PLACES)

    def wait(running):
        waited = [(shard, len(pods)) for shard, pods in meetings.items()]
        eventually(lambda: not running.is_alive() or all(stack.waits(*each) for each in waited), seconds=400)
        assert running.is_alive(), stack.failure

    first = stack.up()
    wait(first)
    for shard, (pool, workload) in PARTS.items():
        assert stack.order(shard) == [("create-replacement", pool), ("update", workload)], (
            "the new pool comes before anybody moves"
        )
    eventually(lambda: all(stack.bridges()[shard].keys() == {OLD, PLACES[shard]} for shard in ("s0", "s2")))
    eventually(lambda: {shard: each[OLD] for shard, each in stack.bridges().items()} == leaving)
    assert stack.bridges()["s1"].keys() == {OLD}, (
        "the next bridge behind a NodePort has the number of the one that leaves"
    )
    stack.kill()
    first.join(120)
    assert stack.failure is not None
    assert {shard: each[OLD] for shard, each in stack.bridges().items()} == leaving, (
        "an update that is killed has deleted nothing"
    )

    again = stack.up()
    wait(again)
    assert [stack.order(shard) for shard in PARTS] == [[], [], []], "nothing is left to do but to wait"
    assert {shard: each[OLD] for shard, each in stack.bridges().items()} == leaving
    for pods in meetings.values():
        stack.end(pods[-1])
    eventually(lambda: stack.bridges()["s1"] == {OLD: {meetings["s1"][0]: True}, NEW: {meetings["s1"][1]: False}})
    assert stack.waits("s1", 1)
    assert not stack.order("s1"), "its pool stays for the last bridge"
    stack.end(meetings["s1"][0])
    again.join(300)
    assert stack.failure is None
    assert [stack.order(shard) for shard in PARTS] == [[("delete-replaced", pool)] for pool, _ in PARTS.values()]
    eventually(lambda: stack.stand(PLACES))
    assert stack.engine.preview(stack.file).changes == {}
