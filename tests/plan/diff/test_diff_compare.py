"""Which resources change, how, and what is taken along."""

import itertools
import json

import pytest
from diff_resources import kubernetes, one_change, provider, resource
from hypothesis import given
from hypothesis import strategies as st

from plan.answers import unique
from plan.diff.compare import changes
from plan.diff.paths import differing, under, written
from plan.diff.scaleway_rules import forcing_paths

CLUSTER, POOL = "scaleway:kubernetes/cluster:Cluster", "scaleway:kubernetes/pool:Pool"

documents = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b.c", "d"]), inner, max_size=3),
    max_leaves=8,
)


def same(old, new):
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


@given(documents, documents)
def test_documents_differ_somewhere_exactly_when_they_are_not_the_same(old, new):
    assert bool(list(differing(old, new))) != same(old, new)


@given(documents, documents)
def test_differences_are_the_same_in_both_directions_and_none_lies_below_another(old, new):
    there = [written(path) for path in differing(old, new)]
    assert there == [written(path) for path in differing(new, old)]
    assert not any(each != other and under(each, other) for each in there for other in there)


def test_paths_are_written_as_the_engine_writes_them():
    old = {"spec": {"ports": [{"port": 1}]}, "metadata": {"labels": {"a.b/c": "x"}}}
    new = {"spec": {"ports": [{"port": 2}, {"port": 3}]}, "metadata": {"labels": {"a.b/c": "y"}}}
    assert [written(path) for path in differing(old, new)] == [
        'metadata.labels["a.b/c"]',
        "spec.ports[0].port",
        "spec.ports[1]",
    ]


def pool(**properties):
    return resource(POOL, "p", properties={"nodeType": "A", "size": 2, "maxSize": 4} | properties)


@pytest.mark.parametrize(("key", "operation"), [("nodeType", "replace"), ("zone", "replace"), ("maxSize", "update")])
def test_a_pool_is_replaced_for_what_its_schema_says(key, operation):
    change = one_change([pool()], [pool(**{key: "other"})])
    assert (change.operation, change.paths) == (operation, (key,))


def test_what_the_program_ignores_is_no_change():
    assert (
        changes([pool()], [resource(POOL, "p", properties={**pool().properties, "size": 9}, ignore_changes=("size",))])
        == ()
    )


def test_the_order_of_a_set_is_no_change_and_that_of_a_list_is_one():
    one, two = {"key": "a", "value": "1"}, {"key": "b", "value": "2"}
    assert changes([pool(taints=[one, two])], [pool(taints=[two, one])]) == ()
    assert one_change([pool(tags=["a", "b"])], [pool(tags=["b", "a"])]).paths == ("tags[0]", "tags[1]")


def test_a_resource_that_uses_the_id_of_a_replaced_one_follows_it():
    def made(cni):
        cluster = resource(CLUSTER, "c", properties={"cni": cni})
        identifier = f"fr-par/{unique(cluster.urn)}"
        firewall = resource(
            "scaleway:instance/securityGroup:SecurityGroup", "f", properties={"description": identifier}
        )
        return [cluster, pool(clusterId=identifier), firewall]

    found = {
        change.resource.name: (change.operation, change.paths) for change in changes(made("cilium"), made("calico"))
    }
    assert found == {"c": ("replace", ("cni",)), "p": ("replace", ("clusterId",)), "f": ("update", ("description",))}


def test_a_replaced_provider_takes_every_object_along():
    object_ = kubernetes("v1", "Service", "s")
    found = changes([provider(), object_], [provider(clusterIdentifier="d"), object_])
    assert [(change.operation, change.resource.name) for change in found] == [("replace", "access"), ("replace", "s")]


PLANES = ("kapsule", "kapsule-dedicated-4", "kapsule-dedicated-8", "kapsule-dedicated-16")


