"""Rules about the timetable: from the entries of the schedule to what the autoscaler is answered, instant by instant."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby

from components.metrics.names import RECORDED_TIMETABLE, TIMETABLE, TIMETABLE_OBJECT
from config.quantities import milli
from config.shard import Shard
from plan.diff.fleet import object_name
from plan.diff.paths import at, whole
from plan.findings.rule import Hit, rule
from plan.promql.evaluate import Evaluation
from plan.promql.nodes import PromqlError
from plan.promql.parse import parse
from plan.promql.series import Recording, Source, Stream, Values, labelled
from plan.recorder import Resource
from plan.resources.custom_metrics import Adapter, Asked, adapters, asked_metrics, expression, shard_autoscalers
from plan.resources.entries import bridges_of, instants, needed
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from plan.resources.observers import Rule, asked_server, managed_rules, operated_rules, recordings
from plan.resources.schedules import schedule_values
from plan.resources.selection import namespace_of

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Timed:
    """A workload of a shard's bridges, its autoscaler, and the timetable's metric among those that it asks for."""

    shard: Shard
    workload: Resource
    autoscaler: Resource
    share: int
    """Number of workloads that divide the shard's bridges."""
    asked: Asked | None


def _timed(stack: Resources) -> Iterator[Timed]:
    for shard in stack.config.resolved:
        pairs = shard_autoscalers(stack, shard.name) if shard.bridges.topology == "autoscaled" else []
        for workload, autoscaler in pairs:
            about = [
                metric for metric in asked_metrics(autoscaler) if metric.name.startswith((TIMETABLE, TIMETABLE_OBJECT))
            ]
            yield Timed(shard, workload, autoscaler, len(pairs), about[0] if about else None)


@rule("timetable-not-asked", "error")
def timetable_not_asked(stack: Resources) -> Iterator[Hit]:
    """An autoscaler does not read its shard's schedule."""
    for timed in _timed(stack):
        where = f"{timed.autoscaler.name}.spec.metrics"
        if timed.shard.bridges.schedule and timed.asked is None:
            yield Hit(
                where,
                f"reads no timetable, and shard {timed.shard.name} has {len(timed.shard.bridges.schedule)} entries: its "
                "bridges start only once participants are there",
                f"add an Object metric {TIMETABLE} of the shard",
            )
        elif timed.asked is not None and not timed.shard.bridges.schedule:
            yield Hit(
                where,
                f"reads {timed.asked.name}, and shard {timed.shard.name} has no schedule: a metric that nothing serves "
                "keeps the autoscaler from scaling down",
                f"remove the metric {timed.asked.name}",
            )


@rule("timetable-wrong", "error")
def timetable_wrong(stack: Resources) -> Iterator[Hit]:
    """What the autoscaler is answered is not what the schedule says."""
    for timed in _timed(stack):
        if timed.asked is None or not timed.shard.bridges.schedule:
            continue
        for adapter in adapters(stack):
            yield from _wrong(stack, timed, timed.asked, adapter)
    yield from _operated(stack)


def _operated(stack: Resources) -> Iterator[Hit]:
    """Compare what an operator's Prometheus records for alerts and dashboards."""
    rules = operated_rules(stack)
    if not rules or any(is_unknown(each.expression) for each in rules):
        return
    for shard in stack.config.resolved:
        if shard.bridges.topology != "autoscaled" or not shard.bridges.schedule:
            continue
        times, namespace = instants(shard.bridges.schedule), stack.config.namespace
        where = f"{RECORDED_TIMETABLE} of shard {shard.name}"
        try:
            text = f'{RECORDED_TIMETABLE}{{shard="{shard.name}"}}'
            values = _evaluated(text, _listed(rules), namespace, tuple(times))
        except PromqlError as error:
            yield Hit(where, f"{error}: TimetableNotMet never fires", "compare the PrometheusRule with the schedule")
            continue
        wrong = next((at for at, value in zip(times, values, strict=True) if value != needed(shard, at)), None)
        if wrong is not None:
            yield Hit(
                where,
                f"at {datetime.fromtimestamp(wrong, UTC):%Y-%m-%d %H:%M:%S} UTC the operator's Prometheus does not record the "
                f"{needed(shard, wrong)} bridges of the schedule: TimetableNotMet and dashboards are wrong",
                "compare the PrometheusRule with the entries of bridges.schedule",
            )


Listed = tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
"""Recording rules as a key: name, expression, labels."""


def _listed(rules: list[Rule]) -> Listed:
    return tuple(
        (one.name, one.expression, labelled(one.labels)) for each in recordings(rules).values() for one in each
    )


