"""Nodes: who gets which, what placeholders hold, and when one is given back."""

from dataclasses import replace

import pytest

from plan.simulate.bridge import Bridge
from plan.simulate.nodes import EVICTION, NodePool
from plan.simulate.settings import NodeSettings

RULES = NodeSettings(min=1, max=9, boot=165, cold=75, warm=30, unneeded=300, after_add=0)


def pool(spares: tuple[tuple[int, int], ...] = ((-(10**6), 1),)) -> NodePool:
    return NodePool(replace(RULES, spares=spares), 0, [(0, Bridge("first", 0))])


def live(nodes: NodePool, begins: int, ends: int, pending: list[Bridge] | None = None) -> None:
    waiting = pending or []
    for now in range(begins, ends, 5):
        nodes.place(now, 0, [bridge for bridge in waiting if bridge.node is None])
        nodes.hold_spares(now)
        if now % 10 == 0:
            nodes.autoscale(now, sum(bridge.node is None for bridge in waiting))


def test_a_bridge_takes_a_placeholders_place_at_once_and_another_node_boots_for_it():
    nodes, second = pool(), Bridge("second", 1)
    assert [node.spares for node in nodes.nodes] == [0, 1]
    live(nodes, 0, 10, [second])
    assert second.ready_at == EVICTION + RULES.warm, "the placeholder's image is the bridge's"
    assert len(nodes.nodes) == 3
    live(nodes, 10, 200)
    assert [node.spares for node in nodes.nodes] == [0, 0, 1]


def test_a_bridge_on_a_new_node_waits_for_boot_and_image():
    nodes, second = pool(spares=()), Bridge("second", 1)
    live(nodes, 0, 300, [second])
    assert second.ready_at == RULES.boot + RULES.cold


def test_a_bridge_that_meets_a_placeholder_while_it_pulls_waits_for_the_rest_of_the_pull():
    nodes = pool(spares=((0, 0), (100, 1)))
    live(nodes, 0, 300)
    placed = next(node.ready_at for node in nodes.nodes if node.spares)
    second = Bridge("second", 1)
    nodes.place(placed + 15, 0, [second])
    assert second.ready_at == pytest.approx(placed + RULES.cold, abs=10)


def test_a_node_stays_while_a_placeholder_stands_and_goes_five_minutes_after():
    nodes = pool(spares=((-(10**6), 1), (3600, 0)))
    live(nodes, 0, 3600 + 290)
    assert len(nodes.nodes) == 2
    live(nodes, 3600 + 290, 3600 + 320)
    assert len(nodes.nodes) == 1


def test_a_node_goes_five_minutes_after_its_bridge():
    nodes, second = pool(spares=()), Bridge("second", 1)
    live(nodes, 0, 300, [second])
    nodes.free(300, second)
    live(nodes, 300, 600)
    assert len(nodes.nodes) == 2
    live(nodes, 600, 620)
    assert len(nodes.nodes) == 1
