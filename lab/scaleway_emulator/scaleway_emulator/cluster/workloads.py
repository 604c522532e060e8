"""Pods, nodes and budgets as the autoscaler sees them, read from the API server's JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scaleway_emulator.cluster.quantities import millicores, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

Labels = dict[str, str]
SAFE = "cluster-autoscaler.kubernetes.io/safe-to-evict"
SAFE_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"


@dataclass(frozen=True, slots=True)
class Toleration:
    """A toleration of a pod."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of a node."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """The part of a pod that decides on which node it fits and whether it can be evicted."""

    namespace: str
    name: str
    cpu: int = 0
    """millicores requested"""
    memory: int = 0
    """bytes requested"""
    node: str = ""
    phase: str = "Pending"
    priority: int = 0
    unschedulable: bool = False
    labels: Labels = field(default_factory=dict[str, str])
    annotations: Labels = field(default_factory=dict[str, str])
    node_selector: Labels = field(default_factory=dict[str, str])
    affinity_terms: tuple[dict[str, Any], ...] = ()
    """Required node affinity: alternatives."""
    anti_affinity: tuple[tuple[dict[str, Any], str], ...] = ()
    """Required anti-affinity: (label selector, topology key), within the pod's own namespace."""
    tolerations: tuple[Toleration, ...] = ()
    host_ports: frozenset[tuple[str, int]] = frozenset()
    controller: str = ""
    """Kind of the controlling owner."""
    mirror: bool = False
    local_storage: tuple[str, ...] = ()
    """Volumes that stay on the node when the pod goes."""
    grace: int = 30
    deleted_at: float | None = None
    """End of the deletion's grace period; None if the pod is not being deleted."""

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def finished(self) -> bool:
        """Whether it has ended, and takes no room."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def daemon(self) -> bool:
        """Whether it is bound to its node: of a DaemonSet, or static."""
        return self.controller == "DaemonSet" or self.mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A node: existing, upcoming or hypothetical."""

    name: str
    cpu: int
    memory: int
    pods: int = 110
    labels: Labels = field(default_factory=dict[str, str])
    taints: tuple[Taint, ...] = ()
    pool: str = ""
    ready: bool = True
    unschedulable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A PodDisruptionBudget."""

    namespace: str
    selector: dict[str, Any]
    allowed: int


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches these labels."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(requirement_holds(each, labels) for each in selector.get("matchExpressions") or [])


def requirement_holds(requirement: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether one `matchExpressions` entry matches; `Gt` and `Lt` exist for nodes only."""
    key, operator, values = requirement["key"], requirement["operator"], requirement.get("values") or []
    value = labels.get(key)
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    if operator == "Exists":
        return value is not None
    if operator == "DoesNotExist":
        return value is None
    if value is None or not value.lstrip("-").isdigit():
        return False
    return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])


def _requests(spec: Mapping[str, Any]) -> tuple[int, int]:
    """The pod's effective requests: containers and sidecars together, or the largest init container."""
    cpu = memory = first_cpu = first_memory = 0
    for container in spec.get("containers") or []:
        requests = (container.get("resources") or {}).get("requests") or {}
        cpu, memory = cpu + millicores(requests.get("cpu", "0")), memory + whole(requests.get("memory", "0"))
    for container in spec.get("initContainers") or []:
        requests = (container.get("resources") or {}).get("requests") or {}
        each_cpu, each_memory = millicores(requests.get("cpu", "0")), whole(requests.get("memory", "0"))
        if container.get("restartPolicy") == "Always":
            cpu, memory = cpu + each_cpu, memory + each_memory
        else:
            first_cpu, first_memory = max(first_cpu, each_cpu), max(first_memory, each_memory)
    overhead = spec.get("overhead") or {}
    extra = millicores(overhead.get("cpu", "0")), whole(overhead.get("memory", "0"))
    return max(cpu, first_cpu) + extra[0], max(memory, first_memory) + extra[1]


def _host_ports(spec: Mapping[str, Any]) -> frozenset[tuple[str, int]]:
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    every = [port for container in containers for port in container.get("ports") or []]
    return frozenset((port.get("protocol", "TCP"), port["hostPort"]) for port in every if port.get("hostPort"))


def _local_storage(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of volumes on the node: hostPath, and emptyDir unless it is in memory."""
    names: list[str] = []
    for volume in spec.get("volumes") or []:
        empty = volume.get("emptyDir")
        if volume.get("hostPath") is not None or (empty is not None and empty.get("medium") != "Memory"):
            names.append(volume["name"])
    return tuple(names)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def pod(item: Mapping[str, Any]) -> Pod:
    """Read a Pod object."""
    meta, spec, status = item["metadata"], item["spec"], item.get("status") or {}
    owner = next((o for o in meta.get("ownerReferences") or [] if o.get("controller")), {})
    affinity = spec.get("affinity") or {}
    node_affinity = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    apart = (affinity.get("podAntiAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or []
    scheduled = next((c for c in status.get("conditions") or [] if c["type"] == "PodScheduled"), {})
    annotations = meta.get("annotations") or {}
    cpu, memory = _requests(spec)
    return Pod(
        namespace=meta["namespace"],
        name=meta["name"],
        cpu=cpu,
        memory=memory,
        node=spec.get("nodeName") or "",
        phase=status.get("phase", "Pending"),
        priority=spec.get("priority") or 0,
        unschedulable=scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable",
        labels=meta.get("labels") or {},
        annotations=annotations,
        node_selector=spec.get("nodeSelector") or {},
        affinity_terms=tuple(node_affinity.get("nodeSelectorTerms") or ()),
        anti_affinity=tuple((t.get("labelSelector") or {}, t["topologyKey"]) for t in apart),
        tolerations=tuple(
            Toleration(t.get("key", ""), t.get("operator", "Equal"), t.get("value", ""), t.get("effect", ""))
            for t in spec.get("tolerations") or []
        ),
        host_ports=_host_ports(spec),
        controller=owner.get("kind", ""),
        mirror="kubernetes.io/config.mirror" in annotations,
        local_storage=_local_storage(spec),
        grace=spec.get("terminationGracePeriodSeconds", 30),
        deleted_at=_seconds(meta["deletionTimestamp"]) if meta.get("deletionTimestamp") else None,
    )


def host(item: Mapping[str, Any], pool: str = "") -> Host:
    """Read a Node object."""
    spec, status = item["spec"], item.get("status") or {}
    room = status.get("allocatable") or {}
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
    return Host(
        name=item["metadata"]["name"],
        cpu=millicores(room.get("cpu", "0")),
        memory=whole(room.get("memory", "0")),
        pods=whole(room.get("pods", "110")),
        labels=item["metadata"].get("labels") or {},
        taints=tuple(Taint(t["key"], t.get("value", ""), t["effect"]) for t in spec.get("taints") or []),
        pool=pool,
        ready=conditions.get("Ready") == "True",
        unschedulable=bool(spec.get("unschedulable")),
    )


def budget(item: Mapping[str, Any]) -> Budget:
    """Read a PodDisruptionBudget object."""
    return Budget(
        namespace=item["metadata"]["namespace"],
        selector=item["spec"].get("selector") or {},
        allowed=(item.get("status") or {}).get("disruptionsAllowed", 0),
    )
