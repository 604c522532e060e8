"""A bridge of the simulation: its pod, its load and what it reports."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plan.simulate.settings import STRESS_LIMIT

if TYPE_CHECKING:
    from plan.simulate.nodes import Node

CONTAINER_START = 10  # seconds that a pod is Running before its bridge is ready; it is Pending until then


@dataclass(slots=True, eq=False)
class Bridge:
    """Times are seconds of the day; `rooms` holds the people it serves, by room."""

    name: str
    ordinal: int
    node: "Node | None" = None
    ready_at: int | None = None
    leaving_since: int | None = None
    ending_since: int | None = None
    """Since when it reports SHUTTING_DOWN."""
    load: int = 0
    rooms: dict[str, int] = field(default_factory=dict)
    reported: float = 0.0
    """Stress in its presence, up to 10 s old."""
    relieved_at: int = -(10**9)
    next_reading: int = -(10**9)
    deletion_cost: int = 0
    history: deque[int] = field(default_factory=lambda: deque(maxlen=36))
    """Load every 5 s over the last 3 min."""
    _recent: deque[tuple[int, int]] = field(default_factory=deque)

    def ready(self, now: int) -> bool:
        """Whether it serves people, on its way out or not."""
        return self.ready_at is not None and now >= self.ready_at

    def pending(self, now: int) -> bool:
        """Whether its pod is Pending: no node, or an image on its way."""
        return self.ready_at is None or now < self.ready_at - CONTAINER_START

    def stress(self, capacity: int) -> float:
        """What it would report now: CPU / 0.9, and a CPU has an end."""
        return min(self.load / capacity, 1.0) / STRESS_LIMIT

    def joined(self, now: int, count: int) -> None:
        """Remember a join for jicofo's ramp-up."""
        self._recent.append((now, count))

    def recently_joined(self, now: int, within: int) -> int:
        """People who joined in the last `within` seconds."""
        recent = self._recent
        while recent and recent[0][0] <= now - within:
            recent.popleft()
        return sum(count for _, count in recent) if recent else 0
