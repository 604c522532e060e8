"""The command lines of the control plane's processes. Pure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.cluster import POD_CIDR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lab.cluster.certificates import Pki
    from lab.paths import Paths

PORTS = ("etcd", "etcd-peer", "api", "controller-manager", "scheduler", "kwok")
"""TCP ports on 127.0.0.1; all but kwok's, which serves its health only, use TLS."""

SERVICE_RANGE = "10.96.0.0/16"
POD_RANGE = POD_CIDR  # Kapsule's: bridges offer these addresses, and coturn may reach them; a /24 per node
NODE_IP = "10.0.0.10"  # of nodes without an InternalIP


@dataclass(frozen=True, slots=True)
class Command:
    """A process to run."""

    name: str
    argv: tuple[str, ...]


def kubeconfigs(paths: Paths) -> Path:
    """Folder of the processes' kubeconfigs (`<user>.kubeconfig`)."""
    return paths.control_plane


def commands(
    paths: Paths,
    tools: Mapping[str, Path],
    ports: Mapping[str, int],
    pki: Pki,
    controller_arguments: tuple[str, ...] = (),
) -> list[Command]:
    """Every process, in the order of their start.

    `controller_arguments` are added to kube-controller-manager, to shorten periods in tests
    (`--horizontal-pod-autoscaler-sync-period=2s`).
    """
    return [
        Command("etcd", _etcd(paths, tools, ports, pki)),
        Command("kube-apiserver", _api_server(paths, tools, ports, pki)),
        Command("kube-controller-manager", (*_controller_manager(paths, tools, ports, pki), *controller_arguments)),
        Command("kube-scheduler", _scheduler(paths, tools, ports)),
        Command("kwok", _kwok(paths, tools, ports)),
        Command("volumes", _volumes(paths)),
    ]


def _etcd(paths: Paths, tools: Mapping[str, Path], ports: Mapping[str, int], pki: Pki) -> tuple[str, ...]:
    client, peer = f"https://127.0.0.1:{ports['etcd']}", f"https://127.0.0.1:{ports['etcd-peer']}"
    return (
        str(tools["etcd"]),
        f"--data-dir={paths.etcd}",
        "--name=local",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=local={peer}",
        # Access to etcd is access to the whole cluster: require client certificates from other users of this machine.
        f"--cert-file={pki.file('etcd.crt')}",
        f"--key-file={pki.file('etcd.key')}",
        f"--trusted-ca-file={pki.file('ca.crt')}",
        "--client-cert-auth",
        f"--peer-cert-file={pki.file('etcd.crt')}",
        f"--peer-key-file={pki.file('etcd.key')}",
        f"--peer-trusted-ca-file={pki.file('ca.crt')}",
        "--peer-client-cert-auth",
        "--unsafe-no-fsync",  # a power failure may corrupt the embedded cluster; `make clean-local` removes it
        "--log-level=warn",
    )


def _api_server(paths: Paths, tools: Mapping[str, Path], ports: Mapping[str, int], pki: Pki) -> tuple[str, ...]:
    return (
        str(tools["kube-apiserver"]),
        f"--etcd-servers=https://127.0.0.1:{ports['etcd']}",
        f"--etcd-cafile={pki.file('ca.crt')}",
        f"--etcd-certfile={pki.file('etcd.crt')}",
        f"--etcd-keyfile={pki.file('etcd.key')}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports['api']}",
        f"--tls-cert-file={pki.file('apiserver.crt')}",
        f"--tls-private-key-file={pki.file('apiserver.key')}",
        # Without it the server looks for a default route, which a network namespace lacks.
        "--advertise-address=127.0.0.1",
        # 127.0.0.1 is not a valid endpoint address, so the `kubernetes` Service has no endpoints.
        "--endpoint-reconciler-type=none",
        f"--token-auth-file={pki.file('tokens.csv')}",
        f"--client-ca-file={pki.file('ca.crt')}",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        "--allow-privileged",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki.file('service-accounts.pub')}",
        f"--service-account-signing-key-file={pki.file('service-accounts.key')}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--service-node-port-range=30000-32767",
        # Aggregation layer, for the APIService of a metrics adapter.
        f"--requestheader-client-ca-file={pki.file('front-proxy-ca.crt')}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki.file('front-proxy.crt')}",
        f"--proxy-client-key-file={pki.file('front-proxy.key')}",
        "--enable-aggregator-routing=true",
        f"--audit-policy-file={paths.control_plane / 'audit-policy.yaml'}",
        f"--audit-log-path={paths.audit_log}",
        "--audit-log-maxsize=50",  # MB
        "--audit-log-maxbackup=1",
        "--profiling=false",
        "--shutdown-delay-duration=0s",
    )


def _controller_manager(paths: Paths, tools: Mapping[str, Path], ports: Mapping[str, int], pki: Pki) -> tuple[str, ...]:
    config = kubeconfigs(paths) / "controller-manager.kubeconfig"
    return (
        str(tools["kube-controller-manager"]),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports['controller-manager']}",
        f"--service-account-private-key-file={pki.file('service-accounts.key')}",
        f"--root-ca-file={pki.file('ca.crt')}",
        f"--cluster-signing-cert-file={pki.file('ca.crt')}",
        f"--cluster-signing-key-file={pki.file('ca.key')}",
        "--use-service-account-credentials",
        "--allocate-node-cidrs",
        f"--cluster-cidr={POD_RANGE}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--leader-elect=false",
        "--profiling=false",
    )


def _scheduler(paths: Paths, tools: Mapping[str, Path], ports: Mapping[str, int]) -> tuple[str, ...]:
    config = kubeconfigs(paths) / "scheduler.kubeconfig"
    return (
        str(tools["kube-scheduler"]),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports['scheduler']}",
        "--leader-elect=false",
        "--profiling=false",
    )


def _kwok(paths: Paths, tools: Mapping[str, Path], ports: Mapping[str, int]) -> tuple[str, ...]:
    return (
        str(tools["kwok"]),
        f"--kubeconfig={kubeconfigs(paths) / 'kwok.kubeconfig'}",
        f"--config={paths.control_plane / 'stages.yaml'}",
        "--manage-all-nodes",
        f"--node-ip={NODE_IP}",
        f"--cidr={POD_RANGE}",
        "--node-lease-duration-seconds=40",  # kubelet's own default
        # kwok's kubelet port would listen on every address; node addresses are unreachable anyway.
        "--node-port=0",
        f"--server-address=127.0.0.1:{ports['kwok']}",
    )


def _volumes(paths: Paths) -> tuple[str, ...]:
    config = kubeconfigs(paths) / "volumes.kubeconfig"
    return (sys.executable, "-m", "lab.cluster.volumes", f"--kubeconfig={config}")
