"""Every answer of the emulator, held against the official SDK's types and against recorded answers of the real API.

`Cloud.ask` holds the answers of all tests in this folder; here it is seen to refuse, and every request that reads has its turn.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from scaleway_emulator.api.routes import ROUTES

from tests.lab.scaleway_emulator.cloud import K8S, LB, PROJECT, REGION, VPC, ZONE, Cloud
from tests.lab.scaleway_emulator.held_answers import RECORDED, answer_faults
from tests.lab.scaleway_emulator.sdk_types import answers, plain

IAM, COCKPIT = "/iam/v1alpha1", f"/cockpit/v1/regions/{REGION}"


def test_every_request_is_one_of_the_sdks_apart_from_the_autoscalers():
    missing = [
        (method, route)
        for route, handlers in ROUTES.items()
        for method in handlers
        if (method, plain(route)) not in answers()
    ]
    assert all("/autoscaler/" in route for _, route in missing), missing


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda body: body.update(status="sleeping"), "'sleeping' is no ClusterStatus"),
        (lambda body: body.update(tags="a"), "'a' is no list"),
        (lambda body: body.pop("version"), ".version: missing"),
        (lambda body: body.update(colour="red"), ".colour: unknown to Cluster"),
        (lambda body: body.update(commitment_ends_at=None), "commitment_ends_at: null instead of text"),
        (lambda body: body.pop("acl_available"), "acl_available: recorded, and missing"),
        (lambda body: body["autoscaler_config"].update(log_level="2"), "'2' is no int"),
        (lambda body: body.update(created_at="yesterday"), "'yesterday' is no datetime"),
    ],
)
def test_a_wrong_answer_is_refused(cloud: Cloud, spoil, says: str):
    path = f"{K8S}/clusters/{cloud.cluster()['id']}"
    body = cloud.get(path)
    assert answer_faults("GET", path, 200, body) == []
    wrong = copy.deepcopy(body)
    spoil(wrong)
    assert any(says in fault for fault in answer_faults("GET", path, 200, wrong))
    assert answer_faults("GET", path, 201, body) == ["status 201 instead of [200]"]


CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", "vpc/v2/regions/{region}/vpcs/{id}", {"name": "other"}),
    ("POST", "vpcs/{id}/enable-routing", {}),
    ("POST", "vpcs/{id}/enable-custom-routes-propagation", {}),
    ("PATCH", "private-networks/{id}", {"name": "other"}),
    ("POST", "clusters/{id}/acls", {"acls": [{"ip": "192.0.2.0/24"}]}),
    ("PATCH", "k8s/v1/regions/{region}/clusters/{id}", {"tags": ["a"]}),
    ("POST", "k8s/v1/regions/{region}/clusters/{id}/upgrade", {"version": "1.36.1"}),
    ("POST", "clusters/{id}/set-type", {"type": "kapsule-dedicated-4"}),
    ("POST", "k8s/v1/regions/{region}/pools/{id}/upgrade", {"version": "1.36.1"}),
    ("PUT", "pools/{id}/set-labels", {"labels": {"c": "d"}}),
    ("PUT", "pools/{id}/set-taints", {"taints": []}),
    ("PUT", "pools/{id}/set-startup-taints", {"startup_taints": []}),
    ("POST", "nodes/{id}/reboot", {}),
    ("PATCH", "security_groups/{id}", {"name": "other"}),
    ("PUT", "security_groups/{id}", {"name": "another"}),
    ("PATCH", "lb/v1/zones/{zone}/ips/{id}", {"tags": ["a"]}),
    ("PATCH", "applications/{id}", {"name": "other"}),
    ("PATCH", "api-keys/{id}", {"description": "other"}),
    ("PATCH", "policies/{id}", {"name": "other"}),
]


def test_every_request_that_reads_or_changes_answers_what_sdk_and_recordings_allow(cloud: Cloud):
    """`Cloud.ask` refuses any other answer."""
    cluster = cloud.cluster()
    cloud.now += 10
    pool = cloud.pool(cluster, taints=[{"key": "a", "value": "b", "effect": "NoSchedule"}], labels={"a": "b"})
    cloud.now += 10
    application = cloud.make(f"{IAM}/applications", {"name": "a", "organization_id": PROJECT})
    key = cloud.make(f"{IAM}/api-keys", {"application_id": application["id"], "description": "d"})
    rule = {"permission_set_names": ["ObjectStorageReadOnly"], "project_ids": [PROJECT]}
    policy = cloud.make(
        f"{IAM}/policies",
        {"name": "p", "organization_id": PROJECT, "application_id": application["id"], "rules": [rule]},
    )
    made = {
        "vpcs": cloud.get(f"{VPC}/vpcs")["vpcs"][0]["id"],
        "private-networks": cloud.get(f"{VPC}/private-networks")["private_networks"][0]["id"],
        "clusters": cluster["id"],
        "pools": pool["id"],
        "nodes": cloud.get(f"{K8S}/clusters/{cluster['id']}/nodes")["nodes"][0]["id"],
        "versions": "1.35.3",
        "security_groups": cloud.group()["id"],
        "ips": cloud.make(f"{LB}/ips", {"project_id": PROJECT})["id"],
        "data-sources": cloud.make(f"{COCKPIT}/data-sources", {"project_id": PROJECT, "name": "s", "type": "logs"})[
            "id"
        ],
        "tokens": cloud.make(
            f"{COCKPIT}/tokens", {"project_id": PROJECT, "name": "t", "token_scopes": ["read_only_logs"]}
        )["id"],
        "applications": application["id"],
        "api-keys": key["access_key"],
        "policies": policy["id"],
    }
    asked = 0
    for route in (route for route, handlers in ROUTES.items() if "GET" in handlers):
        owner = route.partition("/{id}")[0].rpartition("/")[2]
        if owner == "lbs":
            continue  # Services make load balancers: test_scaleway_cloud_controller.py reads them
        path = route.format(region=REGION, zone=ZONE, dns_zone="example.org", id=made.get(owner, ""))
        cloud.get(path, **({"policy_id": policy["id"]} if route.endswith("/rules") and "iam" in route else {}))
        asked += 1
    assert asked > 35
    for method, part, body in CHANGES:
        owner = part.partition("/{id}")[0].rpartition("/")[2]
        (route,) = [route for route in ROUTES if route.endswith(part) and method in ROUTES[route]]
        cloud.now += 10
        cloud.make(route.format(region=REGION, zone=ZONE, id=made[owner]), body, method)


def test_recorded_errors_are_answered_with_their_status_and_fields(cloud: Cloud):
    """A resource that is not there, in the words of each API."""
    for error in RECORDED["errors"]:
        method, route = error["request"].split(" ")
        path = route.format(region=REGION, zone=ZONE, id="11111111-2222-3333-4444-555555555555")
        answer = cloud.ask(method, path)
        body = answer.json()
        assert (answer.status_code, sorted(body), body.get("type"), body["message"], body.get("resource")) == (
            error["status"],
            error["keys"],
            error["type"],
            error["message"],
            error["resource"],
        ), path


def test_every_fact_names_its_recording():
    facts = [*RECORDED["answers"].values(), *RECORDED["errors"]]
    assert all(fact["source"].endswith(".cassette.yaml") for fact in facts)
    assert len(RECORDED["commit"]) == 40
    assert {request.split(" ")[1] for request in RECORDED["answers"]} <= set(ROUTES)
