"""Input of the rules about resources: all resources of a stack, from the recorder or the engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any, TypeVar

from components.kubernetes.labels import SHARD_LABEL, ZONE_LABEL
from components.scaleway.dedicated_nodes import POOL_LABEL
from config.node_types import NODE_TYPES
from config.quantities import mebibytes, millicores
from config.stack import StackConfig
from plan.diff.fleet import POOL_TYPE, WORKLOADS, Fleet, fleet, kind_of, object_name, pool_shard
from plan.diff.paths import at
from plan.recorder import Resource
from plan.resources.selection import Pods, pods_of
from plan.wire import UNKNOWN
from sizing.pod_sizes import PodSize, allocatable


def _has_null(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(_has_null, value.values() if isinstance(value, dict) else value))
    return value is None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value


@dataclass(frozen=True)
class Resources:
    """A stack's resources and their config. Additional properties, such as defaults, are ignored."""

    config: StackConfig
    resources: tuple[Resource, ...]
    secrets: frozenset[str] = frozenset()
    """Secret texts that must appear nowhere in plain text."""

    def __post_init__(self) -> None:
        """Leave out nulls, as the API server does: `configMap: null` and no configMap are the same."""
        if any(_has_null(each.properties) for each in self.resources):
            kept = tuple(replace(each, properties=_without_nulls(each.properties)) for each in self.resources)
            object.__setattr__(self, "resources", kept)

    @cached_property
    def fleet(self) -> Fleet:
        """The bridges of the stack."""
        return fleet(self.resources)

    def of(self, *kinds: str) -> tuple[Resource, ...]:
        """Return resources by the last part of their type: `Service`, `Pool`."""
        if kinds not in self._found:
            self._found[kinds] = tuple(resource for resource in self.resources if kind_of(resource) in kinds)
        return self._found[kinds]

    @cached_property
    def _found(self) -> dict[tuple[str, ...], tuple[Resource, ...]]:
        """What `of` has returned: the rules ask more than a thousand times."""
        return {}

    @property
    def bridge_pools(self) -> Iterator[tuple[str, Resource]]:
        """Shard and pool of each bridge pool."""
        for pool in self.resources:
            shard = pool_shard(pool)
            if pool.type == POOL_TYPE and shard is not None:
                yield shard, pool

    @property
    def workloads(self) -> Iterator[tuple[Resource, dict[str, Any]]]:
        """Each workload with its pod spec."""
        for resource in self.of(*WORKLOADS, "Job", "CronJob"):
            below = ("spec", "jobTemplate") if kind_of(resource) == "CronJob" else ()
            spec = at(resource.properties, *below, "spec", "template", "spec")
            if isinstance(spec, dict):
                yield resource, spec

    @cached_property
    def pods(self) -> tuple[Pods, ...]:
        """The pods of each workload."""
        return tuple(pods_of(workload, self.autoscaler(workload)) for workload, _ in self.workloads)

    @cached_property
    def results(self) -> dict[Callable[..., Any], Any]:
        """What `once` has computed of this stack."""
        return {}

    def pool_under(self, spec: dict[str, Any]) -> Resource | None:
        """Return the pool that a pod selects, by labels or zone, or without a node selector the pool without taints.

        None on an existing cluster.
        """
        selector = spec.get("nodeSelector") or {}
        for pool in self.of("Pool"):
            if not isinstance(selector, dict) or not isinstance(pool.properties.get("labels") or {}, dict):
                continue  # unknown before the update
            if selects(selector, pool) if selector else not pool.properties.get("taints"):
                return pool
        return None

    def autoscaler(self, workload: Resource) -> Resource | None:
        """Return the workload's HorizontalPodAutoscaler. None if it has none."""
        name, kind = object_name(workload), kind_of(workload)
        for resource in self.of("HorizontalPodAutoscaler"):
            target = at(resource.properties, "spec", "scaleTargetRef")
            if (at(target, "name"), at(target, "kind")) == (name, kind):
                return resource
        return None


T = TypeVar("T")


def once(compute: Callable[[Resources], T]) -> Callable[[Resources], T]:
    """Decorate a function of a stack that several rules share: it is computed once, and its result is not to be changed."""

    @wraps(compute)
    def computed(stack: Resources) -> T:
        if compute not in stack.results:
            stack.results[compute] = compute(stack)
        return stack.results[compute]

    return computed


def selects(selector: Any, pool: Resource) -> bool:
    """Whether a node selector matches the nodes of a pool: the pool's own labels, its zone, and its name, to which the provider appends digits."""
    labels = {**(pool.properties.get("labels") or {}), ZONE_LABEL: pool.properties.get("zone")}
    asked = dict(selector or {})
    name = asked.pop(POOL_LABEL, None)
    if name not in (None, UNKNOWN) and not str(name).startswith(str(pool.properties.get("name") or f"{pool.name}-")):
        return False
    return asked.items() <= labels.items()


def room_of(pool: Resource) -> PodSize | None:
    """Return what a node of the pool leaves to pods. None for an unknown node type."""
    node_type = str(pool.properties.get("nodeType"))
    return allocatable(node_type) if node_type in NODE_TYPES else None


def requests_of(spec: dict[str, Any]) -> PodSize:
    """Return the sum of the requests of all containers and sidecars; a missing request counts as 0."""
    sidecars = [init for init in spec.get("initContainers") or [] if init.get("restartPolicy") == "Always"]
    requests = [at(each, "resources", "requests") or {} for each in (*(spec.get("containers") or []), *sidecars)]
    return PodSize(
        sum(millicores(each.get("cpu", 0)) for each in requests),
        sum(mebibytes(each.get("memory", 0)) for each in requests),
    )


def is_of_bridges(pool: Resource) -> bool:
    """Whether it is a bridge pool."""
    return bool(at(pool.properties, "labels", SHARD_LABEL))
