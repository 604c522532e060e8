"""Another node type while people meet: a new pool beside the old one, bridges move, the old one goes last, also after a kill."""

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

POOL = "scaleway-s0-pool"
WORKLOAD = "s0-bridges-host-port-0"
MEETS = {"pod-delete.stage.kwok.x-k8s.io/delay": "1h"}
"""A bridge whose meeting lasts: it leaves when the test says that the meeting is over."""
WAITS = "1 of its bridges are on the former node pool"


class Stack:
    """The local stack with one shard of one bridge, and a node type that changes."""

    def __init__(self, embedded, folder):
        self.embedded = embedded
        self.engine = embedded.engine
        self.engine.checkpoints = True  # it is killed
        self.file = folder / "Pulumi.moving.yaml"
        self.document = yaml.safe_load((PROJECT / "Pulumi.local.yaml").read_text())
        self.document["config"]["jitsi:shards"] = [{"name": "s0", "zone": "fr-par-1"}]
        self.events = []

    def write(self, node_type):
        bridges = {"nodeType": node_type, "min": 1, "max": 2, "scaling": {"spares": 0}}
        self.document["config"]["jitsi:bridges"] = bridges
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

    def says(self, text):
        return any(text in event.get("diagnosticEvent", {}).get("message", "") for event in self.events)

    def order(self):
        """Operations on the pool and on the bridges' workload, in the order in which they ended."""
        ended = [event["resOutputsEvent"]["metadata"] for event in self.events if "resOutputsEvent" in event]
        return [
            (step["op"], step["urn"].rpartition("::")[2])
            for step in ended
            if step["urn"].endswith((f"::{POOL}", f"::{WORKLOAD}")) and step["op"] not in ("same", "replace")
        ]

    def bridges(self):
        """Return node type -> (pod, whether it is leaving) of every bridge on a node."""
        with self.embedded.api() as api:
            nodes = {
                node["metadata"]["name"]: node["metadata"]["labels"]["node.kubernetes.io/instance-type"]
                for node in api.items("/api/v1/nodes", labelSelector="jitsi.org/bridges=s0")
            }
            pods = api.items("/api/v1/namespaces/jitsi/pods", labelSelector="app.kubernetes.io/name=jvb")
        return {
            nodes[pod["spec"]["nodeName"]]: (pod["metadata"]["name"], "deletionTimestamp" in pod["metadata"])
            for pod in pods
            if pod["spec"].get("nodeName") in nodes and pod["status"].get("phase") == "Running"
        }

    def annotate(self, pod, annotations):
        with self.embedded.api() as api:
            path = f"/api/v1/namespaces/jitsi/pods/{pod}"
            headers = {"Content-Type": "application/merge-patch+json"}
            api.http.patch(path, headers=headers, json={"metadata": {"annotations": annotations}}).raise_for_status()

    def kill(self):
        for pid in [pid for pid, argv in command_lines() if argv[0] == str(self.engine.pulumi)]:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def stack(embedded, tmp_path_factory):
    made = Stack(embedded, tmp_path_factory.mktemp("moving"))
    made.write("BASIC3-X4C-8G")
    try:
        made.engine.up(made.file)
        eventually(made.bridges)
        yield made
    finally:
        made.engine.destroy(made.file)


def test_the_former_pool_goes_once_its_last_bridge_has_left_whatever_happens_to_the_update(stack):
    old, new = "BASIC3-X4C-8G", "COMPUTE3-X4C-8G"
    meeting, _ = stack.bridges()[old]
    stack.annotate(meeting, MEETS)
    stack.write(new)

    first = stack.up()
    eventually(lambda: stack.says(WAITS) or not first.is_alive(), seconds=300)
    assert first.is_alive(), stack.failure
    assert stack.order() == [("create-replacement", POOL), ("update", WORKLOAD)], (
        "the new pool comes before anybody moves"
    )
    eventually(lambda: stack.bridges().keys() == {old, new})
    assert stack.bridges()[old] == (meeting, True), "it leaves, and its meeting goes on"
    stack.kill()
    first.join(120)
    assert stack.failure is not None
    assert stack.bridges()[old] == (meeting, True), "an update that is killed has deleted nothing"

    again = stack.up()
    eventually(lambda: stack.says(WAITS) or not again.is_alive(), seconds=300)
    assert again.is_alive(), stack.failure
    assert stack.order() == [], "nothing is left to do but to wait"
    assert stack.bridges()[old] == (meeting, True)
    with stack.embedded.api() as api:  # the meeting is over
        api.http.delete(
            f"/api/v1/namespaces/jitsi/pods/{meeting}", params={"gracePeriodSeconds": "0"}
        ).raise_for_status()
    again.join(300)
    assert stack.failure is None
    assert stack.order() == [("delete-replaced", POOL)]
    assert stack.bridges().keys() == {new}
    assert stack.engine.preview(stack.file).changes == {}
