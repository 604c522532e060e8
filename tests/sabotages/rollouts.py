"""Sabotages of rollouts, deletions and scaling in."""

from typing import Any

from sabotages import Patch, Sabotage
from sabotages.evictions import spec
from sabotages.leaving import BRIDGES, of_both


def target(**keys: Any) -> Patch:
    return lambda p: p["spec"]["scaleTargetRef"].update(keys)


def rolling(**keys: Any) -> Patch:
    return lambda p: p["spec"]["strategy"].update(rollingUpdate=p["spec"]["strategy"]["rollingUpdate"] | keys)


ROLLOUTS = [
    Sabotage(
        "A rollout takes a quarter.",
        BRIDGES["hostPort"],
        rolling(maxUnavailable="100%"),
        "rollout-takes-too-many",
        "2 of 2",
    ),
    Sabotage(
        "A rollout takes a quarter.",
        BRIDGES["hostPort"],
        spec(strategy={"type": "Recreate"}),
        "rollout-takes-too-many",
        "2 of 2",
    ),
    Sabotage(
        "A rollout takes one bridge at a time.",
        BRIDGES["nodePort"],
        spec(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%", "partition": 0}}),
        "rollout-takes-too-many",
    ),
    Sabotage(
        "A host port is free for its next bridge.",
        BRIDGES["hostPort"],
        rolling(maxSurge=1),
        "rollout-stuck",
        "host port 10000",
    ),
    Sabotage("A rollout goes on.", BRIDGES["hostPort"], rolling(maxUnavailable=0), "rollout-stuck", "both 0"),
    Sabotage("A rollout goes on.", BRIDGES["hostPort"], spec(paused=True), "rollout-stuck", "paused"),
    Sabotage(
        "A rollout reaches every bridge.",
        BRIDGES["nodePort"],
        spec(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}),
        "rollout-stuck",
        "below 2",
    ),
    Sabotage(
        "A rollout happens by itself.",
        BRIDGES["nodePort"],
        spec(updateStrategy={"type": "OnDelete"}),
        "rollout-stuck",
        "OnDelete",
    ),
    Sabotage(
        "Bridges start together.",
        BRIDGES["nodePort"],
        spec(podManagementPolicy="OrderedReady"),
        "rollout-stuck",
        "OrderedReady",
    ),
    Sabotage(
        "Bridges start together.", BRIDGES["nodePort"], lambda p: p["spec"].pop("podManagementPolicy"), "rollout-stuck"
    ),
    *[
        Sabotage(
            "A broken pod gives way to a better one.",
            workload,
            lambda p: p["spec"].pop("podManagementPolicy"),
            "rollout-stuck",
            "OrderedReady",
            stack,
        )
        for workload, stack in (("jitsi-metrics-prometheus", "turn"), ("*etherpad", "options"))
    ],
    *of_both("The next bridge leaves after the former.", spec(minReadySeconds=10), "rollout-hasty", "is 10"),
    *of_both(
        "The next bridge leaves after the former.", lambda p: p["spec"].pop("minReadySeconds"), "rollout-hasty", "is 0"
    ),
    Sabotage(
        "A healthy rollout does not fail.",
        BRIDGES["hostPort"],
        spec(progressDeadlineSeconds=600),
        "rollout-hasty",
        "is 600",
    ),
    *of_both("Deleting a workload does not wait.", lambda p: p["metadata"].pop("annotations"), "workload-deletion"),
    Sabotage(
        "Pods go with their workload.",
        "s0-web",
        lambda p: p["metadata"].update(annotations={"pulumi.com/deletionPropagationPolicy": "orphan"}),
        "workload-deletion",
        "stay behind",
    ),
    Sabotage(
        "A DaemonSet's rollout takes one at a time.",
        BRIDGES["hostPort"],
        spec(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%", "maxSurge": 0}}),
        "rollout-takes-too-many",
        stack="daemonset",
    ),
    Sabotage(
        "A new relay comes first.",
        "jitsi-turn-coturn",
        rolling(maxUnavailable=1),
        "rollout-takes-too-many",
        "comes first",
        "turn",
    ),
    Sabotage(
        "One HAProxy at a time.",
        "jitsi-edge-haproxy",
        spec(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}),
        "rollout-takes-too-many",
    ),
]

SCALE_IN = [
    *(
        Sabotage(promise, f"{bridges}-autoscaler", patch, rule, says)
        for bridges in BRIDGES.values()
        for promise, patch, rule, says in (
            (
                "Bridges stay for scaleDownWindow.",
                lambda p: p["spec"]["behavior"]["scaleDown"].update(stabilizationWindowSeconds=0),
                "scale-in-hasty",
                "and 900 is asked for",
            ),
            ("Bridges stay for scaleDownWindow.", lambda p: p["spec"].pop("behavior"), "scale-in-hasty", "is 300"),
            (
                "Bridges leave when nobody needs them.",
                lambda p: p["spec"]["behavior"]["scaleDown"].update(selectPolicy="Disabled"),
                "scale-in-hasty",
                "Disabled",
            ),
            (
                "Bridges come at once.",
                lambda p: p["spec"]["behavior"]["scaleUp"].update(stabilizationWindowSeconds=600),
                "scale-in-hasty",
                "come too late",
            ),
            (
                "Bridges come as asked.",
                lambda p: p["spec"]["behavior"]["scaleUp"].update(
                    policies=[{"type": "Pods", "value": 1, "periodSeconds": 600}]
                ),
                "scale-in-hasty",
                "policies",
            ),
            ("At least bridges.min run.", spec(minReplicas=1), "bridges-beside-plan", "run 1 to"),
            ("At most bridges.max run.", spec(maxReplicas=3), "bridges-beside-plan", "to 3 bridges"),
            ("An autoscaler sets the number.", None, "bridges-beside-plan", "no autoscaler"),
            ("An autoscaler has its workload.", target(name="jvb"), "autoscaler-without-target", "jvb does not exist"),
        )
    ),
    *of_both("An update ends no bridge.", spec(replicas=2), "replicas-beside-autoscaler", "goes back to 2"),
    Sabotage(
        "Recorders stay for a while.",
        "jitsi-recorders-autoscaler",
        lambda p: p["spec"].pop("behavior"),
        "scale-in-hasty",
        stack="recorded",
    ),
]

SABOTAGES: list[Sabotage] = [*ROLLOUTS, *SCALE_IN]
