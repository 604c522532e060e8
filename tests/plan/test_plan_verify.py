"""`plan verify`: the promises held against rendered files, and against what kubectl lists."""

import json
import os
import re
import stat
import sys
from functools import cache, reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml
from sample_stacks import recorded

from config.read import stack_file
from plan.__main__ import main
from plan.evaluate import evaluate
from plan.render import manifest, write
from plan.tokens import is_kubernetes_object
from plan.verify import verdict
from plan.verify.api_fields import unknown_fields

STACK = Path(__file__).resolve().parents[2] / "Pulumi.local.yaml"


@cache
def _evaluated(changed: tuple[str, ...]):
    return evaluate(stack_file(STACK), "local", changed_secrets=changed)


@pytest.fixture(autouse=True)
def _evaluated_once(monkeypatch):
    """Let all tests share the two evaluations of the stack, which are always alike (test_plan_evaluate.py)."""
    monkeypatch.setattr(verdict, "evaluate", lambda *_, changed_secrets=(): _evaluated(tuple(changed_secrets)))


@pytest.fixture
def folder(tmp_path):
    write(recorded("local"), tmp_path / "out")
    return tmp_path / "out"


def verify(capsys, *arguments: object) -> tuple[int, list[dict[str, str]], str]:
    status = main(["verify", "--file", str(STACK), "--json", *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, json.loads(out)["findings"] if out else [], err


def edit(file: Path, change) -> None:
    document = yaml.safe_load(file.read_text())
    change(document)
    file.write_text(yaml.safe_dump(document))


def drift(findings) -> list[tuple[str, str, str]]:
    return [
        (finding["severity"], finding["rule"], finding["where"])
        for finding in findings
        if finding["rule"].startswith("object-")
    ]


def test_a_folder_as_rendered_has_the_findings_of_the_report(folder, capsys):
    main(["report", "--file", str(STACK), "--json"])
    reported = json.loads(capsys.readouterr().out)["findings"]
    assert verify(capsys, "--dir", folder) == (0, reported, "")


def test_the_stack_of_make_up_lacks_no_secret(capsys):
    main(["report", "--file", str(STACK), "--json"])
    assert "secret-missing" not in capsys.readouterr().out


def test_an_edit_that_breaks_a_promise_is_an_error_and_named_as_an_edit(folder, capsys):
    edit(folder / "scaleway/securitygroup-scaleway-s0-firewall.yaml", lambda d: d["properties"]["inboundRules"].pop())
    status, findings, _ = verify(capsys, "--dir", folder)
    assert status == 3
    assert "bridge-port-closed" in {finding["rule"] for finding in findings if finding["severity"] == "error"}
    assert drift(findings) == [
        ("warning", "object-changed", "SecurityGroup scaleway-s0-firewall"),
    ]


def test_an_edit_of_a_manifest_is_shown_with_both_values(folder, capsys):
    edit(folder / "kubernetes/service-prosody-s0.yaml", lambda d: d["spec"]["ports"][0].update(port=5223))
    _, findings, _ = verify(capsys, "--dir", folder)
    (changed,) = [finding for finding in findings if finding["rule"] == "object-changed"]
    assert changed["where"] == "Service jitsi/prosody-s0"
    assert "spec.ports[0].port is 5223 instead of" in changed["message"]


def test_an_added_field_is_an_edit(folder, capsys):
    edit(folder / "kubernetes/service-prosody-s0.yaml", lambda d: d["spec"].update(sessionAffinity="ClientIP"))
    _, findings, _ = verify(capsys, "--dir", folder)
    assert drift(findings) == [("warning", "object-changed", "Service jitsi/prosody-s0")]


@pytest.mark.parametrize(
    ("file", "place", "value", "says"),
    [
        ("deployment-jvb-s0-0", "spec.template.spec.terminationGracePeriodSeconds", "1h", "a whole number"),
        ("deployment-jvb-s0-0", "spec.template.spec.terminationGracePeriodSeconds", "3600", "a whole number"),
        ("deployment-jvb-s0-0", "spec.minReadySeconds", "abc", "is a text, and must be a whole number"),
        ("deployment-jvb-s0-0", "spec.template.spec.containers.0.env.0.value", 8, "a whole number, and must be a text"),
        (
            "deployment-jvb-s0-0",
            "metadata.labels.own",
            True,
            "metadata.labels.own is true or false, and must be a text",
        ),
        ("deployment-web-s0", "spec.template.spec.automountServiceAccountToken", "true", "a text, and must be true or"),
        ("networkpolicy-default-deny", "spec.ingress", {}, "a mapping, and must be a list"),
    ],
)
def test_a_value_of_another_type_is_an_error_as_the_api_server_refuses_it(  # noqa: PLR0917 - two of them are fixtures
    folder, capsys, file, place, value, says
):
    *way, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
    edit(folder / f"kubernetes/{file}.yaml", lambda document: reduce(getitem, way, document).update({last: value}))
    status, findings, _ = verify(capsys, "--dir", folder)
    assert status == 3
    (refused,) = [finding for finding in findings if finding["rule"] == "object-refused"]
    assert says in refused["message"]
    assert refused["severity"] == "error"


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("service-web-s0", lambda d: d["spec"]["ports"][0].update(targetPort=8080)),
        (
            "deployment-web-s0",
            lambda d: d["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"].update(memory=2**30),
        ),
        ("networkpolicy-default-deny", lambda d: d["spec"].update(unheardOf=None)),
        (
            "deployment-web-s0",
            lambda d: d["spec"]["template"]["spec"].update(dnsConfig={"options": [{"name": "ndots", "value": "1"}]}),
        ),
        ("service-web-s0", lambda d: d["metadata"].update(annotations=None)),
    ],
)
def test_a_value_that_the_api_server_may_take_is_not_refused(folder, capsys, file, change):
    edit(folder / f"kubernetes/{file}.yaml", change)
    _, findings, _ = verify(capsys, "--dir", folder)
    assert "object-refused" not in {finding["rule"] for finding in findings}


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (
            "deployment-jvb-s0-0",
            lambda d: d["spec"]["template"]["spec"].update(terminationGracePeriodSecond=30),
            "terminationGracePeriodSecond is no field of the API (did you mean terminationGracePeriodSeconds?)",
        ),
        (
            "service-web-s0",
            lambda d: d["spec"].update(clusterIp="None"),
            "spec.clusterIp is no field of the API (did you mean clusterIP?)",
        ),
        (
            "networkpolicy-default-deny",
            lambda d: d["spec"].update(ingress=[{"form": []}]),
            "spec.ingress[0].form is no field of the API (did you mean from?)",
        ),
        (
            "service-web-s0",
            lambda d: d["metadata"].update(unheardOf=1),
            "metadata.unheardOf is no field of the API: the API server",
        ),
    ],
)
def test_a_field_that_the_api_lacks_is_an_error_with_the_nearest_name(folder, capsys, file, change, says):
    edit(folder / f"kubernetes/{file}.yaml", change)
    status, findings, _ = verify(capsys, "--dir", folder)
    assert status == 3
    (refused,) = [each for each in findings if each["rule"] == "object-refused"]
    assert says in refused["message"]


