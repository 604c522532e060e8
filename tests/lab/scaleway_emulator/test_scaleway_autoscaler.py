"""The autoscaler's decisions, without an API server: which pool grows, which node goes, and why one stays."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaleway_emulator.autoscaler.scale_down import LONG_TERMINATING, Rules, shrink
from scaleway_emulator.autoscaler.scale_up import Group, choose, grow, pack, spread
from scaleway_emulator.autoscaler.scheduling import Room, tolerated
from scaleway_emulator.cluster.quantities import millicores, whole
from scaleway_emulator.cluster.workloads import (
    SAFE,
    SAFE_VOLUMES,
    Budget,
    Host,
    Pod,
    Taint,
    Toleration,
    host,
    matches,
    pod,
)

GIB = 1024**3
HOSTNAME = "kubernetes.io/hostname"
NOW = 1_000.0


def _pod(name: str = "a", **changes: Any) -> Pod:
    base = Pod(namespace="meet", name=name, cpu=1000, memory=GIB, unschedulable=True, controller="StatefulSet")
    return replace(base, **changes)


def _running(name: str = "a", node: str = "n1", **changes: Any) -> Pod:
    return _pod(name, node=node, phase="Running", unschedulable=False, **changes)


def _host(name: str = "n1", pool: str = "jvb", **changes: Any) -> Host:
    return replace(Host(name=name, cpu=4000, memory=8 * GIB, pool=pool, labels={HOSTNAME: name}), **changes)


def _group(name: str = "jvb", **changes: Any) -> Group:
    return replace(Group(id=name, template=_host("new", name), size=1, min_size=0, max_size=5), **changes)


def _grow(pods: list[Pod], *groups: Group, hosts: tuple[Host, ...] = (), **changes: Any) -> dict[str, int]:
    settings: dict[str, Any] = {"expander": "random", "cutoff": -10, "upcoming": (), **changes}
    decisions = grow(pods, hosts, settings.pop("upcoming"), groups or (_group(),), **settings)
    return {decision.pool: decision.nodes for decision in decisions}


def test_pods_that_fit_together_get_one_node():
    assert _grow([_pod(name) for name in "abcd"]) == {"jvb": 1}


def test_pods_that_use_the_same_host_port_get_a_node_each():
    pods = [_pod(name, cpu=100, host_ports=frozenset({("UDP", 10000)})) for name in "abc"]
    assert _grow(pods) == {"jvb": 3}


def test_the_same_port_number_of_another_protocol_is_another_port():
    pods = [_pod(protocol, host_ports=frozenset({(protocol, 10000)})) for protocol in ("UDP", "TCP")]
    assert _grow(pods) == {"jvb": 1}


def test_pods_that_keep_apart_by_hostname_get_a_node_each():
    apart = (({"matchLabels": {"app": "jvb"}}, HOSTNAME),)
    assert _grow([_pod(name, labels={"app": "jvb"}, anti_affinity=apart) for name in "ab"]) == {"jvb": 2}


def test_a_pool_never_grows_beyond_its_maximum():
    assert _grow([_pod(str(i), cpu=4000) for i in range(9)], _group(size=3)) == {"jvb": 2}


def test_a_pod_that_fits_on_a_node_that_is_coming_orders_nothing():
    assert _grow([_pod()], upcoming=[_host("soon")]) == {}


def test_a_pod_that_fits_on_an_existing_node_is_left_to_the_scheduler():
    assert _grow([_pod()], hosts=(_host(),)) == {}


def test_a_pod_too_large_for_the_node_type_orders_nothing():
    assert _grow([_pod(cpu=4001)]) == {}


def test_a_pod_that_does_not_tolerate_the_pools_taint_orders_nothing():
    tainted = _group(template=_host("new", taints=(Taint("role", "jvb", "NoSchedule"),)))
    assert _grow([_pod()], tainted) == {}
    assert _grow([_pod(tolerations=(Toleration("role", value="jvb"),))], tainted) == {"jvb": 1}


def test_a_node_selector_reaches_the_labels_of_an_empty_pool():
    labelled = _group("right", size=0, template=_host("new", labels={"role": "jvb"}))
    assert _grow([_pod(node_selector={"role": "jvb"})], _group("wrong"), labelled) == {"right": 1}


def test_required_affinity_chooses_the_zone():
    term = {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["fr-par-2"]}]}
    groups = [
        _group(z, template=_host("new", labels={"topology.kubernetes.io/zone": z})) for z in ("fr-par-1", "fr-par-2")
    ]
    assert _grow([_pod(affinity_terms=(term,))], *groups) == {"fr-par-2": 1}


def test_expendable_pods_order_nothing():
    assert _grow([_pod(priority=-11)]) == {}
    assert _grow([_pod(priority=-10)]) == {"jvb": 1}
    assert _grow([_pod(priority=-1)], cutoff=0) == {}, "a cutoff of 0 also silences placeholder pods"


def test_a_pod_that_is_only_new_orders_nothing():
    assert _grow([_pod(unschedulable=False)]) == {}


def test_a_pool_that_backs_off_is_left_alone():
    assert _grow([_pod()], _group("a"), _group("b"), backed_off=["a"]) == {"b": 1}


def test_the_least_waste_is_the_node_that_fits_best():
    large = _group("large", template=_host("new", cpu=16000, memory=32 * GIB))
    assert _grow([_pod(cpu=3000, memory=6 * GIB)], large, _group("small"), expander="least_waste") == {"small": 1}


def test_most_pods_is_the_pool_that_takes_more_of_them():
    full = _group("full", size=4)
    pods = [_pod(name, cpu=3000) for name in "abc"]
    assert _grow(pods, full, _group("roomy"), expander="most_pods") == {"roomy": 3}


def test_the_cheapest_pool_is_chosen_by_price():
    assert _grow([_pod()], _group("dear", hourly_eur=0.2), _group("cheap", hourly_eur=0.1), expander="price") == {
        "cheap": 1
    }


def test_a_random_choice_is_the_same_every_time():
    options = [pack([_pod()], _group(name), []) for name in "abcd"]
    assert {choose(options, "random", seed=7).group.id for _ in range(5)} == {
        choose(options[::-1], "random", 7).group.id
    }


def test_similar_pools_share_the_nodes_when_asked_to():
    groups = [_group(zone, template=_host("new", labels={"topology.kubernetes.io/zone": zone})) for zone in "ab"]
    assert _grow([_pod(name, cpu=4000) for name in "wxyz"], *groups, balance=True) == {"a": 2, "b": 2}


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=5))
def test_spreading_never_leaves_a_maximum_and_loses_no_node_that_has_room(nodes: int, sizes: list[tuple[int, int]]):
    groups = [_group(str(i), size=size, max_size=size + room) for i, (size, room) in enumerate(sizes)]
    added = dict(spread(nodes, groups))
    assert all(added.get(group.id, 0) <= group.max_size - group.size for group in groups)
    assert sum(added.values()) == min(nodes, sum(room for _, room in sizes))


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 9 * GIB)), max_size=30), st.integers(0, 6))
def test_packing_never_puts_more_on_a_node_than_it_holds(requests: list[tuple[int, int]], most: int):
    pods = [_pod(str(i), cpu=cpu, memory=memory) for i, (cpu, memory) in enumerate(requests)]
    option = pack(pods, _group(size=0, max_size=most), [])
    assert option.nodes <= min(most, len(option.pods))
    assert sum(p.cpu for p in option.pods) <= option.nodes * 4000
    assert sum(p.memory for p in option.pods) <= option.nodes * 8 * GIB
    if most >= len(pods):
        assert {p.name for p in option.pods} == {p.name for p in pods if p.cpu <= 4000 and p.memory <= 8 * GIB}


# -- scale-down

OLD = {"n1": NOW - 10_000, "n2": NOW - 10_000}


def _shrink(pods: list[Pod], *hosts: Host, groups: tuple[Group, ...] = (), **changes: Any) -> Any:
    settings: dict[str, Any] = {"budgets": [], "since": OLD, "last_scale_up": 0.0, "now": NOW, **changes}
    rules = Rules(**settings.pop("rules", {}))
    budgets = settings.pop("budgets")
    by_id = {group.id: group for group in (groups or (_group(size=3),))}
    return shrink(pods, hosts or (_host(), _host("n2", pool="")), by_id, budgets, rules, **settings)


def test_an_empty_node_goes_after_its_time():
    assert _shrink([]).remove == ("n1",)
    assert _shrink([], since={"n1": NOW - 599}).remove == ()


def test_a_node_that_just_became_unneeded_is_remembered():
    decision = _shrink([], since={})
    assert (decision.since, decision.remove) == ({"n1": NOW}, ())


def test_a_node_that_is_needed_again_starts_anew():
    busy = _shrink([_running(cpu=3000)])
    assert "n1" not in busy.since
    assert "utilization 0.75 is not below 0.50" in busy.kept["n1"]


def test_nothing_goes_soon_after_a_scale_up():
    assert _shrink([], last_scale_up=NOW - 599).remove == ()
    assert _shrink([], last_scale_up=NOW - 600).remove == ("n1",)


def test_nothing_goes_when_scale_down_is_disabled():
    assert _shrink([], rules={"disabled": True}).remove == ()


def test_a_pool_never_shrinks_below_its_minimum():
    assert _shrink([], groups=(_group(size=1, min_size=1),)).remove == ()


def test_nodes_of_other_pools_stay():
    assert _shrink([], _host(pool="system")).remove == ()


def test_several_empty_nodes_go_together_down_to_the_minimum():
    hosts = tuple(_host(f"n{i}") for i in range(4))
    since = {each.name: 0.0 for each in hosts}
    assert len(_shrink([], *hosts, groups=(_group(size=4, min_size=2),), since=since).remove) == 2


def test_nodes_with_pods_go_one_at_a_time():
    hosts = (_host("n1"), _host("n2"), _host("n3", pool=""))
    pods = [_running("a", "n1"), _running("b", "n2")]
    assert len(_shrink(pods, *hosts).remove) == 1


def test_a_node_whose_pods_fit_nowhere_else_stays():
    decision = _shrink([_running()], _host(), _host("n2", pool="", cpu=500))
    assert decision.kept["n1"] == "its pods fit nowhere else"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"annotations": {SAFE: "false"}}, 'safe-to-evict "false"'),
        ({"controller": ""}, "no controller"),
        ({"local_storage": ("cache",)}, "local storage"),
        ({"namespace": "kube-system"}, "no PodDisruptionBudget"),
    ],
)
def test_a_pod_can_keep_its_node(changes: dict[str, Any], why: str):
    decision = _shrink([_running(**changes)])
    assert (decision.remove, why in decision.kept["n1"]) == ((), True)


@pytest.mark.parametrize(
    "changes",
    [
        {"controller": "", "annotations": {SAFE: "true"}},
        {"controller": "DaemonSet"},
        {"mirror": True, "controller": "Node"},
        {"local_storage": ("cache",), "annotations": {SAFE_VOLUMES: "cache, other"}},
        {"phase": "Succeeded", "controller": ""},
        {"priority": -11, "controller": ""},
    ],
)
def test_a_pod_that_may_move_or_does_not_count_does_not_keep_its_node(changes: dict[str, Any]):
    assert _shrink([_running(**changes)] if "phase" not in changes else [replace(_running(), **changes)]).remove == (
        "n1",
    )


def test_local_storage_does_not_matter_when_told_so():
    assert _shrink([_running(local_storage=("cache",))], rules={"skip_local_storage": False}).remove == ("n1",)


def test_a_draining_bridge_that_may_not_be_evicted_keeps_its_node_until_it_overstays():
    leaving = _running(annotations={SAFE: "false"}, deleted_at=NOW)
    assert _shrink([leaving]).remove == ()
    assert _shrink([leaving], now=NOW + LONG_TERMINATING + 1).remove == ("n1",)


def test_a_budget_without_room_keeps_the_node():
    budget = Budget(namespace="meet", selector={"matchLabels": {"app": "jvb"}}, allowed=0)
    pods = [_running(labels={"app": "jvb"})]
    assert "PodDisruptionBudget" in _shrink(pods, budgets=[budget]).kept["n1"]
    assert _shrink(pods, budgets=[replace(budget, allowed=1)]).remove == ("n1",)


def test_daemons_count_towards_utilization_unless_told_otherwise():
    pods = [_running(controller="DaemonSet", cpu=3000)]
    assert _shrink(pods).remove == ()
    assert _shrink(pods, rules={"ignore_daemonsets": True}).remove == ("n1",)


@given(st.lists(st.tuples(st.sampled_from(["n1", "n2", "n3"]), st.integers(1, 4000)), max_size=12), st.integers(0, 3))
def test_scale_down_never_strands_a_pod_nor_leaves_the_minimum(placed: list[tuple[str, int]], minimum: int):
    hosts = tuple(_host(name) for name in ("n1", "n2", "n3"))
    pods = [_running(str(i), node, cpu=cpu, memory=0) for i, (node, cpu) in enumerate(placed)]
    decision = _shrink(pods, *hosts, groups=(_group(size=3, min_size=minimum),), since={h.name: 0.0 for h in hosts})
    assert 3 - len(decision.remove) >= minimum
    moved = [p for p in pods if p.node in decision.remove]
    left = [h for h in hosts if h.name not in decision.remove]
    free = sum(max(0, h.cpu - sum(p.cpu for p in pods if p.node == h.name)) for h in left)
    assert sum(p.cpu for p in moved) <= free


# -- reading the API server's objects


@pytest.mark.parametrize(
    ("text", "cpu"), [("250m", 250), ("1", 1000), ("1.5", 1500), ("100u", 1), ("2k", 2_000_000), ("1e2m", 100)]
)
def test_cpu_is_read_in_millicores(text: str, cpu: int):
    assert millicores(text) == cpu


@pytest.mark.parametrize(("text", "size"), [("1Gi", GIB), ("1.5Gi", 3 * GIB // 2), ("1G", 10**9), ("128", 128)])
def test_memory_is_read_in_bytes(text: str, size: int):
    assert whole(text) == size


def test_what_is_not_a_quantity_is_not_read_as_one():
    with pytest.raises(ValueError, match="not a quantity"):
        millicores("1x")


def test_a_pods_request_is_its_containers_and_sidecars_or_its_largest_init_container():
    def container(cpu: str, **more: Any) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "containers": [container("1"), container("500m", ports=[{"hostPort": 10000, "protocol": "UDP"}])],
        "initContainers": [container("2"), container("250m", restartPolicy="Always")],
    }
    read = pod({"metadata": {"namespace": "n", "name": "p"}, "spec": spec})
    assert (read.cpu, read.host_ports) == (2000, frozenset({("UDP", 10000)}))


def test_memory_backed_volumes_are_not_local_storage():
    volumes = [
        {"name": "m", "emptyDir": {"medium": "Memory"}},
        {"name": "e", "emptyDir": {}},
        {"name": "h", "hostPath": {}},
    ]
    read = pod({"metadata": {"namespace": "n", "name": "p"}, "spec": {"volumes": volumes}})
    assert read.local_storage == ("e", "h")


def test_a_node_is_read_with_what_it_can_give():
    item = {
        "metadata": {"name": "n", "labels": {"a": "b"}},
        "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]},
        "status": {
            "allocatable": {"cpu": "2900m", "memory": "1Gi"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    assert host(item, "p") == Host(
        name="n", cpu=2900, memory=GIB, labels={"a": "b"}, taints=(Taint("k", "", "NoSchedule"),), pool="p"
    )


def test_label_selectors_are_read_as_kubernetes_reads_them():
    expressions = [
        {"key": "app", "operator": "In", "values": ["jvb"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "app", "operator": "Exists"},
        {"key": "app", "operator": "NotIn", "values": ["web"]},
    ]
    assert matches({"matchLabels": {"app": "jvb"}, "matchExpressions": expressions}, {"app": "jvb"})
    assert not matches({"matchExpressions": expressions}, {"app": "jvb", "old": "1"})


def test_an_empty_toleration_key_tolerates_everything_with_exists():
    taints = [Taint("a", "b", "NoSchedule"), Taint("c", "", "NoExecute"), Taint("d", "", "PreferNoSchedule")]
    assert tolerated(_pod(tolerations=(Toleration(operator="Exists"),)), taints)
    assert not tolerated(_pod(tolerations=(Toleration("a", "Equal", "b"),)), taints)


def test_nothing_fits_on_a_cordoned_node():
    assert not Room(_host(unschedulable=True)).fits(_pod())
