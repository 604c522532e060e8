"""Rules about the schedule."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from config.model import format_duration
from plan.findings.rule import Hit, Subject, rule
from sizing.node_pools import upgrade_at_rest_seconds
from sizing.timetable import WEEK, monday_of, windows

CLOSE = 0.9  # share of max above which a failing or draining bridge is missed
UPGRADE_WINDOW = timedelta(hours=2)  # in which Kapsule begins an upgrade
BREAK_SECONDS = 3600  # nodes are billed per started hour: removing one for less saves nothing
YEAR = timedelta(days=364)  # covers both clock changes, in whole weeks

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@rule("schedule-close-to-max", "warning")
def schedule_close_to_max(subject: Subject) -> Iterator[Hit]:
    """A schedule entry needs nearly every bridge of the shard."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        for number, entry in enumerate(bridges.schedule):
            needed = bridges.bridges_for(entry)
            if bridges.topology == "autoscaled" and needed > CLOSE * bridges.ceiling:
                yield Hit(
                    f"{subject.bridges_key(position, 'schedule')}[{number}]",
                    f"needs {needed} of at most {bridges.ceiling} bridges: a bridge that fails or drains meanwhile "
                    "has no replacement",
                    f"raise {subject.ceiling_key(position)} to {int(needed / CLOSE) + 1}",
                )


@rule("schedule-counted-twice", "info")
def schedule_counted_twice(subject: Subject) -> Iterator[Hit]:
    """A schedule entry expects its participants in every shard, which may be meant for all of them together."""
    sharing = [
        shard
        for entry, shard in zip(subject.config.shards, subject.shards, strict=True)
        if shard.state == "active" and getattr(entry.bridges, "schedule", None) is None
    ]
    for number, entry in enumerate(subject.config.bridges.schedule):
        if entry.participants is not None and len(sharing) > 1:
            yield Hit(
                f"bridges.schedule[{number}].participants",
                f"{entry.participants} participants are expected in each of {len(sharing)} active shards, "
                f"{entry.participants * len(sharing)} in all",
                f"if {entry.participants} are all that are expected, write participantsOfStack: {entry.participants} instead of participants",
            )


@rule("schedule-ended", "info")
def schedule_ended(subject: Subject) -> Iterator[Hit]:
    """A schedule entry has expired."""
    for position, shard in enumerate(subject.shards):
        for number, entry in enumerate(shard.bridges.schedule):
            if entry.until is not None and entry.until < subject.today:
                yield Hit(
                    f"{subject.bridges_key(position, 'schedule')}[{number}].until",
                    f"the entry ended on {entry.until}",
                    "remove it, or move until",
                )


@rule("upgrade-window-in-timetable", "warning")
def upgrade_window_in_timetable(subject: Subject) -> Iterator[Hit]:
    """Kapsule's upgrade window overlaps the schedule."""
    upgrade = subject.config.cluster.auto_upgrade
    if not subject.kapsule or upgrade is None:
        return
    begin = monday_of(subject.today)
    lasts = upgrade_at_rest_seconds(subject.config)
    for position, shard in enumerate(subject.shards):
        for window in windows(shard.bridges, begin, begin + YEAR):
            clash = _clash(
                window.start, window.end, upgrade.day, upgrade.hour, UPGRADE_WINDOW + timedelta(seconds=lasts)
            )
            if clash:
                yield Hit(
                    "cluster.autoUpgrade",
                    f"an upgrade begins {upgrade.day} {upgrade.hour:02d}:00-{(upgrade.hour + 2) % 24:02d}:00 UTC and lasts up to "
                    f"{format_duration(lasts)} with the fewest nodes (Kapsule waits 15 min for the calls of each): it "
                    f"overlaps the schedule ({subject.bridges_key(position, 'schedule')}), first on {clash:%Y-%m-%d}",
                    "choose a day and an hour outside the schedule",
                )
                break


@rule("bridges-leave-in-break", "info")
def bridges_leave_in_break(subject: Subject) -> Iterator[Hit]:
    """Bridges are removed in a break and needed right after it."""
    begin = monday_of(subject.today)
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        if bridges.topology != "autoscaled":
            continue
        entries = windows(bridges, begin, begin + WEEK)
        window = bridges.scaling.scale_down_window
        for number, (former, later) in enumerate(pairwise(entries)):
            pause = int((later.start - max(entry.end for entry in entries[: number + 1])).total_seconds())
            if min(former.bridges, later.bridges) > bridges.min and window < pause <= BREAK_SECONDS:
                yield Hit(
                    subject.bridges_key(position, "scaling", "scale_down_window"),
                    f"the break between two schedule entries is {format_duration(pause)}, longer than "
                    f"scaleDownWindow {format_duration(window)}: bridges are removed and boot again, while their "
                    "nodes are billed for the started hour anyway",
                    f"raise scaleDownWindow to {format_duration(pause)}, or join the entries",
                )
                break


def _clash(start: datetime, end: datetime, day: str, hour: int, lasts: timedelta) -> datetime | None:
    """Return the first upgrade that may run between `start` and `end`. None if there is none."""
    date = start.date() - timedelta(days=1 + lasts.days)
    while date <= end.date():
        opens = datetime.combine(date, time(hour), UTC)
        if day in ("any", _WEEKDAYS[date.weekday()]) and opens < end and opens + lasts > start:
            return opens
        date += timedelta(days=1)
    return None
