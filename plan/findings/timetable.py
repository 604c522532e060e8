"""Rules about the timetable."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from config.model import format_duration
from plan.findings.rule import Found, Subject, rule
from plan.timetable import WEEK, monday_of, windows

CLOSE = 0.9  # share of max beyond which a failing or draining bridge is missed
UPGRADE_WINDOW = timedelta(hours=2)  # length of Kapsule's maintenance window
BREAK_SECONDS = 3600  # a node is billed by the started hour: to give it back for less saves nothing
YEAR = timedelta(days=364)  # both changes of clocks, in whole weeks

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@rule("schedule-close-to-max", "warning")
def schedule_close_to_max(subject: Subject) -> Iterator[Found]:
    """A lesson fills nearly every bridge the shard may have."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        for number, lesson in enumerate(bridges.schedule):
            needed = bridges.needed_for(lesson)
            if bridges.topology == "autoscaled" and needed > CLOSE * bridges.ceiling:
                yield Found(
                    f"{subject.bridges_key(position, 'schedule')}[{number}]",
                    f"needs {needed} of at most {bridges.ceiling} bridges: one that fails or drains meanwhile has no replacement",
                    f"raise {subject.ceiling_key(position)} to {int(needed / CLOSE) + 1}",
                )


@rule("schedule-ended", "info")
def schedule_ended(subject: Subject) -> Iterator[Found]:
    """An entry counts no longer."""
    for position, shard in enumerate(subject.shards):
        for number, lesson in enumerate(shard.bridges.schedule):
            if lesson.until is not None and lesson.until < subject.today:
                yield Found(
                    f"{subject.bridges_key(position, 'schedule')}[{number}].until",
                    f"the entry ended on {lesson.until}",
                    "remove it, or move until",
                )


@rule("upgrade-window-in-timetable", "warning")
def upgrade_window_in_timetable(subject: Subject) -> Iterator[Found]:
    """Kapsule may replace nodes during a lesson."""
    upgrade = subject.config.cluster.auto_upgrade
    if not subject.kapsule or upgrade is None:
        return
    begin = monday_of(subject.today)
    for position, shard in enumerate(subject.shards):
        for window in windows(shard.bridges, begin, begin + YEAR):
            clash = _clash(window.start, window.end, upgrade.day, upgrade.hour)
            if clash:
                yield Found(
                    "cluster.autoUpgrade",
                    f"the upgrade window {upgrade.day} {upgrade.hour:02d}:00-{(upgrade.hour + 2) % 24:02d}:00 UTC meets the timetable "
                    f"({subject.bridges_key(position, 'schedule')}), first on {clash:%Y-%m-%d}",
                    "choose a day and an hour without lessons",
                )
                break


@rule("bridges-leave-in-break", "info")
def bridges_leave_in_break(subject: Subject) -> Iterator[Found]:
    """Bridges that go in a break and are needed right after it."""
    begin = monday_of(subject.today)
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if bridges.topology != "autoscaled":
            continue
        found = windows(bridges, begin, begin + WEEK)
        window = bridges.scaling.scale_down_window
        for number, (former, later) in enumerate(pairwise(found)):
            pause = int((later.start - max(one.end for one in found[: number + 1])).total_seconds())
            if min(former.bridges, later.bridges) > bridges.min and window < pause <= BREAK_SECONDS:
                yield Found(
                    subject.bridges_key(position, "scaling", "scale_down_window"),
                    f"between two entries of the timetable lie {format_duration(pause)}, longer than scaleDownWindow "
                    f"{format_duration(window)}: bridges leave in the break and boot again after it, and their nodes were billed for "
                    "the started hour anyway",
                    f"raise scaleDownWindow to {format_duration(pause)}, or join the entries",
                )
                break


def _clash(start: datetime, end: datetime, day: str, hour: int) -> datetime | None:
    """The first upgrade window that overlaps `start` to `end`."""
    date = start.date() - timedelta(days=1)
    while date <= end.date():
        opens = datetime.combine(date, time(hour), UTC)
        if day in ("any", _WEEKDAYS[date.weekday()]) and opens < end and opens + UPGRADE_WINDOW > start:
            return opens
        date += timedelta(days=1)
    return None
