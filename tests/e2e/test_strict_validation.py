"""Every object of every sample stack against the API server's strict validation and the restricted pod security standard."""

import copy
import os

import pytest
from sample_stacks import NAMES, kubernetes_objects, pod_templates
from waiting import eventually

from lab.cluster.seed import seed
from lab.toolchain import definitions, golang
from lab.toolchain.prepare import folder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

OPERATOR = "monitoring.coreos.com/v1"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PLURALS = {
    "NetworkPolicy": "networkpolicies",
    "PriorityClass": "priorityclasses",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
}


def location(document):
    api_version = document["apiVersion"]
    base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    plural = PLURALS.get(document["kind"], f"{document['kind'].lower()}s")
    namespace = document["metadata"].get("namespace")
    return f"{base}/namespaces/{namespace}/{plural}" if namespace else f"{base}/{plural}"


@pytest.fixture(scope="module")
def namespaces(embedded):
    """`jitsi` for the objects, `strict` for the pods alone."""
    with embedded.api() as api:
        for name, level in (("jitsi", "privileged"), ("strict", "restricted")):
            labels = {"pod-security.kubernetes.io/enforce": level}
            api.create(
                "/api/v1/namespaces",
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
            )
        # Objects of a kind are validated by what the stack itself says the kind is.
        (kind,) = [
            o.properties
            for o in kubernetes_objects("scaling-schedules")
            if o.properties["kind"] == "CustomResourceDefinition"
        ]
        api.create(DEFINITIONS, kind)
        eventually(lambda: api.http.get("/apis/zalando.org/v1").status_code == 200)
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
        wanted = definitions.PROMETHEUS_OPERATOR_DEFINITIONS
        files = definitions.fetch(folder(), lambda: golang.find(folder(), print), environment, wanted)
        assert not isinstance(files, str), files
        seed(api, files)
        yield api
        for plural in ("podmonitors", "prometheusrules"):
            api.delete(f"{DEFINITIONS}/{plural}.monitoring.coreos.com")
        api.delete(f"{DEFINITIONS}/{kind['metadata']['name']}")
        for name in ("jitsi", "strict"):
            api.delete(f"/api/v1/namespaces/{name}")


@pytest.mark.parametrize("stack", NAMES)
def test_every_object_passes_strict_validation(stack, namespaces):
    refused = {}
    made_once = ("Namespace", "CustomResourceDefinition")
    objects = [o for o in kubernetes_objects(stack) if o.properties["kind"] not in made_once]
    assert len(objects) > 30
    for o in objects:
        document = copy.deepcopy(o.properties)
        if document["kind"] == "Secret":
            document["stringData"] = dict.fromkeys(document["stringData"], "placeholder")
        if document["kind"] == "APIService":
            document["spec"]["caBundle"] = "cGxhY2Vob2xkZXI="
        answer = namespaces.http.post(
            location(document), params={"dryRun": "All", "fieldValidation": "Strict"}, json=document
        )
        if answer.status_code != 201:
            refused[o.name] = answer.json().get("message")
    assert refused == {}


CLAIMED = {"StatefulSet jibri": {"storage-fr-par-1-20gi", "storage-20gi"}}
"""Volumes that a StatefulSet claims for its pods."""


@pytest.mark.parametrize("stack", NAMES)
def test_every_pod_runs_under_restricted_pod_security_but_for_its_host_port(stack, namespaces):
    refused = {}
    for owner, template in pod_templates(stack):
        spec = copy.deepcopy(template["spec"])
        for name in ("serviceAccountName", "priorityClassName"):
            spec.pop(name, None)  # theirs to check elsewhere; a dry run finds none of them made
        claims = {v["name"] for v in spec["volumes"] if "persistentVolumeClaim" in v} | CLAIMED.get(owner, set())
        spec["volumes"] = [v for v in spec["volumes"] if v["name"] not in claims]
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            container["volumeMounts"] = [m for m in container.get("volumeMounts", []) if m["name"] not in claims]
            for port in container.get("ports", []):
                port.pop("hostPort", None)
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": spec}
        answer = namespaces.http.post(
            "/api/v1/namespaces/strict/pods", params={"dryRun": "All", "fieldValidation": "Strict"}, json=pod
        )
        if answer.status_code != 201:
            refused[owner] = answer.json().get("message")
    assert refused == {}


def test_the_checks_themselves_can_fail(namespaces):
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "jitsi"}, "dta": {}}
    answer = namespaces.http.post(
        location(config_map), params={"dryRun": "All", "fieldValidation": "Strict"}, json=config_map
    )
    assert "dta" in answer.json()["message"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "x"},
        "spec": {"containers": [{"name": "x", "image": "x"}]},
    }
    answer = namespaces.http.post("/api/v1/namespaces/strict/pods", params={"dryRun": "All"}, json=pod)
    assert "violates PodSecurity" in answer.json()["message"]


def test_certificates_are_held_against_cert_managers_own_definitions(namespaces):
    kinds = {o.properties["kind"]: o.properties for o in kubernetes_objects("turn")}
    wrong = copy.deepcopy(kinds["Certificate"])
    wrong["spec"]["dnsName"] = wrong["spec"].pop("dnsNames")
    answer = namespaces.http.post(location(wrong), params={"dryRun": "All", "fieldValidation": "Strict"}, json=wrong)
    assert "dnsName" in answer.text
    wrong = copy.deepcopy(kinds["Issuer"])
    wrong["spec"]["acme"]["solvers"][0]["http01"]["ingress"].pop("ingressClassName")
    wrong["spec"]["acme"].pop("server")
    answer = namespaces.http.post(location(wrong), params={"dryRun": "All", "fieldValidation": "Strict"}, json=wrong)
    assert "spec.acme.server: Required value" in answer.text


def test_objects_for_an_operator_are_held_against_its_own_definitions(namespaces):
    objects = [o for o in kubernetes_objects("daemonset") if o.properties["apiVersion"] == OPERATOR]
    kinds = {o.properties["kind"]: o.properties for o in objects}
    assert set(kinds) == {"PodMonitor", "PrometheusRule"}
    assert len(objects) > 4
    wrong = copy.deepcopy(kinds["PodMonitor"])
    wrong["spec"]["podMetricsEndpoints"][0]["intervall"] = "15s"
    answer = namespaces.http.post(location(wrong), params={"dryRun": "All", "fieldValidation": "Strict"}, json=wrong)
    assert "intervall" in answer.text
    wrong = copy.deepcopy(kinds["PrometheusRule"])
    wrong["spec"]["groups"][0]["rules"][0].pop("expr")
    answer = namespaces.http.post(location(wrong), params={"dryRun": "All", "fieldValidation": "Strict"}, json=wrong)
    assert "expr" in answer.text
    assert "Required value" in answer.text
