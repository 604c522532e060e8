"""Write the table of docs/call.md from what `make call` reported in the live suite, `lab/live/results.json`."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "call.md"
RESULTS = ROOT / "lab" / "live" / "results.json"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
COLUMNS = ("shard", "path", "join s", "media s", "via", "bridge", "audio, video kbit/s", "loss %", "RTT ms", "channel")
COSTS = ("load", "streams", "Mbit/s sent", "cores", "cores per stream", "cores per Mbit/s", "us per packet")


def table(columns, rows):
    """Lines of a Markdown table."""
    return [f"| {' | '.join(map(str, row))} |" for row in (columns, ["---"] * len(columns), *rows)]


def participant(seen):
    """A row of the table of calls."""
    return (
        seen["shard"],
        seen["path"],
        seen["joined_seconds"],
        seen["media_seconds"],
        seen["via"],
        f"{seen['bridge']} at {seen['address']}",
        f"{seen['audio_kbps']:.0f}, {seen['video_kbps']:.0f}",
        seen["loss_percent"],
        seen["rtt_ms"],
        "open" if seen["channel"] else "closed",
    )


def cost(name, of):
    """A row of the table of loads."""
    return (
        name,
        of["streams"],
        of["mbitsSent"],
        of["cores"],
        of["coresPerStream"],
        of["coresPerMbit"],
        of["microsecondsPerPacket"],
    )


def results():
    """Both tables, with the day and the programs."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    kept = {name: each for name, each in sorted(found["measured"].items()) if "report" in each["figures"]}
    if not kept:
        return "None of its tests has passed there yet."
    reports = [each["figures"]["report"] for each in kept.values()]
    calls = [participant(seen) for report in reports if "load" not in report for seen in report["participants"]]
    loads = [
        cost(f"{len(report['participants'])} people, {of}", load)
        for report in reports
        for of, load in report.get("load", {}).items()
    ]
    days = sorted({each["day"] for each in kept.values()})
    programs = sorted(found["versions"].items())
    lines = [f"Run on {', '.join(days)}.", "", *table(COLUMNS, calls)]
    lines += ["", *table(COSTS, loads)] if loads else ["", "What a load costs the bridge has no result yet."]
    return "\n".join([*lines, "", *table(("program", "version"), programs)])


def page():
    """The whole page with the current results."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{results()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8")
