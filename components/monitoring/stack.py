"""From a stack's config to what watches it."""

from typing import Any

from components.monitoring.alerts.catalogue import alert_groups
from components.monitoring.questions import question_groups
from components.monitoring.watched import Watched
from config.stack import StackConfig
from plan.cost import NODE_EXTRA, fixed_hourly
from plan.growth import next_shard, shard_limit
from plan.turn import TURN_UDP

Document = dict[str, Any]


def watched(config: StackConfig) -> Watched:
    """The facts of this stack."""
    return Watched(
        namespace=config.namespace,
        shards=config.resolved,
        metrics=config.metrics,
        shard_limit=shard_limit(config),
        next_shard=next_shard(config),
        runbooks=config.monitoring.runbooks,
        kube_state=config.makes_kube_state or config.monitoring.kube_state == "existing",
        node_prices=config.cluster.kind == "kapsule",
        optional=frozenset(component for component, runs in _optional(config).items() if runs),
        recorders=config.recording.max if config.recording else 0,
        probe=config.monitoring.probe,
        fixed_eur=fixed_hourly(config),
        node_extra_eur=NODE_EXTRA,
    )


def _optional(config: StackConfig) -> dict[str, bool]:
    return {
        "coturn": config.turn is not None,
        TURN_UDP: config.turn is not None and config.turn.udp is not None,
        "visitors": config.visitors is not None,
        "jibri": config.recording is not None,
        "whiteboard": config.whiteboard,
        "probe": config.monitoring.probe is not None,
        "alloy": config.monitoring.logs.collected,
    }


def rule_groups(config: StackConfig) -> list[Document]:
    """What is recorded and alerted about, beside what autoscaling reads; none where nobody looks."""
    if not config.is_watched:
        return []
    facts = watched(config)
    return [*question_groups(facts), *(alert_groups(facts) if config.monitoring.alerts else [])]
