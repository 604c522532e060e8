"""The bridges of a set of resources: number, shard, workload and ports."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from components.kubernetes.labels import RECORDER_LABEL, RESERVE_TAINT, ROLE_LABEL, SHARD_LABEL, ZONE_LABEL
from components.scaleway.dedicated_nodes import POOL_LABEL
from config.bridges import EXIT_SECONDS
from config.quantities import millicores
from plan.answers import POOL_TYPE
from plan.diff.paths import at, mappings, number, whole
from plan.recorder import Resource
from plan.tokens import STACK_TYPE
from sizing.parts import JIGASI, JVB

BRIDGE = JVB.name
NAME_LABEL = "app.kubernetes.io/name"
INSTANCE_LABEL = "app.kubernetes.io/instance"
FIREWALL_TYPE = "scaleway:instance/securityGroup:SecurityGroup"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
DRAIN_STEPS = ("ANNOUNCE", "MIGRATE_AFTER", "MOVE")
"""Variables of a bridge's container: seconds of each step of its drain, before it exits."""
GRACE_DEFAULT_SECONDS = 30  # Kubernetes' default of terminationGracePeriodSeconds


def kind_of(resource: Resource) -> str:
    """Return the last part of the type: `Deployment` of `kubernetes:apps/v1:Deployment`."""
    return resource.type.rpartition(":")[2]


def component_of(resource: Resource) -> str:
    """Return the label `app.kubernetes.io/name` of a Kubernetes object; empty for other resources."""
    return str(at(resource.properties, "metadata", "labels", NAME_LABEL) or "")


def instance_of(resource: Resource) -> str:
    """Return the label `app.kubernetes.io/instance`: the shard, or the stack for shared parts."""
    return str(at(resource.properties, "metadata", "labels", INSTANCE_LABEL) or "")


def object_name(resource: Resource) -> str:
    """Return the object's name in the cluster."""
    return str(at(resource.properties, "metadata", "name") or resource.name)


@dataclass(frozen=True, order=True, slots=True)
class Bridge:
    """One bridge. `certain`: it runs at the minimum scale, so a change affects it in any case."""

    shard: str
    workload: str
    number: int
    certain: bool

    @property
    def uncertain(self) -> "Bridge":
        """The same bridge, if it is unknown whether the change affects it."""
        return replace(self, certain=False)


def merged(bridges: Iterable[Bridge]) -> frozenset[Bridge]:
    """Return each bridge once; certain if any duplicate is."""
    unique: dict[tuple[str, str, int], Bridge] = {}
    for bridge in sorted(bridges):
        unique[bridge.shard, bridge.workload, bridge.number] = bridge
    return frozenset(unique.values())


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment, StatefulSet or DaemonSet that runs bridges of a shard."""

    shard: str
    name: str
    min: int
    max: int
    grace_seconds: int
    drains: bool
    """Whether a terminating pod waits for its meetings (a preStop hook)."""
    kind: str = "Deployment"
    follows_pool: bool = False
    """Whether its pods select their node pool by name, and so leave a pool that is replaced."""
    min_ready_seconds: int = 0
    drain_seconds: int = GRACE_DEFAULT_SECONDS
    """When a bridge that leaves has gone, unless its meetings end earlier: the steps of its drain, else its grace period."""
    millicpu: int = 0
    """CPU request of a bridge's pod, in thousandths of a core; 0 if it has none."""

    @property
    def bridges(self) -> frozenset[Bridge]:
        """Every bridge at the maximum scale."""
        return frozenset(Bridge(self.shard, self.name, n, certain=n < self.min) for n in range(self.max))

    @property
    def batches(self) -> bool:
        """Whether a roll-out replaces a share of them at a time; else it goes pod by pod, or all at once."""
        return self.kind == "Deployment"

    def above(self, count: int) -> frozenset[Bridge]:
        """Return the bridges that exceed `count`."""
        return frozenset(bridge for bridge in self.bridges if bridge.number >= count)


