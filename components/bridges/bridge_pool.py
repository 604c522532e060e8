"""Bridges of one shard in either layout, with their autoscalers."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.bridges import autoscaling, rights, spares, workloads
from components.bridges.moving import wait_for_former
from components.bridges.pods import BridgePods
from components.kubernetes.component import Component
from components.kubernetes.object import KubernetesObject
from config.metrics import Metrics
from sizing.ports import host_port_slots


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgePoolArgs:
    """Inputs of `BridgePool`."""

    pods: BridgePods
    metrics: Metrics
    kubeconfig: pulumi.Output[str] | None = None
    """Access to the cluster, to wait for bridges that leave a replaced pool. None if the nodes are not this stack's."""


class BridgePool(Component):
    """Videobridges of one shard, on host ports or behind NodePorts according to the shard's `layout`.

    UDP in from anywhere, to each bridge's port in the port plan. Every other port is reachable only inside the cluster.
    """

    workloads: list[str]
    """Names of the Deployments, DaemonSets or the StatefulSet that run the bridges."""
    running: list[pulumi.Resource]
    """The same as resources."""

    def __init__(self, name: str, args: BridgePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:bridges:BridgePool", name, opts)
        pods = args.pods
        bridges = pods.shard.bridges
        config = self.add("config", pods.config_map())
        needs: list[pulumi.Resource] = [config, *self._rights(pods)]
        self.running = []
        scaled = self._node_ports(pods, needs) if bridges.layout == "nodePort" else self._host_ports(pods, needs)
        if bridges.topology != "daemonset":
            self.add("budget", workloads.disruption_budget(pods))
            for part, document, minimum, maximum in scaled:
                hpa = autoscaling.autoscaler(pods, document, args.metrics, minimum=minimum, maximum=maximum)
                self.add(f"{part}-autoscaler", hpa)
        if bridges.topology == "autoscaled":
            for part, document in spares.placeholders(pods).items():
                self.add(part, document)
        if args.kubeconfig is not None and pods.pool:
            wait_for_former(args.kubeconfig, pods.namespace, pods.shard, pods.pool, self.running)
        self.workloads = [document["metadata"]["name"] for _, document, _, _ in scaled]
        self.register_outputs({"workloads": self.workloads})

    def _rights(self, pods: BridgePods) -> list[KubernetesObject]:
        """Create the admission policy before the Role that it restricts."""
        account = self.add("account", rights.account(pods))
        role, binding = rights.node_reader(pods)
        policy, bound = rights.own_pod_policy(pods)
        own_role, own_binding = rights.own_pod(pods)
        policies: list[pulumi.Resource] = [
            self.add("own-pod-policy", policy),
            self.add("own-pod-policy-binding", bound),
        ]
        return [
            account,
            self.add("role", role),
            self.add("binding", binding),
            self.add("own-pod-role", own_role, *policies),
            self.add("own-pod-binding", own_binding, *policies),
        ]

    def _host_ports(self, pods: BridgePods, needs: list[pulumi.Resource]) -> list[tuple[str, dict[str, Any], int, int]]:
        scaled = []
        for slot in host_port_slots(pods.shard):
            document = workloads.host_port_workload(pods, slot)
            part = f"host-port-{slot.index}"
            self.running.append(self.add(part, document, *needs))
            scaled.append((part, document, slot.min, slot.max))
        return scaled

    def _node_ports(self, pods: BridgePods, needs: list[pulumi.Resource]) -> list[tuple[str, dict[str, Any], int, int]]:
        self.add("headless", workloads.headless_service(pods))
        for number, service in enumerate(workloads.media_services(pods)):
            self.add(f"media-{number}", service)
        document = workloads.node_port_workload(pods)
        self.running.append(self.add("node-port", document, *needs))
        return [("node-port", document, pods.shard.bridges.min, pods.shard.bridges.ceiling)]
