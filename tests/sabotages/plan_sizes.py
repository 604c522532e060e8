"""Sabotages of what the tables of `sizing` plan: requests, sidecars, placement, pools, cluster."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods
from sabotages.evictions import spec
from sabotages.leaving import CLUSTER, grace, of_both, sidecar

RECORDER = "jitsi-recorders-workload"
COST = "controller.kubernetes.io/pod-deletion-cost"


def placed(**keys: Any) -> Patch:
    return lambda p: pods(p).update(keys)


def memory(amount: str) -> Patch:
    return lambda p: container(p)["resources"].update(
        requests={"cpu": "200m", "memory": amount}, limits={"memory": amount}
    )


SABOTAGES: list[Sabotage] = [
    Sabotage("Prosody has the memory of its participants.", "s0-prosody", memory("64Mi"), "size-beside-plan", "64 MiB"),
    Sabotage(
        "HAProxy has the memory of its connections.",
        "jitsi-edge-haproxy",
        memory("32Mi"),
        "size-beside-plan",
        "planned",
    ),
    Sabotage("A bridge has its share.", "s1-bridges-node-port", memory("1Gi"), "size-beside-plan", "1088 MiB"),
    Sabotage(
        "Prosody may take idle cores.",
        "s0-prosody",
        lambda p: container(p)["resources"]["limits"].update(cpu="800m"),
        "memory-limit",
        "throttled",
    ),
    Sabotage(
        "Logs do not evict a bridge.",
        "s0-bridges-host-port-0",
        lambda p: container(p)["resources"]["limits"].update({"ephemeral-storage": "1Mi"}),
        "memory-limit",
        "logs grow",
    ),
    Sabotage(
        "A recorder starts beside its sidecars.",
        RECORDER,
        lambda p: pods(p)["initContainers"][1].pop("restartPolicy"),
        "sidecar-blocks",
        "never ends",
        "recorded",
    ),
    Sabotage(
        "Recordings are uploaded.",
        RECORDER,
        lambda p: pods(p)["initContainers"].pop(),
        "sidecar-blocks",
        "upload of jibri is missing",
        "recorded",
    ),
    Sabotage(
        "A renewed certificate is loaded.",
        "jitsi-edge-haproxy",
        lambda p: pods(p).pop("shareProcessNamespace"),
        "sidecar-blocks",
        "certificate",
    ),
    *of_both(
        "The emptiest bridge leaves first.",
        lambda p: p["spec"]["template"]["metadata"]["annotations"].update({COST: "9"}),
        "bridge-without-own-pod",
        "same deletion cost",
    ),
    *of_both(
        "A bridge lives as long as its meetings.",
        placed(activeDeadlineSeconds=3600),
        "pod-placed-otherwise",
        "activeDeadlineSeconds",
    ),
    *of_both("A bridge lands on its pool.", placed(affinity={"nodeAffinity": {}}), "pod-placed-otherwise", "affinity"),
    *of_both("A bridge is scheduled.", placed(schedulerName="other"), "pod-placed-otherwise", "other"),
    *of_both("A bridge is restarted.", placed(restartPolicy="OnFailure"), "pod-placed-otherwise", "OnFailure"),
    *of_both(
        "A healthy bridge is ready.",
        lambda p: container(p)["readinessProbe"].update(successThreshold=50),
        "probe-impatient",
        "50 answers",
    ),
    *of_both(
        "A bridge's sidecar has its size.", lambda p: sidecar(p).pop("resources"), "size-beside-plan", "jvb requests"
    ),
    Sabotage("Prosody ends cleanly.", "s0-prosody", grace(0), "grace-beside-part", "open requests"),
    Sabotage("jicofo does not keep its node.", "s1-jicofo", grace(3600), "grace-beside-part", "hangs"),
    Sabotage(
        "The cluster honours network policies.",
        CLUSTER,
        lambda p: p.update(cni="flannel"),
        "cluster-beside-plan",
        "flannel",
    ),
    Sabotage(
        "The network stays the stack's.",
        CLUSTER,
        lambda p: p.update(deleteAdditionalResources=True),
        "cluster-beside-plan",
        "deleteAdditionalResources",
    ),
    Sabotage(
        "The cluster has its version.", CLUSTER, lambda p: p.update(version="1.30.0"), "cluster-beside-plan", "1.30.0"
    ),
    Sabotage("Web pods follow their load.", "s0-web-autoscaler", None, "workload-without-number", "one web runs"),
    Sabotage(
        "HAProxy has a number.",
        "jitsi-edge-haproxy",
        lambda p: p["spec"].pop("replicas"),
        "workload-without-number",
        "one haproxy runs",
    ),
    Sabotage(
        "Bridges that leave keep their nodes.",
        "scaleway-s0-pool",
        lambda p: p.update(maxSize=6),
        "pool-beside-plan",
        "maxSize",
    ),
    Sabotage("Cost has a limit.", "scaleway-s1-pool", lambda p: p.update(maxSize=100), "pool-beside-plan", "is 100"),
    Sabotage(
        "Nodes of the least bridges stay.",
        "scaleway-s0-pool",
        lambda p: p.update(minSize=0),
        "pool-beside-plan",
        "minSize",
    ),
    Sabotage(
        "An upgrade reaches every node.",
        "scaleway-s0-pool",
        lambda p: p.update(upgradePolicy={"maxSurge": 0, "maxUnavailable": 0}),
        "pool-replaces-too-many",
        "never replaces",
    ),
    Sabotage(
        "A placeholder stays.",
        "s0-bridges-spares",
        lambda p: container(p).update(command=["true"]),
        "spare-unlike-bridge",
        "may end",
    ),
    Sabotage("Every pod has a place.", "s1-bridges-spares", spec(replicas=0), "spares-beside-plan", "keeps 0"),
    Sabotage(
        "A placeholder makes room at once.",
        "s0-bridges-spares",
        lambda p: pods(p).pop("terminationGracePeriodSeconds"),
        "grace-beside-part",
        "waits for that long",
    ),
]
