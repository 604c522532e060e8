"""The node pool: which bridge gets which node, and the cluster autoscaler that orders nodes and gives them back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from plan.simulate.bridge import Bridge
from plan.simulate.settings import NodeSettings

SCAN = 10  # cluster-autoscaler --scan-interval, seconds
EVICTION = 3  # seconds for a placeholder to make room
HOUR = 3600


@dataclass(slots=True, eq=False)
class Node:
    """One machine; `places` maps the place on it (host port's number or a running one) to its bridge."""

    ordered_at: int
    ready_at: int
    idle_since: int
    has_image: bool = False
    places: dict[int, Bridge] = field(default_factory=dict)


class NodePool:
    """Nodes are paid from their order to their end, by the started hour."""

    def __init__(self, settings: NodeSettings, begins: int, standing: Sequence[tuple[int | None, Bridge]]) -> None:
        self.settings = settings
        self.nodes: list[Node] = []
        self._last_order = -(10**9)
        self._node_seconds = 0
        self._billed = 0
        long_ago = begins - HOUR
        for slot, bridge in standing:
            node = next((node for node in self.nodes if self._fits(node, slot)), None)
            if node is None:
                node = self._add(begins, long_ago, has_image=True)
            self._seat(node, slot, bridge)
            bridge.ready_at = long_ago
        fewest = settings.min if settings.autoscaled else settings.max
        while len(self.nodes) < max(fewest, min(self.needed(0), settings.max)):
            self._add(begins, long_ago, has_image=not settings.autoscaled or settings.spares_hold_image)

    def _add(self, ordered: int, ready: int, *, has_image: bool = False) -> Node:
        node = Node(ordered, ready, ready, has_image)
        self.nodes.append(node)
        return node

    def _fits(self, node: Node, slot: int | None) -> bool:
        return len(node.places) < self.settings.per_node and (slot is None or slot not in node.places)

    def _seat(self, node: Node, slot: int | None, bridge: Bridge) -> None:
        place = next(number for number in range(self.settings.per_node) if number not in node.places)
        node.places[place if slot is None else slot] = bridge
        bridge.node = node

    def place(self, now: int, slot: int | None, pending: Sequence[Bridge]) -> None:
        """The scheduler: each bridge gets a node with room, one that has the image rather, then the oldest."""
        rules = self.settings
        for bridge in pending:
            free = [node for node in self.nodes if node.ready_at <= now and self._fits(node, slot)]
            if not free:
                return
            node = max(free, key=lambda node: (node.has_image, -node.ordered_at))
            self._seat(node, slot, bridge)
            start = rules.warm if node.has_image else rules.cold
            bridge.ready_at = now + start + (EVICTION if rules.spares else 0)
            node.has_image = True

    def free(self, now: int, bridge: Bridge) -> None:
        """The bridge's pod is gone from its node."""
        node = bridge.node
        if node is not None:
            node.places = {place: other for place, other in node.places.items() if other is not bridge}
            node.idle_since = now

    def needed(self, pending: int) -> int:
        """Nodes for what runs, what waits for a node, and the placeholders."""
        busy = [node for node in self.nodes if node.places]
        room = sum(self.settings.per_node - len(node.places) for node in busy)
        return len(busy) + -(-max(0, pending + self.settings.spares - room) // self.settings.per_node)

    def autoscale(self, now: int, pending: int) -> None:
        """One scan: order what is missing up to the pool's maximum, or give back what was idle for long enough."""
        rules = self.settings
        if rules.spares_hold_image:
            for node in self.nodes:
                node.has_image = node.has_image or now >= node.ready_at + rules.cold
        if not rules.autoscaled:
            return
        needed = self.needed(pending)
        for _ in range(min(needed, rules.max) - len(self.nodes)):
            self._add(now, now + rules.boot)
            self._last_order = now
        keep = max(needed, rules.min)
        if len(self.nodes) <= keep or now - self._last_order < rules.after_add:
            return
        idle = [
            node
            for node in self.nodes
            if not node.places and node.ready_at <= now and now - node.idle_since >= rules.unneeded
        ]
        for node in sorted(idle, key=lambda node: node.idle_since)[: len(self.nodes) - keep]:
            self.nodes.remove(node)
            self._pay(now, node)

    def _pay(self, now: int, node: Node) -> None:
        seconds = now - node.ordered_at
        self._node_seconds += seconds
        self._billed += -(-seconds // HOUR)

    def ended(self, now: int) -> tuple[float, int]:
        """(node-hours, billed hours) of every node there ever was, the ones that still stand until now."""
        for node in self.nodes:
            self._pay(now, node)
        self.nodes = []
        return self._node_seconds / HOUR, self._billed
