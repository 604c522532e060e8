"""Rules that compare pods and cluster with the tables of `sizing` and the stack file: requests, sidecars, placement, versions."""

from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import kind_of
from plan.diff.paths import at, mappings, whole
from plan.findings.rule import Hit, rule
from plan.resources.evictions import CLUSTER_TYPE
from plan.resources.hooks import HOOKS
from plan.resources.made import Resources, requests_of
from plan.resources.templates import known, templates
from sizing.parts import JVB_SPARE

GRACE_SECONDS = range(10, 301)
"""For parts without a drain: enough to end cleanly, and no node waits for them."""
SPARE_GRACE_SECONDS = 5
PLACING = ("nodeName", "schedulerName", "runtimeClassName", "affinity", "activeDeadlineSeconds")
"""Fields of a pod that no part sets: they keep it from its nodes, or end it while it serves."""
CNI = "cilium"  # of Kapsule's, the one that honours network policies and host ports


@rule("size-beside-plan", "error")
def size_beside_plan(stack: Resources) -> Iterator[Hit]:
    """A part requests more or less than the table of parts plans for it."""
    for template in templates(stack):
        sizes = [pods.size or template.part.whole for pods in template.part.pods(stack.config)]
        asked = requests_of(template.spec)
        amounts = [at(each, "resources", "requests") or {} for each in template.containers]
        if not sizes or not all(known(value) for each in amounts for value in dict(each).values()):
            continue
        if asked not in sizes:
            plans = " or ".join(sorted({f"{size.millicpu} millicores and {size.memory_mib} MiB" for size in sizes}))
            yield Hit(
                f"{template.where}.spec.containers",
                f"{template.name} requests {asked.millicpu} millicores and {asked.memory_mib} MiB, and {plans} are planned: "
                "it is too small for its participants, or nodes and cost are planned too small",
                "request what is planned; keys of the stack file change the plan",
            )


@rule("sidecar-blocks", "error")
def sidecar_blocks(stack: Resources) -> Iterator[Hit]:
    """A sidecar is missing, keeps its pod from starting, or cannot see the program beside it."""
    for template in templates(stack):
        for name in template.part.sidecars:
            sidecar = next((each for each in template.containers if each.get("name") == name), None)
            is_init = sidecar in mappings(template.spec.get("initContainers"))
            if sidecar is None or (is_init and sidecar.get("restartPolicy") != "Always"):
                yield Hit(
                    f"{template.where}.spec.initContainers",
                    f"{name} of {template.name} "
                    + (
                        "is missing"
                        if sidecar is None
                        else "is no native sidecar: it never ends, and the pod never starts"
                    ),
                    "run it as an init container with restartPolicy Always",
                )
        if template.name == "haproxy" and template.spec.get("shareProcessNamespace") is not True:
            yield Hit(
                f"{template.where}.spec.shareProcessNamespace",
                "is not true: the sidecar cannot signal HAProxy, and a renewed certificate is never loaded",
                "set it to true",
            )


@rule("pod-placed-otherwise", "error")
def pod_placed_otherwise(stack: Resources) -> Iterator[Hit]:
    """A pod is kept from its nodes, or ends itself while it serves."""
    for template in templates(stack):
        for key in PLACING:
            if key in template.spec and known(template.spec[key]):
                yield Hit(
                    f"{template.where}.spec.{key}",
                    f"is {template.spec[key]}: {template.name} stays Pending, runs elsewhere, or ends in the middle of calls",
                    "remove it; pools and taints place pods",
                )
        policy = template.spec.get("restartPolicy", "Always")
        if kind_of(template.workload) != "CronJob" and known(policy) and policy != "Always":
            yield Hit(
                f"{template.where}.spec.restartPolicy", f"is {policy}: the API server refuses the pods", "remove it"
            )


@rule("grace-beside-part", "error")
def grace_beside_part(stack: Resources) -> Iterator[Hit]:
    """A pod without a drain is killed at once, or keeps its node when it hangs."""
    for template in templates(stack):
        grace = template.grace
        if template.name not in (*HOOKS, JVB_SPARE.name) and grace is not None and grace not in GRACE_SECONDS:
            yield Hit(
                f"{template.where}.spec.terminationGracePeriodSeconds",
                f"is {grace} s: {template.name} "
                + ("is killed with open requests" if grace < GRACE_SECONDS[0] else "keeps its node when it hangs"),
                f"set it between {GRACE_SECONDS[0]} and {GRACE_SECONDS[-1]}",
            )
        if template.name == JVB_SPARE.name and grace is not None and grace > SPARE_GRACE_SECONDS:
            yield Hit(
                f"{template.where}.spec.terminationGracePeriodSeconds",
                f"is {grace} s: the bridge that takes a placeholder's room waits for that long",
                "set it to 0",
            )


@rule("cluster-beside-plan", "error")
def cluster_beside_plan(stack: Resources) -> Iterator[Hit]:
    """The cluster has another version, control plane or network than planned, or takes the network with it."""
    config = stack.config.cluster
    expected: dict[str, Any] = {
        "version": config.version,
        "type": config.control_plane,
        "cni": CNI,
        "deleteAdditionalResources": False,
        "region": stack.config.region,
    }
    if config.network_id:
        expected["privateNetworkId"] = f"{stack.config.region}/{config.network_id[1]}"
    for cluster in stack.resources:
        if cluster.type != CLUSTER_TYPE:
            continue
        for key, value in expected.items():
            if known(cluster.properties.get(key)) and cluster.properties.get(key, False) != value:
                yield Hit(
                    f"{cluster.name}.{key}",
                    f"is {cluster.properties.get(key)}, and {value} is planned: network policies, quotas, support or the "
                    "network's deletion are not what the stack counts on",
                    f"set it to {value}",
                )
    for network in stack.of("PrivateNetwork"):
        subnet, region = at(network.properties, "ipv4Subnet", "subnet"), network.properties.get("region")
        wrong = [one for one, due in ((subnet, config.private_network), (region, stack.config.region)) if one != due]
        if wrong and all(map(known, wrong)):
            yield Hit(
                network.name,
                f"has {wrong[0]}, and {config.private_network} in {stack.config.region} is planned: addresses overlap with "
                "networks that it is to reach, or the cluster is elsewhere",
                "let it follow cluster.privateNetwork and the region",
            )


@rule("workload-without-number", "error")
def workload_without_number(stack: Resources) -> Iterator[Hit]:
    """Neither an autoscaler nor the workload sets the number of pods."""
    for template in templates(stack):
        replicas = at(template.workload.properties, "spec", "replicas")
        if kind_of(template.workload) not in ("Deployment", "StatefulSet") or stack.autoscaler(template.workload):
            continue
        if replicas is None or (known(replicas) and whole(replicas) is None):
            yield Hit(
                f"{template.workload.name}.spec.replicas",
                f"is {replicas}, and no autoscaler has it as its target: one {template.name} runs, whatever comes",
                "add its HorizontalPodAutoscaler, or set replicas",
            )
