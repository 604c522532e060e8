"""The two layouts as workloads: one pod per node and host port, or one NodePort Service per bridge."""

from components.bridges.pods import BridgePods, Document, bridge_selector
from components.labels import NO_WAIT, SOON_GONE, manifest
from plan.ports import HostPortSlot, ports_of
from plan.rollout import SHARE, min_ready_seconds

PORT_LABEL = "jitsi.org/port"


def host_port_workload(pods: BridgePods, slot: HostPortSlot) -> Document:
    """The bridges that share one host port: a Deployment, or a DaemonSet. The scheduler keeps them one per node.

    A new bridge needs a node whose port is free, so an update removes bridges before it adds any: `plan.rollout` says how many,
    and why `minReadySeconds` is as long as a drain. A Deployment that shrinks removes the pod of the lowest deletion cost; a
    DaemonSet never chooses, so its bridges keep none.
    """
    name = f"{pods.names.of('jvb')}-{slot.index}"
    selected = {**bridge_selector(pods.shard), PORT_LABEL: str(slot.port)}
    bridges = pods.shard.bridges
    template = pods.template(
        first_port=slot.port,
        ordinal=False,
        host_port=True,
        deletion_cost=bridges.topology != "daemonset",
        extra_labels={PORT_LABEL: str(slot.port)},
    )
    spec: Document = {
        "selector": {"matchLabels": selected},
        "minReadySeconds": min_ready_seconds(bridges),
        "template": template,
    }
    if bridges.topology == "daemonset":
        return _workload("DaemonSet", name, pods, {**spec, "updateStrategy": _rolling(1)})
    rolling = {"strategy": _rolling(SHARE), "progressDeadlineSeconds": bridges.progress_seconds}
    return _workload("Deployment", name, pods, {**spec, **rolling})


def _rolling(away: int | str) -> Document:
    """`away` bridges at a time, none beside those that stand."""
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": away, "maxSurge": 0}}


def node_port_workload(pods: BridgePods) -> Document:
    """The bridges of a shard behind NodePorts: a StatefulSet, for the ordinal that each port follows.

    A StatefulSet that shrinks removes the highest ordinal, whatever its deletion cost, and an ordinal that still drains is not
    made again before it is gone. Nothing can make another bridge leave in its place: jicofo chooses bridges by region and load,
    so newcomers cannot be kept to low ordinals, and a bridge cannot know early that it will be the one. What is left is that it
    leaves like any other, with its rest moved after `migrateAfter`: no meeting is cut, but draining takes as long as it may.
    An update takes one bridge at a time, for the same reason.
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
    """Not waited for: bridges become ready while nodes boot, and leave after their meetings."""
    return manifest("apps/v1", kind, name, pods.namespace, pods.labelled, annotations=NO_WAIT | SOON_GONE, spec=spec)


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
                        # The number is in the name: an update that moves the port would else list one name twice for a moment.
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
    """Drains of nodes take a share of the shard's bridges at a time, over all of its workloads, rounded up.

    A bridge that is being deleted counts as missing until its replacement is ready. One that is not ready may always be
    evicted: it would otherwise hold a node's drain for as long as it stays so.
    """
    return manifest(
        "policy/v1",
        "PodDisruptionBudget",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labelled,
        spec={
            "maxUnavailable": SHARE,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": bridge_selector(pods.shard)},
        },
    )
