"""Rules about when bridges are there: lead against boot, growth against its limits, and what an adapter cannot do."""

from collections.abc import Iterator
from datetime import timedelta

from config.bridges import Bridges, Lesson
from config.model import format_duration
from config.shard import Shard
from plan.findings.rule import Found, Subject, rule
from plan.ports import host_port_slots
from plan.simulate.hpa_spec import TOLERANCE
from plan.timetable import WEEK, monday_of, needed_at, windows

SYNC_SECONDS = 15  # --horizontal-pod-autoscaler-sync-period
DEFAULT_STEP = 4  # bridges in 15 s, or the double: scaleUp when it is not said (autoscaling/v2)


def _autoscaled(subject: Subject) -> Iterator[tuple[int, Shard]]:
    for position, shard in enumerate(subject.shards):
        if shard.bridges.topology == "autoscaled":
            yield position, shard


def _reading(subject: Subject) -> int:
    """Seconds from an entry's begin to the metric that says so: a rule or a collector looks once in each interval."""
    metrics = subject.config.metrics
    return 0 if metrics.adapter == "prometheus" and metrics.prometheus == "existing" else metrics.interval


def _stands_before(subject: Subject, bridges: Bridges, lesson: Lesson) -> int | None:
    """Bridges that surely run when the entry begins, where it begins this week with the fewest; none: it does not."""
    alone = bridges.model_copy(update={"schedule": (lesson,)})
    begin = monday_of(subject.today)
    before = [
        max(bridges.min, needed_at(bridges, window.start - timedelta(seconds=1)))
        for window in windows(alone, begin, begin + WEEK)
    ]
    return min(before, default=None)


