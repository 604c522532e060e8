"""Rules about rollouts and deletions: how many pods a change of their template takes at a time, and when it goes on."""

from collections.abc import Iterator
from typing import Any

from config.bridges import EXIT_SECONDS
from plan.diff.fleet import kind_of
from plan.diff.paths import at, mapping, whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.templates import Template, known, least, share, templates, variable
from sizing.rollout import JOINED_SECONDS, SHARE, SHARE_PERCENT

ROLLED = ("jvb", "jibri", "jigasi", "transcriber", "coturn", "coturn-udp", "haproxy", "web", "visitors")
"""Parts that are replaced few at a time."""
DEFAULT_SHARE = "25%"  # Kubernetes' maxUnavailable and maxSurge where a Deployment says nothing
BACKGROUND = "pulumi.com/deletionPropagationPolicy"
DRAINING = ("jvb", "coturn", "coturn-udp")
"""Parts whose workload goes at once while its pods drain."""


def strategy_of(template: Template) -> dict[str, Any]:
    """Return the update strategy of a workload; empty if it is not set."""
    key = "strategy" if kind_of(template.workload) == "Deployment" else "updateStrategy"
    return mapping(at(template.workload.properties, "spec", key))


def leaving_at_once(stack: Resources, template: Template) -> int | None:
    """Return how many pods of a workload a rollout takes at a time at the least number; None if it is unknown."""
    strategy, pods, kind = strategy_of(template), least(stack, template.workload), kind_of(template.workload)
    if strategy.get("type") == "Recreate":
        return pods
    rolling = mapping(strategy.get("rollingUpdate"))
    away = share(rolling.get("maxUnavailable", DEFAULT_SHARE if kind == "Deployment" else 1), pods)
    if kind != "Deployment" or away is None:
        return away
    surge = share(rolling.get("maxSurge", DEFAULT_SHARE), pods, up=True)
    return max(1, away) if surge == 0 else away