@dataclass(frozen=True, slots=True)
class Fleet:
    """All bridges of a stack, derived from its resources."""

    workloads: tuple[Workload, ...] = ()
    ports: dict[str, dict[int, frozenset[Bridge]]] = field(default_factory=dict)
    """Shard -> public UDP port -> the bridges that advertise it."""
    signalling_zones: dict[str, str] = field(default_factory=dict)
    """Shard -> the zone that its prosody is bound to; those of other shards run on any system node."""

    @property
    def bridges(self) -> frozenset[Bridge]:
        """Every bridge of the stack."""
        return frozenset(bridge for workload in self.workloads for bridge in workload.bridges)

    def of(self, shard: str) -> frozenset[Bridge]:
        """Return every bridge of a shard."""
        return frozenset(bridge for bridge in self.bridges if bridge.shard == shard)

    def workload(self, name: str) -> Workload | None:
        """Return the workload with this object name. None if there is none."""
        return next((workload for workload in self.workloads if workload.name == name), None)

    def grace_seconds(self, shard: str | None = None) -> int:
        """Return the longest grace period of a shard, or of the stack; 0 without bridges."""
        return max(
            (workload.grace_seconds for workload in self.workloads if shard in (None, workload.shard)), default=0
        )


def fleet(resources: Sequence[Resource]) -> Fleet:
    """Return the bridges that these resources run."""
    workloads = tuple(_workloads(resources))
    ports: dict[str, dict[int, set[Bridge]]] = {}
    for name, port, ordinal in _ports(resources):
        owner = next((workload for workload in workloads if workload.name == name), None)

        if owner is None:
            continue
        chosen = owner.bridges if ordinal is None else {bridge for bridge in owner.bridges if bridge.number == ordinal}
        ports.setdefault(owner.shard, {}).setdefault(port, set()).update(chosen)
    frozen = {shard: {port: frozenset(bridges) for port, bridges in of.items()} for shard, of in ports.items()}
    return Fleet(workloads, frozen, dict(_bound(resources)))


def zone_of(workload: Resource) -> str | None:
    """Return the zone that the pods of a workload are bound to. None if there is none."""
    zone = at(workload.properties, "spec", "template", "spec", "nodeSelector", ZONE_LABEL)
    return str(zone) if zone else None


