"""Picture of a schedule: bridges required over one week, and the shard's bounds."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.bridges import Bridges
from config.shard import Shard
from plan.pictures.markup import BROAD, Markup, label, path, rect, svg, width_class
from plan.report import StackReport
from sizing.timetable import DAYS, WEEK, steps

LEFT = 40
HEIGHT = 170
BASE = 140


def week_words(stack_report: StackReport, shards: Sequence[Shard]) -> str:
    """Describe the week: shards, time zone, and its busiest hour compared with the shard's maximum."""
    bridges = shards[0].bridges
    begin, zone = _monday(stack_report, bridges)
    peak = max(step.bridges for step in steps(bridges, begin, begin + WEEK))
    names = ", ".join(shard.name for shard in shards)
    return (
        f"{names}: at most {peak} of {bridges.ceiling} bridges, for {peak * bridges.target_participants} of "
        f"{bridges.ceiling * bridges.participants} participants; times of {zone.key}, week of {begin.astimezone(zone):%Y-%m-%d}"
    )


def _monday(stack_report: StackReport, bridges: Bridges) -> tuple[datetime, ZoneInfo]:
    zone = ZoneInfo(bridges.schedule[0].timezone)
    monday = stack_report.today - timedelta(days=stack_report.today.weekday())
    return datetime.combine(monday, time(), zone).astimezone(UTC), zone


def week(stack_report: StackReport, shard: Shard, width: int = BROAD) -> Markup:
    """Draw the schedule with its lead as filled steps, and `min` and `max` as lines, in local time of the first entry."""
    bridges = shard.bridges
    begin, _ = _monday(stack_report, bridges)
    day = (width - LEFT - 10) / 7
    top = max(bridges.ceiling, 1)

    def x(instant: datetime) -> float:
        return LEFT + (instant - begin) / WEEK * day * 7

    def y(count: float) -> float:
        return BASE - count / top * (BASE - 20)

    outline = [f"M{LEFT} {y(0):g}"]
    profile = steps(bridges, begin, begin + WEEK)
    for step in profile:
        outline.append(f"H{x(step.start):.2f} V{y(step.bridges):.2f}")
    outline.append(f"H{LEFT + day * 7:g} V{y(0):g} Z")
    parts: list[object] = []
    for number, name in enumerate(DAYS):
        parts += [
            rect(LEFT + number * day, 20, day, BASE - 20, "stripe" if number % 2 else "plainday", rx=0),
            label(LEFT + (number + 0.5) * day, BASE + 18, name, "label", "middle"),
        ]
    parts.append(path(" ".join(outline), "steps"))
    for count, words in ((bridges.ceiling, f"max {bridges.ceiling}"), (bridges.min, f"min {bridges.min}")):
        parts += [
            path(f"M{LEFT} {y(count):g} H{LEFT + day * 7:g}", "limit"),
            label(LEFT + 4, y(count) - 4, words, "label"),
        ]
    parts += [
        label(LEFT - 6, y(0) + 4, "0", "label", "end"),
    ]
    return svg(width, HEIGHT, f"Schedule of {shard.name} over a week", *parts, class_=width_class(width))
