"""A shard's participants as PromQL: current, growth and expected (`sizing.bridge_load`).

Every expression has fallbacks, and none is smaller: a bridge that cannot be scraped counts with its last value; if no
bridge has answered for `HELD` seconds, jicofo's count is used; if jicofo does not answer either, there is no result, and an
autoscaler without a result does not scale down.
"""

from dataclasses import dataclass

from components.metrics.names import LEAVING, bridge_pods, deployment_pods
from config.metrics import Metrics
from config.shard import Shard
from sizing.bridge_load import GROWTH_WINDOW_SECONDS, MAX_GROWTH_FACTOR

HELD = 600  # seconds; by then the kubelet has restarted a dead bridge
SAMPLES = 4  # minimum number of samples behind a slope

_PEOPLE = "jitsi_jvb_local_endpoints"
_JICOFO_PEOPLE = "jitsi_jicofo_participants_current"


@dataclass(frozen=True, slots=True)
class Demand:
    """Expressions for one shard; each returns one sample with only the label `namespace`.

    Pods are selected by name: `namespace` and `pod` are the labels that every Prometheus sets on a pod's series.
    """

    shard: Shard
    namespace: str
    metrics: Metrics

    @property
    def _bridges(self) -> str:
        return f'{{namespace="{self.namespace}",pod=~"{bridge_pods(self.shard)}"}}'

    @property
    def _jicofo(self) -> str:
        jicofo = deployment_pods(f"jicofo-{self.shard.name}")
        return f'{_JICOFO_PEOPLE}{{namespace="{self.namespace}",pod=~"{jicofo}"}}'

    @property
    def window(self) -> int:
        """Seconds of samples for a slope."""
        return max(GROWTH_WINDOW_SECONDS, SAMPLES * self.metrics.interval)

    @property
    def participants(self) -> str:
        """Participants on bridges that are not leaving; the last known number for bridges whose scrape fails."""
        last = f"last_over_time({_PEOPLE}{self._bridges}[{HELD}s])"
        leaving = " or ".join(f"last_over_time({name}{self._bridges}[{HELD}s]) == 1" for name in LEAVING)
        held = f"({last} and on (namespace, pod) up{self._bridges}) unless on (namespace, pod) ({leaving})"
        return f"(sum by (namespace) (max by (namespace, pod) ({held})) or max by (namespace) ({self._jicofo}))"

    @property
    def growth(self) -> str:
        """Participants per second, summed over bridges, so that moves between bridges are no growth."""
        slope = f"max by (namespace, pod) (deriv({_PEOPLE}{self._bridges}[{self.window}s]))"
        return f"(sum by (namespace) ({slope}) or max by (namespace) (deriv({self._jicofo}[{self.window}s])))"

    def expected(self, participants: str | None = None, growth: str | None = None) -> str:
        """Return `sizing.bridge_load.expected_participants` as PromQL; the arguments name recorded series to use instead."""
        there, grows = participants or self.participants, growth or self.growth
        carried_on = f"{there} + clamp_min({grows}, 0) * {self.shard.bridges.scaling.look_ahead}"
        return f"({MAX_GROWTH_FACTOR} * {there} < {carried_on}) or ({carried_on}) or {there}"
