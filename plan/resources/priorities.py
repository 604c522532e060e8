"""Rules about priorities and placeholders: what yields to what on a node."""

from collections.abc import Iterator
from typing import Any

from config.quantities import mebibytes, millicores
from plan.diff.fleet import kind_of, object_name
from plan.diff.paths import at, mapping, whole
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.evictions import CLUSTER_TYPE
from plan.resources.made import Resources, requests_of
from plan.resources.templates import Template, known, templates

SPARE = "jvb-spare"
SPARE_GRACE = 30  # seconds that the next bridge may wait for a placeholder's end
BUILT_IN = ("system-cluster-critical", "system-node-critical")


def _classes(stack: Resources) -> dict[str, Resource]:
    return {object_name(each): each for each in stack.of("PriorityClass")}


def _class_of(stack: Resources, template: Template) -> Resource | None:
    return _classes(stack).get(str(template.spec.get("priorityClassName")))


def _priority(stack: Resources, template: Template) -> int | None:
    """The priority of a pod; None if it is unknown."""
    name = template.spec.get("priorityClassName")
    if not name:
        default = [each for each in _classes(stack).values() if each.properties.get("globalDefault") is True]
        return whole(default[0].properties.get("value")) if default else 0
    if name in BUILT_IN:
        return 2 * 10**9
    resource = _class_of(stack, template)
    return whole(resource.properties.get("value", 0)) if resource else None


def _nodes(stack: Resources, template: Template) -> str:
    """Nodes that a pod may run on: its pool, or its selector on a cluster of others."""
    pool = stack.pool_under(template.spec)
    return pool.name if pool else str(sorted(mapping(template.spec.get("nodeSelector")).items()))


@rule("priority-unknown", "error")
def priority_unknown(stack: Resources) -> Iterator[Hit]:
    """A pod names a PriorityClass that does not exist."""
    for template in templates(stack):
        name = template.spec.get("priorityClassName")
        if name and known(name) and name not in BUILT_IN and name not in _classes(stack):
            yield Hit(
                f"{template.where}.spec.priorityClassName",
                f"is {name}, which the stack does not create: the API server refuses the pods of {template.name}",
                "create the class, or remove the name",
            )


@rule("pod-outranked", "error")
def pod_outranked(stack: Resources) -> Iterator[Hit]:
    """A pod may push out one that carries calls, or a placeholder does not yield."""
    all_ = [(each, _priority(stack, each), _nodes(stack, each)) for each in templates(stack)]
    for template, priority, nodes in all_:
        if template.part.restart.cost == "none" or priority is None:
            continue
        for other, above, place in all_:
            if place != nodes or above is None:
                continue
            resource = _class_of(stack, other)
            pushes = above > priority and (resource is None or resource.properties.get("preemptionPolicy") != "Never")
            if pushes or (other.name == SPARE and above >= priority):
                yield Hit(
                    f"{other.where}.spec.priorityClassName",
                    f"{other.workload.name} has priority {above}, and {template.workload.name} {priority} on the same nodes: "
                    + (
                        f"it pushes out a {template.name} in the middle of its calls"
                        if pushes
                        else f"it does not yield to the next {template.name}, which waits for a node to boot"
                    ),
                    "give placeholders the lowest priority, and everything else none",
                )


@rule("spare-priority", "error")
def spare_priority(stack: Resources) -> Iterator[Hit]:
    """Placeholders push out pods, are every pod's default, or add no nodes."""
    cutoffs = [
        whole(at(each.properties, "autoscalerConfig", "expendablePodsPriorityCutoff"))
        for each in stack.resources
        if each.type == CLUSTER_TYPE and known(at(each.properties, "autoscalerConfig", "expendablePodsPriorityCutoff"))
    ]
    users = {str(each.spec.get("priorityClassName")): each for each in templates(stack, SPARE)}
    for name, user in users.items():
        resource = _classes(stack).get(name)
        properties = resource.properties if resource else {}
        value = whole(properties.get("value", 0)) if known(properties.get("value")) else None
        problems = [
            (resource is None, "placeholders have no PriorityClass of their own: bridges never get their place"),
            (value is not None and value >= 0, f"value is {value}: bridges, at 0, never get the placeholders' place"),
            (
                known(properties.get("preemptionPolicy")) and properties.get("preemptionPolicy") != "Never",
                f"preemptionPolicy is {properties.get('preemptionPolicy')}: a placeholder pushes out other pods",
            ),
            (properties.get("globalDefault") is True, "globalDefault makes every pod of the cluster a placeholder"),
            *(
                (
                    value is not None and (limit or 0) > value,
                    f"value {value} is below the autoscaler's cutoff {limit}: no node is added for placeholders",
                )
                for limit in cutoffs
            ),
        ]
        for text in [text for is_wrong, text in problems if is_wrong]:
            yield Hit(
                resource.name if resource else f"{user.where}.spec.priorityClassName",
                text,
                "give placeholders a class with value -5, cutoff -10 and preemptionPolicy Never",
            )


