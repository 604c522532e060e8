"""Nodes as network namespaces: their addresses, a real kube-proxy that forwards Services, host ports, and the pods behind them."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.cluster.certificates import SERVICE_IP
from lab.cluster.commands import POD_RANGE
from lab.rehearsal.pod_network import API_PORT, FORWARD, NODE_GATEWAY, ROUTER, Namespace, run

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from components.kubernetes.document import Document
    from lab.cluster.api import Api

SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
# The API server, which listens on loopback only, publishes no endpoint of its Service; `ApiForwarder` is it.
_API_ENDPOINT: Document = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}},
    "addressType": "IPv4",
    "ports": [{"name": "https", "port": API_PORT, "protocol": "TCP"}],
    "endpoints": [{"addresses": [ROUTER]}],
}
# What the CNI plugin `portmap` does on a real node.
_HOST_PORTS = """\
table ip hostports {
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    fib daddr type local dnat ip to meta l4proto . th dport map @ports
  }
}
"""
# What network plugins call masquerading: others than pods and nodes see the node's public address, and the port that the pod sent from.
_MASQUERADE = """\
table ip outward {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {pods} ip daddr != {{ {pods}, {router} }} snat to {address}
  }}
}}
"""


def host_ports(pod: Document) -> dict[str, str]:
    """Host ports that a pod opens, as keys and values of nftables: protocol and host port, address and port of the pod."""
    address = pod["status"]["podIP"]
    return {
        f"{port.get('protocol', 'TCP').lower()} . {port['hostPort']}": f"{address} . {port['containerPort']}"
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
        if "hostPort" in port
    }


def masquerade(address: str) -> str:
    """Rules of a node that put its address in the place of its pods' in what they send out."""
    return _MASQUERADE.format(pods=POD_RANGE, router=ROUTER, address=address)


def proxy_line(proxy: Path, kubeconfig: Path, node: str) -> list[str]:
    """The command line of a node's kube-proxy."""
    return [
        str(proxy),
        f"--kubeconfig={kubeconfig}",
        f"--hostname-override={node}",
        "--proxy-mode=nftables",
        f"--cluster-cidr={POD_RANGE}",
        "--nodeport-addresses=0.0.0.0/0",  # also the public address, as the default of the older modes
        # A namespace may not change the kernel's connection tracking.
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
    ]


# Packets of nodes without power vanish: nobody is told that they do not arrive.
_DARK = """\
table ip dark {
  set addresses { type ipv4_addr; }
  chain through {
    type filter hook prerouting priority raw;
    ip saddr @addresses drop
    ip daddr @addresses drop
  }
  chain out {
    type filter hook output priority raw;
    ip daddr @addresses drop
  }
}
"""


@dataclass(slots=True)
class Node:
    """A node's namespace and its kube-proxy."""

    namespace: Namespace
    proxy: subprocess.Popen[bytes]
    address: str
    """Its internal address, over which the main namespace reaches its pods."""
    addresses: tuple[str, ...]
    pods: set[str] = field(default_factory=set)

    def close(self) -> None:
        """Stop it."""
        self.proxy.kill()
        self.proxy.wait()
        self.namespace.close()


@dataclass(slots=True)
class PodNetwork:
    """The network namespace of a pod, with loopback and the pod's address, behind its node."""

    namespace: Namespace
    node: Node
    address: str
    host_ports: dict[str, str]

    @property
    def enter(self) -> list[str]:
        """Prefix of a command line that runs it in the namespace."""
        return self.namespace.enter

    def close(self) -> None:
        """Remove the namespace, its host ports and its route."""
        self.node.pods.discard(self.address)
        self.namespace.close()
        if self.node.namespace.keeper.poll() is None:
            for key in self.host_ports:
                _nft(self.node.namespace, f"delete element ip hostports ports {{ {key} }}")
        subprocess.run(["ip", "route", "del", f"{self.address}/32"], capture_output=True, check=False)


