"""A shard's people as PromQL: how many there are, how fast they grow, how many to be ready for (`plan.trend`).

Each answer falls back, and never to a smaller guess: a bridge that cannot be scraped counts with what it last said; where
no bridge has answered for `HELD` seconds, jicofo's own count stands in; where jicofo is silent too there is no answer, and
an autoscaler without an answer does not shrink.
"""

from dataclasses import dataclass

from components.metrics.names import LEAVING
from config.metrics import Metrics
from config.shard import Shard
from plan.trend import MOST_TIMES, WINDOW

HELD = 600  # seconds; a bridge that is dead, and not only unheard, the kubelet has restarted long before
SAMPLES = 4  # that a slope is fitted through at least

_PEOPLE = "jitsi_jvb_local_endpoints"
_JICOFO_PEOPLE = "jitsi_jicofo_participants_current"


@dataclass(frozen=True, slots=True)
class Demand:
    """Expressions for one shard; each gives one sample that carries the label `namespace` alone.

    Pods are told apart by name: `namespace` and `pod` are the two labels that every Prometheus puts on a pod's series.
    """

    shard: Shard
    namespace: str
    metrics: Metrics

    @property
    def _bridges(self) -> str:
        name = f"jvb-{self.shard.name}-[0-9]+"
        if self.shard.bridges.layout == "hostPort":
            name += "-[a-z0-9]+-[a-z0-9]{5}"
        return f'{{namespace="{self.namespace}",pod=~"{name}"}}'

    @property
    def _jicofo(self) -> str:
        return (
            f'{_JICOFO_PEOPLE}{{namespace="{self.namespace}",pod=~"jicofo-{self.shard.name}-[a-z0-9]+-[a-z0-9]{{5}}"}}'
        )

    @property
    def window(self) -> int:
        """Seconds of samples behind a slope."""
        return max(WINDOW, SAMPLES * self.metrics.interval)

    @property
    def participants(self) -> str:
        """People on bridges that do not leave; of bridges whose scrape fails, those that were there last."""
        last = f"last_over_time({_PEOPLE}{self._bridges}[{HELD}s])"
        leaving = " or ".join(f"last_over_time({name}{self._bridges}[{HELD}s]) == 1" for name in LEAVING)
        held = f"({last} and on (namespace, pod) up{self._bridges}) unless on (namespace, pod) ({leaving})"
        return f"(sum by (namespace) (max by (namespace, pod) ({held})) or max by (namespace) ({self._jicofo}))"

    @property
    def growth(self) -> str:
        """People per second, all bridges together: those who are moved from one to another are no growth."""
        slope = f"max by (namespace, pod) (deriv({_PEOPLE}{self._bridges}[{self.window}s]))"
        return f"(sum by (namespace) ({slope}) or max by (namespace) (deriv({self._jicofo}[{self.window}s])))"

    def expected(self, participants: str | None = None, growth: str | None = None) -> str:
        """`plan.trend.expected`; the arguments name recorded series in place of the expressions."""
        there, grows = participants or self.participants, growth or self.growth
        carried_on = f"{there} + clamp_min({grows}, 0) * {self.shard.bridges.scaling.look_ahead}"
        return f"({MOST_TIMES} * {there} < {carried_on}) or ({carried_on}) or {there}"
