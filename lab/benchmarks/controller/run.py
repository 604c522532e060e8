"""A run: a control plane in this network namespace, and every scenario in a Kubernetes namespace, in parallel."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.benchmarks.controller import agreement, objects
from lab.benchmarks.controller.autoscaler import deployed_specs
from lab.benchmarks.controller.metrics_api import MetricsServer, ServedScenario, Sync
from lab.benchmarks.controller.model import closed_loop, regular_looks, replayed
from lab.benchmarks.controller.scenario import BOOT, COMPRESSION, FIRST_READING, Scenario
from lab.benchmarks.controller.watched import Cluster
from lab.cluster.nodes import add_node
from lab.embedded import Embedded
from lab.paths import Paths
from lab.progress import Progress
from lab.toolchain.prepare import ensure
from plan.simulate.hpa_spec import Spec, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.benchmarks.controller.model import Steps
    from lab.benchmarks.controller.watched import WatchedNamespace

NODES = 80  # more than any scenario's bridges, terminating ones included
FIRST_PORT = 10000
WAIT = 120.0  # seconds for the first bridges and the registration of the metrics
ROOM = 900  # seconds that a watch may last beyond the scenarios
PHASES = 10

FLAGS = (
    "--horizontal-pod-autoscaler-sync-period=1s",  # 15 s
    "--horizontal-pod-autoscaler-downscale-stabilization=20s",  # 5 min
    "--horizontal-pod-autoscaler-initial-readiness-delay=2s",  # 30 s
    "--horizontal-pod-autoscaler-cpu-initialization-period=20s",  # 5 min
    # Client limits are per second, and a second has 15 times the requests.
    "--kube-api-qps=300",
    "--kube-api-burst=450",
)
"""kube-controller-manager's periods, divided by the compression."""


class RunError(Exception):
    """The run failed and says nothing about the model."""


def play(scenarios: Sequence[Scenario], say: Callable[[str], None]) -> dict[str, Any]:
    """Run the scenarios in parallel and compare each with the model.

    Raises:
        RunError: the cluster failed.
    """
    specs_by_kind = deployed_specs()
    with tempfile.TemporaryDirectory() as folder:
        embedded = Embedded(Paths(Path(folder) / "state"), ensure("tests", Progress()), FLAGS, say=say)
        embedded.paths.root.mkdir()
        try:
            embedded.plane.start()
            return _played(embedded, scenarios, specs_by_kind, Path(folder), say)
        finally:
            embedded.stop()


def _played(
    embedded: Embedded,
    scenarios: Sequence[Scenario],
    specs_by_kind: dict[str, Any],
    folder: Path,
    say: Callable[[str], None],
) -> dict[str, Any]:
    specs = {
        f"run-{number}": objects.autoscaler(each.kind, specs_by_kind[each.kind])
        for number, each in enumerate(scenarios)
    }
    longest = max(scenario.seconds for scenario in scenarios)
    certificate, key, bundle = objects.certificate(folder)
    with embedded.api() as api:
        for number in range(NODES):
            inside, outside = f"10.0.1.{number}", f"192.0.2.{number}"
            add_node(api, f"node-{number:02}", internal_ip=inside, external_ip=outside, cpu="64", memory="64Gi")
        cluster = Cluster(embedded.api, list(specs), int(longest) + ROOM)
        server = MetricsServer((objects.ADDRESS, objects.PORT), certificate, key, cluster)
        server.run()
        objects.register(api, bundle)
        for number, (namespace, scenario) in enumerate(zip(specs, scenarios, strict=True)):
            metrics = tuple(target.name for target in spec_of(specs[namespace]).targets)
            server.played[namespace] = ServedScenario(scenario, metrics)
            minimum = specs[namespace]["minReplicas"]
            objects.workload(api, namespace, scenario.kind, minimum, FIRST_PORT + number)
        _until(
            lambda: objects.registered(api) and all(len(one.ready()) >= 2 for one in cluster.of.values()),
            "the first bridges and the metrics API",
        )
        time.sleep(FIRST_READING)
        for namespace, spec in specs.items():
            server.played[namespace].begins = time.monotonic()
            objects.scale(api, namespace, spec)
        say(f"the controller plays {len(scenarios)} scenarios of up to {longest:.0f} s at once")
        _wait(cluster, longest)
        version = api.get("/version")["gitVersion"]
    server.shutdown()
    return {
        "controller": version,
        "compression": COMPRESSION,
        "scenarios": [
            _compared(server.played[namespace], cluster.of[namespace], specs[namespace]) for namespace in specs
        ],
    }


