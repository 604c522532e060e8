"""Rules that Prometheus takes over while it runs."""

import socket
import subprocess
import time

import httpx
import pytest
import yaml
from sample_stacks import kubernetes_objects
from waiting import eventually

pytestmark = pytest.mark.tools


def the(kind):
    (found,) = [
        o.properties
        for o in kubernetes_objects("local")
        if o.properties["kind"] == kind and o.properties["metadata"]["name"] == "prometheus"
    ]
    return found


def test_prometheus_takes_another_shards_rules_over_without_a_restart(toolchain, tmp_path):
    """Its own arguments, and files that change as the kubelet changes them."""
    (container,) = the("StatefulSet")["spec"]["template"]["spec"]["containers"]
    rules = yaml.safe_load(the("ConfigMap")["data"]["rules.yml"])
    mount, data = tmp_path / "etc", tmp_path / "data"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def bring(number, groups):
        version = mount / f"..{number}"
        version.mkdir(parents=True)
        (version / "prometheus.yml").write_text("rule_files: [rules.yml]\n")
        (version / "rules.yml").write_text(yaml.safe_dump({"groups": groups}))
        (mount / "next").symlink_to(version.name)
        (mount / "next").rename(mount / "..data")

    bring(1, rules["groups"][1:])
    for name in ("prometheus.yml", "rules.yml"):
        (mount / name).symlink_to(f"..data/{name}")
    arguments = [
        argument.replace("/etc/prometheus", str(mount)).replace("=/prometheus", f"={data}").replace("=30s", "=1s")
        for argument in container["args"]
    ]
    child = subprocess.Popen(
        [toolchain.paths["prometheus"], *arguments, f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=(tmp_path / "log").open("w"),
    )

    def known():
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/rules", timeout=5).json()
        except (httpx.TransportError, ValueError):
            return set()
        return {group["name"] for group in answer.get("data", {}).get("groups", [])}

    try:
        names = {group["name"] for group in rules["groups"]}
        eventually(lambda: known() == names - {rules["groups"][0]["name"]}, 30)
        time.sleep(1.5)  # what is there at the start is not a change
        bring(2, rules["groups"])
        eventually(lambda: known() == names, 20)
        assert child.poll() is None
    finally:
        child.terminate()
        child.wait(20)
