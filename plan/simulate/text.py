"""A simulated day as text for a terminal."""

from typing import Any

from config.model import format_duration

HOUR = 3600
BARS = " ▁▂▃▄▅▆▇█"
COLUMNS = 72


def clock(seconds: int) -> str:
    """Format a second of the day as `08:50`; hours of the next day continue from 24."""
    return f"{seconds // HOUR:02}:{seconds % HOUR // 60:02}"


def title(result: dict[str, Any]) -> str:
    """Return the title: stack, shard, policy, trace and seed."""
    who = f"policy {result['policy']}" if result["policy"] else "as deployed"
    return f"Stack {result['stack']}, shard {result['shard']}, {who}: {result['trace']}, seed {result['seed']}"


def figures(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (name, value, meaning) of every figure."""
    reached = result["timeToCapacitySeconds"]
    ratio = result["nodeHoursPerOracle"]
    paid = "price unknown" if result["costEur"] is None else f"{result['costEur']:.2f} EUR without tax"
    rows = [
        (
            "degraded",
            f"{result['degradedPercent']:.2f} %",
            "of participants' time on an overloaded bridge, or waiting",
        ),
        (
            "capacity gap",
            f"{result['gapParticipantMinutes']:.0f} min",
            "participant-minutes beyond what all ready bridges carry",
        ),
        ("cut meetings", str(result["cutConferences"]), "ended by a bridge that was removed"),
        (
            "moved people",
            str(result["movedParticipants"]),
            f"to another bridge, with a short interruption; {result['movedInVain']} of them in vain",
        ),
        (
            "node-hours",
            f"{result['nodeHours']:.1f}",
            f"{ratio:.2f} x the {result['oracleNodeHours']:.1f} of an oracle" if ratio else "no participants",
        ),
        ("billed hours", str(result["billedHours"]), f"started hours, {paid}"),
        ("drain-hours", f"{result['drainHours']:.1f}", "of draining bridges"),
        ("peak bridges", str(result["peakBridges"]), f"for up to {result['peakParticipants']} participants"),
    ]
    if (crash := result["crash"]) is not None:
        words = f"for {crash['participants']} people of the bridge that crashes at {clock(crash['at'])}"
        rows.append(("crash: no audio", f"{crash['silentSeconds']:g} s", words))
    if result["crowdAt"] is not None:
        value = "never" if reached is None else f"{reached} s"
        rows.append(("time to capacity", value, f"after the crowd arrived at {clock(result['crowdAt'])}"))
    return rows


def _curve(result: dict[str, Any], key: str, top: int) -> str:
    series = result["series"]
    columns = min(COLUMNS, len(series))
    cells = []
    for number in range(columns):
        part = series[number * len(series) // columns : (number + 1) * len(series) // columns]
        height = max(moment[key] for moment in part) / max(1, top)
        cells.append(BARS[0 if height <= 0 else min(len(BARS) - 1, 1 + int(height * (len(BARS) - 2)))])
    return "".join(cells)


def render(result: dict[str, Any]) -> str:
    """Return the figures, and the day as rows of bars."""
    rows = figures(result)
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"  {name:{widths[0]}}  {value:>{widths[1]}}  {words}" for name, value, words in rows]
    series = result["series"]
    span = format_duration(series[-1]["t"] - series[0]["t"] + 60)
    begins, ends = clock(series[0]["t"]), clock(series[-1]["t"] + 60)
    bars = [
        f"  {name:12}  {_curve(result, key, max(moment[over] for moment in series))}"
        for name, key, over in (
            ("participants", "participants", "participants"),
            ("desired", "wanted", "nodes"),
            ("ready", "ready", "nodes"),
            ("nodes", "nodes", "nodes"),
            ("overloaded", "overloaded", "nodes"),
        )
    ]
    return "\n".join([title(result), "", *lines, "", f"  {begins} to {ends} ({span})", *bars]) + "\n"
