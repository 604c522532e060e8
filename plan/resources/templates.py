"""Pod templates of the stack's parts, and readers of their values. A value that only an update will know reads as None."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plan.diff.fleet import GRACE_DEFAULT_SECONDS, component_of, instance_of, kind_of
from plan.diff.paths import at, mapping, mappings, whole
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.selection import Pods, namespace_of, pod_template
from plan.wire import SECRET, UNKNOWN
from sizing.part import Part
from sizing.parts import NAMED


@dataclass(frozen=True)
class Template:
    """The pod template of one workload of a part."""

    workload: Resource
    part: Part
    metadata: dict[str, Any]
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        """The part's name."""
        return self.part.name

    @property
    def shard(self) -> str:
        """The shard, or the stack for shared parts."""
        return instance_of(self.workload)

    @property
    def where(self) -> str:
        """The template's place in the workload."""
        below = "spec.jobTemplate." if kind_of(self.workload) == "CronJob" else ""
        return f"{self.workload.name}.{below}spec.template"

    @property
    def labels(self) -> dict[str, Any]:
        """The pods' labels."""
        return mapping(self.metadata.get("labels"))

    @property
    def pods(self) -> Pods:
        """The pods as selectors see them."""
        return Pods(self.workload, namespace_of(self.workload), self.labels, self.spec)

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All containers, init containers last."""
        return [*mappings(self.spec.get("containers")), *mappings(self.spec.get("initContainers"))]

    @cached_property
    def main(self) -> dict[str, Any]:
        """The part's own container; empty if it is missing."""
        return next((each for each in mappings(self.spec.get("containers")) if each.get("name") == self.part.main), {})

    @property
    def grace(self) -> int | None:
        """The termination grace period in seconds."""
        return whole(self.spec.get("terminationGracePeriodSeconds", GRACE_DEFAULT_SECONDS))

    @property
    def host_ports(self) -> list[int]:
        """Ports that the pod takes on its node."""
        ports = [port.get("hostPort") for each in self.containers for port in mappings(each.get("ports"))]
        return [int(port) for port in ports if isinstance(port, int) and port]


def templates(stack: Resources, *names: str) -> Iterator[Template]:
    """Yield the templates of these parts, or of all."""
    for workload, spec in stack.workloads:
        part = NAMED.get(component_of(workload))
        if part is not None and (not names or part.name in names):
            yield Template(workload, part, mapping(pod_template(workload).get("metadata")), spec)


def known(value: object) -> bool:
    """Return whether the value is neither secret nor known only after an update."""
    return value not in (SECRET, UNKNOWN)


def variable(container: dict[str, Any], name: str) -> Any:
    """Return the literal value of a container's variable; None if it has none, `UNKNOWN` if it comes from elsewhere."""
    for entry in mappings(container.get("env")):
        if entry.get("name") == name:
            return entry.get("value", UNKNOWN if "valueFrom" in entry else None)
    return None


def wrong_variables(container: dict[str, Any], right: Mapping[str, object]) -> list[str]:
    """Return which literal variables of a container are not as they should be, in words; those from elsewhere are left out."""
    values = {name: variable(container, name) for name in right}
    return [
        f"{name} is {values[name]}, not {value}"
        for name, value in right.items()
        if values[name] not in (value, UNKNOWN)
    ]


def least(stack: Resources, workload: Resource) -> int:
    """Return the pods that run at least: the autoscaler's minimum, the replicas, or a DaemonSet's nodes; never below 1."""
    if kind_of(workload) == "DaemonSet":
        pool = next((pool for shard, pool in stack.bridge_pools if shard == instance_of(workload)), None)
        return max(1, whole(pool.properties.get("minSize")) or 1) if pool else 1
    autoscaler = stack.autoscaler(workload)
    count = (
        at(autoscaler.properties, "spec", "minReplicas") if autoscaler else at(workload.properties, "spec", "replicas")
    )
    return max(1, whole(count) or 1)


def share(value: object, of: int, *, up: bool = False) -> int | None:
    """Return a number of pods that is written as a number or a percentage; None if it is neither."""
    if isinstance(value, str) and value.endswith("%"):
        percent = whole(value[:-1])
        if percent is None:
            return None
        return -(-of * percent // 100) if up else of * percent // 100
    return whole(value)
