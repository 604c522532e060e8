"""Recorded resources as files."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from plan.__main__ import main
from plan.recorder import Resource
from plan.render import files, manifest, write
from plan.tokens import is_kubernetes_object

ROOT = Path(__file__).resolve().parents[2]


def resource(type_: str, name: str, custom: bool = True, **properties: Any) -> Resource:
    return Resource(
        urn=f"urn:{type_}::{name}", type=type_, name=name, parent=None, properties=properties, custom=custom
    )


def config_map(name: str, namespace: str | None = None, **data: str) -> Resource:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return resource(
        "kubernetes:core/v1:ConfigMap", name, apiVersion="v1", kind="ConfigMap", metadata=metadata, data=data
    )


def test_every_object_is_a_document_of_its_own() -> None:
    made = files([config_map("a"), resource("kubernetes:core/v1:Namespace", "n", metadata={"name": "jitsi"})])
    assert sorted(made) == ["kubernetes/configmap-a.yaml", "kubernetes/namespace-jitsi.yaml", "resources.json"]
    assert yaml.safe_load(made["kubernetes/namespace-jitsi.yaml"]) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "jitsi"},
    }


def test_the_namespace_stands_in_the_name_only_where_it_tells_objects_apart() -> None:
    made = files([config_map("a", "one"), config_map("a", "two"), config_map("b", "one")])
    assert sorted(made)[:3] == [
        "kubernetes/configmap-b.yaml",
        "kubernetes/configmap-one-a.yaml",
        "kubernetes/configmap-two-a.yaml",
    ]


def test_an_object_that_is_there_twice_is_written_twice() -> None:
    assert len([path for path in files([config_map("a"), config_map("a")]) if path.startswith("kubernetes/")]) == 2


def test_a_name_with_a_slash_or_colon_stays_inside_the_folder() -> None:
    made = files([resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "r", metadata={"name": "a:b/../c"})])
    assert "kubernetes/clusterrole-a-b-..-c.yaml" in made


def test_the_api_version_follows_from_the_type_where_the_inputs_lack_it() -> None:
    assert manifest(resource("kubernetes:apps/v1:Deployment", "d"))["apiVersion"] == "apps/v1"
    assert manifest(resource("kubernetes:core/v1:Service", "s"))["apiVersion"] == "v1"


def test_what_only_the_cluster_writes_is_left_out() -> None:
    assert "status" not in manifest(resource("kubernetes:core/v1:Service", "s", status={"x": 1}))


def test_texts_of_several_lines_are_readable_and_come_back_as_they_were() -> None:
    text = "global\n  daemon\n\n# end \n"
    made = files([config_map("a", **{"haproxy.cfg": text, "list": "a: b\n"})])["kubernetes/configmap-a.yaml"]
    assert yaml.safe_load(made)["data"]["haproxy.cfg"] == text
    assert "list: |" in made


def test_scaleway_resources_are_listed_with_type_name_and_properties() -> None:
    made = files([resource("scaleway:kubernetes/pool:Pool", "system", size=1)])
    assert yaml.safe_load(made["scaleway/pool-system.yaml"]) == {
        "type": "scaleway:kubernetes/pool:Pool",
        "name": "system",
        "properties": {"size": 1},
    }


def test_components_and_providers_stand_in_the_list_alone() -> None:
    made = files([resource("jitsi:a:B", "c", custom=False), resource("pulumi:providers:kubernetes", "p")])
    assert list(made) == ["resources.json"]
    assert [set(entry) for entry in json.loads(made["resources.json"])] == [
        {"urn", "type", "name", "parent", "properties"}
    ] * 2


def test_a_chart_is_no_object_of_the_api() -> None:
    assert list(files([resource("kubernetes:helm.sh/v3:Release", "chart", chart="cert-manager")])) == ["resources.json"]


def test_a_second_render_removes_what_the_first_left_and_nothing_else(tmp_path: Path) -> None:
    assert write([config_map("a"), config_map("b")], tmp_path) == 2
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "kubernetes" / "notes.txt").write_text("mine")
    assert write([config_map("b")], tmp_path) == 1
    assert not (tmp_path / "kubernetes" / "configmap-a.yaml").exists()
    assert (tmp_path / "kubernetes" / "configmap-b.yaml").exists()
    assert (tmp_path / "notes.txt").read_text() == (tmp_path / "kubernetes" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name, marks=[pytest.mark.tools] if "prod" in path.name else [])
        for path in sorted(ROOT.glob("Pulumi.*.yaml"))
    ],
)
def test_every_stack_of_the_repository_is_rendered_to_valid_documents(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "--file", str(path), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    documents = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in (tmp_path / "kubernetes").iterdir()]
    assert documents
    for document in documents:
        assert document["apiVersion"]
        assert document["kind"]
        assert document["metadata"]["name"]
    listed = json.loads((tmp_path / "resources.json").read_text(encoding="utf-8"))
    assert len([entry for entry in listed if is_kubernetes_object(entry["type"])]) == len(documents)
