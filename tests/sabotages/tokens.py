"""Sabotages of API tokens, and of the admission policy that confines bridges to their own pods."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods
from sabotages.rights import pod

POLICY = "s?-bridges-own-pod-policy"


def spec(**keys: Any) -> Patch:
    """Set keys of `spec`."""
    return lambda p: p["spec"].update(keys)


def check(number: int, expression: str) -> Patch:
    """Replace a validation of the admission policy."""
    return lambda p: p["spec"]["validations"][number].update(expression=expression)


TOKENS: list[Sabotage] = [
    Sabotage("Prosody has no token.", "s0-prosody", pod(automountServiceAccountToken=True), "token-without-need"),
    Sabotage(
        "Web has no token.", "s1-web", lambda p: pods(p).pop("automountServiceAccountToken"), "token-without-need"
    ),
    Sabotage(
        "HAProxy has no account.",
        "jitsi-edge-haproxy",
        pod(serviceAccountName="prometheus"),
        "token-without-need",
        "prometheus",
    ),
    Sabotage(
        "A bridge has no token.", "s0-bridges-host-port-0", pod(automountServiceAccountToken=True), "token-without-need"
    ),
    Sabotage(
        "A bridge has no token.",
        "s1-bridges-node-port",
        lambda p: container(p)["volumeMounts"].append({"name": "account", "mountPath": "/account"}),
        "token-without-need",
        "/account",
    ),
    Sabotage(
        "Accounts mount nothing by themselves.",
        "s0-bridges-account",
        lambda p: p.update(automountServiceAccountToken=True),
        "token-without-need",
    ),
    Sabotage(
        "Tokens expire.",
        "s0-passwords",
        lambda p: p.update(type="kubernetes.io/service-account-token"),
        "token-without-need",
    ),
]
GUARDED: list[Sabotage] = [
    Sabotage("Bridges patch their own pod.", POLICY, None, "right-unguarded"),
    Sabotage(
        "Bridges patch their own pod.", "s1-bridges-own-pod-policy-binding", None, "right-unguarded", "no binding"
    ),
    Sabotage(
        "The policy denies.", "s0-bridges-own-pod-policy-binding", spec(validationActions=["Audit"]), "right-unguarded"
    ),
    Sabotage(
        "The policy is here.",
        "s0-bridges-own-pod-policy-binding",
        spec(matchResources={"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}),
        "right-unguarded",
    ),
    Sabotage("The policy fails closed.", POLICY, spec(failurePolicy="Ignore"), "right-unguarded", "Ignore"),
    Sabotage(
        "The policy is about the account.",
        POLICY,
        lambda p: p["spec"]["matchConditions"][0].update(expression="false"),
        "right-unguarded",
    ),
    Sabotage(
        "The policy sees patches.",
        POLICY,
        lambda p: p["spec"]["matchConstraints"]["resourceRules"][0].update(operations=["CREATE"]),
        "right-unguarded",
    ),
    Sabotage("Bridges patch their own pod.", POLICY, check(0, "true"), "right-unguarded", "token's pod"),
    Sabotage(
        "Bridges set the cost only.",
        POLICY,
        lambda p: p["spec"]["validations"].pop(1),
        "right-unguarded",
        "annotations",
    ),
    Sabotage("Bridges change no spec.", POLICY, lambda p: p["spec"]["validations"].pop(2), "right-unguarded", "spec"),
    Sabotage(
        "Bridges change no label.", POLICY, check(2, "object.spec == oldObject.spec"), "right-unguarded", "labels"
    ),
]
SABOTAGES: list[Sabotage] = [*TOKENS, *GUARDED]
