"""The embedded control plane survives what happens to it and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from waiting import eventually

from lab.cluster.nodes import add_node
from lab.processes import Processes

if TYPE_CHECKING:
    from lab.embedded import Embedded

pytestmark = pytest.mark.e2e

EXPECTED = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "volumes", "scaleway"}
POD = {"containers": [{"name": "c", "image": "example.invalid/nothing"}]}
PODS = "/api/v1/namespaces/default/pods"


def running(embedded: Embedded) -> set[str]:
    return set(Processes(embedded.paths.processes, embedded.paths.logs).running())


def listeners() -> list[tuple[int, str]]:
    """Pid and local address of every listening TCP and bound UDP socket whose owner is known."""
    found: list[tuple[int, str]] = []
    shown = subprocess.run(["ss", "-Hltunp"], capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        if "pid=" in line:
            pid = int(line.split("pid=")[1].split(",")[0])
            found.append((pid, line.split()[4]))
    return found


def test_a_second_start_starts_nothing_and_keeps_every_pid(embedded: Embedded) -> None:
    before = Processes(embedded.paths.processes, embedded.paths.logs).running()
    assert set(before) == EXPECTED
    assert embedded.start() == []
    assert Processes(embedded.paths.processes, embedded.paths.logs).running() == before


def test_nothing_listens_beyond_loopback(embedded: Embedded) -> None:
    pids = {record.pid for record in Processes(embedded.paths.processes, embedded.paths.logs).running().values()}
    ours = [address for pid, address in listeners() if pid in pids]
    assert len(ours) >= 6, "etcd twice, API server, controller manager, scheduler, kwok, emulator"
    assert all(address.startswith(("127.0.0.1:", "[::1]:")) for address in ours), ours


def test_the_kubeconfig_is_private_and_verifies_the_server(embedded: Embedded) -> None:
    assert embedded.paths.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert embedded.paths.pki.stat().st_mode & 0o777 == 0o700
    with embedded.api() as api:
        assert api.get("/version")["gitVersion"].startswith("v1.35.")


def test_pods_become_ready_with_init_containers_and_a_volume_and_leave_again(embedded: Embedded) -> None:
    with embedded.api() as api:
        add_node(api, "for-volumes", internal_ip="10.0.2.1", external_ip="198.51.100.200", labels={"only": "volumes"})
        api.create(
            "/api/v1/namespaces/default/persistentvolumeclaims",
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            },
        )
        api.create(
            PODS,
            {
                "metadata": {"name": "with-volume"},
                "spec": {
                    "nodeSelector": {"only": "volumes"},
                    "initContainers": [{"name": "first", "image": "example.invalid/nothing"}],
                    "containers": POD["containers"],
                    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
                },
            },
        )
        eventually(lambda: api.get(f"{PODS}/with-volume")["status"]["phase"] == "Running")
        pod = api.get(f"{PODS}/with-volume")
        assert pod["status"]["podIP"].startswith("100.64.")
        assert pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"] == "Completed"
        claim = api.get("/api/v1/namespaces/default/persistentvolumeclaims/data")
        assert (claim["status"]["phase"], claim["spec"]["storageClassName"]) == ("Bound", "sbs-default")
        node = api.get("/api/v1/nodes/for-volumes")
        addresses = {entry["type"]: entry["address"] for entry in node["status"]["addresses"]}
        assert addresses["InternalIP"] == "10.0.2.1", "kwok keeps the addresses that a node comes with"

        api.delete(f"{PODS}/with-volume")
        eventually(lambda: not [p for p in api.items(PODS) if p["metadata"]["name"] == "with-volume"])
        api.delete("/api/v1/namespaces/default/persistentvolumeclaims/data")
        eventually(lambda: not api.items("/api/v1/persistentvolumes"))
        api.delete("/api/v1/nodes/for-volumes")


def test_writes_are_audited_and_reads_are_not(embedded: Embedded) -> None:
    name = "audited"
    with embedded.api() as api:
        api.create(
            "/api/v1/namespaces/default/configmaps?dryRun=All",
            {"metadata": {"name": name}, "data": {"k": "secret-text"}},
        )
        api.get("/api/v1/namespaces/default/configmaps")
    eventually(lambda: "configmaps?dryRun=All" in embedded.paths.audit_log.read_text())
    log = embedded.paths.audit_log.read_text()
    assert '"verb":"list"' not in log
    assert "secret-text" not in log, "the log holds who and what, never contents"


def test_cert_manager_offers_its_api_without_a_controller(embedded: Embedded) -> None:
    with embedded.api() as api:
        served = {resource["kind"] for resource in api.get("/apis/cert-manager.io/v1")["resources"]}
    assert {"Certificate", "ClusterIssuer", "Issuer"} <= served


@pytest.mark.parametrize("victim", ["etcd", "kube-apiserver", "kwok", "scaleway"])
def test_what_was_killed_is_started_again_with_its_state(a_new_embedded: Embedded, victim: str) -> None:
    embedded = a_new_embedded
    embedded.start()
    with embedded.api() as api:
        api.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "kept"}})  # or it is there already
    before = Processes(embedded.paths.processes, embedded.paths.logs).running()
    os.kill(before[victim].pid, signal.SIGKILL)
    eventually(lambda: not before[victim].alive)
    assert victim in embedded.start()
    assert running(embedded) == EXPECTED
    with embedded.api() as api:
        assert api.get("/api/v1/namespaces/default/configmaps/kept")


def test_a_start_without_any_record_ends_the_strays_of_the_last_one(a_new_embedded: Embedded) -> None:
    embedded = a_new_embedded
    embedded.start()
    strays = Processes(embedded.paths.processes, embedded.paths.logs).running()
    embedded.paths.processes.write_text("{ half a rec")
    assert set(embedded.start()) == EXPECTED
    assert not any(record.alive for record in strays.values()), "two API servers on one database would be worse"


def test_down_leaves_no_process_and_a_later_start_finds_the_state(a_new_embedded: Embedded) -> None:
    embedded = a_new_embedded
    embedded.start()
    with embedded.api() as api:
        api.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "kept"}})
    records = Processes(embedded.paths.processes, embedded.paths.logs).running()
    assert set(embedded.stop()) == EXPECTED
    assert not any(record.alive for record in records.values())
    assert embedded.stop() == []
    embedded.start()
    with embedded.api() as api:
        assert api.get("/api/v1/namespaces/default/configmaps/kept")


def test_two_side_by_side_do_not_disturb_each_other(embedded: Embedded, a_new_embedded: Embedded) -> None:
    other = a_new_embedded
    other.start()
    with other.api() as api:
        api.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "only-there"}})
    with embedded.api() as api:
        names = {item["metadata"]["name"] for item in api.items("/api/v1/namespaces/default/configmaps")}
    assert "only-there" not in names
    other.stop()
    assert running(embedded) == EXPECTED
    assert running(other) == set()
