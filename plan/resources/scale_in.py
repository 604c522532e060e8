"""Rules about autoscalers of pods that carry calls: when they remove pods, and within which bounds."""

from collections.abc import Iterator
from typing import Any

from config.bridges import Policy
from plan.diff.fleet import instance_of, kind_of, object_name
from plan.diff.paths import at, mapping, whole
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.templates import Template, known, templates

RECORDER_WINDOW = 900  # recorders that meetings free are often needed again soon
DEFAULT_WINDOW = 300  # Kubernetes' stabilization window for scaling down


def _scaled(stack: Resources) -> Iterator[tuple[Template, Resource]]:
    for template in templates(stack, "jvb", "jibri"):
        autoscaler = stack.autoscaler(template.workload)
        if autoscaler is not None:
            yield template, autoscaler


@rule("scale-in-hasty", "error")
def scale_in_hasty(stack: Resources) -> Iterator[Hit]:
    """An autoscaler removes pods earlier or faster than the stack file says, or never."""
    shards = {shard.name: shard.bridges for shard in stack.config.resolved}
    for template, autoscaler in _scaled(stack):
        bridges = shards.get(template.shard) if template.name == "jvb" else None
        if template.name == "jvb" and (bridges is None or bridges.topology != "autoscaled"):
            continue
        window = bridges.scaling.scale_down_window if bridges else RECORDER_WINDOW
        scaling = bridges.scaling if bridges else None
        for direction, seconds, default, policy in (
            ("scaleDown", window, DEFAULT_WINDOW, scaling.scale_down if scaling else None),
            ("scaleUp", 0, 0, scaling.scale_up if scaling else None),
        ):
            behavior = mapping(at(autoscaler.properties, "spec", "behavior", direction))
            for text in _wrong(behavior, seconds, default, policy):
                yield Hit(
                    f"{autoscaler.name}.spec.behavior.{direction}",
                    f"{text}: "
                    + (
                        f"{template.name}s that are needed again leave, or empty ones stay"
                        if direction == "scaleDown"
                        else f"{template.name}s come too late for those who join"
                    ),
                    "let it follow the stack file",
                )


def _wrong(behavior: dict[str, Any], seconds: int, default: int, policy: Policy | None) -> Iterator[str]:
    window = behavior.get("stabilizationWindowSeconds", default)
    if known(window) and window != seconds:
        yield f"stabilizationWindowSeconds is {window}, and {seconds} is asked for"
    if behavior.get("selectPolicy") in ("Disabled", "Min"):
        yield f"selectPolicy is {behavior['selectPolicy']}"
    expected = [{"type": "Pods", "value": policy.bridges, "periodSeconds": policy.period}] if policy else None
    if known(behavior.get("policies")) and behavior.get("policies") != expected:
        yield f"policies are {behavior.get('policies')}, and {expected or 'the defaults'} are asked for"


@rule("bridges-beside-plan", "error")
def bridges_beside_plan(stack: Resources) -> Iterator[Hit]:
    """The autoscalers of a shard run fewer or more bridges than the stack file says."""
    for shard in stack.config.resolved:
        if shard.bridges.topology == "daemonset":
            continue
        workloads = [each.workload for each in templates(stack, "jvb") if each.shard == shard.name]
        scalers = [stack.autoscaler(workload) for workload in workloads]
        for workload, scaler in zip(workloads, scalers, strict=True):
            if scaler is None:
                yield Hit(
                    workload.name,
                    f"no autoscaler has it as its target: it runs {at(workload.properties, 'spec', 'replicas') or 1} "
                    "bridge, whatever comes",
                    "add its HorizontalPodAutoscaler",
                )
        bounds = [
            [whole(at(each.properties, "spec", key)) for each in scalers if each]
            for key in ("minReplicas", "maxReplicas")
        ]
        if not workloads or None in scalers or any(None in each for each in bounds):
            continue
        least, most = (sum(filter(None, each)) for each in bounds)
        if (least, most) != (shard.bridges.min, shard.bridges.ceiling):
            yield Hit(
                f"{workloads[0].name}",
                f"the autoscalers of {shard.name} run {least} to {most} bridges, and the stack file says {shard.bridges.min} "
                f"to {shard.bridges.ceiling}: ports, nodes and cost are planned for the latter",
                "let minReplicas and maxReplicas add up to bridges.min and bridges.max",
            )


@rule("replicas-beside-autoscaler", "error")
def replicas_beside_autoscaler(stack: Resources) -> Iterator[Hit]:
    """A workload sets the number that its autoscaler sets: each update ends pods."""
    for template in templates(stack):
        replicas = at(template.workload.properties, "spec", "replicas")
        if stack.autoscaler(template.workload) is not None and whole(replicas) is not None:
            yield Hit(
                f"{template.workload.name}.spec.replicas",
                f"is {replicas}, while an autoscaler sets it: every update goes back to {replicas}, and the others leave",
                "remove replicas",
            )


@rule("autoscaler-without-target", "error")
def autoscaler_without_target(stack: Resources) -> Iterator[Hit]:
    """An autoscaler has no workload, or another one has the same."""
    targets: dict[tuple[str, str], str] = {}
    workloads = {(kind_of(each.workload), object_name(each.workload)): each for each in templates(stack)}
    for autoscaler in stack.of("HorizontalPodAutoscaler"):
        target = mapping(at(autoscaler.properties, "spec", "scaleTargetRef"))
        key = (str(target.get("kind")), str(target.get("name")))
        if not all(map(known, key)) or not instance_of(autoscaler):
            continue
        if key not in workloads:
            yield Hit(
                f"{autoscaler.name}.spec.scaleTargetRef",
                f"{key[0]} {key[1]} does not exist: nothing follows the load",
                "name the workload",
            )
        elif key in targets:
            yield Hit(
                f"{autoscaler.name}.spec.scaleTargetRef",
                f"{targets[key]} scales {key[0]} {key[1]}, too: they add and remove pods against each other",
                "keep one",
            )
        targets.setdefault(key, autoscaler.name)
