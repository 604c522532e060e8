"""The project's local stack with the real engine: up, again, growth, a change of layout, replacement, destroy."""

import json

import httpx
import pytest
import yaml
from waiting import eventually

from lab.paths import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

FILE = PROJECT / "Pulumi.local.yaml"
BRIDGES = yaml.safe_load(FILE.read_text())["config"]["jitsi:bridges"]
SHARDS = yaml.safe_load(FILE.read_text())["config"]["jitsi:shards"]


@pytest.fixture(scope="module")
def stack(embedded):
    """The local stack, up; destroyed when the module ends, which must leave nothing."""
    outcome = embedded.engine.up(FILE)
    yield outcome
    embedded.engine.destroy(FILE)


def changed(outcome):
    return {(step.operation, step.name) for step in outcome.steps if step.changes and "stack" not in step.type.lower()}


def names(outcome):
    return {step.name for step in outcome.steps if step.changes}


def bridges(embedded, shard):
    with embedded.api() as api:
        selector = f"app.kubernetes.io/name=jvb,app.kubernetes.io/instance={shard}"
        return api.items("/api/v1/namespaces/jitsi/pods", labelSelector=selector)


def test_up_makes_everything_and_bridges_run_on_their_own_nodes(stack, embedded):
    assert set(stack.summary) == {"create"}
    for shard in SHARDS:
        eventually(
            lambda shard=shard: (
                sum(p["status"].get("phase") == "Running" for p in bridges(embedded, shard["name"])) >= 2
            )
        )
    with embedded.api() as api:
        nodes = {node["metadata"]["name"]: node for node in api.items("/api/v1/nodes")}
    for shard in SHARDS:
        for pod in bridges(embedded, shard["name"]):
            node = nodes[pod["spec"]["nodeName"]]
            assert node["metadata"]["labels"]["jitsi.org/bridges"] == shard["name"]
            assert any(address["type"] == "ExternalIP" for address in node["status"]["addresses"])
            assert pod["status"]["qosClass"] == "Guaranteed"


def test_host_port_bridges_share_no_node_and_node_port_bridges_may(stack, embedded):
    eventually(lambda: all(p["spec"].get("nodeName") for p in bridges(embedded, "s0") + bridges(embedded, "s1")))
    on = [pod["spec"]["nodeName"] for pod in bridges(embedded, "s0")]
    assert len(set(on)) == len(on)


def test_a_second_preview_and_a_second_up_change_nothing_and_write_nothing(stack, embedded):
    assert embedded.engine.preview(FILE).changes == {}
    before = engine_writes(embedded)
    again = embedded.engine.up(FILE)
    assert again.changes == {}
    assert engine_writes(embedded) == before, "an update without changes wrote to the API server"


def engine_writes(embedded):
    """Writes by the engine's provider that were no dry runs; the emulator's and controllers' do not count."""
    found = []
    for line in embedded.paths.audit_log.read_text().splitlines():
        event = json.loads(line)
        if "dryRun=All" in event["requestURI"] or "pulumi" not in event.get("userAgent", "").lower():
            continue
        if event["verb"] in ("create", "update", "patch", "delete"):
            found.append(event["requestURI"])
    return found


def test_refresh_finds_nothing_that_moved(stack, embedded):
    embedded.engine.refresh(FILE)
    assert embedded.engine.preview(FILE).changes == {}


def test_growing_max_touches_only_pool_autoscaler_alerts_and_where_ports_are_added_the_firewall(stack, embedded):
    grown = embedded.engine.preview(FILE, config={"jitsi:bridges": {**BRIDGES, "max": BRIDGES["max"] + 2}})
    assert changed(grown) == {
        ("update", "scaleway-s0-pool"),
        ("update", "s0-bridges-host-port-0-autoscaler"),
        ("update", "jitsi-metrics-prometheus-config"),  # alerts know the most; Prometheus reloads
    }
    more = [SHARDS[0], {**SHARDS[1], "bridges": {**SHARDS[1]["bridges"], "max": 5}}]
    grown = embedded.engine.preview(FILE, config={"jitsi:shards": more})
    assert names(grown) == {
        "scaleway-s1-pool",
        "scaleway-s1-firewall",
        "s1-bridges-node-port-autoscaler",
        "s1-jvb-policy",
        "s1-bridges-media-4",
        "jitsi-metrics-prometheus-config",
    }


def of_third(name):
    return name.startswith(("s2", "scaleway-s2")) or (name.startswith("jitsi-") and name.endswith("-s2-egress"))


def test_a_third_shard_comes_and_goes_and_touches_only_what_all_shards_share_besides(stack, embedded):
    three = {"jitsi:shards": [*SHARDS, {"name": "s2", "zone": "fr-par-1"}]}
    added = embedded.engine.up(FILE, config=three)
    others = {name for name in names(added) if not of_third(name)}
    assert others == {
        "jitsi-edge-config",
        "jitsi-metrics-prometheus-config",
        "jitsi-admission-policy",
        "jitsi-removed-shards",
        "scaleway-kapsule-system",
    }
    assert {added.step(name).operation for name in others} == {"update"}, (
        "two reload, one is of the API server, one of the network, one the most system nodes; their pods stay"
    )
    removed = embedded.engine.up(FILE)
    assert {name for name in names(removed) if not of_third(name)} == others
    assert embedded.engine.preview(FILE).changes == {}


