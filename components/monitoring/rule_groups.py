"""Facts and rule groups from a stack's config."""

from components.kubernetes.document import Document
from components.monitoring.alerts.catalogue import alert_groups
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import bridge_node_hourly, recording_groups
from config.stack import StackConfig
from sizing.cost import fixed_hourly
from sizing.next_shard import next_shard, shard_limit
from sizing.parts import PARTS


def monitoring_facts(config: StackConfig) -> MonitoringFacts:
    """Return the facts of a stack. Without the price of a node type there is no cost: a sum without it would be wrong."""
    fixed = fixed_hourly(config)
    priced = all(bridge_node_hourly(shard) is not None for shard in config.resolved)
    return MonitoringFacts(
        namespace=config.namespace,
        shards=config.resolved,
        metrics=config.metrics,
        shard_limit=shard_limit(config),
        next_shard=next_shard(config),
        runbooks=config.monitoring.runbooks,
        adapter=config.metrics.managed and config.runs_adapter,
        kube_state=config.makes_kube_state or config.monitoring.kube_state == "existing",
        node_prices=config.cluster.owns_nodes and fixed is not None and priced,
        haproxies=config.ingress.replicas,
        optional=frozenset(part.name for part in PARTS if part.scraped and part.key and part.runs(config)),
        recorders=config.recording.max if config.recording else 0,
        probe=config.monitoring.probe,
        fixed_eur=fixed or 0,
        node_extras=config.cluster.is_kapsule,
    )


def rule_groups(config: StackConfig) -> list[Document]:
    """Return recording and alerting rules besides those for autoscaling; empty if nothing evaluates them."""
    if not config.is_watched:
        return []
    facts = monitoring_facts(config)
    return [*recording_groups(facts), *(alert_groups(facts) if config.monitoring.alerts else [])]
