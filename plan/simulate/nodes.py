"""The node pool: the scheduler, and the cluster autoscaler that adds and removes nodes."""

from collections.abc import Sequence

from plan.simulate.bridge import Bridge, Node
from plan.simulate.settings import NodeSettings

SCAN = 10  # cluster-autoscaler --scan-interval, seconds
EVICTION = 3  # seconds for a placeholder to make room
HOUR = 3600


class NodePool:
    """Nodes of a pool. They are billed from order to deletion, per started hour."""

    def __init__(self, settings: NodeSettings, begins: int, standing: Sequence[tuple[int | None, Bridge]]) -> None:
        self.settings = settings
        self.nodes: list[Node] = []
        self.spares = _at(settings, begins)
        """Desired number of placeholders."""
        self._last_order = -(10**9)
        self._node_seconds = 0
        self._billed = 0
        long_ago = begins - HOUR
        for slot, bridge in standing:
            node = next((node for node in self.nodes if self._fits(node, slot)), None)
            if node is None:
                node = self._add(begins, long_ago)
            self._seat(long_ago, node, slot, bridge)
            bridge.ready_at = long_ago
        fewest = settings.min if settings.autoscaled else settings.max
        while len(self.nodes) < max(fewest, min(self.needed(0), settings.max)):
            node = self._add(begins, long_ago)
            node.image_at = None if settings.autoscaled else long_ago
        self._hold(long_ago)

    def _add(self, ordered: int, ready: int) -> Node:
        node = Node(ordered, ready, ready)
        self.nodes.append(node)
        return node

    def _fits(self, node: Node, slot: int | None, *, evicting: bool = False) -> bool:
        held = 0 if evicting else node.spares
        return len(node.places) + held < self.settings.per_node and (slot is None or slot not in node.places)

    def _pull(self, now: int, node: Node) -> int:
        """Return when the node has the image; start the pull if necessary."""
        if node.image_at is None:
            node.image_at = now + self.settings.cold - self.settings.warm
        return node.image_at

    def _seat(self, now: int, node: Node, slot: int | None, bridge: Bridge) -> None:
        place = next(number for number in range(self.settings.per_node) if number not in node.places)
        node.places[place if slot is None else slot] = bridge
        node.spares = min(node.spares, self.settings.per_node - len(node.places))
        bridge.node = node
        bridge.ready_at = max(now, self._pull(now, node)) + self.settings.warm

    def place(self, now: int, slot: int | None, pending: Sequence[Bridge]) -> None:
        """Schedule pending bridges: prefer nodes with the image, then older ones; evict a placeholder if none is free."""
        for bridge in pending:
            up = [node for node in self.nodes if node.ready_at <= now]
            free = [node for node in up if self._fits(node, slot)]
            waits = 0 if free else EVICTION
            free = free or [node for node in up if self._fits(node, slot, evicting=True)]
            if not free:
                return
            node = max(free, key=lambda node: (node.image_at is not None and node.image_at <= now, -node.ordered_at))
            self._seat(now + waits, node, slot, bridge)

    def free(self, now: int, bridge: Bridge) -> None:
        """Remove the bridge's pod from its node."""
        node = bridge.node
        if node is not None:
            node.places = {place: other for place, other in node.places.items() if other is not bridge}
            node.idle_since = now

    def hold_spares(self, now: int) -> None:
        """Schedule placeholders up to the desired number, evicted ones included."""
        if self.settings.spares:
            self.spares = _at(self.settings, now)
            self._hold(now)

    def _hold(self, now: int) -> None:
        held = sum(node.spares for node in self.nodes)
        for node in self.nodes:
            while held < self.spares and node.ready_at <= now and self._fits(node, None):
                node.spares += 1
                held += 1
                self._pull(now, node)
            while held > self.spares and node.spares:
                node.spares -= 1
                held -= 1
                node.idle_since = now

    def needed(self, pending: int) -> int:
        """Return the nodes needed for running bridges, `pending` ones, and placeholders."""
        per_node = self.settings.per_node
        busy = [node for node in self.nodes if node.places or node.spares]
        room = sum(per_node - len(node.places) - node.spares for node in busy)
        unplaced = self.spares - sum(node.spares for node in busy)
        return len(busy) + -(-max(0, pending + unplaced - room) // per_node)

    def autoscale(self, now: int, pending: int) -> None:
        """Run one scan: add missing nodes up to the pool's maximum, or remove nodes that were idle long enough."""
        rules = self.settings
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
            if not node.places and not node.spares and node.ready_at <= now and now - node.idle_since >= rules.unneeded
        ]
        for node in sorted(idle, key=lambda node: node.idle_since)[: len(self.nodes) - keep]:
            self.nodes.remove(node)
            self._pay(now, node)

    def _pay(self, now: int, node: Node) -> None:
        seconds = now - node.ordered_at
        self._node_seconds += seconds
        self._billed += -(-seconds // HOUR)

    def ended(self, now: int) -> tuple[float, int]:
        """Return (node-hours, billed hours) of all nodes; those still running count until `now`."""
        for node in self.nodes:
            self._pay(now, node)
        self.nodes = []
        return self._node_seconds / HOUR, self._billed


def _at(settings: NodeSettings, now: int) -> int:
    return next((count for since, count in reversed(settings.spares) if since <= now), 0)