@rule("spare-unlike-bridge", "error")
def spare_unlike_bridge(stack: Resources) -> Iterator[Hit]:
    """A placeholder does not hold a bridge's place: other size, nodes or image."""
    bridges = {each.shard: each for each in templates(stack, "jvb")}
    for spare in templates(stack, SPARE):
        bridge = bridges.get(spare.shard)
        if bridge is None:
            yield Hit(spare.workload.name, f"holds a place for bridges of {spare.shard}, which has none", "remove it")
            continue
        for text in _differences(spare, bridge):
            yield Hit(
                f"{spare.where}.spec",
                f"{text}: the next bridge finds no booted node that holds it and has its image",
                "give it the bridge's size, nodes and image",
            )


def _differences(spare: Template, bridge: Template) -> Iterator[str]:
    for key in ("nodeSelector", "tolerations"):
        mine, theirs = spare.spec.get(key), bridge.spec.get(key)
        if known(mine) and known(theirs) and mine != theirs:
            yield f"{key} is {mine}, and the bridge's {theirs}"
    if (
        known(spare.main.get("image"))
        and known(bridge.main.get("image"))
        and spare.main.get("image") != bridge.main.get("image")
    ):
        yield f"image is {spare.main.get('image')}, and the bridge's {bridge.main.get('image')}"
    asked, whole = requests_of(spare.spec), requests_of(bridge.spec)
    own = mapping(at(bridge.main, "resources", "requests"))
    least = millicores(own.get("cpu", 0)), mebibytes(own.get("memory", 0))
    if not (least[0] <= asked.millicpu <= whole.millicpu and least[1] <= asked.memory_mib <= whole.memory_mib):
        yield (
            f"requests {asked.millicpu} millicores and {asked.memory_mib} MiB, and the bridge {least[0]} and {least[1]} "
            f"({whole.millicpu} and {whole.memory_mib} with its sidecar)"
        )
    if spare.grace is not None and spare.grace > SPARE_GRACE:
        yield f"terminationGracePeriodSeconds is {spare.grace}: the next bridge waits for it"
    if known(spare.main.get("command")) and spare.main.get("command") != ["sleep", "infinity"]:
        yield f"runs {spare.main.get('command')}, which may end"
    if spare.host_ports:
        yield f"takes host port {spare.host_ports[0]}"


@rule("spares-beside-plan", "error")
def spares_beside_plan(stack: Resources) -> Iterator[Hit]:
    """A shard keeps fewer or more placeholders than the stack file says."""
    for shard in stack.config.resolved:
        asked = shard.bridges.scaling.spares if shard.bridges.topology == "autoscaled" else 0
        spares = [each for each in templates(stack, SPARE) if each.shard == shard.name]
        counts = {each.workload.name: _count(each) for each in spares}
        if asked and not spares:
            yield Hit(
                f"{shard.name}-bridges-spares",
                f"{shard.name} has no placeholder, and the stack file says {asked}: the next bridge waits for a node to boot",
                "add the placeholders",
            )
        for name, count in counts.items():
            if count is not None and count != asked:
                yield Hit(
                    f"{name}.spec",
                    f"keeps {count} placeholders, and the stack file says {asked}: nodes are missing, or paid for nothing",
                    f"set it to {asked}",
                )


def _count(spare: Template) -> int | None:
    """Placeholders of one workload; None if it is unknown."""
    spec: dict[str, Any] = mapping(at(spare.workload.properties, "spec"))
    if kind_of(spare.workload) != "CronJob":
        return whole(spec.get("replicas", 1))
    job = mapping(at(spec, "jobTemplate", "spec"))
    at_once, completions = whole(job.get("parallelism", 1)), whole(job.get("completions", 1))
    if spec.get("suspend") is True:
        return 0
    return at_once if at_once == completions else 0
