"""Certificates, kubeconfigs and command lines of the control plane."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cluster import certificates, kubeconfig
from lab.cluster.commands import PORTS, commands
from lab.cluster.plane import PROGRAMS
from lab.cluster.volumes import SELECTED_NODE, abandoned, volume_for, wants_volume
from lab.paths import Paths
from lab.summary import read as read_summary
from lab.summary import render


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> certificates.Pki:
    return certificates.ensure(tmp_path_factory.mktemp("state") / "pki")


def test_a_kubeconfig_carries_ca_and_token_and_never_skips_verification(pki: certificates.Pki) -> None:
    document = yaml.safe_load(kubeconfig.render("https://127.0.0.1:1", pki.ca, "token"))
    cluster = document["clusters"][0]["cluster"]
    assert base64.b64decode(cluster["certificate-authority-data"]).decode() == pki.ca
    assert set(cluster) == {"server", "certificate-authority-data"}
    assert document["users"][0]["user"] == {"token": "token"}
    assert document["current-context"] == document["contexts"][0]["name"]


def test_the_authority_is_one_that_strict_clients_accept(pki: certificates.Pki) -> None:
    context = ssl.create_default_context(cadata=pki.ca)
    assert context.cert_store_stats()["x509_ca"] == 1


def test_keys_and_tokens_are_private_and_a_second_call_keeps_them(pki: certificates.Pki) -> None:
    assert {file.stat().st_mode & 0o777 for file in pki.folder.iterdir()} == {0o600}
    token = pki.token("admin")
    assert certificates.ensure(pki.folder).token("admin") == token


def test_every_user_has_a_token_of_its_own(pki: certificates.Pki) -> None:
    tokens = {pki.token(who) for who in certificates.USERS}
    assert len(tokens) == len(certificates.USERS)
    assert all(token in Path(pki.file("tokens.csv")).read_text() for token in tokens)


def test_no_process_is_told_to_listen_beyond_loopback(pki: certificates.Pki, tmp_path: Path) -> None:
    tools = {name: Path("/tools") / name for name in PROGRAMS}
    ports = {name: 20000 + i for i, name in enumerate(PORTS)}
    plan = commands(Paths(tmp_path), tools, ports, pki, ("--extra",))
    lines = {command.name: command.argv for command in plan}
    assert list(lines)[:2] == ["etcd", "kube-apiserver"]
    assert lines["kube-controller-manager"][-1] == "--extra"
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        assert "--bind-address=127.0.0.1" in lines[name]
    assert "--node-port=0" in lines["kwok"], "its kubelet port would listen on every address"
    assert all("0.0.0.0" not in argument for line in lines.values() for argument in line)


def test_the_same_inputs_give_the_same_command_lines(pki: certificates.Pki, tmp_path: Path) -> None:
    tools = {name: Path("/tools") / name for name in PROGRAMS}
    ports = {name: 20000 + i for i, name in enumerate(PORTS)}
    assert commands(Paths(tmp_path), tools, ports, pki) == commands(Paths(tmp_path), tools, ports, pki)


def claim(**changes: Any) -> dict[str, Any]:
    metadata = {"name": "data", "namespace": "n", "uid": "u", "annotations": {SELECTED_NODE: "node"}}
    spec = {
        "storageClassName": "sbs-default",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
    }
    return {"metadata": metadata | changes.pop("metadata", {}), "spec": spec | changes}


def test_a_claim_gets_a_volume_once_its_pod_has_a_node() -> None:
    assert wants_volume(claim())
    assert not wants_volume(claim(metadata={"annotations": {}})), "WaitForFirstConsumer"
    assert not wants_volume(claim(storageClassName="other"))
    assert not wants_volume(claim(volumeName="bound"))
    assert not wants_volume(claim(metadata={"deletionTimestamp": "now"}))


def test_a_volume_is_promised_to_its_claim_alone() -> None:
    volume = volume_for(claim())
    assert volume["spec"]["claimRef"]["uid"] == "u"
    assert volume["spec"]["capacity"] == {"storage": "5Gi"}
    assert not abandoned(volume)
    assert abandoned(volume | {"status": {"phase": "Released"}})


class Answers:
    """Stands for the API server: lists by path."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists

    def items(self, path: str) -> list[dict[str, Any]]:
        return self.lists.get(path.rpartition("/")[2], [])


def test_a_summary_names_each_bridge_with_its_public_address_and_port() -> None:
    def bridge(name: str, layout: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
        return {
            "metadata": {
                "name": name,
                "namespace": "jitsi",
                "labels": {"app.kubernetes.io/name": "jvb", "app.kubernetes.io/instance": "s0"} | labels,
            },
            "spec": {"nodeName": "node", "containers": [{"name": "jvb"} | layout]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }

    node = {
        "metadata": {"name": "node", "labels": {"k8s.scaleway.com/pool-name": "media"}},
        "status": {"addresses": [{"type": "ExternalIP", "address": "203.0.113.9"}], "conditions": []},
    }
    host = bridge("on-host", {"ports": [{"hostPort": 10000, "containerPort": 10000, "protocol": "UDP"}]}, {})
    behind = bridge("behind-service", {}, {"pod": "b"})
    service = {
        "metadata": {"namespace": "jitsi"},
        "spec": {"selector": {"pod": "b"}, "ports": [{"protocol": "UDP", "nodePort": 30300}]},
    }
    answers: Any = Answers(nodes=[node], pods=[host, behind], services=[service])
    standing = read_summary(answers)
    assert {b.name: b.address for b in standing.bridges} == {
        "on-host": "203.0.113.9:10000/udp",
        "behind-service": "203.0.113.9:30300/udp",
    }
    text = render(standing, {"url": "https://meet.example.org", "shards": [{"name": "s0", "zone": "fr-par-1"}]})
    assert "https://meet.example.org" in text
    assert "not ready" in text, "the node has no Ready condition"
    assert render(standing, {}), "outputs may be missing"
