"""Rule about placeholders: they stand whenever the schedule asks for bridges."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.shard import Shard
from plan.diff.fleet import BRIDGE, component_of, instance_of, kind_of
from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.entries import instants, needed
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from sizing.parts import JVB_SPARE

CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
"""Days of a cron schedule by number."""
_CRON = re.compile(r"(\d+) (\d+) \* \* (\S+)")


@rule("timetable-without-spares", "error")
def timetable_without_spares(stack: Resources) -> Iterator[Hit]:
    """Placeholders are missing while the schedule asks for bridges."""
    for shard in stack.config.resolved:
        due = shard.bridges.scaling.spares
        workloads = [
            one for one, _ in stack.workloads if component_of(one) == JVB_SPARE.name and instance_of(one) == shard.name
        ]
        bridges = [one for one, _ in stack.workloads if component_of(one) == BRIDGE and instance_of(one) == shard.name]
        # a missing bridge workload: foreign or removed, and other rules' business
        if not due or shard.bridges.topology != "autoscaled" or not bridges:
            continue
        if any(is_unknown(text) for workload in workloads for text in _texts(workload)):
            continue
        for instant in instants(shard.bridges.schedule, clock_changes=False) or [0.0]:
            stand = sum(_standing(workload, instant) for workload in workloads)
            if stand < due and (not shard.bridges.schedule or needed(shard, instant)):
                yield Hit(f"{(workloads or bridges)[0].name}.spec", *_text(shard, instant, stand, due))
                break


def _text(shard: Shard, instant: float, stand: int, due: int) -> tuple[str, str]:
    moment = datetime.fromtimestamp(instant, UTC)
    when = f"at {moment:%Y-%m-%d %H:%M:%S} UTC, a {moment:%A}, while its schedule asks for bridges"
    return (
        f"{stand} of {due} placeholders of shard {shard.name} stand {when if shard.bridges.schedule else 'at any time'}: "
        "participants beyond the schedule wait until a node has booted",
        "compare the windows of its CronJobs (schedule, timeZone, activeDeadlineSeconds, parallelism) with the entries",
    )


def _texts(workload: Resource) -> list[object]:
    return [at(workload.properties, "spec", key) for key in ("schedule", "timeZone", "replicas")]


def _standing(workload: Resource, instant: float) -> int:
    """Return the placeholders that a Deployment or CronJob keeps at an instant."""
    spec = workload.properties.get("spec") or {}
    if kind_of(workload) != "CronJob":
        return int(spec.get("replicas", 1))
    job = at(spec, "jobTemplate", "spec") or {}
    return min(int(job.get("parallelism", 1)), int(job.get("completions", 1))) if _runs(spec, job, instant) else 0


def _runs(spec: dict[str, object], job: dict[str, object], instant: float) -> bool:
    """Return whether a CronJob's run lasts at an instant; never for a schedule of another form."""
    form = _CRON.fullmatch(str(spec.get("schedule")))
    lasts = job.get("activeDeadlineSeconds")
    if form is None or spec.get("suspend") is True or not isinstance(lasts, int | float):
        return False
    minute, hour, days = int(form[1]), int(form[2]), form[3].split(",")
    try:
        now = datetime.fromtimestamp(instant, ZoneInfo(str(spec.get("timeZone"))))
    except (ValueError, ZoneInfoNotFoundError):
        return False
    for ago in range(int(lasts // 86400) + 2):
        begin = (now - timedelta(days=ago)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        number = begin.isoweekday() % 7
        on = days == ["*"] or CRON_DAYS[number] in days or str(number) in days
        if on and begin <= now < begin + timedelta(seconds=float(lasts)):
            return True
    return False
