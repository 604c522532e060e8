"""docs/release-change.md: what `tests/e2e/test_release_change.py` saw, taken over by `PYTHONPATH=.:tests python tests/release_page.py`."""

import json
from typing import Any

from lab.paths import PROJECT

PAGE = PROJECT / "docs" / "release-change.md"
SEEN = PROJECT / ".local" / "release" / "seen.json"
BEGIN, END = "<!-- seen: begin -->", "<!-- seen: end -->"


def noticed(seen: dict[str, Any]) -> list[str]:
    """Return who noticed what, as rows of a table without any time, so that each run writes the same."""
    broken, change, killed, after = (seen[part] for part in ("broken", "change", "killed", "after"))

    def goes_on(yes: bool) -> str:
        return "goes on" if yes else "**was cut**"

    rows = [
        (
            "bridges of the new release do not join",
            goes_on(broken["meeting goes on"]),
            broken["next room"],
            broken["shards"],
        ),
        ("the new shard is healthy", goes_on(change["meeting goes on"]), "s0b", change["shards"]),
        ("the update is killed, and runs again", goes_on(killed["meeting goes on"]), "s0b", change["shards"]),
        (
            "a late guest of the meeting",
            "is in it" if killed["late guest"] == "s0" else "**is elsewhere**",
            "s0b",
            change["shards"],
        ),
        ("the last person leaves", "has ended", after["next room"], after["shards"]),
    ]
    if back := seen.get("back"):
        ended = goes_on(back["meeting goes on"])
        rows.append(
            (
                "the former release is appended",
                f"the one on {back['opened on']} {ended}",
                back["next room"],
                back["shards"],
            )
        )
    lines = ["| what happens | the meeting on s0 | a new room opens on | shards |", "| --- | --- | --- | --- |"]
    return lines + [f"| {what} | {meeting} | {room} | {', '.join(shards)} |" for what, meeting, room, shards in rows]


def rows(seen: dict[str, Any]) -> str:
    """Return the tables: who noticed, when, and what stopped the unhealthy release."""
    lines = [*noticed(seen), "", "| when | what |", "| --- | --- |"]
    lines += [f"| {seconds:.0f} s | {what} |" for what, seconds in seen["acts"]]
    reason = next(line for line in seen["broken"]["failure"].splitlines() if "is not healthy" in line)
    said = reason[reason.index("s0b (") :].partition(". To go back")[0]
    return "\n".join([*lines, "", f"The unhealthy release was stopped with: `{said}`."]) + "\n"


def page() -> str:
    """Return the page with what the last run saw."""
    text = PAGE.read_text(encoding="utf-8")
    if not SEEN.exists():
        return text
    before, _, rest = text.partition(BEGIN)
    seen = json.loads(SEEN.read_text(encoding="utf-8"))
    return f"{before}{BEGIN}\n\n{rows(seen)}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
