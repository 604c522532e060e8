"""Who sends to whom inside a stack: the ports of all parts, seen from the parts that send."""

from collections.abc import Iterator

from config.stack import StackConfig
from sizing.part import METRICS_READER, Part, Port
from sizing.parts import KUBE_METRICS_ADAPTER, PARTS, PROMETHEUS

DNS_PORT = 53
SOLVER_LABEL = "acme.cert-manager.io/http01-solver"
SOLVER_PORT = 8089
"""cert-manager's HTTP-01 solver, a foreign pod of the namespace while a certificate is ordered."""


def reads_metrics(part: Part, config: StackConfig) -> bool:
    """Return whether the part is the stack's own reader of metrics."""
    return part is PROMETHEUS or (part is KUBE_METRICS_ADAPTER and config.metrics.adapter == "kubeMetrics")


def destinations(part: Part, config: StackConfig) -> Iterator[tuple[Part, Port]]:
    """Yield each port of another part, or of the part's other pods, that the part sends to."""
    reader = reads_metrics(part, config)
    for other in PARTS:
        if not other.runs(config):
            continue
        for port in other.opens:
            scraped = other.scraped is not None and other.scraped.port == port.name
            is_peer = part.name in port.peers or (reader and METRICS_READER in port.peers)
            if is_peer or (part is PROMETHEUS and scraped) or (other.name, port.name) in part.asks:
                yield other, port
