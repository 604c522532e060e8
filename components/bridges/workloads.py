"""The two layouts as workloads: one pod per node and host port, or one NodePort Service per bridge."""

from typing import Any

from components.bridges.pods import BridgePods, Document, bridge_selector
from components.labels import NO_WAIT, manifest
from plan.ports import HostPortSlot, ports_of

PORT_LABEL = "jitsi.org/port"


def host_port_workload(pods: BridgePods, slot: HostPortSlot) -> Document:
    """The bridges that share one host port: a Deployment, or a DaemonSet. The scheduler keeps them one per node.

    A new bridge needs a node whose port is free, so an update removes one before it adds one.
    """
    name = f"{pods.names.of('jvb')}-{slot.index}"
    selected = {**bridge_selector(pods.shard), PORT_LABEL: str(slot.port)}
    template = pods.template(
        first_port=slot.port, ordinal=False, host_port=True, extra_labels={PORT_LABEL: str(slot.port)}
    )
    topology = pods.shard.bridges.topology
    spec: Document = {"selector": {"matchLabels": selected}, "template": template}
    rolling: Document = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    if topology == "daemonset":
        return _workload("DaemonSet", name, pods, {**spec, "updateStrategy": rolling})
    replicas: Document = {"replicas": slot.min} if topology == "static" else {}
    return _workload("Deployment", name, pods, {**replicas, **spec, "strategy": rolling})


def node_port_workload(pods: BridgePods) -> Document:
    """The bridges of a shard behind NodePorts: a StatefulSet, for the ordinal that each port follows."""
    shard = pods.shard
    replicas: Document = {"replicas": shard.bridges.min} if shard.bridges.topology == "static" else {}
    return _workload(
        "StatefulSet",
        pods.names.of("jvb"),
        pods,
        {
            **replicas,
            "selector": {"matchLabels": bridge_selector(shard)},
            "serviceName": pods.names.of("jvb"),
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate"},
            "template": pods.template(first_port=shard.first_port, ordinal=True, host_port=False, extra_labels={}),
        },
    )


def _workload(kind: str, name: str, pods: BridgePods, spec: Document) -> Document:
    """Not waited for: bridges become ready while nodes boot, and leave after their meetings."""
    return manifest("apps/v1", kind, name, pods.namespace, pods.labelled, annotations=NO_WAIT, spec=spec)


def headless_service(pods: BridgePods) -> Document:
    """Governs the StatefulSet; carries nothing."""
    return manifest(
        "v1",
        "Service",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labelled,
        annotations=NO_WAIT,
        spec={
            "clusterIP": "None",
            "selector": bridge_selector(pods.shard),
            "ports": [{"name": "rest", "port": 8080, "targetPort": "rest", "protocol": "TCP"}],
        },
    )


def media_services(pods: BridgePods) -> list[Document]:
    """One Service per bridge up to the most that can run, made up front: growth then needs no rights on Services.

    UDP on the node's port goes to the bridge on that very node (local policy, so the client's address stays), and keeps
    going there while the bridge drains (unready addresses stay published).
    """
    return [
        manifest(
            "v1",
            "Service",
            str(bridge.service),
            pods.namespace,
            pods.labelled,
            annotations=NO_WAIT,
            spec={
                "type": "NodePort",
                "externalTrafficPolicy": "Local",
                "publishNotReadyAddresses": True,
                "selector": {"statefulset.kubernetes.io/pod-name": bridge.service},
                "ports": [
                    {
                        "name": "media",
                        "protocol": "UDP",
                        "port": bridge.local_port,
                        "targetPort": bridge.local_port,
                        "nodePort": bridge.port,
                    }
                ],
            },
        )
        for bridge in ports_of(pods.shard)
    ]


def disruption_budget(pods: BridgePods) -> Document:
    """A node's drain takes one bridge of the shard at a time."""
    return manifest(
        "policy/v1",
        "PodDisruptionBudget",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labelled,
        spec={"maxUnavailable": 1, "selector": {"matchLabels": bridge_selector(pods.shard)}},
    )


def node_reader(pods: BridgePods) -> list[Document]:
    """The account of the pods, which may read Node objects (their public address), and nothing else."""
    name = pods.names.of("jvb")
    cluster_name = f"{pods.namespace}-{name}-node-reader"
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
    return [
        manifest("v1", "ServiceAccount", name, pods.namespace, pods.labelled, automountServiceAccountToken=False),
        manifest("rbac.authorization.k8s.io/v1", "ClusterRole", cluster_name, None, pods.labelled, rules=rules),
        manifest(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            cluster_name,
            None,
            pods.labelled,
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": cluster_name},
            subjects=[{"kind": "ServiceAccount", "name": name, "namespace": pods.namespace}],
        ),
    ]
