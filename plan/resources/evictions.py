"""Rules about who may evict pods: node autoscaler, node drains and upgrades."""

from collections.abc import Iterator
from typing import Any

from config.model import format_duration, parse_duration
from plan.diff.fleet import POOL_TYPE
from plan.diff.paths import at, mapping, mappings, whole
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources, is_of_bridges
from plan.resources.templates import Template, known, share, templates
from sizing.rollout import SHARE_PERCENT

SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
STAY = ("jvb", "jibri", "jigasi", "transcriber", "prosody", "jicofo", "visitors")
"""Parts that the node autoscaler never evicts: it takes nodes that are empty of them."""
CLUSTER_TYPE = "scaleway:kubernetes/cluster:Cluster"
UNNEEDED = range(60, 1801)  # seconds; shorter takes nodes between two meetings, longer pays for empty ones
AFTER_ADD = range(120, 3601)
FLAGS = {"disableScaleDown": False, "skipNodesWithLocalStorage": False, "ignoreDaemonsetsUtilization": True}
"""Settings of the node autoscaler without which nodes are never removed: every pod here has an emptyDir."""
EVICTED_SECONDS = 300  # Kubernetes' default toleration of a lost node
FAST_SECONDS = 60
FAST = ("prosody", "jicofo", "web", "prometheus-adapter", "kube-metrics-adapter")
"""Parts without media, without which nobody joins or nothing scales: they leave a lost node at once."""
MEDIA = ("jvb", "jibri", "jigasi", "coturn", "coturn-udp")


@rule("pod-evictable", "error")
def pod_evictable(stack: Resources) -> Iterator[Hit]:
    """The node autoscaler may evict a pod that carries calls, or may not evict a placeholder."""
    for template in templates(stack, *STAY, "jvb-spare"):
        expected = "true" if template.name == "jvb-spare" else "false"
        value = at(template.metadata, "annotations", SAFE_TO_EVICT)
        if known(value) and known(at(template.metadata, "annotations")) and value != expected:
            yield Hit(
                f"{template.where}.metadata.annotations",
                f"{SAFE_TO_EVICT} is {value!r}, not {expected!r}: "
                + (
                    "a placeholder keeps its node for ever"
                    if expected == "true"
                    else f"the node autoscaler empties a node by ending its {template.name}, in the middle of calls"
                ),
                f'set {SAFE_TO_EVICT}: "{expected}" on the pod template',
            )


def _settings(stack: Resources) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for cluster in stack.resources:
        if cluster.type == CLUSTER_TYPE and known(cluster.properties.get("autoscalerConfig")):
            yield cluster, mapping(cluster.properties.get("autoscalerConfig"))


@rule("grace-above-autoscaler", "error")
def grace_above_autoscaler(stack: Resources) -> Iterator[Hit]:
    """The node autoscaler kills pods before their grace period ends."""
    for cluster, settings in _settings(stack):
        value = settings.get("maxGracefulTerminationSec")
        limit = whole(value) or 0
        slow = [each for each in templates(stack) if (each.grace or 0) > limit and _is_scaled(stack, each)]
        if slow and known(value):
            longest = max(slow, key=lambda each: each.grace or 0)
            yield Hit(
                f"{cluster.name}.autoscalerConfig.maxGracefulTerminationSec",
                f"is {value}, and {longest.workload.name} may take {longest.grace} s to leave: the node autoscaler deletes "
                f"the node under it after {format_duration(limit)}",
                f"set it to {longest.grace}",
            )


def _is_scaled(stack: Resources, template: Template) -> bool:
    pool = stack.pool_under(template.spec)
    return pool is None or bool(pool.properties.get("autoscaling"))


@rule("node-autoscaler-settings", "error")
def node_autoscaler_settings(stack: Resources) -> Iterator[Hit]:
    """The node autoscaler never removes nodes, or removes them in haste."""
    for cluster, settings in _settings(stack):
        for name, text in _wrong_settings(settings):
            yield Hit(
                f"{cluster.name}.autoscalerConfig.{name}",
                f"{text}; the API reads a missing setting as zero",
                "restore it: cost, simulation and timetables count on it",
            )