def test_what_the_program_renders_has_only_fields_of_the_api():
    objects = [each for each in recorded("local") if each.custom and is_kubernetes_object(each.type)]
    assert [each.name for each in objects if list(unknown_fields(each.type, each.properties))] == []
    assert len(objects) > 100


def test_an_object_in_two_files_is_an_error_that_names_both(folder, capsys):
    first = folder / "kubernetes/service-prosody-s0.yaml"
    second = folder / "kubernetes/zz.yaml"
    second.write_text(first.read_text())
    status, findings, _ = verify(capsys, "--dir", folder)
    assert status == 3
    assert drift(findings) == [("error", "object-twice", "Service jitsi/prosody-s0")]
    assert f"is in {first} and in {second}:" in findings[0]["message"]


def test_a_rule_that_allows_everything_is_a_change_of_a_policy_that_has_none(folder, capsys):
    file = folder / "kubernetes/networkpolicy-default-deny.yaml"
    edit(file, lambda d: d["spec"].update(ingress=[{}]))
    _, findings, _ = verify(capsys, "--dir", folder)
    assert drift(findings) == [("warning", "object-changed", "NetworkPolicy jitsi/default-deny")]
    assert "namespace-open" in {finding["rule"] for finding in findings}


def test_changed_objects_come_first_with_their_files(folder, capsys):
    file = folder / "kubernetes/networkpolicy-default-deny.yaml"
    edit(file, lambda d: d["spec"].update(ingress=[{}]))
    _, findings, _ = verify(capsys, "--dir", folder)
    assert (findings[0]["rule"], findings[0]["file"]) == ("object-changed", str(file))
    main(["verify", "--file", str(STACK), "--dir", str(folder)])
    assert (
        capsys.readouterr()
        .out.splitlines()[1]
        .endswith(f"object-changed  at NetworkPolicy jitsi/default-deny ({file})")
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda spec: spec.update(sessionAffinity="ClientIP"),
            'spec.sessionAffinity is "ClientIP", and is not rendered:',
        ),
        (lambda spec: spec.update(publishNotReadyAddresses=True), "spec.publishNotReadyAddresses is true"),
        (lambda spec: spec["ports"][0].pop("port"), "spec.ports[0].port is not set instead of 5222"),
    ],
)
def test_values_are_written_as_in_the_file(folder, capsys, change, says):
    edit(folder / "kubernetes/service-prosody-s0.yaml", lambda document: change(document["spec"]))
    _, findings, _ = verify(capsys, "--dir", folder)
    assert says in findings[0]["message"]


