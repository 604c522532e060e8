"""The program ends once no bridge is on a former node pool."""

import asyncio

import pulumi
import pytest
from sample_stacks import FILES

from components.bridges.moving import Former, wait
from config.read import parse, stack_file

SHARD = "s0"


class Reader:
    """An API server with nodes of two pools."""

    def __init__(self, *pods):
        self.pods, self.asked = pods, []

    def items(self, path, **selectors):
        self.asked.append(selectors["labelSelector"])
        if path == "/api/v1/nodes":
            return [{"metadata": {"name": "former"}}] if self.pods else []
        return [
            {"metadata": {"name": name}, "spec": {"nodeName": node} if node else {}, "status": {"phase": phase}}
            for name, node, phase in self.pods
        ]


def waited(*answers, patience=60.0):
    """What is said while these answers come; an exception is raised, and the last answer stays."""
    left, said = list(answers), []

    def bridges():
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return frozenset(answer.split())

    asyncio.run(wait(bridges, SHARD, patience, say=said.append, poll=0.001))
    return said


def test_the_program_goes_on_at_once_where_nothing_is_left():
    assert waited("") == []


def test_each_bridge_that_leaves_is_told():
    said = waited("a b", "a b", "b", "")
    assert [text.split(" of its")[0] for text in said] == ["s0: 2", "s0: 1"]


def test_an_api_server_that_does_not_answer_for_a_moment_is_asked_again():
    assert waited(OSError("refused"), "a", OSError("refused"), "")


def test_without_progress_the_update_ends_before_anything_is_deleted():
    with pytest.raises(pulumi.RunError, match=r"s0: no bridge has left.*still there: a, b\. Nothing was deleted"):
        waited("a b", patience=0.05)
    with pytest.raises(pulumi.RunError, match=r"the API server does not answer: refused.*still there: unknown"):
        waited(OSError("refused"), patience=0.05)


def test_bridges_count_that_are_on_nodes_of_another_pool_leaving_or_not():
    shard = parse(stack_file(FILES["local"])).resolved[0]

    def left(reader):
        former = Former(reader=reader, namespace="jitsi", shard=shard, pool={"pool": "present"})
        return sorted(former.bridges())

    pods = [("old", "former", "Running"), ("new", "present", "Running"), ("pending", None, "Pending")]
    reader = Reader(*pods, ("ended", "former", "Failed"))
    assert left(reader) == ["old"]
    assert reader.asked == [
        f"jitsi.org/bridges={shard.name},pool!=present",
        f"app.kubernetes.io/name=jvb,app.kubernetes.io/instance={shard.name}",
    ]
    assert left(Reader()) == []