def _wrong_settings(settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, expected in FLAGS.items():
        if known(settings.get(name)) and settings.get(name) is not expected:
            yield name, f"is {settings.get(name)}: nodes without bridges stay, and are paid for"
    for name, limits in (("scaleDownUnneededTime", UNNEEDED), ("scaleDownDelayAfterAdd", AFTER_ADD)):
        if known(value := settings.get(name)) and _seconds(value) not in limits:
            first, last = format_duration(limits[0]), format_duration(limits[-1])
            yield name, f"is {value}, outside {first} to {last}: nodes go between two meetings, or stay for hours"
    threshold = settings.get("scaleDownUtilizationThreshold")
    if known(threshold) and not (isinstance(threshold, int | float) and 0 < threshold < 1):
        yield (
            "scaleDownUtilizationThreshold",
            f"is {threshold}, not between 0 and 1: no node, or every node, is unneeded",
        )


def _seconds(value: object) -> int | None:
    try:
        return parse_duration(value)
    except ValueError:
        return None


@rule("pool-replaces-too-many", "error")
def pool_replaces_too_many(stack: Resources) -> Iterator[Hit]:
    """An upgrade of Kubernetes replaces too many nodes of a pool at a time."""
    for pool in stack.resources:
        if pool.type != POOL_TYPE or not known(pool.properties.get("upgradePolicy")):
            continue
        policy = mapping(pool.properties.get("upgradePolicy"))
        nodes = whole(pool.properties.get("minSize")) or 1
        limit = max(1, nodes * SHARE_PERCENT // 100)
        away = share(policy.get("maxUnavailable", 1), nodes)
        if away == 0 and share(policy.get("maxSurge", 0), nodes, up=True) == 0:
            yield Hit(
                f"{pool.name}.upgradePolicy",
                "allows neither a node more nor a node less: an upgrade never replaces a node",
                "set maxSurge or maxUnavailable to 1",
            )
        if away is not None and away > limit:
            yield Hit(
                f"{pool.name}.upgradePolicy.maxUnavailable",
                f"is {away} of {nodes} nodes, above {limit}: an upgrade takes them away at once, and their "
                f"{'bridges leave' if is_of_bridges(pool) else 'pods move'} together",
                f"set it to {limit}",
            )


@rule("pool-not-healed", "error")
def pool_not_healed(stack: Resources) -> Iterator[Hit]:
    """A node that fails is not replaced."""
    for pool in stack.resources:
        healing = pool.properties.get("autohealing")
        if pool.type == POOL_TYPE and known(healing) and healing is not True:
            yield Hit(
                f"{pool.name}.autohealing",
                f"is {healing}: a node that fails stays in the pool, and its pods stay Pending",
                "set autohealing to true",
            )


@rule("pod-waits-on-lost-node", "error")
def pod_waits_on_lost_node(stack: Resources) -> Iterator[Hit]:
    """Signalling stays on a lost node for minutes, or media leaves one at once."""
    for template in templates(stack, *FAST, *MEDIA):
        for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
            waits = _tolerated(template, key)
            if waits is None:
                continue
            if template.name in FAST and waits > FAST_SECONDS:
                text = f"nobody joins for {format_duration(waits)} after a node is lost"
            elif template.name in MEDIA and waits < EVICTED_SECONDS:
                text = "media that still flows while only the kubelet is cut off ends"
            else:
                continue
            yield Hit(
                f"{template.where}.spec.tolerations",
                f"{template.name} leaves a node with {key} after {waits} s: {text}",
                "tolerate it for 30 s" if template.name in FAST else "remove the toleration",
            )


def _tolerated(template: Template, key: str) -> int | None:
    """Seconds that a pod stays on a node with this NoExecute taint; None if it is unknown."""
    for each in mappings(template.spec.get("tolerations")):
        if each.get("effect") in (None, "NoExecute") and (
            each.get("key") == key or (not each.get("key") and each.get("operator") == "Exists")
        ):
            return whole(each.get("tolerationSeconds", 10**6))
    return EVICTED_SECONDS


@rule("pod-on-cordoned-node", "error")
def pod_on_cordoned_node(stack: Resources) -> Iterator[Hit]:
    """A pod may be scheduled on a node that is being drained."""
    for template in templates(stack):
        for each in mappings(template.spec.get("tolerations")):
            key, effect = each.get("key"), each.get("effect")
            if effect in (None, "NoSchedule") and (
                key == "node.kubernetes.io/unschedulable" or (not key and each.get("operator") == "Exists")
            ):
                yield Hit(
                    f"{template.where}.spec.tolerations",
                    f"tolerates {key or 'every taint'}: a new {template.name} starts on a node that is about to go",
                    "tolerate only the taint of its own pool",
                )


@rule("pod-cannot-land", "error")
def pod_cannot_land(stack: Resources) -> Iterator[Hit]:
    """A pod does not tolerate a taint of the only nodes that its selector allows, or no pool has the labels."""
    pools = stack.of("Pool")
    for template in templates(stack):
        chosen = mapping(template.spec.get("nodeSelector"))
        if not pools or not known(template.spec.get("nodeSelector")) or not all(map(known, chosen.values())):
            continue
        pool = stack.pool_under(template.spec)
        if pool is None:
            yield Hit(
                f"{template.where}.spec.nodeSelector",
                f"no pool has the labels {chosen}: {template.name} stays Pending",
                "select the labels of its pool",
            )
            continue
        for taint in mappings(pool.properties.get("taints")):
            if taint.get("effect") != "PreferNoSchedule" and not any(
                _tolerates(each, taint) for each in mappings(template.spec.get("tolerations"))
            ):
                yield Hit(
                    f"{template.where}.spec.tolerations",
                    f"does not tolerate {taint.get('key')}={taint.get('value')}:{taint.get('effect')} of {pool.name}: "
                    f"{template.name} stays Pending, or leaves at once",
                    "tolerate the taint of its pool",
                )


def _tolerates(toleration: dict[str, Any], taint: dict[str, Any]) -> bool:
    if toleration.get("effect") not in (None, taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint.get("key"))
    return (toleration.get("key"), toleration.get("value")) == (taint.get("key"), taint.get("value"))


@rule("cluster-upgrades-otherwise", "error")
def cluster_upgrades_otherwise(stack: Resources) -> Iterator[Hit]:
    """Scaleway upgrades the cluster at another time than the stack file says."""
    asked = stack.config.cluster.auto_upgrade
    for cluster in stack.resources:
        if cluster.type != CLUSTER_TYPE or not known(cluster.properties.get("autoUpgrade")):
            continue
        policy = mapping(cluster.properties.get("autoUpgrade"))
        window = (policy.get("maintenanceWindowDay"), policy.get("maintenanceWindowStartHour"))
        enabled = policy.get("enable") is True
        if enabled is not (asked is not None) or (
            asked and all(map(known, window)) and window != (asked.day, asked.hour)
        ):
            yield Hit(
                f"{cluster.name}.autoUpgrade",
                f"is {policy}, and the stack file says {asked}: nodes are replaced, and bridges leave, when nobody expects it",
                "let it follow cluster.autoUpgrade",
            )