def test_another_layout_on_one_shard_leaves_the_other_shard_alone(stack, embedded):
    turned = [{**SHARDS[0], "bridges": {"layout": "nodePort"}}, SHARDS[1]]
    before = {pod["metadata"]["uid"] for pod in bridges(embedded, "s1")}
    outcome = embedded.engine.up(FILE, config={"jitsi:shards": turned})
    assert {name for name in names(outcome) if name.startswith(("s1", "scaleway-s1"))} == set()
    assert "s0-prosody" not in names(outcome)
    assert "scaleway-s0-pool" not in names(outcome), "the nodes stay"
    eventually(lambda: len(bridges(embedded, "s0")) >= 2)
    assert {pod["metadata"]["uid"] for pod in bridges(embedded, "s1")} == before
    embedded.engine.up(FILE)


def test_another_node_type_replaces_one_pool_and_the_preview_says_so(stack, embedded):
    other = embedded.engine.preview(FILE, config={"jitsi:bridges": {**BRIDGES, "nodeType": "COMPUTE3-X4C-8G"}})
    replaced = {step.name for step in other.steps if "replace" in step.operation}
    assert replaced == {"scaleway-s0-pool", "scaleway-s1-pool"}


def test_rotating_one_password_rolls_only_those_who_use_it(stack, embedded):
    rotated = embedded.engine.preview(FILE, config={"jitsi:secretGenerations": {"s0-jicofo": 2}})
    assert names(rotated) == {"s0-passwords", "s0-prosody", "s0-jicofo"}


def test_an_autoscaled_number_of_bridges_is_not_set_back_by_an_update(stack, embedded):
    with embedded.api() as api:
        scale = "/apis/apps/v1/namespaces/jitsi/statefulsets/jvb-s1/scale"
        hpa = "/apis/autoscaling/v2/namespaces/jitsi/horizontalpodautoscalers/jvb-s1"
        current = api.get(scale)
        current["spec"]["replicas"] = 3
        api.http.put(scale, json=current).raise_for_status()
        assert api.get(hpa)["spec"]["minReplicas"] == 2
        assert embedded.engine.up(FILE).changes == {}
        assert api.get(scale)["spec"]["replicas"] == 3
        current = api.get(scale)
        current["spec"]["replicas"] = 2
        api.http.put(scale, json=current).raise_for_status()


def test_no_secret_is_in_the_clear_in_state_or_logs(stack, embedded):
    with embedded.api() as api:
        import base64

        values = api.get("/api/v1/namespaces/jitsi/secrets/shard-s0")["data"].values()
        secrets = [base64.b64decode(value).decode() for value in values]
        config_maps = json.dumps(api.items("/api/v1/namespaces/jitsi/configmaps"))
    assert secrets
    state = json.dumps(embedded.engine.export(FILE))
    logs = "".join(path.read_text(errors="replace") for path in embedded.paths.logs.glob("*.log"))
    for secret in secrets:
        assert secret not in state
        assert secret not in logs
        assert secret not in config_maps


def another_token(api):
    """A second administrator, as Kapsule makes one when it rotates its kubeconfig."""
    api.create("/api/v1/namespaces/kube-system/serviceaccounts", {"metadata": {"name": "rotated"}})
    binding = {
        "metadata": {"name": "rotated"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "rotated", "namespace": "kube-system"}],
    }
    api.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    answer = api.http.post("/api/v1/namespaces/kube-system/serviceaccounts/rotated/token", json={"spec": {}})
    return answer.raise_for_status().json()["status"]["token"]


def test_a_rotated_kubeconfig_replaces_nothing(stack, embedded):
    kubeconfig = embedded.paths.kubeconfig
    original = kubeconfig.read_text()
    document = yaml.safe_load(original)
    with embedded.api() as api:
        document["users"][0]["user"]["token"] = another_token(api)
    try:
        kubeconfig.write_text(yaml.safe_dump(document))
        embedded.engine.refresh(FILE)
        rotated = embedded.engine.up(FILE)
        assert {step.operation for step in rotated.steps if step.changes} <= {"update"}
        assert names(rotated) == {"scaleway-access"}
    finally:
        kubeconfig.write_text(original)
    embedded.engine.refresh(FILE)
    embedded.engine.up(FILE)
    assert embedded.engine.preview(FILE).changes == {}


def test_destroy_leaves_no_resource_in_cloud_or_cluster(embedded):
    """Runs last in this file; the stack fixture's own destroy then finds nothing to do."""
    embedded.engine.destroy(FILE)
    with embedded.api() as api:
        assert [
            n["metadata"]["name"] for n in api.items("/api/v1/namespaces") if n["metadata"]["name"] == "jitsi"
        ] == []
        for path in (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            "/apis/apiregistration.k8s.io/v1/apiservices",
        ):
            assert api.items(path, labelSelector="app.kubernetes.io/part-of=jitsi") == []
        eventually(lambda: api.items("/api/v1/nodes") == [])
    state = httpx.get(f"{embedded.scaleway_url}/emulator/state", headers={"X-Auth-Token": "test"}).json()
    left = {
        kind: [item for item in items.values() if "Kapsule default" not in str(item.get("name"))]
        for kind, items in state.items()
        if isinstance(items, dict) and kind != "buckets"  # of another test's stack: recordings outlive theirs
    }
    assert {kind: items for kind, items in left.items() if items} == {}
