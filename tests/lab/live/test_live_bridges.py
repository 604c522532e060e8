"""Bridges of the live world, without one."""

import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from lab.live.bridges import crash, pod_at, summed

NODE = {"status": {"addresses": [{"type": "ExternalIP", "address": "203.0.113.2"}]}}


def pod(name, node="node"):
    return {"metadata": {"name": name}, "spec": {"nodeName": node} if node else {}}


def service(port, name):
    selector = {"statefulset.kubernetes.io/pod-name": name} if name else {}
    return {"spec": {"selector": selector, "ports": [{"nodePort": port}, {"port": 1}]}}


def world(pods, services=()) -> Any:
    api = SimpleNamespace(items=lambda _: services, get=lambda _: NODE)
    return SimpleNamespace(api=api, pods=lambda _: pods)


def test_a_pod_is_found_behind_its_node_and_one_of_several_behind_its_own_port():
    alone = world([pod("waits", node=None), pod("jvb-0")], [service(30043, None)])
    assert pod_at(alone, "203.0.113.2:10000")["metadata"]["name"] == "jvb-0"
    both = world([pod("jvb-0"), pod("jvb-1")], [service(30300, "jvb-0"), service(30301, "jvb-1")])
    assert pod_at(both, "203.0.113.2:30301")["metadata"]["name"] == "jvb-1"
    with pytest.raises(LookupError, match=r"203\.0\.113\.9:10000"):
        pod_at(alone, "203.0.113.9:10000")


def test_series_of_a_metric_are_added_up():
    text = '# HELP a\na{pod="1"} 1.5 1700000000\na{pod="2"} 2\nb_total 3\n\n'
    assert summed(text) == {"a": 3.5, "b_total": 3.0}


def test_a_crash_kills_the_java_below_the_containers_first_process_only(tmp_path):
    java = tmp_path / "java"
    shutil.copy(shutil.which("sleep") or "sleep", java)
    with subprocess.Popen(["bash", "-c", f"sleep 60 & {java} 60; echo $?; kill %1"], stdout=subprocess.PIPE) as first:
        container = SimpleNamespace(init_pid=lambda: first.pid)
        worker = SimpleNamespace(container=lambda _: container)
        here: Any = SimpleNamespace(worker=lambda _: worker)
        while True:
            try:
                crash(here, "jvb-0")
                break
            except LookupError:
                continue
        assert first.communicate(timeout=20)[0] == b"137\n"
