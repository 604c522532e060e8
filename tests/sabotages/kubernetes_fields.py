"""Sabotages of kinds and fields: each differs in at least one Kubernetes version that the stack may meet."""

from sabotages import Sabotage, container, pods

EXISTS = "Every object is one that every Kubernetes version from the stack's on knows."
RULE = "kubernetes-version-differs"
BRIDGES = "s0-bridges-host-port-0"

SABOTAGES: list[Sabotage] = [
    Sabotage(
        EXISTS,
        "a-bridges-node-port",
        lambda p: pods(p).update(hostnameOverride="bridge"),
        RULE,
        "hostnameOverride, which it does not know (since 1.34) (Kubernetes 1.30)",
        "existing-static",
    ),
    Sabotage(
        EXISTS,
        BRIDGES,
        lambda p: pods(p).update(evictionResponders=[]),
        RULE,
        "evictionResponders, which it does not know (since 1.37)",
    ),
    Sabotage(
        EXISTS,
        BRIDGES,
        lambda p: pods(p).update(workloadRef={"name": "x", "podGroup": "y"}),
        RULE,
        "workloadRef, which it does not know (Kubernetes 1.36)",
    ),
    Sabotage(
        EXISTS,
        "s0-bridges-host-port-0-autoscaler",
        lambda p: p.update(apiVersion="autoscaling/v2beta2"),
        RULE,
        "does not serve (but autoscaling/v1/HorizontalPodAutoscaler, autoscaling/v2/HorizontalPodAutoscaler)",
    ),
    Sabotage(EXISTS, BRIDGES, lambda p: pods(p).update(hostNetwrk=True), RULE, "spec.hostNetwrk"),
    Sabotage(EXISTS, BRIDGES, lambda p: pods(p).update(serviceAccount="x"), RULE, "calls deprecated"),
    Sabotage(EXISTS, BRIDGES, lambda p: pods(p).update(resources={}), RULE, "drops without a feature gate"),
    Sabotage(EXISTS, BRIDGES, lambda p: container(p).update(stdin="no"), RULE, "'no', where it expects boolean"),
    Sabotage(
        EXISTS,
        "jitsi-edge-service",
        lambda p: p["spec"]["ports"][0].update(port="80"),
        RULE,
        "spec.ports[0].port '80', where it expects integer",
    ),
]
