"""The stack of `make up`, once, under the policy pack: what the engine made of it, and `plan verify --live` with kubectl."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest
from scaleway_tokens import TOKENS

from lab.commands import POLICY
from lab.paths import PROJECT

pytestmark = pytest.mark.e2e

FILE = PROJECT / "Pulumi.local.yaml"


@pytest.fixture(scope="module")
def local(embedded):
    """The embedded world with the local stack in it."""
    before = FILE.read_text()
    dataclasses.replace(embedded.engine, policy=POLICY).up(FILE)
    yield embedded
    assert embedded.engine.destroy(FILE).status == 0
    assert FILE.read_text() == before, "the repository's stack file is read, never written"


def test_the_local_stack_has_known_scaleway_types_only(local):
    types = {resource["type"] for resource in local.engine.export(FILE)["deployment"]["resources"]}
    scaleway = {t for t in types if t.startswith("scaleway:")}
    assert scaleway <= set(TOKENS), "add what is new to tests/scaleway_tokens.py; its test then checks it"
    assert local.engine.outputs(FILE)["bridges"]


@pytest.fixture
def verify(local, toolchain):
    """`plan verify --live` on the running stack: exit status, and the findings that the report does not have."""

    def run(*arguments):
        command = [sys.executable, "-m", "plan", *arguments, "--file", str(FILE), "--json"]
        path = f"{toolchain.paths['kubectl'].parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command, cwd=PROJECT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)["findings"]

    _, reported = run("report")

    def verified():
        status, findings = run("verify", "--live", "--kubeconfig", str(local.paths.kubeconfig))
        return status, [finding for finding in findings if finding not in reported]

    return verified


def test_a_running_stack_keeps_its_promises_and_nothing_in_it_was_changed_by_hand(verify):
    status, findings = verify()
    assert [f"{finding['rule']} {finding['where']}: {finding['message']}" for finding in findings] == []
    assert status == 0


def test_changes_by_hand_are_seen_with_the_promise_that_they_break(local, verify):
    service = "/api/v1/namespaces/jitsi/services/jvb-s1-0"
    budget = "/apis/policy/v1/namespaces/jitsi/poddisruptionbudgets"
    with local.api() as api:
        kept = api.get(service)
        merge = {"Content-Type": "application/merge-patch+json"}
        patch = {"spec": {"externalTrafficPolicy": "Cluster"}}
        api.http.patch(service, json=patch, headers=merge).raise_for_status()
        (name,) = [each["metadata"]["name"] for each in api.items(budget) if "s1" in each["metadata"]["name"]]
        removed = api.get(f"{budget}/{name}")
        assert api.delete(f"{budget}/{name}")
        try:
            status, findings = verify()
        finally:
            back = {"spec": {"externalTrafficPolicy": kept["spec"]["externalTrafficPolicy"]}}
            api.http.patch(service, json=back, headers=merge).raise_for_status()
            removed["metadata"] = {
                key: removed["metadata"][key]
                for key in ("name", "namespace", "labels", "annotations")
                if key in removed["metadata"]
            }
            api.create(budget, removed)
    assert status == 3
    seen = {(finding["rule"], finding["where"]) for finding in findings}
    assert ("object-missing", f"PodDisruptionBudget jitsi/{name}") in seen
    assert ("object-changed", "Service jitsi/jvb-s1-0") in seen
    broken = {finding["rule"] for finding in findings if finding["severity"] == "error"} - {"object-missing"}
    assert len(broken) >= 2, f"rules name both promises: {broken}"
