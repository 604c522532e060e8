"""Rules about scaling in time: lead and boot time, limits on growth, and limits of the metrics adapter."""

from collections.abc import Iterator
from datetime import timedelta

from config.bridges import Bridges
from config.model import format_duration
from config.schedule import ScheduleEntry
from config.shard import Shard
from plan.findings.rule import Hit, Subject, rule
from plan.simulate.hpa_spec import TOLERANCE
from sizing.ports import workload_count
from sizing.timetable import WEEK, monday_of, needed_at, windows

SYNC_SECONDS = 15  # --horizontal-pod-autoscaler-sync-period
DEFAULT_STEP = 4  # bridges in 15 s, or twice as many: the default scaleUp (autoscaling/v2)


def _autoscaled(subject: Subject) -> Iterator[tuple[int, Shard]]:
    for position, shard in enumerate(subject.shards):
        if shard.bridges.topology == "autoscaled":
            yield position, shard


def _reading(subject: Subject) -> int:
    """Return the seconds from a schedule entry's start to the metric that reflects it: one evaluation interval."""
    metrics = subject.config.metrics
    return 0 if metrics.of_others else metrics.interval


def _stands_before(subject: Subject, bridges: Bridges, entry: ScheduleEntry) -> int | None:
    """Return the fewest bridges that run when the entry starts in this week. None if it does not start this week."""
    alone = bridges.model_copy(update={"schedule": (entry,)})
    begin = monday_of(subject.today)
    before = [
        max(bridges.min, needed_at(bridges, window.start - timedelta(seconds=1)))
        for window in windows(alone, begin, begin + WEEK)
    ]
    return min(before, default=None)


def _growing(shard: Shard, stands: int, needed: int) -> int:
    """Return the seconds that the growth limit needs from `stands` to `needed` bridges; it applies to each workload."""
    divided = workload_count(shard)
    now, goal = stands // divided, -(-needed // divided)
    policy = shard.bridges.scaling.scale_up
    if policy:
        return max(0, -(-(goal - now) // policy.bridges) - 1) * policy.period
    seconds = 0
    while (now := max(now + DEFAULT_STEP, 2 * now)) < goal:
        seconds += SYNC_SECONDS
    return seconds


@rule("lead-too-short", "warning")
def lead_too_short(subject: Subject) -> Iterator[Hit]:
    """Scheduled bridges arrive after the start: booting and scaling up take longer than the lead."""
    reading = _reading(subject)
    for position, shard in _autoscaled(subject):
        bridges = shard.bridges
        scaling = bridges.scaling
        for number, entry in enumerate(bridges.schedule):
            stands, needed = _stands_before(subject, bridges, entry), bridges.bridges_for(entry)
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
            if entry.lead >= takes:
                continue
            listed = " + ".join(text for text, seconds in parts if seconds)
            remedies = [f"set lead to {format_duration(takes)} or more"]
            if growing and scaling.scale_up:
                remedies.append("raise scaling.scaleUp")
            yield Hit(
                f"{subject.bridges_key(position, 'schedule')}[{number}].lead",
                f"lead {format_duration(entry.lead)} is shorter than {listed} = {format_duration(takes)}: the last "
                f"bridges are ready {format_duration(takes - entry.lead)} after the start",
                ", or ".join(remedies) + "; early joiners need more",
            )


@rule("schedule-without-autoscaler", "warning")
def schedule_without_autoscaler(subject: Subject) -> Iterator[Hit]:
    """A schedule has no effect without the autoscaler."""
    for position, shard in enumerate(subject.shards):
        topology = shard.bridges.topology
        if shard.bridges.schedule and topology != "autoscaled":
            yield Hit(
                subject.bridges_key(position, "schedule"),
                f"topology {topology} keeps {shard.name} at {shard.bridges.ceiling} bridges: its schedule adds none",
                "set topology: autoscaled, or remove the schedule",
            )


@rule("until-not-kept", "warning")
def until_not_kept(subject: Subject) -> Iterator[Hit]:
    """The metrics adapter ignores the end date of a schedule entry."""
    if subject.config.metrics.adapter != "kubeMetrics":
        return
    for position, shard in _autoscaled(subject):
        for number, entry in enumerate(shard.bridges.schedule):
            if entry.until is not None:
                yield Hit(
                    f"{subject.bridges_key(position, 'schedule')}[{number}].until",
                    "a ScalingSchedule of kube-metrics-adapter has no end date: the bridges are requested after "
                    f"{entry.until} too",
                    "remove the entry on that day, or set metrics.adapter: prometheus",
                )


@rule("no-look-ahead", "info")
def no_look_ahead(subject: Subject) -> Iterator[Hit]:
    """The metrics adapter does not extrapolate growth."""
    if subject.config.metrics.adapter != "kubeMetrics":
        return
    for position, shard in _autoscaled(subject):
        ahead = shard.bridges.scaling.look_ahead
        if ahead:
            yield Hit(
                subject.bridges_key(position, "scaling", "look_ahead"),
                f"kube-metrics-adapter does not compute growth: lookAhead {format_duration(ahead)} has no effect, "
                "and an unannounced crowd gets its bridges later",
                "set metrics.adapter: prometheus, or lookAhead: 0s",
            )


@rule("prometheus-expected", "info")
def prometheus_expected(subject: Subject) -> Iterator[Hit]:
    """Scaling depends on a Prometheus that this stack does not configure."""
    metrics = subject.config.metrics
    if metrics.of_others and any(_autoscaled(subject)):
        yield Hit(
            "metrics.url" if metrics.url else "metrics.adapter",
            f"{metrics.url or 'the Prometheus of the cluster'} must scrape the pods in namespace {subject.config.namespace} with the annotation "
            f"prometheus.io/scrape, at least every {metrics.interval}s, with the labels namespace and pod; until "
            "then nothing scales",
            f'check that it returns up{{namespace="{subject.config.namespace}",pod=~"jvb-.*"}}',
        )


def _settles(shard: Shard, stands: int, needed: int) -> int:
    """Return the bridges at which the autoscalers stop on the way to `needed`, within their tolerance."""
    divided = workload_count(shard)
    now, goal = -(-stands // divided), -(-needed // divided)
    policy = shard.bridges.scaling.scale_up
    while now < goal and goal > now * (1 + TOLERANCE):
        step = now + policy.bridges if policy else max(now + DEFAULT_STEP, 2 * now)
        now = min(step, goal)
    return min(needed, now * divided)


@rule("timetable-within-tolerance", "warning")
def timetable_within_tolerance(subject: Subject) -> Iterator[Hit]:
    """A schedule entry that needs slightly more bridges falls within the autoscaler's tolerance."""
    for position, shard in _autoscaled(subject):
        bridges = shard.bridges
        for number, entry in enumerate(bridges.schedule):
            stands, needed = _stands_before(subject, bridges, entry), bridges.bridges_for(entry)
            if stands is None or needed <= stands:
                continue
            settles = _settles(shard, stands, needed)
            if settles < needed:
                enough = int(settles * (1 + TOLERANCE)) + 1
                above = f" ({subject.ceiling_key(position)} must allow them)" if enough > bridges.max else ""
                yield Hit(
                    f"{subject.bridges_key(position, 'schedule')}[{number}]",
                    f"requests {needed} bridges where {stands} run: scaling stops at {settles}, since the autoscaler "
                    f"ignores a difference of {TOLERANCE:.0%} or less (--horizontal-pod-autoscaler-tolerance)",
                    f"request {enough} bridges or more{above}"
                    + (f", or let scaleUp reach {needed} in one step" if settles > stands else ""),
                )
