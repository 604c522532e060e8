"""What the small kubelet makes of a pod's text."""

import pytest
import yaml

from lab.cluster.plane import STAGES
from lab.rehearsal.container import Image, command_line, expanded
from lab.rehearsal.kwok_stages import stages
from lab.rehearsal.pod_volumes import UnknownFieldError, field_of, refresh
from lab.rehearsal.probes import Probe

POD = {
    "metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"apps.kubernetes.io/pod-index": "3"}},
    "spec": {"nodeName": "node-1"},
    "status": {"podIP": "10.244.1.2"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "p"),
        ("spec.nodeName", "node-1"),
        ("status.podIP", "10.244.1.2"),
        ("metadata.labels['apps.kubernetes.io/pod-index']", "3"),
        ("metadata.annotations['none']", ""),
    ],
)
def test_the_downward_api_knows_the_pods_fields(path, value):
    assert field_of(POD, path) == value


def test_a_field_that_is_not_played_is_refused_with_the_place_to_add_it():
    with pytest.raises(UnknownFieldError, match=r"status\.qosClass.*pod_volumes\.py"):
        field_of(POD, "status.qosClass")


def test_variables_are_expanded_where_they_are_known():
    assert expanded("--url=$(URL) $(OTHER)", {"URL": "http://x"}) == "--url=http://x $(OTHER)"


def test_arguments_follow_the_images_entrypoint_and_a_command_replaces_it():
    image = Image(entrypoint=("/image/prometheus",))
    assert command_line({"name": "c", "image": "i", "args": ["--a"]}, image, {}) == ["/image/prometheus", "--a"]
    assert command_line({"name": "c", "image": "i", "command": ["sh"]}, image, {}) == ["sh"]
    with pytest.raises(ValueError, match="container c names no command"):
        command_line({"name": "c", "image": "i"}, Image(), {})


def test_kwok_leaves_readiness_and_deletion_of_our_pods_to_us():
    documents = {document["metadata"]["name"]: document for document in yaml.safe_load_all(stages(["jvb"]))}
    before = {document["metadata"]["name"] for document in yaml.safe_load_all(STAGES.read_text())}
    assert documents.keys() - before == {"pod-admitted"}
    for name, operator in (("pod-ready", "NotIn"), ("pod-delete", "NotIn"), ("pod-admitted", "In")):
        ours = [
            each for each in documents[name]["spec"]["selector"]["matchExpressions"] if "jvb" in each.get("values", [])
        ]
        assert [each["operator"] for each in ours] == [operator], name
    assert "Ready" not in documents["pod-admitted"]["spec"]["next"]["statusTemplate"]


def test_a_probe_changes_its_mind_at_its_threshold_and_not_before():
    probe = Probe({"failureThreshold": 3}, good=True)
    for good in (True, True, False):
        probe._count(success=False)
        assert probe.good is good
    probe._count(success=True)
    assert probe.good
    assert not probe.failed


def test_a_changed_config_map_reaches_the_folder_and_not_a_file_that_is_mounted_by_itself(tmp_path):
    pod = {"spec": {"volumes": [{"name": "config", "configMap": {"name": "rules"}}, {"name": "run", "emptyDir": {}}]}}
    file = tmp_path / "rules.yml"
    file.write_text("old")
    alone = tmp_path / "alone"
    alone.hardlink_to(file)  # what a bind mount of one file holds on to
    known = {"rules": {"data": {"rules.yml": "new", "more.yml": "more"}}}
    assert refresh(pod, {"config": tmp_path}, known) == ["config"]
    assert (file.read_text(), (tmp_path / "more.yml").read_text(), alone.read_text()) == ("new", "more", "old")
    assert refresh(pod, {"config": tmp_path}, known) == []