def _until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT
    while not done():
        if time.monotonic() > deadline:
            raise RunError(f"{what} did not come up within {WAIT:.0f} s")
        time.sleep(0.1)


def _wait(cluster: Cluster, seconds: float) -> None:
    deadline = time.monotonic() + seconds + 2
    while time.monotonic() < deadline:
        if cluster.failed:
            raise RunError(f"{cluster.failed}; play it again")
        time.sleep(0.5)


def _relative(changes: Sequence[tuple[float, int]], begins: float) -> Steps:
    """Steps on the run's clock, from its first second."""
    steps = [(time - begins, value) for time, value in changes]
    before = [value for time, value in steps if time <= 0]
    return [(0.0, before[-1]), *(step for step in steps if step[0] > 0)]


def _whole(played: ServedScenario, seconds: float) -> list[Sync]:
    """Syncs within the run that requested every metric."""
    return [sync for sync in played.syncs if len(sync.times) == len(played.metrics) and sync.times[-1] < seconds]


def _compared(played: ServedScenario, watched: WatchedNamespace, written: dict[str, Any]) -> dict[str, Any]:
    scenario, spec = played.scenario, spec_of(written)
    seconds = scenario.seconds
    syncs = _whole(played, seconds)
    # Rounded first, so that the model gives the same from the stored result.
    looks = [[round(time, 3) for time in sync.times] for sync in syncs]
    boot = round(statistics.median(watched.starts), 3)
    real, real_pods = _relative(watched.scale, played.begins), _relative(watched.there, played.begins)
    model, model_pods = closed_loop(scenario, spec, looks, boot=boot)
    own, phase, own_apart = _on_its_own(scenario, spec, real, boot)
    gaps = [after.times[0] - sync.times[0] for sync, after in pairwise(syncs)]
    return {
        **asdict(scenario),
        "spec": written,
        "bootSeconds": {"asked": BOOT, "measured": boot},
        "syncs": {
            "number": len(syncs),
            "meanSeconds": round(statistics.mean(gaps), 3),
            "longestSeconds": round(max(gaps), 3),
        },
        "apart": agreement.difference(real, model, seconds).as_dict(),
        "ownClock": {"phase": phase, **own_apart.as_dict(), "maximum": agreement.maximum(own)},
        "replayed": {"looks": len(syncs) - 1, "other": replayed(spec, syncs)},
        "maximum": {"real": agreement.maximum(real), "model": agreement.maximum(model)},
        "replicaHours": _hours(real, model, seconds),
        "nodeHours": _hours(real_pods, model_pods, seconds),
        "withoutMetrics": agreement.losses(syncs).as_dict(),
        "real": [[round(time, 3), value] for time, value in real if time < seconds],
        "model": model,
        "looks": looks,
    }


def _hours(real: Steps, model: Steps, seconds: float) -> dict[str, float]:
    return {
        who: round(agreement.stack_hours([step for step in steps if step[0] < seconds], seconds), 2)
        for who, steps in (("real", real), ("model", model))
    }


def _on_its_own(scenario: Scenario, spec: Spec, real: Steps, boot: float) -> tuple[Steps, float, agreement.Difference]:
    """Run the model on its own clock, at the phase that fits the real run best."""
    tried: list[tuple[float, float, Steps, agreement.Difference]] = []
    for number in range(PHASES):
        phase = number / PHASES
        steps, _ = closed_loop(scenario, spec, regular_looks(scenario, spec, phase), boot=boot)
        found = agreement.difference(real, steps, scenario.seconds)
        tried.append((found.mean, phase, steps, found))
    _, phase, steps, found = min(tried, key=lambda one: one[:2])
    return steps, phase, found
