"""Workloads and Services of the two layouts: one pod per node and host port, or one NodePort Service per bridge."""

from components.bridges.pods import BridgePods, bridge_selector
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import DELETE_IN_BACKGROUND, SKIP_AWAIT
from sizing.parts import JVB
from sizing.ports import HostPortSlot, ports_of
from sizing.rollout import SHARE, min_ready_seconds

PORT_LABEL = "jitsi.org/port"


def host_port_workload(pods: BridgePods, slot: HostPortSlot) -> Document:
    """Deployment or DaemonSet of the bridges that share one host port. The scheduler places at most one on each node.

    A new bridge needs a node whose port is free, so an update removes bridges before it adds any; see `sizing.rollout` for how
    many, and why `minReadySeconds` is as long as a drain. A Deployment scales down by deletion cost; a DaemonSet does not, so
    its bridges set none.
    """
    name = f"{pods.names.of('jvb')}-{slot.index}"
    match = {**bridge_selector(pods.shard), PORT_LABEL: str(slot.port)}
    bridges = pods.shard.bridges
    template = pods.template(
        first_port=slot.port,
        ordinal=False,
        host_port=True,
        deletion_cost=bridges.topology != "daemonset",
        extra_labels={PORT_LABEL: str(slot.port)},
    )
    spec: Document = {
        "selector": {"matchLabels": match},
        "minReadySeconds": min_ready_seconds(bridges),
        "template": template,
    }
    if bridges.topology == "daemonset":
        return _workload("DaemonSet", name, pods, {**spec, "updateStrategy": _rolling(1)})
    rolling = {"strategy": _rolling(SHARE), "progressDeadlineSeconds": bridges.progress_seconds}
    return _workload("Deployment", name, pods, {**spec, **rolling})


def _rolling(unavailable: int | str) -> Document:
    """Rolling update without surge that replaces `unavailable` bridges at a time."""
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": 0}}


def node_port_workload(pods: BridgePods) -> Document:
    """StatefulSet of the bridges behind NodePorts. Each bridge's port follows from its ordinal.

    A StatefulSet removes the highest ordinal first, whatever the deletion cost, and recreates an ordinal only once its pod is
    gone. jicofo selects bridges by region and load, so meetings cannot be kept on low ordinals. A removed bridge drains like any
    other and moves its participants after `migrateAfter`: no meeting is interrupted, but scaling down may take the whole drain.
    """
    shard = pods.shard
    return _workload(
        "StatefulSet",
        pods.names.of("jvb"),
        pods,
        {
            "selector": {"matchLabels": bridge_selector(shard)},
            "serviceName": pods.names.of("jvb"),
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "RollingUpdate"},
            "minReadySeconds": min_ready_seconds(shard.bridges),
            "template": pods.template(
                first_port=shard.first_port, ordinal=True, host_port=False, deletion_cost=False, extra_labels={}
            ),
        },
    )


def _workload(kind: str, name: str, pods: BridgePods, spec: Document) -> Document:
    # Skip await: bridges become ready when nodes have booted, and terminate when their meetings have ended.
    return manifest(
        "apps/v1", kind, name, pods.namespace, pods.labels, annotations=SKIP_AWAIT | DELETE_IN_BACKGROUND, spec=spec
    )


def headless_service(pods: BridgePods) -> Document:
    """Headless Service that the StatefulSet requires. It carries no traffic."""
    return manifest(
        "v1",
        "Service",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labels,
        annotations=SKIP_AWAIT,
        spec={
            "clusterIP": "None",
            "selector": bridge_selector(pods.shard),
            "ports": [{"name": "rest", "port": JVB.port("rest"), "targetPort": "rest", "protocol": "TCP"}],
        },
    )


def media_services(pods: BridgePods) -> list[Document]:
    """One NodePort Service for each bridge up to the maximum, UDP in from anywhere.

    It answers on every address of the node, and a quiet flow stays open, by kube-proxy's defaults of nodeport-addresses and
    conntrack-udp-timeout-stream.

    They exist in advance, so scaling up needs no permission on Services. The local traffic policy keeps the client's address,
    and publishing unready addresses keeps media flowing while a bridge drains.
    """
    return [
        manifest(
            "v1",
            "Service",
            str(bridge.service),
            pods.namespace,
            pods.labels,
            annotations=SKIP_AWAIT,
            spec={
                "type": "NodePort",
                "externalTrafficPolicy": "Local",
                "publishNotReadyAddresses": True,
                "selector": {"statefulset.kubernetes.io/pod-name": bridge.service},
                "ports": [
                    {
                        # The port is part of the name: an apply that changes the port would otherwise list the same name twice.
                        "name": f"udp-{bridge.local_port}",
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
    """Budget over all workloads of the shard: evictions may take a share of its bridges at a time, rounded up.

    A terminating bridge counts as unavailable until its replacement is ready. An unready bridge may always be evicted, because
    it would otherwise block a node's drain.
    """
    return manifest(
        "policy/v1",
        "PodDisruptionBudget",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labels,
        spec={
            "maxUnavailable": SHARE,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": bridge_selector(pods.shard)},
        },
    )