def _wrong(stack: Resources, timed: Timed, asked: Asked, adapter: Adapter) -> Iterator[Hit]:
    where, shard = f"{timed.autoscaler.name}.spec.metrics", timed.shard
    times = instants(shard.bridges.schedule, clock_changes=not adapter.collects)
    target = asked.target.get("averageValue")
    if is_unknown(target):
        return
    try:
        values = _answers(stack, timed, asked, adapter, tuple(times))
    except PromqlError as error:
        yield Hit(
            where,
            f"{asked.name} of shard {shard.name} {error}: the timetable is not kept, and the autoscaler never scales down",
            "compare the adapter's rules with `make render` of an unchanged stack",
        )
        return
    if values is None:
        return
    if asked.target.get("type") != "AverageValue" or milli(target) <= 0:
        yield Hit(
            where,
            f"{asked.name} has the target {asked.target}; the number of bridges is the metric divided by an averageValue",
            f'set type: AverageValue and averageValue: "{timed.share}"',
        )
        return
    early = MINUTE if adapter.collects else 0  # a ScalingSchedule starts at a whole minute, so that no second is missed
    for instant, value in zip(times, values, strict=True):
        due, soon = (
            math.ceil(needed(shard, at, until=not adapter.collects) / timed.share) for at in (instant, instant + early)
        )
        asks = None if value is None else math.ceil(value * 1000 / milli(target))
        if asks not in (due, max(due, soon)):
            moment = datetime.fromtimestamp(instant, UTC)
            yield Hit(
                where,
                f"at {moment:%Y-%m-%d %H:%M:%S} UTC, a {moment:%A}, {asked.name} asks for {'nothing' if asks is None else asks} "
                f"bridges of {object_name(timed.workload)}, and the schedule of shard {shard.name} for {due}: "
                + ("participants wait for bridges" if (asks or 0) < due else "bridges cost money without participants"),
                "compare the recorded or served timetable with the entries of bridges.schedule",
            )
            return


def _answers(stack: Resources, timed: Timed, asked: Asked, adapter: Adapter, times: tuple[float, ...]) -> Values | None:
    """Return what an adapter answers at instants; None if a text is not known yet."""
    namespace = namespace_of(timed.autoscaler)
    if adapter.collects:
        return schedule_values(stack, asked, namespace, times)
    if adapter.file is None or is_unknown(adapter.file.text):
        return None
    text = expression(adapter, asked, namespace)
    server = asked_server(stack, adapter.url)
    if server is None:
        return _evaluated(text, (), namespace, times)
    return _evaluated(text, _listed(managed_rules(stack, server)), namespace, times)


@lru_cache(maxsize=256)
def _evaluated(
    text: str,
    recorded: Listed,
    namespace: str,
    times: tuple[float, ...],
) -> Values:
    rules: dict[str, list[Recording]] = {}
    for name, body, labels in recorded:
        rules.setdefault(name, []).append(Recording(name, body, dict(labels)))
    source = Source({"up": [Stream(labelled({"namespace": namespace, "pod": "any"}))]}, rules)
    vector = Evaluation(source, times).vector(parse(text))
    if len(vector) != 1:
        raise PromqlError(f"gives {len(vector)} series, where the adapter needs one")
    ((labels, values),) = vector.items()
    if dict(labels).get("namespace") != namespace:
        raise PromqlError(f"has the labels {dict(labels)}, and not namespace {namespace}")
    return values


@rule("timetable-above-max", "error")
def timetable_above_max(stack: Resources) -> Iterator[Hit]:
    """The maxima of a shard's autoscalers are below what the schedule asks for."""
    for _, group in groupby(_timed(stack), key=lambda timed: timed.shard.name):
        scaled = list(group)
        shard, share = scaled[0].shard, scaled[0].share
        most = max((bridges_of(shard, entry) for entry in shard.bridges.schedule), default=0)
        due = math.ceil(most / share)
        limits = [whole(at(timed.autoscaler.properties, "spec", "maxReplicas")) for timed in scaled]
        able = sum(due if limit is None else min(limit, due) for limit in limits)
        if able >= most:  # each is asked for the rounded share, and not all of them need to reach it
            continue
        for timed, limit in zip(scaled, limits, strict=True):
            if limit is not None and limit < due:
                yield Hit(
                    f"{timed.autoscaler.name}.spec.maxReplicas",
                    f"is {limit}, and the schedule of shard {shard.name} asks for {due} bridges of "
                    f"{object_name(timed.workload)}: {able} of {most} bridges start, and participants share too few",
                    f"raise it to {due} or more",
                )
