"""Metrics of a shard as recorded by Prometheus' rules: expected participants and the schedule."""

import zlib
from collections import deque
from collections.abc import Sequence
from functools import cache

from components.metrics.names import EXPECTED, TIMETABLE
from plan.simulate.bridge import Bridge
from plan.simulate.settings import MetricsSettings, Timed
from sizing.bridge_load import GROWTH_WINDOW_SECONDS, expected_participants

EVALUATED = 10  # second of each interval; the autoscaler reads at 0, so its values are up to one interval older
STEP = 5
SAMPLES = 4  # minimum for fitting a slope


class Recorder:
    """Reads bridges spread over each interval, as Prometheus scrapes, and evaluates the rules once per interval."""

    def __init__(self, rules: MetricsSettings, timetable: Timed) -> None:
        self.totals: dict[str, int | None] = {EXPECTED: None, TIMETABLE: 0}
        """Last recorded values in milli-units."""
        self._rules = rules
        self._timetable = timetable
        self._read: dict[Bridge, int] = {}
        self._sums: deque[tuple[int, int]] = deque()

    def read(self, now: int, bridges: Sequence[Bridge]) -> None:
        """Scrape for one step, and evaluate the rules when due."""
        interval = self._rules.interval
        for bridge in bridges:
            due = bridge not in self._read or (now + _offset(bridge.name, interval)) % interval < STEP
            if due and bridge.ready(now):
                self._read[bridge] = bridge.load
        if (now - EVALUATED) % interval < STEP or self.totals[EXPECTED] is None:
            self._evaluate(now, bridges)

    def _evaluate(self, now: int, bridges: Sequence[Bridge]) -> None:
        """Record the totals. The slope includes leaving bridges, so that participants moved off them are no growth."""
        self._read = {bridge: self._read[bridge] for bridge in bridges if bridge in self._read}
        sums = self._sums
        sums.append((now, sum(self._read.values())))
        while sums[0][0] <= now - max(GROWTH_WINDOW_SECONDS, SAMPLES * self._rules.interval):
            sums.popleft()
        staying = sum(people for bridge, people in self._read.items() if bridge.leaving_since is None)
        self.totals[EXPECTED] = int(1000 * expected_participants(staying, _slope(sums), self._rules.look_ahead))
        scheduled = [number for since, number in self._timetable if since <= now]
        self.totals[TIMETABLE] = 1000 * scheduled[-1] if scheduled else 0


@cache
def _offset(name: str, interval: int) -> int:
    """Return the second of each interval, in whole steps, that is a bridge's own."""
    return zlib.crc32(name.encode()) % interval // STEP * STEP


def _slope(samples: Sequence[tuple[int, int]]) -> float:
    """Return the slope per second by least squares, as Prometheus' `deriv`."""
    count = len(samples)
    if count < 2:  # noqa: PLR2004 - a line needs two points
        return 0.0
    middle = sum(time for time, _ in samples) / count
    mean = sum(value for _, value in samples) / count
    spread = sum((time - middle) ** 2 for time, _ in samples)
    return sum((time - middle) * (value - mean) for time, value in samples) / spread