@pytest.mark.parametrize(("before", "after"), [*itertools.permutations(PLANES, 2)])
def test_a_control_plane_grows_in_place_and_never_shrinks(before, after):
    old, new = (resource(CLUSTER, "c", properties={"type": name}) for name in (before, after))
    grows = PLANES.index(after) > PLANES.index(before)
    assert one_change([old], [new]).operation == ("update" if grows else "replace")


@pytest.mark.parametrize(
    ("api", "kind", "body", "other", "operation"),
    [
        (
            "apps/v1",
            "Deployment",
            {"selector": {"matchLabels": {"a": "1"}}},
            {"selector": {"matchLabels": {"a": "2"}}},
            "replace",
        ),
        ("apps/v1", "Deployment", {"replicas": 1}, {"replicas": 2}, "update"),
        ("apps/v1", "StatefulSet", {"serviceName": "a"}, {"serviceName": "b"}, "replace"),
        ("apps/v1", "StatefulSet", {"volumeClaimTemplates": []}, {"volumeClaimTemplates": [{}]}, "replace"),
        ("apps/v1", "StatefulSet", {"replicas": 1}, {"replicas": 2}, "update"),
        ("v1", "Service", {"clusterIP": "None"}, {"clusterIP": "10.0.0.1"}, "replace"),
        ("v1", "Service", {"type": "NodePort"}, {"type": "ClusterIP"}, "update"),
        ("batch/v1", "Job", {"template": {"a": 1}}, {"template": {"a": 2}}, "replace"),
        ("policy/v1", "PodDisruptionBudget", {"maxUnavailable": 1}, {"maxUnavailable": 2}, "update"),
    ],
)
def test_an_object_is_replaced_for_what_its_provider_says(api, kind, body, other, operation):
    old, new = (kubernetes(api, kind, "o", spec=spec) for spec in (body, other))
    assert one_change([provider(), old], [provider(), new]).operation == operation


def test_a_config_map_changes_in_place_only_where_its_provider_is_told_so():
    old, new = (kubernetes("v1", "ConfigMap", "c", data={"a": text}) for text in "xy")
    assert one_change([provider(), old], [provider(), new]).operation == "update"
    strict = provider(enableConfigMapMutable="false")
    assert one_change([strict, old], [strict, new]).operation == "replace"
    frozen = [kubernetes("v1", "ConfigMap", "c", data={"a": text}, immutable=True) for text in "xy"]
    assert one_change([provider(), frozen[0]], [provider(), frozen[1]]).operation == "replace"


def test_another_name_in_the_cluster_is_another_object():
    old, new = (kubernetes("v1", "Service", name) for name in ("a", "b"))
    renamed = resource(new.type, "a", properties=new.properties, provider=new.provider)
    assert one_change([provider(), old], [provider(), renamed]).operation == "replace"


def test_an_alias_is_the_same_resource_under_another_name():
    old = kubernetes("v1", "ConfigMap", "old", data={"a": "x"})
    new = resource(old.type, "new", properties=old.properties, provider=old.provider, aliases=("old",))
    assert changes([provider(), old], [provider(), new]) == ()
    assert {change.operation for change in changes([old], [resource(old.type, "new", properties=old.properties)])} == {
        "create",
        "delete",
    }


def test_a_secret_that_would_differ_is_a_change_and_its_mark_is_not_shown():
    old, new = (
        kubernetes("v1", "Secret", "s", stringData={"a": "[secret]"}, secret_marks={"stringData.a": m}) for m in "xy"
    )
    change = one_change([provider(), old], [provider(), new])
    assert (change.operation, change.paths) == ("update", ("stringData.a",))


def test_a_component_appears_only_where_it_comes_or_goes():
    component = resource("jitsi:a:B", "c", custom=False, properties={"a": 1})
    assert changes([component], [resource("jitsi:a:B", "c", custom=False, properties={"a": 2})]) == ()
    assert one_change([], [component]).operation == "create"


def test_zone_region_and_project_replace_every_scaleway_resource():
    assert {"zone", "region", "projectId"} <= set(forcing_paths("scaleway:something/new:New"))
