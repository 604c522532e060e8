"""Sabotages of who may evict pods: node autoscaler, node drains and upgrades, budgets."""

from typing import Any

from plan.recorder import Resource
from sabotages import Patch, Sabotage, pods
from sabotages.leaving import CLUSTER, of_both, scaler

SAFE = "cluster-autoscaler.kubernetes.io/safe-to-evict"


def evict(value: str | None) -> Patch:
    def patch(p: dict[str, Any]) -> None:
        annotations = p["spec"]["template"]["metadata"]["annotations"]
        annotations.pop(SAFE) if value is None else annotations.update({SAFE: value})

    return patch


def spec(**keys: Any) -> Patch:
    return lambda p: p["spec"].update(keys)


def budget(name: str, selector: dict[str, Any], **keys: Any) -> Resource:
    return Resource(
        urn=name,
        type="kubernetes:policy/v1:PodDisruptionBudget",
        name=name,
        parent=None,
        properties={"metadata": {"name": name, "namespace": "jitsi"}, "spec": {"selector": selector, **keys}},
    )


def annotated(**annotations: str) -> Patch:
    named = {key.replace("_", "-"): value for key, value in annotations.items()}
    return lambda p: p["metadata"].setdefault("annotations", {}).update(named)


EVICTIONS = [
    *of_both("The node autoscaler never evicts a bridge.", evict("true"), "pod-evictable", "not 'false'"),
    *of_both("The node autoscaler never evicts a bridge.", evict(None), "pod-evictable", "is not set"),
    Sabotage("The node autoscaler never evicts prosody.", "s0-prosody", evict("true"), "pod-evictable"),
    Sabotage(
        "The node autoscaler never evicts a recorder.",
        "jitsi-recorders-workload",
        evict(None),
        "pod-evictable",
        stack="recorded",
    ),
    Sabotage("A placeholder gives its node back.", "s0-bridges-spares", evict("false"), "pod-evictable", "placeholder"),
    Sabotage("Empty nodes go.", CLUSTER, scaler(disableScaleDown=True), "node-autoscaler-settings"),
    Sabotage("Empty nodes go.", CLUSTER, scaler(skipNodesWithLocalStorage=True), "node-autoscaler-settings"),
    Sabotage(
        "An empty node goes after minutes.",
        CLUSTER,
        scaler(scaleDownUnneededTime="5h"),
        "node-autoscaler-settings",
        "5h",
    ),
    Sabotage(
        "An empty node does not go at once.",
        CLUSTER,
        scaler(scaleDownDelayAfterAdd="10s"),
        "node-autoscaler-settings",
        "10s",
    ),
    Sabotage(
        "Only unneeded nodes go.",
        CLUSTER,
        scaler(scaleDownUtilizationThreshold=50),
        "node-autoscaler-settings",
        "between 0 and 1",
    ),
    Sabotage(
        "An upgrade takes one node at a time.",
        "scaleway-s?-pool",
        lambda p: p["upgradePolicy"].update(maxUnavailable=10),
        "pool-replaces-too-many",
        "10 of 2",
    ),
    Sabotage(
        "A node that fails is replaced.", "scaleway-s1-pool", lambda p: p.update(autohealing=False), "pool-not-healed"
    ),
    Sabotage(
        "The cluster is upgraded when asked.",
        CLUSTER,
        lambda p: p["autoUpgrade"].update(enable=True),
        "cluster-upgrades-otherwise",
    ),
    Sabotage(
        "Signalling leaves a lost node soon.",
        "s0-jicofo",
        lambda p: pods(p).pop("tolerations"),
        "pod-waits-on-lost-node",
        "nobody joins for 5m",
    ),
    *of_both(
        "Media flows while a kubelet is cut off.",
        lambda p: pods(p)["tolerations"].append(
            {
                "key": "node.kubernetes.io/unreachable",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 5,
            }
        ),
        "pod-waits-on-lost-node",
        "after 5 s",
    ),
    *of_both(
        "No bridge starts on a node that goes.",
        lambda p: pods(p).update(tolerations=[{"operator": "Exists"}]),
        "pod-on-cordoned-node",
        "every taint",
    ),
    *of_both(
        "A bridge tolerates its pool.",
        lambda p: pods(p)["tolerations"][0].update(effect="NoExecute"),
        "pod-cannot-land",
        "NoSchedule",
    ),
    Sabotage(
        "A recorder has nodes.",
        "jitsi-recorders-workload",
        lambda p: pods(p)["nodeSelector"].update({"jitsi.org/recorders": "yes"}),
        "pod-cannot-land",
        stack="recorded",
    ),
]

BUDGETS = [
    *(
        Sabotage(promise, f"{shard}-bridges-budget", patch, rule, says)
        for shard in ("s0", "s1")
        for promise, patch, rule, says in (
            ("A drain takes a quarter of the bridges.", spec(maxUnavailable="100%"), "budget-too-wide", "lets 2 of 2"),
            ("A drain takes a quarter of the bridges.", spec(maxUnavailable=2), "budget-too-wide", "lets 2 of 2"),
            ("A node can be drained.", spec(maxUnavailable=0), "budget-blocks", "lets none"),
            (
                "An unready bridge blocks no drain.",
                lambda p: p["spec"].pop("unhealthyPodEvictionPolicy"),
                "budget-blocks",
                "unready jvb",
            ),
            ("A budget covers the bridges.", None, "budget-missing", "no PodDisruptionBudget"),
            (
                "A budget covers the bridges.",
                lambda p: p["spec"]["selector"]["matchLabels"].update({"app.kubernetes.io/name": "jvb-spare"}),
                "budget-missing",
                "",
            ),
            (
                "A budget is of one shard.",
                lambda p: p["spec"]["selector"]["matchLabels"].pop("app.kubernetes.io/instance"),
                "budget-selects-nothing",
                "jvb of s0, jvb of s1",
            ),
            ("A budget covers the bridges.", lambda p: p["metadata"].update(namespace="default"), "budget-missing", ""),
        )
    ),
    Sabotage(
        "A node can be drained.",
        "s0-bridges-budget",
        lambda p: p.update(spec={"minAvailable": 2, "selector": p["spec"]["selector"]}),
        "budget-blocks",
        "lets none of 2",
    ),
    Sabotage(
        "Pods have one budget.",
        "s0-bridges-budget",
        annotated(x="y"),
        "budget-missing",
        "refuses every eviction",
        adds=(budget("own", {}, maxUnavailable=1),),
    ),
    Sabotage(
        "A node with prosody can be drained.",
        "s0-bridges-budget",
        annotated(x="y"),
        "budget-blocks",
        "prosody",
        adds=(budget("own", {"matchLabels": {"app.kubernetes.io/name": "prosody"}}, minAvailable="100%"),),
    ),
    Sabotage("One HAProxy stays.", "jitsi-edge-budget", spec(maxUnavailable=2), "budget-too-wide", "lets 2 of 2"),
    Sabotage("One relay stays.", "jitsi-turn-budget", None, "budget-missing", stack="turn"),
]

SABOTAGES: list[Sabotage] = [*EVICTIONS, *BUDGETS]