def test_a_missing_file_is_an_error(folder, capsys):
    (folder / "kubernetes/service-prosody-s0.yaml").unlink()
    status, findings, _ = verify(capsys, "--dir", folder)
    assert status == 3
    assert ("error", "object-missing", "Service jitsi/prosody-s0") in drift(findings)


def test_an_object_that_the_program_does_not_render_is_named(folder, capsys):
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own", "namespace": "jitsi"}}
    (folder / "kubernetes/own.yaml").write_text(yaml.safe_dump(own))
    status, findings, _ = verify(capsys, "--dir", folder)
    assert status == 0
    assert drift(findings) == [("info", "object-unknown", "ConfigMap jitsi/own")]


@pytest.mark.parametrize(
    ("text", "says"),
    [("a: [", "is not YAML"), ("- 1", "needs apiVersion, kind and metadata.name"), ("\x00", "is not YAML")],
)
def test_every_file_that_is_no_object_is_a_problem_of_its_own(folder, capsys, text, says):
    for name in ("a", "b"):
        (folder / f"kubernetes/{name}.yaml").write_text(text)
    status, findings, err = verify(capsys, "--dir", folder)
    assert (status, findings) == (2, [])
    assert [says in line for line in err.splitlines()] == [True, True]


def test_a_folder_without_objects_says_how_to_write_them(tmp_path, capsys):
    status, _, err = verify(capsys, "--dir", tmp_path)
    assert status == 2
    assert "plan render --out" in err


def test_a_kubeconfig_belongs_to_a_cluster(folder, capsys):
    status, _, err = verify(capsys, "--dir", folder, "--kubeconfig", "x")
    assert status == 2
    assert err.startswith("--kubeconfig: belongs to --live")