def _growing(shard: Shard, stands: int, needed: int) -> int:
    """Seconds that the limit on growth takes from `stands` to `needed`; each workload has the limit to itself."""
    divided = len(host_port_slots(shard)) if shard.bridges.layout == "hostPort" else 1
    now, wanted = stands // divided, -(-needed // divided)
    policy = shard.bridges.scaling.scale_up
    if policy:
        return max(0, -(-(wanted - now) // policy.bridges) - 1) * policy.period
    seconds = 0
    while (now := max(now + DEFAULT_STEP, 2 * now)) < wanted:
        seconds += SYNC_SECONDS
    return seconds


@rule("lead-too-short", "warning")
def lead_too_short(subject: Subject) -> Iterator[Found]:
    """A lesson's bridges come after its start, for they boot or are added longer than the lead."""
    reading = _reading(subject)
    for position, shard in _autoscaled(subject):
        bridges = shard.bridges
        scaling = bridges.scaling
        for number, lesson in enumerate(bridges.schedule):
            stands, needed = _stands_before(subject, bridges, lesson), bridges.needed_for(lesson)
            standing = scaling.spares if scaling.spares_when == "always" else 0
            if stands is None or needed <= stands + standing:
                continue
            growing = _growing(shard, stands, needed)
            parts = [
                (f"reading {reading}s", reading),
                (f"deciding {SYNC_SECONDS}s", SYNC_SECONDS),
                (f"growing from {stands} to {needed} bridges {format_duration(growing)}", growing),
                (f"bootTime {format_duration(scaling.boot_time)}", scaling.boot_time),
            ]
            takes = sum(seconds for _, seconds in parts)
            if lesson.lead >= takes:
                continue
            listed = " + ".join(said for said, seconds in parts if seconds)
            remedies = [f"set lead to {format_duration(takes)} or more"]
            if growing and scaling.scale_up:
                remedies.append("raise scaling.scaleUp")
            yield Found(
                f"{subject.bridges_key(position, 'schedule')}[{number}].lead",
                f"lead {format_duration(lesson.lead)} is shorter than {listed} = {format_duration(takes)}: the last bridges are "
                f"there {format_duration(takes - lesson.lead)} after the start",
                ", or ".join(remedies) + "; people who come early need more",
            )


@rule("schedule-without-autoscaler", "warning")
def schedule_without_autoscaler(subject: Subject) -> Iterator[Found]:
    """A timetable of bridges whose number never changes."""
    for position, shard in enumerate(subject.shards):
        topology = shard.bridges.topology
        if shard.bridges.schedule and topology != "autoscaled":
            yield Found(
                subject.bridges_key(position, "schedule"),
                f"topology {topology} keeps {shard.name} at {shard.bridges.ceiling} bridges: its timetable starts none",
                "set topology: autoscaled, or leave the schedule out",
            )


@rule("until-not-kept", "warning")
def until_not_kept(subject: Subject) -> Iterator[Found]:
    """An entry that its adapter does not end."""
    if subject.config.metrics.adapter != "kubeMetrics":
        return
    for position, shard in _autoscaled(subject):
        for number, lesson in enumerate(shard.bridges.schedule):
            if lesson.until is not None:
                yield Found(
                    f"{subject.bridges_key(position, 'schedule')}[{number}].until",
                    f"a ScalingSchedule of kube-metrics-adapter knows no last day: the bridges are asked for after {lesson.until} too",
                    "take the entry out on that day, or set metrics.adapter: prometheus",
                )


@rule("no-look-ahead", "info")
def no_look_ahead(subject: Subject) -> Iterator[Found]:
    """Growth is not carried on, for the adapter has no memory."""
    if subject.config.metrics.adapter != "kubeMetrics":
        return
    for position, shard in _autoscaled(subject):
        ahead = shard.bridges.scaling.look_ahead
        if ahead:
            yield Found(
                subject.bridges_key(position, "scaling", "look_ahead"),
                f"kube-metrics-adapter sees numbers and no growth: lookAhead {format_duration(ahead)} has no effect, and an "
                "unannounced crowd gets its bridges later",
                "set metrics.adapter: prometheus, or lookAhead: 0s",
            )


@rule("prometheus-expected", "info")
def prometheus_expected(subject: Subject) -> Iterator[Found]:
    """The bridges' number hangs on a Prometheus that this stack does not configure."""
    metrics = subject.config.metrics
    if metrics.adapter == "prometheus" and metrics.prometheus == "existing" and any(_autoscaled(subject)):
        yield Found(
            "metrics.url",
            f"{metrics.url} must scrape the pods of namespace {subject.config.namespace} that are annotated prometheus.io/scrape, at "
            f"least every {metrics.interval}s, with the labels namespace and pod; until it does, nothing scales",
            f'check that it answers up{{namespace="{subject.config.namespace}",pod=~"jvb-.*"}}',
        )


def _settles(shard: Shard, stands: int, needed: int) -> int:
    """Bridges of a shard at which the autoscalers stop on the way to `needed`: within their tolerance nothing more is added."""
    divided = len(host_port_slots(shard)) if shard.bridges.layout == "hostPort" else 1
    now, wanted = -(-stands // divided), -(-needed // divided)
    policy = shard.bridges.scaling.scale_up
    while now < wanted and wanted > now * (1 + TOLERANCE):
        step = now + policy.bridges if policy else max(now + DEFAULT_STEP, 2 * now)
        now = min(step, wanted)
    return min(needed, now * divided)


@rule("timetable-within-tolerance", "warning")
def timetable_within_tolerance(subject: Subject) -> Iterator[Found]:
    """The autoscaler takes a tenth for nothing, so a lesson that asks for slightly more gets no more."""
    for position, shard in _autoscaled(subject):
        bridges = shard.bridges
        for number, lesson in enumerate(bridges.schedule):
            stands, needed = _stands_before(subject, bridges, lesson), bridges.needed_for(lesson)
            if stands is None or needed <= stands:
                continue
            settles = _settles(shard, stands, needed)
            if settles < needed:
                enough = int(settles * (1 + TOLERANCE)) + 1
                above = f" ({subject.ceiling_key(position)} must allow them)" if enough > bridges.max else ""
                yield Found(
                    f"{subject.bridges_key(position, 'schedule')}[{number}]",
                    f"asks for {needed} bridges where {stands} stand: growth stops at {settles}, for a difference of {TOLERANCE:.0%} or "
                    "less moves no autoscaler (--horizontal-pod-autoscaler-tolerance)",
                    f"ask for {enough} bridges or more{above}, or let scaleUp reach {needed} in one step",
                )
