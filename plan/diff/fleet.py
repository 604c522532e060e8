"""The bridges that a set of resources runs: how many, of which shard, under which workload, on which ports."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from components.labels import RECORDER_LABEL, ROLE_LABEL, SHARD_LABEL
from plan.diff.paths import at
from plan.recorder import Resource
from plan.resources.quantities import millicores
from plan.tokens import STACK_TYPE

BRIDGE = "jvb"
NAME_LABEL = "app.kubernetes.io/name"
INSTANCE_LABEL = "app.kubernetes.io/instance"
POOL_TYPE = "scaleway:kubernetes/pool:Pool"
FIREWALL_TYPE = "scaleway:instance/securityGroup:SecurityGroup"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
GRACE_DEFAULT_SECONDS = 30  # Kubernetes' terminationGracePeriodSeconds where a pod says nothing


def kind_of(resource: Resource) -> str:
    """`Deployment` of `kubernetes:apps/v1:Deployment`."""
    return resource.type.rpartition(":")[2]


def component_of(resource: Resource) -> str:
    """What a Kubernetes object belongs to: the label `app.kubernetes.io/name`; empty for everything else."""
    return str(at(resource.properties, "metadata", "labels", NAME_LABEL) or "")


def instance_of(resource: Resource) -> str:
    """The shard, or the stack for shared parts."""
    return str(at(resource.properties, "metadata", "labels", INSTANCE_LABEL) or "")


def object_name(resource: Resource) -> str:
    """The object's own name in the cluster."""
    return str(at(resource.properties, "metadata", "name") or resource.name)


@dataclass(frozen=True, order=True, slots=True)
class Bridge:
    """One bridge. `sure`: it runs at the least number already."""

    shard: str
    workload: str
    number: int
    sure: bool

    @property
    def perhaps(self) -> "Bridge":
        """The same bridge, of which nobody knows whether it is hurt, though it runs."""
        return replace(self, sure=False)


def merged(bridges: Iterable[Bridge]) -> frozenset[Bridge]:
    """Each bridge once; sure where one mention is."""
    found: dict[tuple[str, str, int], Bridge] = {}
    for bridge in sorted(bridges):
        found[bridge.shard, bridge.workload, bridge.number] = bridge
    return frozenset(found.values())


@dataclass(frozen=True, slots=True)
class Workload:
    """What runs some or all bridges of a shard."""

    shard: str
    name: str
    least: int
    most: int
    grace_seconds: int
    drains: bool
    """Whether a pod that is told to end first waits for its meetings (a preStop hook)."""
    millicpu: int = 0
    """What a bridge's pod requests, in thousandths of a core; 0: nothing."""

    @property
    def bridges(self) -> frozenset[Bridge]:
        """Every bridge up to the most."""
        return frozenset(Bridge(self.shard, self.name, n, sure=n < self.least) for n in range(self.most))

    def above(self, most: int) -> frozenset[Bridge]:
        """Those that are too many when only `most` may run."""
        return frozenset(bridge for bridge in self.bridges if bridge.number >= most)


@dataclass(frozen=True, slots=True)
class Fleet:
    """All bridges of a stack, from its resources alone."""

    workloads: tuple[Workload, ...] = ()
    ports: dict[str, dict[int, frozenset[Bridge]]] = field(default_factory=dict)
    """Shard -> public UDP port -> the bridges that advertise it."""

    @property
    def bridges(self) -> frozenset[Bridge]:
        """Every bridge of the stack."""
        return frozenset(bridge for workload in self.workloads for bridge in workload.bridges)

    def of(self, shard: str) -> frozenset[Bridge]:
        """Every bridge of one shard."""
        return frozenset(bridge for bridge in self.bridges if bridge.shard == shard)

    def workload(self, name: str) -> Workload | None:
        """The workload with this object name."""
        return next((workload for workload in self.workloads if workload.name == name), None)

    def grace_seconds(self, shard: str | None = None) -> int:
        """The longest drain of a shard, or of the stack; 0 without bridges."""
        return max((one.grace_seconds for one in self.workloads if shard in (None, one.shard)), default=0)


def fleet(resources: Sequence[Resource]) -> Fleet:
    """The bridges that these resources run."""
    workloads = tuple(_workloads(resources))
    ports: dict[str, dict[int, set[Bridge]]] = {}
    for workload, port, number in _ports(resources):
        owner = next((one for one in workloads if one.name == workload), None)
        if owner is None:
            continue
        chosen = owner.bridges if number is None else {bridge for bridge in owner.bridges if bridge.number == number}
        ports.setdefault(owner.shard, {}).setdefault(port, set()).update(chosen)
    frozen = {shard: {port: frozenset(found) for port, found in of.items()} for shard, of in ports.items()}
    return Fleet(workloads, frozen)


