"""A shard's life on a running stack: added, drained, removed; a release brought in beside the old one, taken back, and kept."""

import pytest
import yaml
from waiting import eventually

from lab.paths import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

OLD = [
    {"name": "s0", "zone": "fr-par-1", "bridges": {"min": 1, "max": 2, "scaling": {"spares": 0}}},
    {"name": "s1", "zone": "fr-par-2", "bridges": {"layout": "nodePort", "perNode": 2, "min": 2, "max": 4}},
]
THIRD = {"name": "s2", "zone": "fr-par-1", "weight": 50, "bridges": {"min": 1, "max": 2}}
GREEN = {"name": "s3", "zone": "fr-par-2", "release": "stable-11200", "bridges": {"min": 1, "max": 2}}
EDGE = ("update", "jitsi-edge-config")
RULES = ("update", "jitsi-metrics-prometheus-config")
POLICY = ("update", "jitsi-admission-policy")
REMOVED = ("update", "jitsi-removed-shards")
NODES = ("update", "scaleway-kapsule-system-fr-par-2")
"""Bounds of the system pool of a zone that gets, or loses, a shard's signalling."""
SHARED = {EDGE, RULES, POLICY, REMOVED}
"""What a shard with host ports changes besides its own resources: two files, who may have which host port, and which shards are gone."""


class Stack:
    """The local stack with other shards, and what an update of it did."""

    def __init__(self, embedded, folder):
        self.embedded = embedded
        self.file = folder / "Pulumi.shards.yaml"
        self.document = yaml.safe_load((PROJECT / "Pulumi.local.yaml").read_text())

    def write(self, *shards):
        self.document["config"]["jitsi:shards"] = list(shards)
        self.file.write_text(yaml.safe_dump(self.document))

    def up(self, *shards):
        """Operations of the engine as (operation, logical name), of everything that changed."""
        self.write(*shards)
        outcome = self.embedded.engine.up(self.file)
        return {
            (step.operation, step.name) for step in outcome.steps if step.changes and step.type != "pulumi:pulumi:Stack"
        }

    def standing(self, *shards):
        """What must not be touched: pods that carry calls, by uid; and the workloads of pods that nodes may push about.

        Web and HAProxy may move when the autoscaler gives up a node that a removed shard has left.
        """
        pods, workloads = [], []
        with self.embedded.api() as api:
            pods = api.items("/api/v1/namespaces/jitsi/pods")
            for kind in ("statefulsets", "deployments"):
                workloads += api.items(f"/apis/apps/v1/namespaces/jitsi/{kind}")
        calls = {
            pod["metadata"]["uid"]: pod["metadata"]["name"]
            for pod in pods
            if pod["metadata"]["labels"]["app.kubernetes.io/instance"] in shards
            and {"prosody", "jicofo", "jvb"} & {container["name"] for container in pod["spec"]["containers"]}
        }
        templates = {
            workload["metadata"]["uid"]: (workload["metadata"]["name"], workload["spec"]["template"])
            for workload in workloads
            if workload["metadata"]["labels"]["app.kubernetes.io/instance"] in (*shards, "shards")
        }
        assert {"haproxy", "prometheus"} <= {name for name, _ in templates.values()}
        return calls | templates

    def images(self, shard):
        with self.embedded.api() as api:
            pods = api.items("/api/v1/namespaces/jitsi/pods", labelSelector=f"app.kubernetes.io/instance={shard}")
        return {
            c["image"].rpartition(":")[2]
            for pod in pods
            for c in pod["spec"]["containers"]
            if c["name"] in ("web", "prosody", "jicofo", "jvb")
        }

    def haproxy_cfg(self):
        with self.embedded.api() as api:
            found = api.items("/api/v1/namespaces/jitsi/configmaps", labelSelector="app.kubernetes.io/name=haproxy")
        (text,) = [each["data"]["haproxy.cfg"] for each in found if "haproxy.cfg" in each.get("data", {})]
        return text

    def bridges_run(self, shard, count):
        selector = f"app.kubernetes.io/name=jvb,app.kubernetes.io/instance={shard}"
        with self.embedded.api() as api:
            pods = api.items("/api/v1/namespaces/jitsi/pods", labelSelector=selector)
        phases = [pod["status"].get("phase") for pod in pods if "jvb" in {c["name"] for c in pod["spec"]["containers"]}]
        return phases == ["Running"] * count


@pytest.fixture(scope="module")
def stack(embedded, tmp_path_factory):
    made = Stack(embedded, tmp_path_factory.mktemp("shards"))
    try:
        made.up(*OLD)
        eventually(lambda: made.bridges_run("s0", 1) and made.bridges_run("s1", 2))
        yield made
    finally:
        embedded.engine.destroy(made.file)


def beside(operations, *shards):
    """What an update did apart from these shards' own resources."""
    own = tuple(f"{prefix}{shard}-" for shard in shards for prefix in ("", "scaleway-"))
    egress = tuple(f"-{shard}-egress" for shard in shards)
    return {(o, name) for o, name in operations if not (f"{name}-".startswith(own) or name.endswith(egress))}


def test_a_third_shard_is_added_drained_and_removed_and_the_others_do_not_notice(stack):
    before = stack.standing("s0", "s1")
    text = stack.haproxy_cfg()
    added = stack.up(*OLD, THIRD)
    assert beside(added, "s2") == SHARED
    assert {operation for operation, name in added - SHARED} == {"create"}
    eventually(lambda: stack.bridges_run("s2", 1))
    assert stack.standing("s0", "s1") == before
    three = stack.haproxy_cfg()
    own = stack.standing("s0", "s1", "s2")

    assert stack.up(*OLD, THIRD | {"state": "draining"}) == {EDGE}
    assert stack.standing("s0", "s1", "s2") == own
    assert stack.haproxy_cfg() != three

    removed = stack.up(*OLD)
    assert beside(removed, "s2") == SHARED
    assert {operation for operation, name in removed - SHARED} == {"delete"}
    assert stack.standing("s0", "s1") == before
    assert stack.haproxy_cfg() == text


def test_a_release_comes_up_beside_the_old_one_is_taken_back_by_one_change_and_then_kept(stack):
    stack.up(*OLD)
    before = stack.standing("s0", "s1")
    added = stack.up(*OLD, GREEN | {"state": "standby"})
    assert beside(added, "s3") == SHARED | {NODES}
    eventually(lambda: stack.bridges_run("s3", 1))
    assert stack.standing("s0", "s1") == before
    assert stack.images("s3") == {"stable-11200"}, "one shard, one release"
    assert stack.images("s0") == stack.images("s1") != {"stable-11200"}
    both = stack.standing("s0", "s1", "s3")
    blue = stack.haproxy_cfg()

    drained = [shard | {"state": "draining"} for shard in OLD]
    assert stack.up(*drained, GREEN) == {EDGE}
    green = stack.haproxy_cfg()
    assert stack.up(*OLD, GREEN | {"state": "standby"}) == {EDGE}, "rolling back is one change of the config"
    assert stack.haproxy_cfg() == blue
    assert stack.up(*drained, GREEN) == {EDGE}
    assert stack.haproxy_cfg() == green
    assert stack.standing("s0", "s1", "s3") == both

    kept = stack.standing("s3")
    removed = stack.up(GREEN)
    assert beside(removed, "s0", "s1") - SHARED <= {("update", "scaleway-cluster"), NODES}
    assert stack.standing("s3") == kept
