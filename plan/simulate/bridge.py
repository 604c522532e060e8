"""A simulated bridge (pod, load, reported stress) and its node."""

from collections import deque
from dataclasses import dataclass, field

from plan.simulate.settings import STRESS_LIMIT

CONTAINER_START = 10  # seconds between a pod's phase Running and its bridge being ready


@dataclass(slots=True, eq=False)
class Bridge:
    """A bridge. Times are seconds of the day; `rooms` maps rooms to participants."""

    name: str
    ordinal: int
    node: "Node | None" = None
    ready_at: int | None = None
    leaving_since: int | None = None
    ending_since: int | None = None
    """Time since which it reports SHUTTING_DOWN."""
    load: int = 0
    rooms: dict[str, int] = field(default_factory=dict)
    reported: float = 0.0
    """Stress in its last presence, up to 10 s old."""
    relieved_at: int = -(10**9)
    next_reading: int = -(10**9)
    deletion_cost: int = 0
    history: deque[int] = field(default_factory=lambda: deque(maxlen=36))
    """Load every 5 s over the last 3 min."""
    _recent: deque[tuple[int, int]] = field(default_factory=deque)
    _recent_sum: int = 0

    def ready(self, now: int) -> bool:
        """Whether it serves participants, leaving or not."""
        return self.ready_at is not None and now >= self.ready_at

    def pending(self, now: int) -> bool:
        """Whether its pod is Pending: without a node, or pulling its image."""
        return self.ready_at is None or now < self.ready_at - CONTAINER_START

    def stress(self, capacity: int) -> float:
        """Return the stress it would report now: CPU / 0.9, with CPU capped at 100 %."""
        return min(self.load / capacity, 1.0) / STRESS_LIMIT

    def joined(self, now: int, count: int) -> None:
        """Record a join for jicofo's ramp-up."""
        self._recent.append((now, count))
        self._recent_sum += count

    def recently_joined(self, now: int, within: int) -> int:
        """Return the participants that joined in the last `within` seconds."""
        recent = self._recent
        while recent and recent[0][0] <= now - within:
            self._recent_sum -= recent.popleft()[1]
        return self._recent_sum


@dataclass(slots=True, eq=False)
class Node:
    """A node; `places` maps each place (index of the host port, or a free number) to its bridge."""

    ordered_at: int
    ready_at: int
    idle_since: int
    image_at: int | None = None
    """When the bridge's image is pulled; None if no pull has started."""
    places: dict[int, Bridge] = field(default_factory=dict)
    spares: int = 0
    """Placeholder pods on the node."""
