"""What was seen of another release, for docs/release-change.md: who noticed what, when, and what stopped the unhealthy one."""

from __future__ import annotations

from typing import Any

from lab.rehearsal.release.zones import SHARDS

BEGIN, END = "<!-- seen: begin -->", "<!-- seen: end -->"


def noticed(seen: dict[str, Any]) -> list[str]:
    """Rows of who noticed what, without any time, so that each run has the same."""
    broken, change, killed, after = (seen[part] for part in ("broken", "change", "killed", "after"))
    late = "is in it" if killed["late guest"] == seen["opened on"] else "**is elsewhere**"
    rows = [
        ("bridges of the new release do not join", _goes_on(broken), broken["next room"], broken["shards"]),
        ("the new shard is healthy", _goes_on(change), "s0b", change["shards"]),
        ("the update is killed, and runs again", _goes_on(killed), "s0b", change["shards"]),
        ("a late guest of the meeting", late, "s0b", change["shards"]),
        ("the last person leaves", "has ended", after["next room"], after["shards"]),
    ]
    if back := seen.get("back"):
        meeting = f"one on {back['opened on']} {_goes_on(back)}"
        rows.append(("the former release is appended", meeting, back["next room"], back["shards"]))
    return [
        "| what happens | the meeting on s0 | a new room opens on | shards |",
        "| --- | --- | --- | --- |",
        *(f"| {what} | {meeting} | {room} | {', '.join(shards)} |" for what, meeting, room, shards in rows),
    ]


def moved(seen: dict[str, Any]) -> list[str]:
    """Rows of the signalling that moves to its zone."""
    rows = [
        (
            name,
            ", ".join(seen["zones before"][name]),
            "stays there" if set(seen["homes"][name]) == {name} else "**was moved**",
            f"{name}b in {', '.join(seen['zones after'].get(name + 'b', ['**no zone**']))}",
        )
        for name in SHARDS
    ]
    return [
        "| shard | its signalling before | its meeting, of which signalling reconnects when HAProxies are rolled | its successor's signalling |",
        "| --- | --- | --- | --- |",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def when(seen: dict[str, Any]) -> list[str]:
    """Rows of when it happened."""
    return ["| when | what |", "| --- | --- |", *(f"| {e['t']:.0f} s | {e['act']} |" for e in seen["events"])]


def section(seen: dict[str, Any]) -> str:
    """What was seen, of figures with the date, revision and load of their run."""
    reason = next(line for line in seen["broken"]["failure"].splitlines() if "is not healthy" in line)
    said = reason[reason.index("s0b (") :].partition(". To go back")[0]
    lines = [
        f"Written by `.venv/bin/python -m benchmarks --release` on {seen['date']} at {seen['commit']}, with a load of {seen['load']:.1f} on the "
        "machine. `make test` plays the same without the way back.",
        "",
        *noticed(seen),
        "",
        f"The unhealthy release was stopped with: `{said}`.",
        "",
        *when(seen),
        "",
        "Signalling that moves to its zone:",
        "",
        *moved(seen["zones"]),
        "",
        *when(seen["zones"]),
    ]
    return "\n".join(lines)


def document(text: str, seen: dict[str, Any]) -> str:
    """Return the text of the page, with what was seen."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{section(seen)}\n\n{END}{rest.partition(END)[2]}"


def _goes_on(part: dict[str, Any]) -> str:
    return "goes on" if part["meeting goes on"] else "**was cut**"
