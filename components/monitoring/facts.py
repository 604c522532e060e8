"""The facts from which rules, alerts and dashboards are built."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.metrics.rules import scaled
from config.metrics import Metrics
from config.model import format_duration
from config.shard import Shard

SAMPLES = 4  # minimum number of scrapes in a rate's range


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringFacts:
    """The facts of one stack that monitoring needs."""

    namespace: str
    shards: Sequence[Shard]
    metrics: Metrics
    shard_limit: int
    """Participants that one prosody can carry."""
    next_shard: str | None
    """The config line that adds a shard. None if no slot is left."""
    runbooks: str
    """Folder or URL of the runbook pages."""
    adapter: bool
    """Whether the stack's own adapter asks the managed Prometheus."""
    kube_state: bool
    """Whether series of kube-state-metrics exist."""
    node_prices: bool
    """Whether nodes are billed to this stack, at prices that are all known."""
    haproxies: int = 2
    """Pods of HAProxy; a single one has no peers."""
    optional: frozenset[str] = frozenset()
    """Optional components that this stack runs."""
    recorders: int = 0
    """Maximum number of recorders; 0 if recording is off."""
    probe: int | None = None
    """Seconds between two rounds of the in-cluster probe. None if there is no probe."""
    fixed_eur: float = 0
    """EUR per hour of everything but bridge nodes, at its minimum size."""
    node_extras: bool = False
    """Whether each node's address and root volume are on the bill, too."""

    @property
    def namespace_matcher(self) -> str:
        """The label matcher that every selector contains."""
        return f'namespace="{self.namespace}"'

    @property
    def window(self) -> str:
        """The range of a rate: two minutes, or four scrape intervals if longer."""
        return f"{max(120, SAMPLES * self.metrics.interval)}s"

    def over(self, seconds: int) -> str:
        """Return a range of so many seconds, or of four scrape intervals if longer."""
        return format_duration(max(seconds, SAMPLES * self.metrics.interval))

    @property
    def autoscaled(self) -> list[Shard]:
        """Shards with an autoscaler."""
        return scaled(self.shards)

    @property
    def scheduled(self) -> list[Shard]:
        """Autoscaled shards with a schedule."""
        return [shard for shard in self.autoscaled if shard.bridges.schedule]