class Nodes:
    """The nodes that have a pod, created with their first one, and removed once their object is gone."""

    def __init__(self, api: Api, proxy: Path, folder: Path, kubeconfig: str) -> None:
        self._api = api
        self._proxy = proxy
        self._folder = folder
        self._nodes: dict[str, Node] = {}
        self._lock = threading.Lock()
        self._dark: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self._kubeconfig = folder / "kubeconfig"
        self._kubeconfig.touch(mode=0o600)
        self._kubeconfig.write_text(kubeconfig.replace(api.server, f"https://{SERVICE_IP}:{API_PORT}"))
        api.create(SLICES, _API_ENDPOINT)

    def attach(self, pod: Document) -> PodNetwork:
        """Create the namespace of a pod behind its node."""
        address, ports = pod["status"]["podIP"], host_ports(pod)
        with self._lock:
            node = self._node(pod["spec"]["nodeName"])
            node.pods.add(address)
            if pod["spec"]["nodeName"] in self._dark:
                _dark("add", [address])
        network = PodNetwork(Namespace.create(), node, address, ports)
        try:
            network.namespace.link([address], NODE_GATEWAY, node.namespace.enter)
            run("ip", "route", "replace", f"{address}/32", "via", node.address, "src", ROUTER)
            for key, value in ports.items():
                _nft(node.namespace, f"add element ip hostports ports {{ {key} : {value} }}")
        except BaseException:
            network.close()
            raise
        return network

    def dark(self, name: str) -> bool:
        """Whether the node has lost its power."""
        return name in self._dark

    def lose_power(self, names: Collection[str], beside: Collection[str] = ()) -> None:
        """Let every packet from and to these nodes, their pods and further addresses vanish."""
        with self._lock:
            if not self._dark:
                subprocess.run(["nft", "-f", "-"], input=_DARK, text=True, check=True)
            self._dark.update(names)
            _dark("add", [*self._addresses(names), *beside])

    def return_power(self, names: Collection[str], beside: Collection[str] = ()) -> None:
        """Let packets through again."""
        with self._lock:
            self._dark.difference_update(names)
            _dark("delete", [*self._addresses(names), *beside])
            if not self._dark:
                subprocess.run(["nft", "delete", "table", "ip", "dark"], check=True)

    def _addresses(self, names: Collection[str]) -> list[str]:
        nodes = [node for name, node in self._nodes.items() if name in names]
        return [address for node in nodes for address in (*node.addresses, *sorted(node.pods))]

    def close(self) -> None:
        """Stop every node."""
        with self._lock:
            for node in self._nodes.values():
                node.close()
            self._nodes.clear()

    def _node(self, name: str) -> Node:
        if name not in self._nodes:
            self._forget()
            self._nodes[name] = self._create(name)
        return self._nodes[name]

    def _forget(self) -> None:
        """Stop nodes that the cluster no longer has."""
        present = {node["metadata"]["name"] for node in self._api.items("/api/v1/nodes")}
        for name in [name for name, node in self._nodes.items() if name not in present and not node.pods]:
            self._nodes.pop(name).close()

    def _create(self, name: str) -> Node:
        status = self._api.get(f"/api/v1/nodes/{name}")["status"]
        addresses = [each["address"] for each in status["addresses"] if each["type"] in ("InternalIP", "ExternalIP")]
        internal = next(each["address"] for each in status["addresses"] if each["type"] == "InternalIP")
        public = next((each["address"] for each in status["addresses"] if each["type"] == "ExternalIP"), internal)
        namespace = Namespace.create()
        namespace.link(addresses, ROUTER)
        run(*namespace.enter, "ip", "addr", "add", f"{NODE_GATEWAY}/32", "dev", "lo")
        run(*namespace.enter, "sh", "-c", FORWARD)
        _nft(namespace, _HOST_PORTS + masquerade(public))
        with (self._folder / f"{name}.log").open("ab") as log:
            proxy = subprocess.Popen(
                [*namespace.enter, *proxy_line(self._proxy, self._kubeconfig, name)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Node(namespace, proxy, internal, tuple(addresses))


def _dark(verb: str, addresses: list[str]) -> None:
    if addresses:
        command = f"{verb} element ip dark addresses {{ {', '.join(addresses)} }}"
        subprocess.run(["nft", "-f", "-"], input=command, text=True, check=True)


def _nft(namespace: Namespace, command: str) -> None:
    done = subprocess.run(
        [*namespace.enter, "nft", "-f", "-"], input=command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise OSError(f"nft: {done.stderr.strip()}, for: {command}")
