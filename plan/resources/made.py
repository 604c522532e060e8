"""What the rules about resources look at: all resources of a stack, as recorded without an engine or as the engine has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from components.labels import SHARD_LABEL
from config.node_types import NODE_TYPES
from config.stack import StackConfig
from plan.diff.fleet import POOL_TYPE, WORKLOADS, Fleet, fleet, kind_of, object_name, pool_shard
from plan.diff.paths import at
from plan.pools import ALLOCATABLE_SHARE, NODE_RESERVED_MIB, NODE_RESERVED_MILLICPU
from plan.recorder import Resource
from plan.resources.quantities import mebibytes, millicores
from plan.signalling import PodSize


@dataclass(frozen=True)
class Made:
    """A stack's resources and the config that they came from. More properties than the program sets are no matter."""

    config: StackConfig
    resources: tuple[Resource, ...]
    secrets: frozenset[str] = frozenset()
    """Texts that must stand nowhere in the open."""

    @cached_property
    def fleet(self) -> Fleet:
        """The bridges."""
        return fleet(self.resources)

    def of(self, *kinds: str) -> tuple[Resource, ...]:
        """Resources by the last part of their type: `Service`, `Pool`."""
        return tuple(resource for resource in self.resources if kind_of(resource) in kinds)

    @property
    def bridge_pools(self) -> Iterator[tuple[str, Resource]]:
        """Shard and pool, of the pools that carry bridges."""
        for pool in self.resources:
            shard = pool_shard(pool)
            if pool.type == POOL_TYPE and shard is not None:
                yield shard, pool

    @property
    def workloads(self) -> Iterator[tuple[Resource, dict[str, Any]]]:
        """Each workload with its pods' spec."""
        for resource in self.of(*WORKLOADS, "Job", "CronJob"):
            below = ("spec", "jobTemplate") if kind_of(resource) == "CronJob" else ()
            spec = at(resource.properties, *below, "spec", "template", "spec")
            if isinstance(spec, dict):
                yield resource, spec

    def pool_under(self, spec: dict[str, Any]) -> Resource | None:
        """The pool whose nodes a pod asks for; without a node selector the one that no taint keeps it from.

        None on a cluster that is another's.
        """
        wanted = spec.get("nodeSelector") or {}
        for pool in self.of("Pool"):
            labels = pool.properties.get("labels") or {}
            if wanted.items() <= labels.items() if wanted else not pool.properties.get("taints"):
                return pool
        return None

    def autoscaler(self, workload: Resource) -> Resource | None:
        """What sets the workload's number."""
        name, kind = object_name(workload), kind_of(workload)
        for resource in self.of("HorizontalPodAutoscaler"):
            target = at(resource.properties, "spec", "scaleTargetRef") or {}
            if target.get("name") == name and target.get("kind") == kind:
                return resource
        return None


def room_of(pool: Resource) -> PodSize | None:
    """What one node of the pool leaves to pods; none for a type that is not known."""
    node = NODE_TYPES.get(str(pool.properties.get("nodeType")))
    if node is None:
        return None
    return PodSize(
        node.vcpus * 1000 - NODE_RESERVED_MILLICPU, int(node.memory_gib * 1024 * ALLOCATABLE_SHARE) - NODE_RESERVED_MIB
    )


def requests_of(spec: dict[str, Any]) -> PodSize:
    """What a pod asks for: all containers together, sidecars among them; 0 where one says nothing."""
    always = [one for one in spec.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    asked = [at(one, "resources", "requests") or {} for one in (*(spec.get("containers") or []), *always)]
    return PodSize(
        sum(millicores(one.get("cpu", 0)) for one in asked), sum(mebibytes(one.get("memory", 0)) for one in asked)
    )


def is_of_bridges(pool: Resource) -> bool:
    """Whether its nodes are kept for bridges."""
    return bool(at(pool.properties, "labels", SHARD_LABEL))
