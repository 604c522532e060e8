"""What a bridge's token may do at a real API server: patch the deletion cost of its own pod, and nothing else."""

import time
from typing import Any

import pytest

from components.bridges import rights
from components.bridges.pods import BridgePods
from config.read import parse

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NAMESPACE = "own-pod-only"
COST = {"metadata": {"annotations": {rights.DELETION_COST: "35"}}}
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
PLURALS = {
    "ServiceAccount": "serviceaccounts",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}


def documents():
    config = parse(
        {
            "jitsi:domain": "x.example.org",
            "jitsi:cluster": '{"kind": "existing"}',
            "jitsi:shards": '[{"name": "s0", "zone": "z"}]',
        }
    )
    pods = BridgePods(namespace=NAMESPACE, shard=config.resolved[0], image="x", own_pools=False)
    return [rights.account(pods), *rights.own_pod_policy(pods), *rights.own_pod(pods)]


def folder(document):
    base = "/api/v1" if document["apiVersion"] == "v1" else f"/apis/{document['apiVersion']}"
    inside = f"/namespaces/{NAMESPACE}" if "namespace" in document["metadata"] else ""
    return f"{base}{inside}/{PLURALS[document['kind']]}"


def pod(name):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"a": "b"}, "annotations": {"kept": "yes"}},
        "spec": {
            "serviceAccountName": "jvb-s0",
            "terminationGracePeriodSeconds": 600,
            "containers": [{"name": "jvb", "image": "x"}],
            "nodeSelector": {"no": "node"},
        },
    }


class Bridge:
    """Requests with a token that is bound to `pod`; none: to the account alone."""

    def __init__(self, api, pod=None):
        spec: dict[str, Any] = {"audiences": None, "expirationSeconds": 600}
        if pod:
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Pod", "name": pod}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/jvb-s0/token"
        made = api.http.post(
            path, json={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        )
        self.token = made.raise_for_status().json()["status"]["token"]
        self.api = api

    def request(self, method, path, body=None, kind="application/merge-patch+json"):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        return self.api.http.request(method, path, headers=headers, json=body)

    def patch(self, name, body):
        return self.request("PATCH", f"{PODS}/{name}", body)


@pytest.fixture(scope="module")
def api(embedded):
    with embedded.api() as api:
        api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        made = documents()
        for document in made:
            api.create(folder(document), document)
        for name in ("bridge-a", "bridge-b"):
            api.create(PODS, pod(name))
        stranger = Bridge(api)
        end = time.monotonic() + 60  # the API server takes a policy up within seconds
        while stranger.patch("bridge-b", {}).status_code != 422 and time.monotonic() < end:
            time.sleep(0.5)
        yield api
        for document in reversed(made):
            api.delete(f"{folder(document)}/{document['metadata']['name']}")
        api.http.request("DELETE", PODS, json={"gracePeriodSeconds": 0})
        api.delete(f"/api/v1/namespaces/{NAMESPACE}")


@pytest.fixture(scope="module")
def bridge(api):
    return Bridge(api, "bridge-a")


def message(answer):
    assert answer.status_code in (403, 422), answer.text
    return answer.json()["message"]


def test_a_bridge_keeps_the_deletion_cost_of_its_own_pod(bridge, api):
    assert bridge.patch("bridge-a", COST).status_code == 200
    assert api.get(f"{PODS}/bridge-a")["metadata"]["annotations"] == {"kept": "yes", rights.DELETION_COST: "35"}


def test_an_empty_patch_reads_the_pod_and_writes_nothing(bridge, api):
    before = api.get(f"{PODS}/bridge-a")["metadata"]["resourceVersion"]
    read = bridge.patch("bridge-a", {})
    assert read.json()["spec"]["terminationGracePeriodSeconds"] == 600
    assert api.get(f"{PODS}/bridge-a")["metadata"]["resourceVersion"] == before


@pytest.mark.parametrize("body", [COST, {}], ids=["cost", "reading"])
def test_another_bridges_pod_is_closed(bridge, body):
    told = message(bridge.patch("bridge-b", body))
    assert "this token is bound to bridge-a, not to bridge-b" in told


def test_a_token_that_is_bound_to_no_pod_changes_none(api):
    assert "this token is bound to no pod, not to bridge-a" in message(Bridge(api).patch("bridge-a", COST))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"metadata": {"annotations": {"kept": "no"}}}, "one annotation of its pod only"),
        ({"metadata": {"annotations": {"kept": None}}}, "one annotation of its pod only"),
        ({"metadata": {"annotations": {"new": "one"}}}, "one annotation of its pod only"),
        ({"metadata": {"labels": {"a": "c"}}}, "may change nothing of its pod"),
        ({"metadata": {"labels": None}}, "may change nothing of its pod"),
        ({"metadata": {"finalizers": ["example.org/held"]}}, "may change nothing of its pod"),
        ({"spec": {"containers": [{"name": "jvb", "image": "mine"}]}}, "may change nothing of its pod"),
        ({"spec": {"activeDeadlineSeconds": 5}}, "may change nothing of its pod"),
        (COST | {"metadata": {**COST["metadata"], "labels": {"a": "c"}}}, "may change nothing of its pod"),
    ],
)
def test_nothing_else_of_its_own_pod_can_be_changed(bridge, body, says):
    told = message(bridge.patch("bridge-a", body))
    assert says in told
    assert rights.DELETION_COST in told


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", PODS, None),
        ("GET", f"{PODS}/bridge-a", None),
        ("GET", f"{PODS}/bridge-b", None),
        ("DELETE", f"{PODS}/bridge-a", None),
        ("PATCH", f"{PODS}/bridge-a/status", {"status": {"reason": "x"}}),
        ("POST", PODS, pod("bridge-c")),
        ("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets", None),
    ],
)
def test_there_is_no_right_to_read_delete_or_make_anything(bridge, method, path, body):
    kind = "application/json" if method == "POST" else "application/merge-patch+json"
    assert "cannot" in message(bridge.request(method, path, body, kind))


def test_the_time_that_is_left_is_in_the_answer_and_the_token_ends_with_its_pod(api):
    api.create(PODS, pod("bridge-d") | {"metadata": {"name": "bridge-d", "finalizers": ["example.org/held"]}})
    own = Bridge(api, "bridge-d")
    api.http.request("DELETE", f"{PODS}/bridge-d", json={"gracePeriodSeconds": 0})
    read = own.patch("bridge-d", {})
    assert read.json()["metadata"]["deletionTimestamp"]
    assert read.json()["metadata"]["deletionGracePeriodSeconds"] == 0
    assert read.headers["Date"], "the sidecar reckons by it"
    api.http.patch(
        f"{PODS}/bridge-d",
        headers={"Content-Type": "application/merge-patch+json"},
        json={"metadata": {"finalizers": None}},
    )
    end = time.monotonic() + 60
    while own.patch("bridge-d", {}).status_code not in (401, 404) and time.monotonic() < end:
        time.sleep(1)
    assert own.patch("bridge-d", {}).status_code in (401, 404)


def test_others_change_pods_as_before(api):
    answer = api.http.patch(
        f"{PODS}/bridge-b",
        headers={"Content-Type": "application/merge-patch+json"},
        json={"metadata": {"labels": {"by": "operator"}}},
    )
    assert answer.status_code == 200