def is_bridge_workload(resource: Resource) -> bool:
    """Whether its pods are bridges."""
    return kind_of(resource) in WORKLOADS and component_of(resource) == BRIDGE


def scaled_by(resource: Resource) -> str | None:
    """The workload whose number an autoscaler sets."""
    target = at(resource.properties, "spec", "scaleTargetRef", "name")
    return str(target) if kind_of(resource) == "HorizontalPodAutoscaler" and target else None


def _workloads(resources: Sequence[Resource]) -> Iterator[Workload]:
    autoscalers = {name: resource for resource in resources if (name := scaled_by(resource))}
    for resource in resources:
        if not is_bridge_workload(resource):
            continue
        shard, name = instance_of(resource), object_name(resource)
        spec = at(resource.properties, "spec", "template", "spec") or {}
        least, most = _bounds(resource, autoscalers.get(name), resources)
        yield Workload(
            shard=shard,
            name=name,
            least=least,
            most=most,
            grace_seconds=int(spec.get("terminationGracePeriodSeconds", GRACE_DEFAULT_SECONDS)),
            drains=any(at(container, "lifecycle", "preStop") for container in spec.get("containers") or []),
            millicpu=sum(
                millicores(at(container, "resources", "requests", "cpu") or 0)
                for container in spec.get("containers") or []
            ),
        )


def _bounds(resource: Resource, autoscaler: Resource | None, resources: Iterable[Resource]) -> tuple[int, int]:
    if autoscaler is not None:
        spec = autoscaler.properties["spec"]
        return int(spec.get("minReplicas", 1)), int(spec.get("maxReplicas", 1))
    if kind_of(resource) != "DaemonSet":
        replicas = int(at(resource.properties, "spec", "replicas") or 1)
        return replicas, replicas
    shard = instance_of(resource)
    pool = next((pool for pool in resources if pool_shard(pool) == shard), None)
    if pool is not None:
        return int(pool.properties.get("minSize", 0)), int(pool.properties.get("maxSize", 0))
    exported = sum(1 for bridge in _exported(resources) if at(bridge, "shard") == shard)
    return exported, exported  # another's nodes: what the stack's own port plan counts on


def _exported(resources: Iterable[Resource]) -> list[Any]:
    stack = next((resource for resource in resources if resource.type == STACK_TYPE), None)
    found = stack.properties.get("bridges") if stack else None
    return found if isinstance(found, list) else []


def pool_shard(resource: Resource) -> str | None:
    """The shard that a pool's nodes are for; none for the system pool, and for what is no pool."""
    if resource.type != POOL_TYPE:
        return None
    shard = at(resource.properties, "labels", SHARD_LABEL)
    return str(shard) if shard else None


def is_gateway_pool(resource: Resource) -> bool:
    """Whether its nodes are for telephones' gateways."""
    return (at(resource.properties, "labels") or {}).get(ROLE_LABEL) == "jigasi"


def is_relay_pool(resource: Resource) -> bool:
    """Whether its node is for TURN over UDP."""
    return (at(resource.properties, "labels") or {}).get(ROLE_LABEL) == "turn"


def is_recorder_pool(resource: Resource) -> bool:
    """Whether a pool's nodes are for recorders."""
    return resource.type == POOL_TYPE and at(resource.properties, "labels", RECORDER_LABEL) is not None


def _ports(resources: Iterable[Resource]) -> Iterator[tuple[str, int, int | None]]:
    """Workload, port, and the bridge's number where it has a port of its own."""
    for resource in resources:
        if is_bridge_workload(resource):
            for container in at(resource.properties, "spec", "template", "spec", "containers") or []:
                for port in container.get("ports") or []:
                    if "hostPort" in port and port.get("protocol") == "UDP":
                        yield object_name(resource), int(port["hostPort"]), None
        elif bridge := media_service(resource):
            workload, number, ports = bridge
            for port in ports:
                yield workload, port, number


def media_service(resource: Resource) -> tuple[str, int, tuple[int, ...]] | None:
    """Workload, bridge's number and public ports of a Service that carries one bridge's media."""
    if kind_of(resource) != "Service" or component_of(resource) != BRIDGE:
        return None
    spec = resource.properties.get("spec") or {}
    pod = str(at(spec, "selector", "statefulset.kubernetes.io/pod-name") or "")
    workload, _, number = pod.rpartition("-")
    if spec.get("type") != "NodePort" or not number.isdigit():
        return None
    return workload, int(number), tuple(int(port["nodePort"]) for port in spec.get("ports") or [] if "nodePort" in port)
