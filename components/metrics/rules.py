"""What the managed Prometheus records: per shard the people, how many to be ready for, and the timetable."""

from collections.abc import Sequence
from typing import Any

import yaml

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

Document = dict[str, Any]


class _Readable(yaml.SafeDumper):
    """Long expressions keep their lines."""


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def scaled(shards: Sequence[Shard]) -> list[Shard]:
    """Shards that an autoscaler sizes: the others' numbers move nothing."""
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
    lessons = [lesson for shard in shards for lesson in shard.bridges.schedule]
    if not lessons:
        return []
    zones = sorted({lesson.timezone for lesson in lessons})
    leads = sorted({(lesson.timezone, lesson.lead) for lesson in lessons})
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
    """What autoscaling reads. Inside a group one rule reads what the one before it has just written.

    The timetable reads nothing but the clock, so it goes on whatever is scraped; the other series end within one
    evaluation of what they are made from.
    """
    grown = scaled(shards)
    return [*(_demand(shard, namespace, metrics) for shard in grown), *_timetables(grown, namespace)]


def recording_rules(shards: Sequence[Shard], namespace: str, metrics: Metrics, more: Sequence[Document] = ()) -> str:
    """A file for `rule_files`; `more` are groups besides."""
    groups = [*demand_groups(shards, namespace, metrics), *more]
    return yaml.dump({"groups": groups}, Dumper=_Readable, sort_keys=False, width=10_000)
