"""Recording rules for autoscaling: current and expected participants, and the schedule, per shard."""

from collections.abc import Sequence

from components.kubernetes.document import Document, as_yaml
from components.metrics.demand_promql import Demand
from components.metrics.names import (
    RECORDED_CLOSING,
    RECORDED_EXPECTED,
    RECORDED_GROWTH,
    RECORDED_OPENING,
    RECORDED_PARTICIPANTS,
    RECORDED_TIMETABLE,
    SHARD,
)
from components.metrics.timetable_promql import clock, needed_bridges
from config.metrics import Metrics
from config.shard import Shard


def scaled(shards: Sequence[Shard]) -> list[Shard]:
    """Return the shards that have an autoscaler."""
    return [shard for shard in shards if shard.bridges.topology == "autoscaled"]


def _recorded_clock(zone: str, lead: int | None) -> str:
    if lead is None:
        return f'max({RECORDED_CLOSING}{{timezone="{zone}"}})'
    return f'max({RECORDED_OPENING}{{timezone="{zone}",lead="{lead}"}})'


def _rule(record: str, expression: str, **labels: str) -> Document:
    return {"record": record, "expr": expression, "labels": labels}


def _demand(shard: Shard, namespace: str, metrics: Metrics) -> Document:
    demand = Demand(shard, namespace, metrics)
    own = f'{{namespace="{namespace}",{SHARD}="{shard.name}"}}'
    there = f"max by (namespace) ({RECORDED_PARTICIPANTS}{own})"
    grows = f"max by (namespace) ({RECORDED_GROWTH}{own})"
    labels = {SHARD: shard.name}
    return {
        "name": f"demand of {shard.name}",
        "rules": [
            _rule(RECORDED_PARTICIPANTS, demand.participants, **labels),
            _rule(RECORDED_GROWTH, demand.growth, **labels),
            _rule(RECORDED_EXPECTED, demand.expected(there, grows), **labels),
        ],
    }


def _timetables(shards: list[Shard], namespace: str) -> list[Document]:
    entries = [entry for shard in shards for entry in shard.bridges.schedule]
    if not entries:
        return []
    zones = sorted({entry.timezone for entry in entries})
    leads = sorted({(entry.timezone, entry.lead) for entry in entries})
    rules = [
        *(_rule(RECORDED_CLOSING, clock(zone, None), timezone=zone) for zone in zones),
        *(_rule(RECORDED_OPENING, clock(zone, lead), timezone=zone, lead=str(lead)) for zone, lead in leads),
        *(
            _rule(
                RECORDED_TIMETABLE,
                needed_bridges(shard.bridges, _recorded_clock),
                namespace=namespace,
                shard=shard.name,
            )
            for shard in shards
            if shard.bridges.schedule
        ),
    ]
    return [{"name": "timetable", "rules": rules}]


def demand_groups(shards: Sequence[Shard], namespace: str, metrics: Metrics) -> list[Document]:
    """Return the rules for autoscaling. Within a group, a rule reads the results of earlier rules.

    The schedule depends on the clock only, not on scrapes; the other series end within one evaluation after their sources.
    """
    grown = scaled(shards)
    return [*(_demand(shard, namespace, metrics) for shard in grown), *_timetables(grown, namespace)]


def recording_rules(shards: Sequence[Shard], namespace: str, metrics: Metrics, more: Sequence[Document] = ()) -> str:
    """Return a file for `rule_files`; `more` are additional groups."""
    groups = [*demand_groups(shards, namespace, metrics), *more]
    return as_yaml({"groups": groups}, width=10_000)
