"""A simulated day as text for a terminal."""

from typing import Any

from config.model import format_duration

HOUR = 3600
BARS = " ▁▂▃▄▅▆▇█"
COLUMNS = 72


def clock(seconds: int) -> str:
    """`"08:50"` of a second of the day; the next day goes on counting."""
    return f"{seconds // HOUR:02}:{seconds % HOUR // 60:02}"


def title(made: dict[str, Any]) -> str:
    """Who had which day."""
    who = f"policy {made['policy']}" if made["policy"] else "as deployed"
    return f"Stack {made['stack']}, shard {made['shard']}, {who}: {made['trace']}, seed {made['seed']}"


def figures(made: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(what, value, what it means) for every figure."""
    reached = made["timeToCapacitySeconds"]
    ratio = made["nodeHoursPerOracle"]
    rows = [
        (
            "degraded",
            f"{made['degradedPercent']:.2f} %",
            "of people's time on a bridge beyond its capacity, or waiting",
        ),
        (
            "capacity gap",
            f"{made['gapParticipantMinutes']:.0f} min",
            "participant-minutes beyond what all ready bridges carry",
        ),
        ("cut meetings", str(made["cutConferences"]), "ended under people by a bridge that left"),
        ("moved people", str(made["movedParticipants"]), "to another bridge, with a blip of a second or two"),
        (
            "node-hours",
            f"{made['nodeHours']:.1f}",
            f"{ratio:.2f} x the {made['oracleNodeHours']:.1f} of a clairvoyant" if ratio else "nobody came",
        ),
        ("billed hours", str(made["billedHours"]), f"started ones, {made['costEur']:.2f} EUR without tax"),
        ("drain-hours", f"{made['drainHours']:.1f}", "of bridges on their way out"),
        ("most bridges", str(made["peakBridges"]), f"for {made['peakParticipants']} people at most"),
    ]
    if made["crowdAt"] is not None:
        value = "never" if reached is None else f"{reached} s"
        rows.append(("time to capacity", value, f"after the crowd came at {clock(made['crowdAt'])}"))
    return rows


def _curve(made: dict[str, Any], key: str, top: int) -> str:
    series = made["series"]
    columns = min(COLUMNS, len(series))
    cells = []
    for number in range(columns):
        part = series[number * len(series) // columns : (number + 1) * len(series) // columns]
        height = max(moment[key] for moment in part) / max(1, top)
        cells.append(BARS[0 if height <= 0 else min(len(BARS) - 1, 1 + int(height * (len(BARS) - 2)))])
    return "".join(cells)


def render(made: dict[str, Any]) -> str:
    """Figures, and the day as rows of bars from its beginning to its end."""
    rows = figures(made)
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"  {name:{widths[0]}}  {value:>{widths[1]}}  {words}" for name, value, words in rows]
    series = made["series"]
    span = format_duration(series[-1]["t"] - series[0]["t"] + 60)
    begins, ends = clock(series[0]["t"]), clock(series[-1]["t"] + 60)
    bars = [
        f"  {name:12}  {_curve(made, key, max(moment[over] for moment in series))}"
        for name, key, over in (
            ("participants", "participants", "participants"),
            ("wanted", "wanted", "nodes"),
            ("ready", "ready", "nodes"),
            ("nodes", "nodes", "nodes"),
            ("overloaded", "overloaded", "nodes"),
        )
    ]
    return "\n".join([title(made), "", *lines, "", f"  {begins} to {ends} ({span})", *bars]) + "\n"
