"""The picture of a timetable: bridges that it asks for over one week, against what the shard may have."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.shard import Shard
from plan.pictures.markup import Markup, label, path, rect, svg
from plan.report import Reported
from plan.timetable import DAYS, WEEK, steps

WIDTH = 760
LEFT = 40
HEIGHT = 170
BASE = 140


def week(reported: Reported, shard: Shard) -> Markup:
    """Local time of the first entry; the filled steps are the timetable with its lead, the lines are `min` and `max`."""
    bridges = shard.bridges
    zone = ZoneInfo(bridges.schedule[0].timezone)
    monday = reported.today - timedelta(days=reported.today.weekday())
    begin = datetime.combine(monday, time(), zone).astimezone(UTC)
    day = (WIDTH - LEFT - 10) / 7
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
        label(LEFT, HEIGHT + 6, f"{shard.name}: bridges, times of {zone.key}, week of {monday}", "caption"),
    ]
    return svg(WIDTH, HEIGHT + 12, f"Timetable of {shard.name} over a week", *parts)
