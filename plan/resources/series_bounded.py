"""Rules about what enters Prometheus' store: no series for each meeting or participant, and no counters of what cannot happen."""

from collections.abc import Iterator

from plan.findings.rule import Hit, rule
from plan.promql.nodes import PromqlError
from plan.promql.series import NAME
from plan.resources.edge import edges
from plan.resources.made import Resources
from plan.resources.relabelling import relabelled
from plan.resources.targets import Target, is_readable
from plan.resources.watched import observers
from sizing.parts import HAPROXY

OF_MEETINGS = ("conference", "conference_name", "endpoint", "endpoint_id", "room", "jid", "jvb", "ip")
"""Labels by which Jitsi's programs tell meetings, participants and former bridges apart."""
CHECKS = ("haproxy_server_check_status", "haproxy_backend_agg_server_check_status")
"""Series with a label for each of 16 results of a check."""
COUNTERS = ("haproxy_backend_bytes_in_total", "haproxy_server_sessions_total")
SHOWN = 3


@rule("series-unbounded", "warning")
def series_unbounded(stack: Resources) -> Iterator[Hit]:
    """A scrape stores series of meetings, or of HAProxy's checks and of backends without requests."""
    if not is_readable(stack):
        return
    try:
        targets = [target for observer in observers(stack) if observer.own for target in observer.targets]
    except PromqlError:
        return  # metrics-not-scraped names it
    idle = _without_requests(stack)
    for target in targets:
        stored = [
            text for text, labels in _unwanted(target, idle) if relabelled({**target.labels, **labels}, target.steps)
        ]
        if stored:
            more = f", and {len(stored) - SHOWN} more" if len(stored) > SHOWN else ""
            yield Hit(
                target.pod.pods.workload.name if target.pod else target.job,
                f"{target.job} stores {', '.join(stored[:SHOWN])}{more}: the volume fills, and Prometheus needs more memory the longer it runs",
                "compare metric_relabel_configs or metricRelabelings with `make render` of an unchanged stack",
            )


def _unwanted(target: Target, idle: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield series that must not be stored, as text and as labels."""
    for label in OF_MEETINGS:
        yield f"series with the label {label}", {NAME: "jitsi_jicofo_bridge_endpoints", label: "x"}
    if target.pod and target.pod.pods.part is HAPROXY:
        for name in CHECKS:
            yield name, {NAME: name, "proxy": "web"}
        for proxy in idle:
            for name in COUNTERS:
                yield f'{name}{{proxy="{proxy}"}}', {NAME: name, "proxy": proxy}


def _without_requests(stack: Resources) -> list[str]:
    """Return the backends to which no frontend leads."""
    return [
        section.name
        for edge in edges(stack)
        for led in [{name for frontend in edge.frontends for name, _ in frontend.backends}]
        for section in edge.sections
        if section.kind == "backend" and section.name not in led
    ]