def leaving_limit(stack: Resources, template: Template) -> int:
    """Return how many pods a rollout may take: the share, rounded down; at least one where a replacement cannot come first."""
    in_place = kind_of(template.workload) != "Deployment" or bool(template.host_ports)
    return max(1 if in_place else 0, least(stack, template.workload) * SHARE_PERCENT // 100)


@rule("rollout-takes-too-many", "error")
def rollout_takes_too_many(stack: Resources) -> Iterator[Hit]:
    """A rollout takes more pods at a time than a quarter, or the only one before another is there."""
    for template in templates(stack, *ROLLED):
        pods, away = least(stack, template.workload), leaving_at_once(stack, template)
        limit = leaving_limit(stack, template)
        percent = share(at(strategy_of(template), "rollingUpdate", "maxUnavailable"), 100)
        is_wide = (
            isinstance(at(strategy_of(template), "rollingUpdate", "maxUnavailable"), str)
            and (percent or 0) > SHARE_PERCENT
        )
        if away is not None and (away > limit or is_wide):
            yield Hit(
                f"{template.workload.name}.spec",
                f"a rollout takes {away} of {pods} {template.name} at a time, and {limit} ({SHARE}) "
                + (
                    "are promised: the remaining ones are overloaded"
                    if limit
                    else "may be missing: a new one comes first"
                ),
                f"set maxUnavailable to {SHARE if template.name == 'jvb' else limit}",
            )


@rule("rollout-stuck", "error")
def rolloutstuck(stack: Resources) -> Iterator[Hit]:
    """A rollout never happens, or its new pods wait for what the old ones hold."""
    for template in templates(stack):
        for text in stuck(template):
            yield Hit(
                f"{template.workload.name}.spec",
                f"{text}: pods of {template.name} keep the old release, or stay Pending",
                "let the controller replace pods, where a host port is taken without surge",
            )


def stuck(template: Template) -> Iterator[str]:
    """Yield what keeps a rollout of a workload from its pods."""
    strategy, spec = strategy_of(template), mapping(at(template.workload.properties, "spec"))
    rolling, kind = mapping(strategy.get("rollingUpdate")), kind_of(template.workload)
    if strategy.get("type") == "OnDelete":
        yield "updateStrategy is OnDelete"
    if whole(rolling.get("partition")):
        yield f"updateStrategy leaves out ordinals below {rolling['partition']}"
    if spec.get("paused") is True:
        yield "the rollout is paused"
    if (
        kind == "StatefulSet"
        and known(policy := spec.get("podManagementPolicy", "OrderedReady"))
        and policy != "Parallel"
    ):
        yield (
            f"podManagementPolicy is {policy}: each pod waits until the one before is ready, and one that never is, as with a "
            "wrong image, is not replaced by a better one"
        )
    if kind != "Deployment" or strategy.get("type") == "Recreate":
        surge = share(rolling.get("maxSurge"), 100, up=True)
    else:
        surge = share(rolling.get("maxSurge", DEFAULT_SHARE), 100, up=True)
        if surge == 0 and share(rolling.get("maxUnavailable", DEFAULT_SHARE), 100) == 0:
            yield "maxSurge and maxUnavailable are both 0, which the API server refuses"
    if surge and template.host_ports:
        yield f"maxSurge is {rolling.get('maxSurge', DEFAULT_SHARE)}, and a new pod waits for host port {template.host_ports[0]}"


@rule("rollout-hasty", "error")
def rollout_hasty(stack: Resources) -> Iterator[Hit]:
    """A rollout of bridges goes on while those that it has taken still drain, or gives up meanwhile."""
    for template in templates(stack, "jvb"):
        spec, kind = mapping(at(template.workload.properties, "spec")), kind_of(template.workload)
        ready = whole(spec.get("minReadySeconds", 0))
        steps = [whole(variable(template.main, name)) for name in ("ANNOUNCE", "MIGRATE_AFTER", "MOVE")]
        if ready is None or None in steps or template.grace is None:
            continue
        drain = sum(filter(None, steps)) + EXIT_SECONDS
        needed = drain if kind == "Deployment" else JOINED_SECONDS
        if ready < needed:
            yield Hit(
                f"{template.workload.name}.spec.minReadySeconds",
                f"is {ready}, below {needed}: "
                + (
                    f"the next bridges leave while the former still drain, and more than {SHARE} are away"
                    if kind == "Deployment"
                    else "the next bridge leaves before the former has joined"
                ),
                f"set it to {needed}",
            )
        progress = whole(spec.get("progressDeadlineSeconds", 600))
        if kind == "Deployment" and progress is not None and progress < template.grace + drain:
            yield Hit(
                f"{template.workload.name}.spec.progressDeadlineSeconds",
                f"is {progress}, below a drain and minReadySeconds ({template.grace} + {drain}): a healthy rollout is reported as failed",
                f"set it to {template.grace + drain + 600} or more",
            )


@rule("workload-deletion", "error")
def workload_deletion(stack: Resources) -> Iterator[Hit]:
    """Deleting a workload waits for its pods' drain, or leaves the pods behind."""
    for template in templates(stack):
        annotations = mapping(at(template.workload.properties, "metadata", "annotations"))
        policy = annotations.get(BACKGROUND)
        if not known(policy):
            continue
        if policy == "orphan" or (template.name in DRAINING and policy != "background"):
            yield Hit(
                f"{template.workload.name}.metadata.annotations",
                f"{BACKGROUND} is {policy}: "
                + (
                    "pods stay behind, and take ports and nodes"
                    if policy == "orphan"
                    else "an update waits for its pods' meetings, and cannot create the next workload of that name"
                ),
                "set it to background",
            )
        if template.name == "jvb" and annotations.get("pulumi.com/skipAwait") != "true":
            yield Hit(
                f"{template.workload.name}.metadata.annotations",
                "pulumi.com/skipAwait is not true: pulumi up waits until nodes have booted and meetings have ended, and fails",
                'set pulumi.com/skipAwait: "true"',
            )
