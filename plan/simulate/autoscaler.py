"""Autoscalers of a workload: an HPA with metrics as the adapter provides them, or jitsi-autoscaler's steps."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from components.metrics.names import TIMETABLE
from plan.simulate.bridge import CONTAINER_START, Bridge
from plan.simulate.hpa import Observation, State, decide
from plan.simulate.hpa_replicas import PodView, Sample, Samples
from plan.simulate.hpa_spec import Spec, Target
from plan.simulate.settings import STRESS_LIMIT, Settings, StepSettings
from plan.simulate.workload import Workload

WINDOW = 30  # seconds over which metrics-server computes a CPU sample
MINUTE = 60


class Reading(NamedTuple):
    """One reading of a bridge; `load` is participants, `mean_load` their mean over three minutes."""

    time: int
    stress: float
    load: int
    mean_load: float


class Readings:
    """The last reading of every bridge that is not leaving; readings of removed bridges stay for `kept` seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._latest: dict[str, Reading] = {}

    def read(self, now: int, live: list[Bridge]) -> None:
        """Read every bridge that is due."""
        rules = self._settings.metrics
        for bridge in live:
            if bridge.next_reading <= now and bridge.ready(now):
                bridge.next_reading = now + rules.interval
                mean = sum(bridge.history) / len(bridge.history) if bridge.history else bridge.load
                self._latest[bridge.name] = Reading(now, bridge.reported, bridge.load, mean)

    def forget(self, now: int, live: list[Bridge]) -> None:
        """Drop bridges that are no longer live once their last reading is older than `kept`."""
        kept = self._settings.metrics.kept
        names = {bridge.name for bridge in live}
        self._latest = {
            name: reading
            for name, reading in self._latest.items()
            if name in names or (kept and now - reading.time < kept)
        }

    def samples(self, target: Target) -> Samples:
        """Return every reading as the target's metric, in milli-units."""
        value = self._value(target.name)
        return {name: Sample(value(reading), reading.time, WINDOW) for name, reading in self._latest.items()}

    def _value(self, metric: str) -> Callable[[Reading], int]:
        settings = self._settings
        match metric.replace("-", "_"):  # kube-metrics-adapter's names
            case "jvb_stress":
                return lambda reading: int(reading.stress * 1000)
            case "jvb_participants":
                return lambda reading: reading.load * 1000
            case "jvb_transmit_kbps":
                return lambda reading: int(reading.load * settings.transmit_kbps * 1000)
            case "container_network_transmit_bytes_per_second":
                return lambda reading: int(reading.mean_load * settings.transmit_kbps * 1000 / 8 * 1000)
            case "cpu":
                return lambda reading: int(reading.stress * STRESS_LIMIT * settings.request)
            case _:
                raise ValueError(f"the model has no metric {metric}")


def _view(now: int, bridge: Bridge, request: int) -> PodView:
    ready_at = now if bridge.ready_at is None else bridge.ready_at
    return PodView(
        bridge.name,
        bridge.pending(now),
        bridge.leaving_since is not None,
        bridge.ready(now),
        ready_at - CONTAINER_START,
        ready_at,
        request,
    )


def _of_shard(metric: str) -> str:
    """Return the recorded name; kube-metrics-adapter uses the ScalingSchedule's name, jvb-timetable-s0."""
    return TIMETABLE if metric.replace("-", "_").startswith(TIMETABLE) else metric


class HpaOfWorkload:
    """An HPA with its state and its view of one workload."""

    def __init__(self, workload: Workload, spec: Spec, settings: Settings) -> None:
        self._workload = workload
        self._spec = spec
        self._settings = settings
        self._state = State()
        self._readings = Readings(settings)

    def read(self, now: int) -> None:
        """Read metrics as the adapter does."""
        self._readings.read(now, self._workload.live)

    def sync(self, now: int, totals: Mapping[str, int | None]) -> None:
        """Run one reconcile of the controller; `totals` are metrics with a single value, in milli-units."""
        workload = self._workload
        live = workload.live
        self._readings.forget(now, live)
        seen = Observation(
            replicas=workload.desired,
            # A StatefulSet's status includes terminating pods, a Deployment's does not.
            status_replicas=len(workload.bridges if workload.settings.ordinals else live),
            pods=tuple(_view(now, bridge, self._settings.request) for bridge in workload.bridges),
            values=tuple(
                self._readings.samples(target)
                if target.kind in ("Pods", "Resource")
                else totals[_of_shard(target.name)]
                for target in self._spec.targets
            ),
        )
        workload.desired, self._state = decide(self._state, seen, self._spec, now)


class Stepper:
    """jitsi-autoscaler (src/autoscaler.ts): decides every 30 s on means per minute, and pauses after each step."""

    def __init__(self, workload: Workload, rules: StepSettings) -> None:
        self._workload = workload
        self._rules = rules
        self._means: list[float] = []
        self._pause_until = -(10**9)

    def sync(self, now: int) -> None:
        """Decide once. Does nothing while a requested instance is not ready."""
        rules, workload = self._rules, self._workload
        live = workload.live
        ready = [bridge for bridge in live if bridge.ready(now)]
        if now % MINUTE == 0:
            self._means.append(sum(bridge.reported for bridge in ready) / max(1, len(ready)))
            self._means = self._means[-rules.shrink_periods :]
        if now < self._pause_until or len(ready) < len(live):
            return
        up, down = self._means[-rules.grow_periods :], self._means[-rules.shrink_periods :]
        before = workload.desired
        if len(up) == rules.grow_periods and min(up) >= rules.grows_at:
            workload.desired = min(rules.max, before + rules.step)
        elif len(down) == rules.shrink_periods and max(down) < rules.shrinks_below:
            workload.desired = max(rules.min, before - 1)
        if workload.desired != before:
            self._pause_until = now + rules.grace
