"""A chain of config changes, applied one on top of the other, and who left for each."""

import time

import yaml
from diff_chains import CHAINS, HEAD, Leaving, config_after, counted, diff_of_step, leaving, line, made_after, predicted
from diff_changes import FILE
from engine_agrees import agree, operations
from waiting import eventually

from local.places import PROJECT
from plan.diff.fleet import fleet, is_bridge_workload, object_name

QUIET_SECONDS = 4.0  # longer than the controllers' resync, so that a pod that was to leave would have begun
SETTLES_SECONDS = 240
LEAVES_SECONDS = 180
RESULTS = PROJECT / ".local" / "diff"


class Chain:
    """The local stack as it is after some steps."""

    def __init__(self, name, embedded, folder):
        self.name, self.embedded, self.folder = name, embedded, folder
        self.taken = 0
        self.owed = {}  # shard -> bridges that an unfinished rollout has still to take
        self.rows = []

    def start(self):
        self.embedded.engine.up(FILE)
        self.settle()

    def file(self, number):
        """The stack file after so many steps, under the same stack's name."""
        path = self.folder / FILE.name
        path.write_text(yaml.safe_dump({"config": config_after(CHAINS[self.name][:number])}), encoding="utf-8")
        return path

    def take(self, number):
        """Apply the step, and hold what the engine did and who left against the diff."""
        assert self.taken == number, "a step starts from the one before it, which did not end well"
        made = diff_of_step(self.name, number)
        before, expected = self.running(), leaving(made)
        outcome = self.embedded.engine.up(self.file(number + 1))
        agree(outcome, made)
        for shard, bridges in expected.items():
            eventually(lambda s=shard, b=bridges: self.gone(before, s) >= b.soon, seconds=LEAVES_SECONDS)
        self.taken = number + 1
        self.settle()
        left = {shard: self.gone(before, shard) for shard in sorted({*before.values()})}
        for shard, count in left.items():
            bridges = expected.get(shard, Leaving())
            most = bridges.most + self.owed.get(shard, 0)
            assert count <= most, f"{count} bridges of {shard} left, and the diff names {most}"
            if bridges.most:
                self.owed[shard] = max(0, bridges.least - count)
        custom = {one.change.resource.urn for one in made.shown}
        done = counted([operation for urn, operation in operations(outcome).items() if urn in custom])
        gone = "; ".join(f"{shard}: {count}" for shard, count in left.items() if count) or "none"
        self.rows.append((predicted(self.name, number), done, gone))

    def pods(self):
        with self.embedded.api() as api:
            return api.items("/api/v1/namespaces/jitsi/pods", labelSelector="app.kubernetes.io/name=jvb")

    def running(self):
        """UID -> shard of the bridges that run, on a node that is there, and are not told to leave."""
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
        """How many of the shard's bridges that ran before do not run any more."""
        now = self.running()
        return sum(of == shard and uid not in now for uid, of in before.items())

    def settle(self):
        """Wait until the least number runs, none is on its way, no ordinal waits for its turn, and that stays so."""
        least = sum(workload.least for workload in fleet(made_after(self.name, self.taken)).workloads)

        def still():
            now = self.running()
            if len(now) < least or len(self.pods()) != len(now) or self.rolling():
                return False
            time.sleep(QUIET_SECONDS)
            return self.running() == now and len(self.pods()) == len(now)

        eventually(still, seconds=SETTLES_SECONDS)

    def rolling(self):
        """Whether a StatefulSet or DaemonSet is being updated; a Deployment takes a drain's time for each bridge."""
        with self.embedded.api() as api:
            sets = self.workloads(api, "statefulsets")
            daemons = self.workloads(api, "daemonsets")
        return any(
            one["status"].get("updateRevision") != one["status"].get("currentRevision")
            or one["status"].get("observedGeneration") != one["metadata"]["generation"]
            for one in sets
        ) or any(
            one["status"].get("updatedNumberScheduled", 0) < one["status"].get("desiredNumberScheduled", 0)
            for one in daemons
        )

    @staticmethod
    def workloads(api, kind):
        return api.items(f"/apis/apps/v1/namespaces/jitsi/{kind}", labelSelector="app.kubernetes.io/name=jvb")

    def named(self):
        """Bridge workloads: those that the plan knows, and those of the cluster."""
        plan = {object_name(one) for one in made_after(self.name, self.taken) if is_bridge_workload(one)}
        with self.embedded.api() as api:
            found = {
                item["metadata"]["name"]
                for kind in ("deployments", "statefulsets", "daemonsets")
                for item in self.workloads(api, kind)
            }
        return plan, found

    def write(self):
        """Leave the table of what was seen."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        lines = [*HEAD, *(line((*said.cells, done, gone)) for said, done, gone in self.rows)]
        (RESULTS / f"{self.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
