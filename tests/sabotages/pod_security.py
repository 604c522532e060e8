"""Sabotages of pod security."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods
from sabotages.rights import pod

STANDARD = "pod-security.kubernetes.io/"


def security(**keys: Any) -> Patch:
    """Set keys of a container's security context; None removes a key."""

    def patch(properties: dict[str, Any]) -> None:
        context = container(properties)["securityContext"]
        for key, value in keys.items():
            context.pop(key, None)
            if value is not None:
                context[key] = value

    return patch


def label(mode: str, value: str) -> Patch:
    """Set a pod security label of the namespace."""
    return lambda p: p["metadata"]["labels"].update({f"{STANDARD}{mode}": value})


SABOTAGES: list[Sabotage] = [
    Sabotage(
        "Nobody is root.",
        "s0-jicofo",
        pod(securityContext={"runAsNonRoot": False, "runAsUser": 0}),
        "pod-unconfined",
        "runAsUser is 0",
    ),
    Sabotage("Nobody is root.", "s0-web", security(runAsUser=0), "pod-unconfined", "runAsUser is 0"),
    Sabotage(
        "Images run as their user.",
        "jitsi-edge-haproxy",
        lambda p: pods(p)["securityContext"].update(runAsUser=1000),
        "pod-unconfined",
        "99",
    ),
    Sabotage("Nobody may be root.", "s1-prosody", security(runAsNonRoot=False), "pod-unconfined", "runAsNonRoot"),
    Sabotage(
        "Nobody gains privileges.",
        "s0-prosody",
        security(allowPrivilegeEscalation=None),
        "pod-unconfined",
        "allowPrivilegeEscalation",
    ),
    Sabotage(
        "Nobody has capabilities.",
        "s0-bridges-host-port-0",
        security(capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        "pod-unconfined",
        "NET_ADMIN",
    ),
    Sabotage(
        "Nobody has capabilities.", "s1-bridges-node-port", security(capabilities={}), "pod-unconfined", "drop ALL"
    ),
    Sabotage(
        "Coturn starts.",
        "jitsi-turn-coturn",
        security(capabilities={"drop": ["ALL"]}),
        "pod-unconfined",
        "NET_BIND_SERVICE",
        stack="turn",
    ),
    Sabotage(
        "System calls are filtered.",
        "s0-jicofo",
        security(seccompProfile={"type": "Unconfined"}),
        "pod-unconfined",
        "Unconfined",
    ),
    Sabotage(
        "Roots are read-only.", "jitsi-metrics-prometheus", security(readOnlyRootFilesystem=False), "pod-unconfined"
    ),
    Sabotage(
        "Sidecars are confined, too.",
        "s0-bridges-host-port-0",
        lambda p: pods(p)["initContainers"][1].pop("securityContext"),
        "pod-unconfined",
        "own-pod",
    ),
    Sabotage(
        "Containers are apart.",
        "s0-prosody",
        pod(shareProcessNamespace=True),
        "pod-unconfined",
        "shareProcessNamespace",
    ),
    Sabotage(
        "Groups are not root's.",
        "s0-web",
        lambda p: pods(p)["securityContext"].update(fsGroup=0),
        "pod-unconfined",
        "fsGroup",
    ),
    Sabotage("/proc is masked.", "s0-web", security(procMount="Unmasked"), "pod-unconfined", "/proc"),
    Sabotage("Spares are confined, too.", "s0-bridges-spares", security(readOnlyRootFilesystem=None), "pod-unconfined"),
    Sabotage(
        "Solvers are admitted.",
        "jitsi-edge-issuer",
        lambda p: p["spec"]["acme"]["solvers"][0]["http01"]["ingress"].pop("podTemplate"),
        "pod-unconfined",
        stack="prod-nl-ams",
    ),
    Sabotage(
        "The namespace is restricted.",
        "jitsi-namespace",
        label("enforce", "privileged"),
        "namespace-standard-differs",
        stack="prod-nl-ams",
    ),
    Sabotage(
        "The namespace warns.", "jitsi-namespace", label("warn", "baseline"), "namespace-standard-differs", "baseline"
    ),
    Sabotage(
        "The namespace audits.",
        "jitsi-namespace",
        lambda p: p["metadata"]["labels"].pop(f"{STANDARD}audit"),
        "namespace-standard-differs",
    ),
    Sabotage(
        "Host ports are admitted.",
        "jitsi-namespace",
        label("enforce", "restricted"),
        "namespace-standard-differs",
        "host port",
    ),
    Sabotage(
        "The standard is today's.",
        "jitsi-namespace",
        label("enforce-version", "v1.20"),
        "namespace-standard-differs",
        "v1.20",
    ),
]
