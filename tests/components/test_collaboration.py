"""Whiteboard and shared documents: one for the stack, reached by web alone, with nothing secret in plain sight."""

import json
from typing import Any

import pytest
from sample_stacks import OWN

from plan.evaluate import evaluate
from plan.recorder import Resource


def evaluated(**keys: Any) -> tuple[Resource, ...]:
    values = {**OWN["scaling-schedules"], **{f"jitsi:{key}": json.dumps(value) for key, value in keys.items()}}
    return evaluate(values, "test")


def made(**keys: Any) -> dict[str, dict[str, Any]]:
    documents = [r.properties for r in evaluated(**keys) if r.type.startswith("kubernetes:")]
    return {f"{d['kind']} {d['metadata']['name']}": d for d in documents}


@pytest.fixture(scope="module")
def objects() -> dict[str, dict[str, Any]]:
    return made(whiteboard=True, documents={})


def env(workload: dict[str, Any]) -> dict[str, str]:
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def test_every_shards_web_leads_to_the_same_two(objects: dict[str, dict[str, Any]]) -> None:
    for shard in ("s0", "s1"):
        web = env(objects[f"Deployment web-{shard}"])
        for key, component, port in (
            ("WHITEBOARD_COLLAB_SERVER_URL_BASE", "whiteboard", 3002),
            ("ETHERPAD_URL_BASE", "etherpad", 9001),
        ):
            assert web[key] == f"http://{component}.jitsi.svc.cluster.local:{port}"
            (found,) = objects[f"Service {component}"]["spec"]["ports"]
            assert found["port"] == port
        assert web["WHITEBOARD_COLLAB_SERVER_PUBLIC_URL"] == "https://meet.example.org"
        assert web["ETHERPAD_PUBLIC_URL"] == "https://meet.example.org/etherpad/p/"


def test_a_document_has_no_name_that_people_know(objects: dict[str, dict[str, Any]]) -> None:
    assert env(objects["Deployment jicofo-s0"])["ENABLE_SHARED_DOCUMENT_RANDOM_NAME"] == "1"


def test_only_web_reaches_them(objects: dict[str, dict[str, Any]]) -> None:
    for component, port in (("whiteboard", 3002), ("etherpad", 9001)):
        rules = objects[f"NetworkPolicy {component}"]["spec"]["ingress"]
        (rule,) = [rule for rule in rules if {"protocol": "TCP", "port": port} in rule["ports"]]
        assert rule["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}]


def test_each_of_them_runs_once(objects: dict[str, dict[str, Any]]) -> None:
    assert objects["Deployment whiteboard"]["spec"]["replicas"] == 1
    assert objects["Deployment whiteboard"]["spec"]["strategy"] == {"type": "Recreate"}
    assert objects["StatefulSet etherpad"]["spec"]["replicas"] == 1


def test_etherpads_keys_are_read_from_a_secret_and_never_made_up(objects: dict[str, dict[str, Any]]) -> None:
    assert objects["Secret etherpad"]["stringData"] == {"APIKEY.txt": "[secret]", "SESSIONKEY.txt": "[secret]"}
    (container,) = objects["StatefulSet etherpad"]["spec"]["template"]["spec"]["containers"]
    files = {mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "keys"}
    assert files == {"/opt/etherpad-lite/APIKEY.txt", "/opt/etherpad-lite/SESSIONKEY.txt"}


def test_documents_volume_is_a_claim_of_its_own_so_that_a_larger_one_replaces_nothing() -> None:
    small, large = (made(documents={"storage": size}) for size in ("2Gi", "4Gi"))
    assert small["StatefulSet etherpad"] == large["StatefulSet etherpad"]
    assert "volumeClaimTemplates" not in small["StatefulSet etherpad"]["spec"]
    claims = [objects["PersistentVolumeClaim etherpad"]["spec"] for objects in (small, large)]
    assert [claim["resources"]["requests"]["storage"] for claim in claims] == ["2Gi", "4Gi"]
    volumes = small["StatefulSet etherpad"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "etherpad"}} in volumes


@pytest.mark.parametrize("protect", [False, True])
def test_the_engine_refuses_to_delete_the_documents_of_a_protected_stack(protect: bool) -> None:
    (claim,) = [
        resource
        for resource in evaluated(documents={"storage": "2Gi"}, protect=protect)
        if resource.type.endswith("Claim")
    ]
    assert claim.protect is protect


def test_one_without_the_other() -> None:
    alone = made(whiteboard=True)
    assert "StatefulSet etherpad" not in alone
    assert "ETHERPAD_URL_BASE" not in env(alone["Deployment web-s0"])
    assert "ENABLE_SHARED_DOCUMENT_RANDOM_NAME" not in env(alone["Deployment jicofo-s0"])
