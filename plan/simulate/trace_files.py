"""Traces from CSV files with a header line, in one of two formats.

`seconds,participants[,conferences]`: number of participants at a time after midnight, interpolated between lines. Without
`conferences` a room has ten participants.

`room,joins,leaves,participants`: participants of a room join and leave at these seconds after midnight.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from config.problems import ConfigError, Problem
from plan.simulate.traces import Event, Trace

CURVE = ("seconds", "participants")
ROOMS = ("room", "joins", "leaves", "participants")
ROOM_SIZE = 10
LONGEST = 36 * 3600  # seconds of schedule that a simulation uses
MAX_JOINS = 200_000  # about ten seconds of simulation
MINUTE = 60
OPTION = "--trace"

Row = tuple[int, dict[str, str]]


def _wrong(path: Path, what: str, line: int | None = None) -> ConfigError:
    where = f"{path.name} line {line}" if line else path.name
    return ConfigError([Problem(OPTION, f"{where}: {what}")])


def _whole(path: Path, line: int, row: dict[str, str], key: str, maximum: int) -> int:
    text = (row.get(key) or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > len(str(maximum)) or int(text) > maximum:
        raise _wrong(path, f"{key} is a whole number from 0 to {maximum}, got {text!r}", line)
    return int(text)


def read_trace(path: Path, seed: int) -> Trace:
    """Read a trace from a file; `seed` determines the random times between lines.

    Raises:
        ConfigError: The file cannot be read or has another format; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise _wrong(path, f"cannot be read: {reason}; built in are school, flash, evening and webinar") from None
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise _wrong(path, f"is not CSV: {error}") from None
    head = [cell.strip().lower() for cell in lines[0]] if lines else []
    form = tuple(head)
    if form not in (CURVE, (*CURVE, "conferences"), ROOMS):
        expected = f"{','.join(CURVE)}[,conferences] or {','.join(ROOMS)}"
        raise _wrong(path, f"the first line is {expected}, got {','.join(head) or 'nothing'}", 1)
    rows: list[Row] = []
    for line, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            raise _wrong(path, f"{len(head)} values are needed, got {len(cells)}", line)
        rows.append((line, dict(zip(head, cells, strict=True))))
    if len(rows) < (1 if form == ROOMS else 2):
        raise _wrong(path, "a curve needs at least two lines" if form != ROOMS else "nobody joins; add a line")
    return _rooms(path, rows) if form == ROOMS else _curve(path, rows, seed)


def _rooms(path: Path, rows: Sequence[Row]) -> Trace:
    events: list[Event] = []
    total = 0
    for line, row in rows:
        joins = _whole(path, line, row, "joins", LONGEST)
        leaves = _whole(path, line, row, "leaves", LONGEST)
        count = _whole(path, line, row, "participants", MAX_JOINS)
        room = row["room"].strip()
        if not room:
            raise _wrong(path, "room is empty; give it a name", line)
        if leaves <= joins:
            raise _wrong(path, f"leaves {leaves} is not after joins {joins}", line)
        total += count
        if count:
            events += (Event(joins, "join", room, count), Event(leaves, "leave", room, count))
    if total > MAX_JOINS:
        raise _wrong(path, f"{total} people join, above {MAX_JOINS}; use a part of the day, or of the rooms")
    begins = min((event.time for event in events), default=0)
    ends = max((event.time for event in events), default=MINUTE)
    return _trace(path, begins, ends, events)


def _trace(path: Path, begins: float, ends: float, events: Sequence[Event], standing: int = 0) -> Trace:
    """Return the trace, extended to whole minutes."""
    first, last = int(begins) // MINUTE * MINUTE, -(-int(ends) // MINUTE) * MINUTE
    return Trace(path.stem, first, max(last, first + MINUTE), tuple(sorted(events)), standing)


def _curve(path: Path, rows: Sequence[Row], seed: int) -> Trace:
    points: list[tuple[int, int, int]] = []
    for line, row in rows:
        seconds = _whole(path, line, row, "seconds", LONGEST)
        people = _whole(path, line, row, "participants", MAX_JOINS)
        rooms = _whole(path, line, row, "conferences", MAX_JOINS) if "conferences" in row else -(-people // ROOM_SIZE)
        if points and seconds <= points[-1][0]:
            raise _wrong(path, f"seconds {seconds} is not after {points[-1][0]}; lines are in order of time", line)
        if people and not rooms:
            raise _wrong(path, f"{people} participants need at least one conference, got 0", line)
        points.append((seconds, people, rooms))
    joins = points[0][1] + sum(max(0, now[1] - before[1]) for before, now in pairwise(points))
    if joins > MAX_JOINS:
        raise _wrong(path, f"{joins} people join, above {MAX_JOINS}; use a part of the day")
    rooms = _Rooms(random.Random(seed))  # noqa: S311 - repeatable on purpose
    events = list(rooms.follow(points[0][0], points[0][0], points[0][1], points[0][2]))
    for before, now in pairwise(points):
        events += rooms.follow(before[0], now[0], now[1], now[2])
    return _trace(path, points[0][0], points[-1][0], events, standing=points[0][1])


class _Rooms:
    """Rooms that follow a curve: the oldest end first; participants join random rooms and leave the largest."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._people: dict[str, int] = {}
        self._created = 0

    def follow(self, since: int, until: int, people: int, rooms: int) -> Iterator[Event]:
        """Yield events that lead to `people` participants in `rooms` rooms at `until`."""
        while len(self._people) > rooms:
            room = next(iter(self._people))
            del self._people[room]
            yield Event(self._draw.uniform(since, until), "end", room)
        while len(self._people) < rooms:
            self._created += 1
            self._people[f"room-{self._created}"] = 0
        names = list(self._people)
        change = people - sum(self._people.values())
        for _ in range(change):
            room = self._draw.choice(names)
            self._people[room] += 1
            yield Event(self._draw.uniform(since, until), "join", room)
        while change < 0:
            room = max(names, key=lambda name: self._people[name])
            gone = min(-change, max(1, self._people[room] // 4))
            self._people[room] -= gone
            change += gone
            yield Event(self._draw.uniform(since, until), "leave", room, gone)
