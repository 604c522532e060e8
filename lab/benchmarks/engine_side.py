"""Benchmarks of the engine and providers on the embedded cluster, split by process."""

from __future__ import annotations

import json
import resource
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lab.benchmarks.audit import Log
from lab.benchmarks.cluster_peer import ClusterPeer
from lab.benchmarks.fit import median
from lab.benchmarks.process_tree import ENGINE, Watch
from lab.benchmarks.stacks import stack
from lab.benchmarks.waits import Steps, slow, standing
from lab.embedded import Embedded
from lab.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.cluster.api import Api
    from lab.engine.events import Outcome
    from lab.toolchain.prepare import Toolchain

SHARDS = (1, 4)
DRY_RUNS = 3
KEPT_LABELS = ("kubernetes.io/", "topology.kubernetes.io/", "node.kubernetes.io/", "jitsi.org/", "k8s.scaleway.com/")


class EngineSide:
    """The operations of a stack in its own embedded cluster, in a temporary folder."""

    def __init__(self, embedded: Embedded, shards: int, say: Callable[[str], None]) -> None:
        self.embedded = embedded
        self.engine = embedded.engine
        self.shards = shards
        self.say = say
        self.file = embedded.paths.root / f"bench-{shards}.yaml"
        self.file.write_text(yaml.safe_dump(stack(shards, mixed=True)))
        self.engine.prepare(self.file)
        self.log = Log(embedded.paths.audit_log)

    def run(self) -> dict[str, Any]:
        """Run preview, up, both without changes, and destroy; and the baseline for the same objects."""
        phases = [
            self._phase("preview from nothing", self.engine.preview),
            self._phase("up from nothing", self.engine.up),
            self._phase("preview, nothing changed", self.engine.preview),
            self._phase("up, nothing changed", self.engine.up),
        ]
        state = json.loads(self.engine.run(self.file, "stack", "export", "--show-secrets"))
        with self.embedded.api() as api:
            peer = ClusterPeer(api, state)
            dry = median([peer.apply(dry_run=True) for _ in range(DRY_RUNS)])
            nodes = api.items("/api/v1/nodes")
            phases.append(self._phase("destroy", self.engine.destroy))
            for number, node in enumerate(
                [*nodes, *nodes]
            ):  # twice, since another order of creation packs less tightly
                _again(api, node, f"peer-{number}")
            applied = peer.apply(dry_run=False)
            waited = peer.wait()
        peers = {"objects": len(peer.documents), "apply": applied, "ready": waited, "dryRun": dry}
        self.say(f"  {self.shards} shards, the peer: " + ", ".join(f"{k} {v:.2f}" for k, v in peers.items()))
        return {
            "shards": self.shards,
            "resources": len(state["deployment"]["resources"]),
            "phases": phases,
            "peer": peers,
        }

    def _phase(self, name: str, operation: Callable[..., Outcome]) -> dict[str, Any]:
        self.log.since()
        steps = Steps()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Watch() as watch:
            outcome = operation(self.file, follow=steps)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        writes = self.log.since()
        processes = watch.summary()
        # rusage counts children to their end; the difference is what sampling missed.
        total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.say(f"  {self.shards} shards, {name}: {outcome.seconds:.1f} s, {writes.real} writes")
        return {
            "phase": name,
            "seconds": round(outcome.seconds, 2),
            "cpu": round(total, 2),
            "unseen": round(max(0.0, total - _of_engine(processes)), 2),
            "processes": processes,
            "writes": writes.real,
            "dryRuns": writes.dry,
            "waited": round(standing(steps.ended), 1),
            "slow": [
                {"name": step.name, "type": step.type, "seconds": round(step.seconds, 1)} for step in slow(steps.ended)
            ],
            "changes": sum(outcome.changes.values()),
        }


def _of_engine(processes: Mapping[str, Mapping[str, float]]) -> float:
    return sum(entry["cpu"] for name, entry in processes.items() if name in ENGINE)


def _again(api: Api, node: dict[str, Any], name: str) -> None:
    """Create a node like one of the destroyed pools', for the baseline's pods."""
    labels = {key: value for key, value in node["metadata"]["labels"].items() if key.startswith(KEPT_LABELS)}
    taints = [taint for taint in node["spec"].get("taints", []) if not taint["key"].startswith("node.kubernetes.io/")]
    status = {key: node["status"][key] for key in ("capacity", "allocatable", "addresses")}
    document = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**labels, "kubernetes.io/hostname": name}},
        "spec": {"taints": taints},
        "status": status,
    }
    api.create("/api/v1/nodes", document)


def measure_all(toolchain: Toolchain, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure the part `engine` of the results."""
    results = []
    for shards in SHARDS:
        with tempfile.TemporaryDirectory() as folder:
            embedded = Embedded(Paths(Path(folder)), toolchain, say=say)
            try:
                embedded.start()
                results.append(EngineSide(embedded, shards, say).run())
            finally:
                embedded.stop()
    return results
