"""The facts from which rules, alerts and dashboards are made."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.metrics.rules import scaled
from config.metrics import Metrics
from config.shard import Shard

SAMPLES = 4  # that a rate is taken over at least


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """One stack, as those who watch it must know it."""

    namespace: str
    shards: Sequence[Shard]
    metrics: Metrics
    shard_limit: int
    """Participants that one prosody carries."""
    next_shard: str | None
    """The line that adds a shard to the config; none where no other fits."""
    runbooks: str
    """Folder or address of the runbook pages."""
    kube_state: bool
    """Whether series of kube-state-metrics are there."""
    node_prices: bool
    """Whether nodes are billed to this stack."""
    optional: frozenset[str] = frozenset()
    """Components that not every stack runs, and this one does."""
    recorders: int = 0
    """Most recorders; 0: nothing is recorded."""
    probe: int | None = None
    """Seconds between two rounds of the check from inside; none: there is none."""
    fixed_eur: float = 0
    """EUR per hour of everything but bridge nodes, at its least."""
    node_extra_eur: float = 0
    """EUR per hour beside a node itself: its address and its root volume."""

    @property
    def of_namespace(self) -> str:
        """The matcher that every selector carries."""
        return f'namespace="{self.namespace}"'

    @property
    def window(self) -> str:
        """Over which a rate is taken: two minutes, or four scrapes where these are longer."""
        return f"{max(120, SAMPLES * self.metrics.interval)}s"

    @property
    def grown(self) -> list[Shard]:
        """Shards that an autoscaler sizes."""
        return scaled(self.shards)

    @property
    def timed(self) -> list[Shard]:
        """Shards with a timetable that is recorded."""
        return [shard for shard in self.grown if shard.bridges.schedule]
