"""The bridges of one shard, in either layout, with what sizes them."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components.bridges import autoscaling, rights, spares, workloads
from components.bridges.pods import BridgePods
from components.children import child_options
from components.kubernetes_object import KubernetesObject
from config.metrics import Metrics
from plan.ports import host_port_slots


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgePoolArgs:
    """Inputs of `BridgePool`."""

    pods: BridgePods
    metrics: Metrics


class BridgePool(pulumi.ComponentResource):
    """Videobridges of one shard: per node and host port, or per NodePort, as the shard's `layout` says.

    Media: UDP in from anywhere to each bridge's port of the plan. Everything else of a bridge is private.
    """

    workloads: list[str]
    """Names of the Deployments, DaemonSets or the StatefulSet that run the bridges."""

    def __init__(self, name: str, args: BridgePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:bridges:BridgePool", name, None, opts)
        self._name = name
        self._opts = opts
        pods = args.pods
        bridges = pods.shard.bridges
        config = self._make("config", pods.config_map())
        needs: list[pulumi.Resource] = [config, *self._rights(pods)]
        made = self._node_ports(pods, needs) if bridges.layout == "nodePort" else self._host_ports(pods, needs)
        if bridges.topology != "daemonset":
            self._make("budget", workloads.disruption_budget(pods))
            for part, document, least, most in made:
                hpa = autoscaling.autoscaler(pods, document, args.metrics, least=least, most=most)
                self._make(f"{part}-autoscaler", hpa)
        if bridges.topology == "autoscaled":
            for part, document in spares.placeholders(pods).items():
                self._make(part, document)
        self.workloads = [document["metadata"]["name"] for _, document, _, _ in made]
        self.register_outputs({"workloads": self.workloads})

    def _make(
        self, part: str, document: dict[str, Any], needs: list[pulumi.Resource] | None = None
    ) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{part}", document, child_options(self, self._opts, *(needs or [])))

    def _rights(self, pods: BridgePods) -> list[KubernetesObject]:
        """The policy stands before the right that it narrows."""
        account = self._make("account", rights.account(pods))
        role, binding = rights.node_reader(pods)
        policy, bound = rights.own_pod_policy(pods)
        own_role, own_binding = rights.own_pod(pods)
        narrowed: list[pulumi.Resource] = [
            self._make("own-pod-policy", policy),
            self._make("own-pod-policy-binding", bound),
        ]
        return [
            account,
            self._make("role", role),
            self._make("binding", binding),
            self._make("own-pod-role", own_role, narrowed),
            self._make("own-pod-binding", own_binding, narrowed),
        ]

    def _host_ports(self, pods: BridgePods, needs: list[pulumi.Resource]) -> list[tuple[str, dict[str, Any], int, int]]:
        made = []
        for slot in host_port_slots(pods.shard):
            document = workloads.host_port_workload(pods, slot)
            part = f"host-port-{slot.index}"
            self._make(part, document, needs)
            made.append((part, document, slot.min, slot.max))
        return made

    def _node_ports(self, pods: BridgePods, needs: list[pulumi.Resource]) -> list[tuple[str, dict[str, Any], int, int]]:
        self._make("headless", workloads.headless_service(pods))
        for number, service in enumerate(workloads.media_services(pods)):
            self._make(f"media-{number}", service)
        document = workloads.node_port_workload(pods)
        self._make("node-port", document, needs)
        return [("node-port", document, pods.shard.bridges.min, pods.shard.bridges.ceiling)]