KUBECTL = """\
#!{python}
import json, sys
kinds = {{tuple(one.split(".")) for one in sys.argv[4].split(",")}}
space = sys.argv[sys.argv.index("--namespace") + 1] if "--namespace" in sys.argv else None
items = json.load(open({objects!r}))
wanted = [
    one for one in items
    if one["metadata"].get("namespace") == space
    and any(one["kind"] == kind[0] and one["apiVersion"] == "/".join(filter(None, (".".join(kind[2:]), kind[1]))) for kind in kinds)
]
print(json.dumps({{"items": wanted}}))
"""
"""Lists objects of a file as `kubectl get KIND.VERSION.GROUP,... -o json` does. The real kubectl: tests/e2e/test_verify_live.py."""


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Objects as a server returns them: with its own fields, canonical quantities, and secrets; to change, and to save."""
    objects = [
        manifest(resource) for resource in recorded("local") if resource.custom and is_kubernetes_object(resource.type)
    ]
    objects = json.loads(json.dumps(objects).replace('"1000m"', '"1"'))
    for each in objects:
        each["metadata"] |= {"uid": "1", "resourceVersion": "2", "managedFields": []}
        each["status"] = {}
        if "stringData" in each:
            each["data"] = each.pop("stringData")
    root = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": "jitsi"}}
    save = tmp_path / "objects.json"
    save.write_text(json.dumps([*objects, root]))
    program = tmp_path / "bin/kubectl"
    program.parent.mkdir()
    program.write_text(KUBECTL.format(python=sys.executable, objects=str(save)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return save


def change_object(save: Path, kind: str, name: str, change) -> None:
    objects = json.loads(save.read_text())
    change(next(each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)))
    save.write_text(json.dumps(objects))


def test_a_cluster_that_the_program_made_has_no_drift(cluster, capsys):
    status, findings, err = verify(capsys, "--live", "--kubeconfig", "config")
    assert [finding for finding in findings if finding["severity"] == "error"] == []
    assert (status, err) == (0, "")
    assert drift(findings) == []


def test_a_change_by_hand_in_the_cluster_breaks_a_promise_and_is_named(cluster, capsys):
    def edited(one):
        one["spec"]["type"] = "LoadBalancer"
        fields = {"f:spec": {"f:type": {}}}
        one["metadata"]["managedFields"].append({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": fields})

    change_object(cluster, "Service", "prosody-s0", edited)
    status, findings, _ = verify(capsys, "--live", "--kubeconfig", "config")
    assert status == 3
    assert "exposed-beside-plan" in {finding["rule"] for finding in findings}
    assert drift(findings) == [("warning", "object-changed", "Service jitsi/prosody-s0")]


def test_a_default_of_the_server_is_no_change(cluster, capsys):
    def defaulted(one):
        one["spec"]["type"] = "ClusterIP"
        fields = {"f:spec": {"f:type": {}}}
        one["metadata"]["managedFields"].append({"manager": "pulumi-resource-kubernetes", "fieldsV1": fields})

    change_object(cluster, "Service", "prosody-s0", defaulted)
    _, findings, _ = verify(capsys, "--live", "--kubeconfig", "config")
    assert drift(findings) == []


def test_an_item_that_a_person_added_to_a_list_is_kept_and_one_of_a_controller_is_not(cluster, capsys):
    def edited(one):
        ports = one["spec"]["ports"]
        ports += [{"name": "own", "port": 1, "protocol": "TCP"}, {"name": "another", "port": 2, "protocol": "TCP"}]
        fields = {"f:spec": {"f:ports": {'k:{"port":1,"protocol":"TCP"}': {".": {}, "f:name": {}, "f:port": {}}}}}
        one["metadata"]["managedFields"].append({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": fields})

    change_object(cluster, "Service", "prosody-s0", edited)
    _, findings, _ = verify(capsys, "--live", "--kubeconfig", "config")
    (changed,) = [finding for finding in findings if finding["rule"] == "object-changed"]
    assert re.fullmatch(r"spec\.ports\[\d\] differs: .*", changed["message"])


def test_values_of_secrets_are_neither_compared_nor_shown(cluster, capsys):
    for resource in recorded("local"):
        if resource.type.endswith(":Secret"):
            name = resource.properties["metadata"]["name"]
            change_object(
                cluster,
                "Secret",
                name,
                lambda one: one.update(data=dict.fromkeys(one.get("data") or {"a": 0}, "b3Blbg==")),
            )
    _, findings, _ = verify(capsys, "--live", "--kubeconfig", "config")
    assert "b3Blbg" not in json.dumps(findings)


def test_without_kubectl_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    status, _, err = verify(capsys, "--live")
    assert status == 2
    assert "kubectl is not on PATH; install it" in err
