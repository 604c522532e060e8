"""`plan diff` has no engine: what it predicts must be what the real engine does, and whom it names must be who leaves."""

import time

import pytest
import yaml
from diff_changes import CHANGES, FILE, LEAST, S1, config_of, diff_of
from waiting import eventually

from plan.diff.fleet import is_bridge_workload, object_name

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ENGINES_OWN = "pulumi:providers:scaleway"  # the default provider, which no program registers
QUIET_SECONDS = 5.0  # longer than the controllers' resync, so that a pod that was to leave would have begun


@pytest.fixture(scope="module")
def stack(embedded):
    """The local stack, up, with every bridge of its least number running; destroyed when the module ends."""
    embedded.engine.up(FILE)
    settled(embedded)
    yield embedded
    embedded.engine.destroy(FILE)


def file_of(name, folder):
    """The stack file with a change in it, under the same stack's name."""
    path = folder / FILE.name
    path.write_text(yaml.safe_dump({"config": config_of(name)}), encoding="utf-8")
    return path


def operations(outcome):
    """URN -> what the engine does, with the parts of a replacement as one."""
    return {
        step.urn: "replace" if "replace" in step.operation else step.operation
        for step in outcome.steps
        if step.changes and not step.type.startswith(ENGINES_OWN)
    }


def below(paths):
    """Paths of what the diff and the engine both name: a Secret's texts are `data` to its provider, lists of ids whole."""
    return {path.replace("stringData", "data") for path in paths}


def agree(outcome, name):
    """Operations are the same for every resource, and paths for what is updated."""
    predicted = {one.change.resource.urn: one.change for one in diff_of(name).judged}
    assert operations(outcome) == {urn: change.operation for urn, change in predicted.items()}
    differing = {
        step.name: (sorted(step.paths), sorted(predicted[step.urn].paths))
        for step in outcome.steps
        if step.operation == "update"
        and not step.type.startswith(ENGINES_OWN)
        and below(step.paths) != below(predicted[step.urn].paths)
    }
    assert differing == {}


@pytest.mark.parametrize("name", [name for name, expected in CHANGES.items() if expected.previews])
def test_the_engine_does_what_the_diff_says(stack, tmp_path, name):
    agree(stack.engine.preview(file_of(name, tmp_path)), name)


def pods(embedded):
    with embedded.api() as api:
        return api.items("/api/v1/namespaces/jitsi/pods", labelSelector="app.kubernetes.io/name=jvb")


def running(embedded):
    """UID -> shard of the bridges that run and are not told to leave."""
    return {
        pod["metadata"]["uid"]: pod["metadata"]["labels"]["app.kubernetes.io/instance"]
        for pod in pods(embedded)
        if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
    }


def settled(embedded):
    """Wait until exactly the least number of bridges runs, none is on its way out, and that stays so for a while."""

    def still():
        now = running(embedded)
        if len(now) != LEAST + S1["min"] or len(pods(embedded)) != len(now):
            return False
        time.sleep(QUIET_SECONDS)
        return running(embedded) == now and len(pods(embedded)) == len(now)

    eventually(still, seconds=180)


def leaving(made):
    """Shard -> least and most bridges whose pods end, as the diff says: by its workload, its number or its nodes."""
    found = {}
    for one in made.judged:
        change = one.change
        ends = (change.old is not None and is_bridge_workload(change.old)) or (
            change.resource.type.endswith(("HorizontalPodAutoscaler", ":Pool"))
        )
        if ends and one.effect.disruption != "none":
            for bridge in one.effect.bridges:
                found.setdefault(bridge.shard, set()).add(bridge)
    return {shard: (sum(b.sure for b in bridges), len(bridges)) for shard, bridges in found.items()}


APPLIED = [
    "a shard drains",
    "Jitsi release of one shard",
    "a shard less",
    "node type",
    "first node port",
    "edge's health port",
]
"""Applied one after another; each starts from the stack as it was before all of them. Those without a preview are all here."""


@pytest.mark.parametrize("name", APPLIED)
def test_the_bridges_that_leave_are_those_that_the_diff_names(stack, tmp_path, name):
    before = running(stack)
    expected = leaving(diff_of(name))
    try:
        agree(stack.engine.up(file_of(name, tmp_path)), name)
        for shard, (least, _) in expected.items():
            eventually(lambda shard=shard, least=least: gone(stack, before, shard) >= least, seconds=150)
        time.sleep(QUIET_SECONDS)
        for shard in {*before.values()}:
            _, most = expected.get(shard, (0, 0))
            assert gone(stack, before, shard) <= most, f"bridges of {shard} left that the diff does not name"
    finally:
        stack.engine.up(FILE)
        settled(stack)


def test_what_cannot_be_previewed_is_applied():
    assert {name for name, expected in CHANGES.items() if not expected.previews} <= set(APPLIED)


def gone(embedded, before, shard):
    """How many of the shard's bridges that ran before do not run any more."""
    now = running(embedded)
    return sum(of == shard and uid not in now for uid, of in before.items())


def test_the_names_of_bridge_workloads_are_those_of_the_cluster(stack):
    named = {object_name(one) for one in _resources() if is_bridge_workload(one)}
    with stack.api() as api:
        found = {
            item["metadata"]["name"]
            for kind in ("deployments", "statefulsets", "daemonsets")
            for item in api.items(f"/apis/apps/v1/namespaces/jitsi/{kind}", labelSelector="app.kubernetes.io/name=jvb")
        }
    assert named == found


def _resources():
    from diff_changes import made_by

    return made_by("nothing")
