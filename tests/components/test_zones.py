"""A shard lives in its zone: where signalling, its nodes and the edge are, and what a second zone changes for the first."""

import json
from functools import cache

import pytest

from plan.evaluate import evaluate

ZONE = "topology.kubernetes.io/zone"
S0, S1 = {"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}


@cache
def _made(shards, more):
    keys = {"scaleway:region": "fr-par", "jitsi:domain": "meet.example.org", "jitsi:shards": shards}
    return {resource.name: resource.properties for resource in evaluate(keys | json.loads(more), "zones")}


def made(*shards, **more):
    return _made(json.dumps(shards), json.dumps({f"jitsi:{key}": json.dumps(value) for key, value in more.items()}))


def pods(stack, name):
    return stack[name]["spec"]["template"]["spec"]


def system_pools(stack):
    pools = {name: each for name, each in stack.items() if each.get("labels") == {"jitsi.org/role": "system"}}
    return {name: each["zone"] for name, each in pools.items()}


@pytest.mark.parametrize("part", ["prosody", "jicofo", "web"])
def test_signalling_of_a_shard_in_a_second_zone_is_bound_to_system_nodes_there(part):
    stack = made(S0, S1)
    assert pods(stack, f"s1-{part}")["nodeSelector"] == {"jitsi.org/role": "system", ZONE: "fr-par-2"}
    assert system_pools(stack) == {
        "scaleway-kapsule-system": "fr-par-1",
        "scaleway-kapsule-system-fr-par-2": "fr-par-2",
    }


def test_a_shard_in_a_second_zone_restarts_nothing_of_the_first_but_haproxies_and_pages():
    one, two = made(S0), made(S0, S1)
    changed = {name for name in one if "template" in (one[name].get("spec") or {}) and one[name] != two[name]}
    assert changed == {"jitsi-edge-haproxy", "s0-web"}, (
        "pages then notice sooner that their zone is lost; no meeting runs through web"
    )
    assert pods(two, "jitsi-edge-haproxy")["tolerations"] == [
        {"key": "CriticalAddonsOnly", "operator": "Exists", "effect": "PreferNoSchedule"}
    ]


def test_what_nothing_binds_prefers_the_first_zone_and_may_use_the_second():
    stack = made(S0, S1)
    assert "taints" not in stack["scaleway-kapsule-system"]
    (taint,) = stack["scaleway-kapsule-system-fr-par-2"]["taints"]
    assert taint["effect"] == "PreferNoSchedule", "CoreDNS and the adapter start there when the first zone is lost"
    assert "nodeSelector" not in pods(stack, "s0-prosody")


def test_pinned_binds_signalling_in_the_first_zone_too_and_unbinds_it_in_others():
    stack = made({**S0, "pinned": True}, {**S1, "pinned": False})
    assert pods(stack, "s0-prosody")["nodeSelector"] == {"jitsi.org/role": "system", ZONE: "fr-par-1"}
    assert "nodeSelector" not in pods(stack, "s1-prosody")
    assert set(system_pools(stack)) == {"scaleway-kapsule-system"}, "a pool that no shard needs costs nothing"


def test_a_node_type_that_the_zone_lacks_leaves_signalling_in_the_first_zone():
    cluster = {"version": "1.35.3", "system": {"nodeType": "DEV1-M"}}
    stack = made(S0, {"name": "s1", "zone": "fr-par-3"}, cluster=cluster, bridges={"nodeType": "PRO2-XS"})
    assert set(system_pools(stack)) == {"scaleway-kapsule-system"}


def test_on_an_existing_cluster_pinned_selects_any_node_of_the_zone():
    more = {"cluster": {"kind": "existing"}}
    assert "nodeSelector" not in pods(made(S0, S1, **more), "s1-prosody")
    pinned = made(S0, {**S1, "pinned": True}, **more)
    assert pods(pinned, "s1-prosody")["nodeSelector"] == {ZONE: "fr-par-2"}


def test_the_pool_of_a_second_zone_holds_its_signalling_and_its_part_of_the_haproxies():
    pool = made(S0, S1)["scaleway-kapsule-system-fr-par-2"]
    assert pool["autoscaling"] is True
    assert 1 <= pool["minSize"] == pool["size"] <= pool["maxSize"] <= 4