def _bound(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    for resource in resources:
        if kind_of(resource) == "Deployment" and component_of(resource) == "prosody" and (zone := zone_of(resource)):
            yield instance_of(resource), zone


def is_bridge_workload(resource: Resource) -> bool:
    """Whether its pods are bridges."""
    return kind_of(resource) in WORKLOADS and component_of(resource) == BRIDGE


def scaled_by(resource: Resource) -> str | None:
    """Return the name of the workload that an autoscaler scales. None for other resources."""
    target = at(resource.properties, "spec", "scaleTargetRef", "name")
    return str(target) if kind_of(resource) == "HorizontalPodAutoscaler" and target else None


def _workloads(resources: Sequence[Resource]) -> Iterator[Workload]:
    autoscalers = {name: resource for resource in resources if (name := scaled_by(resource))}
    for resource in resources:
        if not is_bridge_workload(resource):
            continue
        shard, name = instance_of(resource), object_name(resource)
        spec = at(resource.properties, "spec", "template", "spec") or {}
        minimum, maximum = _bounds(resource, autoscalers.get(name), resources)
        yield Workload(
            shard=shard,
            name=name,
            min=minimum,
            max=maximum,
            grace_seconds=number(spec.get("terminationGracePeriodSeconds"), GRACE_DEFAULT_SECONDS),
            kind=kind_of(resource),
            follows_pool=POOL_LABEL in (spec.get("nodeSelector") or {}),
            min_ready_seconds=number(at(resource.properties, "spec", "minReadySeconds")),
            drain_seconds=_drain_seconds(spec),
            drains=any(at(container, "lifecycle", "preStop") for container in spec.get("containers") or []),
            millicpu=sum(
                millicores(at(container, "resources", "requests", "cpu") or 0)
                for container in spec.get("containers") or []
            ),
        )


def _drain_seconds(spec: dict[str, Any]) -> int:
    """Return how long the hook of a bridge waits before it has moved everybody and the bridge has exited."""
    variables = {
        entry.get("name"): whole(entry.get("value"))
        for container in spec.get("containers") or []
        for entry in container.get("env") or []
    }
    steps = [variables.get(name) for name in DRAIN_STEPS]
    grace = number(spec.get("terminationGracePeriodSeconds"), GRACE_DEFAULT_SECONDS)
    return grace if None in steps else min(grace, sum(filter(None, steps)) + EXIT_SECONDS)


def _bounds(resource: Resource, autoscaler: Resource | None, resources: Iterable[Resource]) -> tuple[int, int]:
    if autoscaler is not None:
        spec = autoscaler.properties["spec"]
        return number(spec.get("minReplicas"), 1), number(spec.get("maxReplicas"), 1)
    if kind_of(resource) != "DaemonSet":
        replicas = number(at(resource.properties, "spec", "replicas"), 1) or 1
        return replicas, replicas
    shard = instance_of(resource)
    pool = next((pool for pool in resources if pool_shard(pool) == shard), None)
    if pool is not None:
        return number(pool.properties.get("minSize")), number(pool.properties.get("maxSize"))
    exported = sum(1 for bridge in _exported(resources) if at(bridge, "shard") == shard)
    return exported, exported  # no pool on an existing cluster: use the port plan


def _exported(resources: Iterable[Resource]) -> list[Any]:
    stack = next((resource for resource in resources if resource.type == STACK_TYPE), None)
    bridges = stack.properties.get("bridges") if stack else None
    return bridges if isinstance(bridges, list) else []


def pool_shard(resource: Resource) -> str | None:
    """Return the shard of a bridge pool. None for other pools and other resources."""
    if resource.type != POOL_TYPE:
        return None
    shard = at(resource.properties, "labels", SHARD_LABEL)
    return str(shard) if shard else None


def is_gateway_pool(resource: Resource) -> bool:
    """Whether it is the node pool of SIP gateways."""
    return (at(resource.properties, "labels") or {}).get(ROLE_LABEL) == JIGASI.name


def is_turn_pool(resource: Resource) -> bool:
    """Whether it is the node pool of TURN over UDP."""
    return (at(resource.properties, "labels") or {}).get(ROLE_LABEL) == "turn"


def is_reserve_pool(resource: Resource) -> bool:
    """Whether it is a system pool beside the first, which only shards of its zone need."""
    return any(taint.get("key") == RESERVE_TAINT for taint in mappings(at(resource.properties, "taints")))


def is_recorder_pool(resource: Resource) -> bool:
    """Whether it is the node pool of recorders."""
    return resource.type == POOL_TYPE and at(resource.properties, "labels", RECORDER_LABEL) is not None


def _ports(resources: Iterable[Resource]) -> Iterator[tuple[str, int, int | None]]:
    """Yield workload, port, and the bridge's number if the port belongs to one bridge."""
    for resource in resources:
        if is_bridge_workload(resource):
            for container in at(resource.properties, "spec", "template", "spec", "containers") or []:
                for port in container.get("ports") or []:
                    if port.get("protocol") == "UDP" and (public := number(port.get("hostPort"))):
                        yield object_name(resource), public, None
        elif bridge := media_service(resource):
            workload, ordinal, ports = bridge
            for port in ports:
                yield workload, port, ordinal


def media_service(resource: Resource) -> tuple[str, int, tuple[int, ...]] | None:
    """Return workload, bridge number and public ports of a bridge's media Service. None for other resources."""
    if kind_of(resource) != "Service" or component_of(resource) != BRIDGE:
        return None
    spec = resource.properties.get("spec") or {}
    pod = str(at(spec, "selector", "statefulset.kubernetes.io/pod-name") or "")
    workload, _, ordinal = pod.rpartition("-")
    if spec.get("type") != "NodePort" or not ordinal.isdigit():
        return None
    ports = (number(port.get("nodePort")) for port in spec.get("ports") or [])
    return workload, int(ordinal), tuple(port for port in ports if port)
