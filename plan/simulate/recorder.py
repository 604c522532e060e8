"""Metrics of a shard as a whole: what Prometheus' rules record of its people and of its timetable."""

import zlib
from collections import deque
from collections.abc import Sequence

from components.metrics.names import EXPECTED, TIMETABLE
from plan.simulate.bridge import Bridge
from plan.simulate.settings import MetricsSettings, Timed
from plan.trend import WINDOW, expected

EVALUATED = 10  # seconds of each interval; the autoscaler looks at 0, so what it sees is up to an interval older
STEP = 5
SAMPLES = 4  # that a slope is fitted through at least


class Recorder:
    """Reads bridges one after the other over each interval, as scrapes are spread, and evaluates the rules once in it."""

    def __init__(self, rules: MetricsSettings, timetable: Timed) -> None:
        self.totals: dict[str, int | None] = {EXPECTED: None, TIMETABLE: 0}
        """As last recorded, milli-units."""
        self._rules = rules
        self._timetable = timetable
        self._read: dict[Bridge, int] = {}
        self._sums: deque[tuple[int, int]] = deque()

    def read(self, now: int, bridges: Sequence[Bridge]) -> None:
        """One step of scraping, and the rules where their time has come."""
        interval = self._rules.interval
        for bridge in bridges:
            due = (now + zlib.crc32(bridge.name.encode()) % interval // STEP * STEP) % interval < STEP
            if bridge.ready(now) and (due or bridge not in self._read):
                self._read[bridge] = bridge.load
        if (now - EVALUATED) % interval < STEP or self.totals[EXPECTED] is None:
            self._evaluate(now, bridges)

    def _evaluate(self, now: int, bridges: Sequence[Bridge]) -> None:
        """The slope is of everybody, so that people who are moved off a leaving bridge are no growth."""
        self._read = {bridge: self._read[bridge] for bridge in bridges if bridge in self._read}
        sums = self._sums
        sums.append((now, sum(self._read.values())))
        while sums[0][0] <= now - max(WINDOW, SAMPLES * self._rules.interval):
            sums.popleft()
        staying = sum(people for bridge, people in self._read.items() if bridge.leaving_since is None)
        self.totals[EXPECTED] = int(1000 * expected(staying, _slope(sums), self._rules.look_ahead))
        asked = [number for since, number in self._timetable if since <= now]
        self.totals[TIMETABLE] = 1000 * asked[-1] if asked else 0


def _slope(samples: Sequence[tuple[int, int]]) -> float:
    """Per second, by least squares: Prometheus' `deriv`."""
    count = len(samples)
    if count < 2:  # noqa: PLR2004 - a line needs two points
        return 0.0
    middle = sum(time for time, _ in samples) / count
    mean = sum(value for _, value in samples) / count
    spread = sum((time - middle) ** 2 for time, _ in samples)
    return sum((time - middle) * (value - mean) for time, value in samples) / spread
