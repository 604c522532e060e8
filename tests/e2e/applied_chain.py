"""Apply a chain of config changes, and compare the bridges that end with the diff."""

import math
import time

import yaml
from diff_chains import CHAINS, HEAD, Leaving, config_after, counted, diff_of_step, leaving, line, made_after, predicted
from diff_changes import FILE
from engine_agrees import agree, operations
from waiting import eventually

from lab.paths import PROJECT
from plan.diff.fleet import fleet, is_bridge_workload, object_name

QUIET_SECONDS = 4.0  # longer than the controllers' resync, so that any pod due to leave has started
SETTLES_SECONDS = 240
LEAVES_SECONDS = 180
RESULTS = PROJECT / ".local" / "diff"


class Chain:
    """The local stack after some steps."""

    def __init__(self, name, embedded, folder):
        self.name, self.embedded, self.folder = name, embedded, folder
        self.taken = 0
        self.owed = {}  # shard -> bridges that an unfinished rollout will still replace
        self.rows = []

    def start(self):
        self.embedded.engine.up(FILE)
        self.settle()

    def file(self, number):
        """Write the stack file after `number` steps, with the same stack name."""
        path = self.folder / FILE.name
        path.write_text(yaml.safe_dump({"config": config_after(CHAINS[self.name][:number])}), encoding="utf-8")
        return path

    def take(self, number):
        """Apply the step, and compare the engine's operations and the ended bridges with the diff; alone, after all steps before it."""
        for earlier in range(0 if self.taken else number):
            self.take(earlier)
        assert self.taken == number, "the previous step failed"
        diff = diff_of_step(self.name, number)
        before, expected = self.running(), leaving(diff)
        outcome = self.embedded.engine.up(self.file(number + 1))
        agree(outcome, diff)
        for shard, bridges in expected.items():
            eventually(lambda s=shard, b=bridges: self.gone(before, s) >= b.soon, seconds=LEAVES_SECONDS)
        self.taken = number + 1
        self.settle()
        left = {shard: self.gone(before, shard) for shard in sorted({*before.values()})}
        for shard, count in left.items():
            bridges = expected.get(shard, Leaving())
            maximum = bridges.max + self.owed.get(shard, 0)
            assert count <= maximum, f"{count} bridges of {shard} left, and the diff names at most {maximum}"
            if bridges.max:
                self.owed[shard] = max(0, bridges.min - count)
        custom = {verdict.change.resource.urn for verdict in diff.shown}
        done = counted([operation for urn, operation in operations(outcome).items() if urn in custom])
        gone = "; ".join(f"{shard}: {count}" for shard, count in left.items() if count) or "none"
        self.rows.append((predicted(self.name, number), done, gone))

    def pods(self):
        with self.embedded.api() as api:
            return api.items("/api/v1/namespaces/jitsi/pods", labelSelector="app.kubernetes.io/name=jvb")

    def running(self):
        """Return UID -> shard of running bridges on existing nodes that are not terminating."""
        with self.embedded.api() as api:
            nodes = {node["metadata"]["name"] for node in api.items("/api/v1/nodes")}
        return {
            pod["metadata"]["uid"]: pod["metadata"]["labels"]["app.kubernetes.io/instance"]
            for pod in self.pods()
            if pod["status"].get("phase") == "Running"
            and "deletionTimestamp" not in pod["metadata"]
            and pod["spec"].get("nodeName") in nodes
        }

    def gone(self, before, shard):
        """Count the shard's bridges in `before` that no longer run."""
        now = self.running()
        return sum(of == shard and uid not in now for uid, of in before.items())

    def settle(self):
        """Wait until as many run as the plan allows, no pod starts or ends, no rollout is in progress, and nothing changes."""
        workloads = fleet(made_after(self.name, self.taken)).workloads
        minimum = sum(workload.min for workload in workloads)
        # a DaemonSet has one for each node
        maximum = sum(math.inf if workload.kind == "DaemonSet" else workload.max for workload in workloads)

        def still():
            now = self.running()
            if not minimum <= len(now) <= maximum or len(self.pods()) != len(now) or self.rolling():
                return False
            time.sleep(QUIET_SECONDS)
            return self.running() == now and len(self.pods()) == len(now)

        eventually(still, seconds=SETTLES_SECONDS)

    def rolling(self):
        """Whether a StatefulSet or DaemonSet is being updated; a Deployment may take the drain deadline per bridge."""
        with self.embedded.api() as api:
            sets = self.workloads(api, "statefulsets")
            daemons = self.workloads(api, "daemonsets")
        return any(
            workload["status"].get("updateRevision") != workload["status"].get("currentRevision")
            or workload["status"].get("observedGeneration") != workload["metadata"]["generation"]
            for workload in sets
        ) or any(
            workload["status"].get("updatedNumberScheduled", 0) < workload["status"].get("desiredNumberScheduled", 0)
            for workload in daemons
        )

    @staticmethod
    def workloads(api, kind):
        return api.items(f"/apis/apps/v1/namespaces/jitsi/{kind}", labelSelector="app.kubernetes.io/name=jvb")

    def named(self):
        """Return the names of bridge workloads in the plan and in the cluster."""
        plan = {object_name(workload) for workload in made_after(self.name, self.taken) if is_bridge_workload(workload)}
        with self.embedded.api() as api:
            live = {
                item["metadata"]["name"]
                for kind in ("deployments", "statefulsets", "daemonsets")
                for item in self.workloads(api, kind)
            }
        return plan, live

    def write(self):
        """Write the table of results."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        lines = [*HEAD, *(line((*row.cells, done, gone)) for row, done, gone in self.rows)]
        (RESULTS / f"{self.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
