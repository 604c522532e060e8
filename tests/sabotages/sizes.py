"""Sabotages of sizes: requests, limits, heaps, priorities, placeholders, rooms and volumes."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods
from sabotages.evictions import spec
from sabotages.leaving import CLUSTER, no_setting, of_both, scaler, setting, sidecar

RECORDER = "jitsi-recorders-workload"
SPARES = ("s0-bridges-spares", "s1-bridges-spares")


def requests(**amounts: str) -> Patch:
    return lambda p: container(p)["resources"]["requests"].update(amounts)


def limits(**amounts: str) -> Patch:
    return lambda p: container(p)["resources"]["limits"].update(amounts)


def size(cpu: str, memory: str) -> Patch:
    amounts = {"cpu": cpu, "memory": memory}
    return lambda p: container(p).update(resources={"requests": amounts, "limits": amounts})


def volume(name: str, **source: Any) -> Patch:
    return lambda p: next(each for each in pods(p)["volumes"] if each["name"] == name).update(source)


def of_spares(promise: str, patch: Patch | None, rule: str, says: str = "") -> list[Sabotage]:
    return [Sabotage(promise, spares, patch, rule, says) for spares in SPARES]


AMOUNTS = [
    *of_both(
        "A bridge takes the memory that it reserved.",
        lambda p: container(p)["resources"]["limits"].pop("memory"),
        "memory-limit",
        "any amount",
    ),
    *of_both("A bridge takes the memory that it reserved.", limits(memory="12Gi"), "memory-limit", "may take 12Gi"),
    *of_both(
        "A sidecar takes the memory that it reserved.",
        lambda p: sidecar(p)["resources"].pop("limits"),
        "memory-limit",
        "own-pod of jvb",
    ),
    Sabotage(
        "Prosody takes the memory that it reserved.",
        "s0-prosody",
        limits(memory="64Mi"),
        "memory-limit",
        "may take 64Mi",
    ),
    Sabotage(
        "Prosody's requests are below its limits.", "s0-prosody", limits(cpu="100m"), "memory-limit", "above its limit"
    ),
    Sabotage("Memory has its unit.", "s0-jicofo", requests(memory="1024M"), "memory-limit", "1024M"),
    *of_both(
        "A bridge knows its share of the node.",
        lambda p: container(p)["resources"]["limits"].pop("cpu"),
        "bridge-not-guaranteed",
        "not Guaranteed",
    ),
    *of_both(
        "A bridge has the CPU that it measures itself against.",
        requests(cpu="500m"),
        "bridge-not-guaranteed",
        "requests 500m",
    ),
    *of_both(
        "A bridge's pod is Guaranteed.",
        lambda p: sidecar(p)["resources"]["limits"].pop("cpu"),
        "bridge-not-guaranteed",
        "own-pod",
    ),
    *of_both("A heap leaves room.", setting("VIDEOBRIDGE_MAX_MEMORY", "6080m"), "heap-beside-memory", "is killed"),
    *of_both("A heap leaves room.", setting("VIDEOBRIDGE_MAX_MEMORY", "8g"), "heap-beside-memory", "8192 MiB"),
    *of_both(
        "A heap is large enough.",
        setting("VIDEOBRIDGE_MAX_MEMORY", "4800k"),
        "heap-beside-memory",
        "garbage collection",
    ),
    *of_both("A heap follows the node.", no_setting("VIDEOBRIDGE_MAX_MEMORY"), "heap-beside-memory", "is not set"),
    *of_both(
        "Nothing overrules the heap.",
        lambda p: container(p)["env"].append({"name": "JAVA_TOOL_OPTIONS", "value": "-Xss1m -Xmx7g"}),
        "heap-beside-memory",
        "-Xmx7g",
    ),
    *of_both(
        "A heap leaves room.", size("500m", "768Mi"), "heap-beside-memory", "lower bridges.perNode, or use a larger"
    ),
    Sabotage(
        "jicofo's heap leaves room.", "s0-jicofo", size("500m", "256Mi"), "heap-beside-memory", "to 512Mi or more"
    ),
    Sabotage(
        "jicofo's heap leaves room.",
        "s0-jicofo",
        setting("JICOFO_MAX_MEMORY", "1024m"),
        "heap-beside-memory",
        "jicofo is killed",
    ),
    Sabotage(
        "A gateway's heap leaves room.",
        "jitsi-gateway-jigasi",
        no_setting("JIGASI_MAX_MEMORY"),
        "heap-beside-memory",
        "3072 MiB",
        "options",
    ),
    Sabotage(
        "Chrome has its shared memory.",
        RECORDER,
        volume("shm", emptyDir={"medium": "Memory", "sizeLimit": "64Mi"}),
        "memory-volume",
        "/dev/shm",
        "recorded",
    ),
    Sabotage(
        "Shared memory is bounded.",
        RECORDER,
        volume("shm", emptyDir={"medium": "Memory"}),
        "memory-volume",
        "any amount",
        "recorded",
    ),
    Sabotage(
        "Shared memory is memory.",
        RECORDER,
        volume("shm", emptyDir={"sizeLimit": "2Gi"}),
        "memory-volume",
        "disk",
        "recorded",
    ),
]

PRIORITIES = [
    Sabotage(
        "Placeholders yield to bridges.",
        "jitsi-spare-class",
        lambda p: p.update(value=1000),
        "pod-outranked",
        "does not yield",
    ),
    Sabotage(
        "Placeholders yield to bridges.",
        "jitsi-spare-class",
        lambda p: p.update(value=0),
        "pod-outranked",
        "does not yield",
    ),
    Sabotage(
        "Placeholders push out nothing.",
        "jitsi-spare-class",
        lambda p: p.update(value=10, preemptionPolicy="PreemptLowerPriority"),
        "pod-outranked",
        "pushes out a jvb",
    ),
    Sabotage(
        "Placeholders push out nothing.",
        "jitsi-spare-class",
        lambda p: p.pop("preemptionPolicy"),
        "spare-priority",
        "preemptionPolicy is not set",
    ),
    Sabotage(
        "Only placeholders are placeholders.",
        "jitsi-spare-class",
        lambda p: p.update(globalDefault=True),
        "spare-priority",
        "globalDefault",
    ),
    Sabotage(
        "Placeholders add nodes.", "jitsi-spare-class", lambda p: p.update(value=-50), "spare-priority", "cutoff -10"
    ),
    Sabotage("Placeholders add nodes.", CLUSTER, scaler(expendablePodsPriorityCutoff=0), "spare-priority", "cutoff 0"),
    Sabotage("The class of placeholders exists.", "jitsi-spare-class", None, "priority-unknown", "jitsi-spare"),
    *of_spares(
        "Placeholders yield to bridges.", lambda p: pods(p).pop("priorityClassName"), "pod-outranked", "has priority 0"
    ),
    *of_spares(
        "Placeholders yield to bridges.",
        lambda p: pods(p).update(priorityClassName="system-node-critical"),
        "pod-outranked",
        "pushes out",
    ),
    *of_both(
        "Bridges outrank placeholders.",
        lambda p: pods(p).update(priorityClassName="jitsi-spare"),
        "pod-outranked",
        "does not yield",
    ),
    *of_both(
        "A bridge's class exists.", lambda p: pods(p).update(priorityClassName="bridges"), "priority-unknown", "bridges"
    ),
]

PLACEHOLDERS = [
    *of_spares("A placeholder holds a bridge's place.", requests(cpu="100m"), "spare-unlike-bridge", "100 millicores"),
    *of_spares("A placeholder holds a bridge's place.", requests(memory="8Gi"), "spare-unlike-bridge", "8192 MiB"),
    *of_spares(
        "A placeholder holds a bridge's node.",
        lambda p: pods(p).update(nodeSelector={"jitsi.org/role": "system"}),
        "spare-unlike-bridge",
        "nodeSelector",
    ),
    *of_spares(
        "A placeholder holds a bridge's node.",
        lambda p: pods(p).update(tolerations=[]),
        "spare-unlike-bridge",
        "tolerations",
    ),
    *of_spares(
        "A node has pulled the bridge's image.",
        lambda p: container(p).update(image="busybox:1.37"),
        "spare-unlike-bridge",
        "busybox",
    ),
    *of_spares(
        "A placeholder goes at once.",
        lambda p: pods(p).update(terminationGracePeriodSeconds=3600),
        "spare-unlike-bridge",
        "is 3600",
    ),
    *of_spares("Spares are kept.", None, "spares-beside-plan", "has no placeholder"),
    *of_spares("As many spares as asked are kept.", spec(replicas=0), "spares-beside-plan", "keeps 0"),
    *of_spares("No node is paid for nothing.", spec(replicas=9), "spares-beside-plan", "keeps 9"),
    Sabotage(
        "Spares are kept before lessons.",
        "s1-bridges-spares-?",
        spec(suspend=True),
        "spares-beside-plan",
        "keeps 0",
        "prod-fr-par",
    ),
    Sabotage(
        "As many spares as asked are kept.",
        "s1-bridges-spares-?",
        lambda p: p["spec"]["jobTemplate"]["spec"].update(parallelism=5, completions=5),
        "spares-beside-plan",
        "keeps 5",
        "prod-fr-par",
    ),
]

ROOM = [
    *of_both("A bridge has its share of a node.", size("500m", "1536Mi"), "bridges-share-node", "per node"),
    Sabotage(
        "A node holds one bridge.",
        "scaleway-s0-pool",
        lambda p: p.update(nodeType="COMPUTE3-X16C-32G"),
        "bridges-share-node",
        "COMPUTE3-X16C-32G",
    ),
    Sabotage(
        "Nodes are as asked.",
        "scaleway-s1-pool",
        lambda p: p.update(nodeType="BASIC3-X8C-16G"),
        "pool-beside-plan",
        "nodeType",
    ),
    Sabotage(
        "Nodes are where asked.",
        "scaleway-s1-pool",
        lambda p: p.update(zone="fr-par-1"),
        "pool-beside-plan",
        "fr-par-1",
    ),
    Sabotage(
        "Nodes follow the bridges.",
        "scaleway-s0-pool",
        lambda p: p.update(autoscaling=False),
        "pool-beside-plan",
        "autoscaling",
    ),
    Sabotage(
        "The system pool grows.",
        "scaleway-kapsule-system",
        lambda p: p.update(maxSize=1),
        "pool-beside-plan",
        "maxSize",
    ),
    Sabotage(
        "Every recorder has a node.",
        "scaleway-recorders-pool",
        lambda p: p.update(maxSize=2),
        "pool-too-small",
        "need 4 nodes",
        "recorded",
    ),
    Sabotage(
        "Every gateway has a node.",
        "jitsi-gateway-jigasi",
        spec(replicas=3),
        "pool-too-small",
        "need 3 nodes",
        "options",
    ),
    Sabotage(
        "Recorders have room.",
        RECORDER,
        lambda p: p["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"].update(storage="1Gi"),
        "volume-too-small",
        "1Gi",
        "recorded",
    ),
    Sabotage(
        "Recorders start.", RECORDER, setting("ROOM", "72000000000"), "volume-too-small", "never starts", "recorded"
    ),
    Sabotage(
        "Recordings outlive their recorder.",
        RECORDER,
        lambda p: p["spec"]["persistentVolumeClaimRetentionPolicy"].update(whenScaled="Delete"),
        "volume-lost",
        "Delete",
        "recorded",
    ),
    Sabotage(
        "Metrics have their volume.",
        "jitsi-metrics-prometheus-volume",
        lambda p: p["spec"]["resources"]["requests"].update(storage="20Mi"),
        "volume-too-small",
        "20Mi",
    ),
    Sabotage("Metrics have their volume.", "jitsi-metrics-prometheus-volume", None, "volume-lost", "does not exist"),
]

SABOTAGES: list[Sabotage] = [*AMOUNTS, *PRIORITIES, *PLACEHOLDERS, *ROOM]
