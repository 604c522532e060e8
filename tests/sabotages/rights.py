"""Sabotages of rights in the cluster: roles, bindings and accounts."""

from typing import Any

from sabotages import Patch, Sabotage, pods, resource

READER, OWN_POD = "s0-bridges-role", "s0-bridges-own-pod-role"
RBAC = "rbac.authorization.k8s.io"


def rule(**keys: list[str]) -> Patch:
    """Add a rule to a role."""
    return lambda p: p["rules"].append({"apiGroups": [""], **keys})


def verb(*verbs: str) -> Patch:
    """Add verbs to a role's first rule."""
    return lambda p: p["rules"][0]["verbs"].extend(verbs)


def binding(role: str, subject: str, kind: str = "ServiceAccount", **reference: str) -> Any:
    """Return another binding of a cluster role."""
    return resource(
        f"kubernetes:{RBAC}/v1:ClusterRoleBinding",
        "extra",
        {
            "metadata": {"name": "extra"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": kind, "name": subject, "namespace": "jitsi"} | reference],
        },
    )


def pod(**keys: Any) -> Patch:
    """Set keys of a pod's spec."""
    return lambda p: pods(p).update(keys)


BEYOND: list[Sabotage] = [
    Sabotage(
        "Bridges read Nodes only.", READER, rule(resources=["secrets"], verbs=["get"]), "right-beyond-need", "secrets"
    ),
    Sabotage("Bridges read Nodes only.", READER, verb("list", "patch"), "right-beyond-need", "list nodes"),
    Sabotage("Bridges read Nodes only.", READER, verb("*"), "right-beyond-need", "* nodes"),
    Sabotage(
        "No right is a wildcard.",
        "s1-bridges-role",
        lambda p: p["rules"][0].update(resources=["*"]),
        "right-beyond-need",
    ),
    Sabotage("Bridges do not read pods.", OWN_POD, verb("get"), "right-beyond-need", "get pods"),
    Sabotage(
        "Nobody runs commands in pods.", OWN_POD, rule(resources=["pods/exec"], verbs=["create"]), "right-beyond-need"
    ),
    Sabotage("Nobody deletes pods.", "s1-bridges-own-pod-role", verb("delete"), "right-beyond-need", "delete pods"),
    Sabotage(
        "Prometheus reads pods.",
        "jitsi-metrics-prometheus-role",
        rule(resources=["configmaps"], verbs=["get"]),
        "right-beyond-need",
    ),
    Sabotage(
        "Kube-state-metrics counts.",
        "jitsi-monitoring-kube-state-role",
        rule(resources=["secrets"], verbs=["list"]),
        "right-beyond-need",
    ),
    Sabotage(
        "Nobody escalates.",
        "jitsi-metrics-reader",
        rule(resources=["serviceaccounts"], verbs=["impersonate"]),
        "right-beyond-need",
    ),
    Sabotage(
        "Nobody changes rights.",
        "jitsi-metrics-reader",
        lambda p: p["rules"].append({"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["escalate"]}),
        "right-beyond-need",
    ),
    Sabotage(
        "The collector reads logs.",
        "jitsi-logs-role",
        rule(resources=["pods/portforward"], verbs=["create"]),
        "right-beyond-need",
        stack="announced",
    ),
    Sabotage(
        "The probe lists pods.", "jitsi-monitoring-probe-role", verb("delete"), "right-beyond-need", stack="daemonset"
    ),
    Sabotage(
        "Nobody is an administrator.",
        "s0-bridges-config",
        lambda _: None,
        "right-beyond-need",
        "cluster-admin",
        adds=(binding("cluster-admin", "jvb-s0"),),
    ),
    Sabotage(
        "Nobody is an administrator.",
        "s0-bridges-binding",
        lambda p: p["roleRef"].update(name="cluster-admin"),
        "right-beyond-need",
    ),
    Sabotage(
        "Rights are for one account.",
        "s0-bridges-binding",
        lambda p: p["subjects"].append({"kind": "Group", "name": "system:serviceaccounts"}),
        "right-beyond-need",
        "Group",
    ),
    Sabotage(
        "Rights are for one account.",
        "s0-bridges-own-pod-binding",
        lambda p: p["subjects"].append({"kind": "ServiceAccount", "name": "default", "namespace": "jitsi"}),
        "right-beyond-need",
        "default",
    ),
    Sabotage(
        "Pods of the namespace alone.",
        "jitsi-metrics-prometheus-binding",
        lambda p: p["metadata"].update(namespace="kube-system"),
        "right-beyond-need",
        "kube-system",
        adds=(
            resource(
                f"kubernetes:{RBAC}/v1:Role",
                "r",
                {
                    "metadata": {"name": "prometheus", "namespace": "kube-system"},
                    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
                },
            ),
        ),
    ),
    Sabotage(
        "Rights are listed.",
        READER,
        lambda p: p["metadata"]["labels"].update({f"{RBAC}/aggregate-to-view": "true"}),
        "right-beyond-need",
    ),
    Sabotage(
        "Rights are listed.",
        READER,
        lambda p: p.update(aggregationRule={"clusterRoleSelectors": [{}]}),
        "right-beyond-need",
    ),
    Sabotage(
        "No other paths.", "jitsi-metrics-reader", rule(nonResourceURLs=["*"], verbs=["get"]), "right-beyond-need"
    ),
]
MISSING: list[Sabotage] = [
    Sabotage("Bridges learn their address.", READER, None, "right-missing", "get nodes"),
    Sabotage("Bridges learn their address.", "s1-bridges-binding", None, "right-missing", "get nodes"),
    Sabotage(
        "Bridges learn their address.",
        "s0-bridges-binding",
        lambda p: p["subjects"][0].pop("namespace"),
        "right-dangles",
    ),
    Sabotage(
        "Sidecars set their cost.",
        "s0-bridges-own-pod-role",
        lambda p: p["rules"][0].update(verbs=["update"]),
        "right-missing",
        "patch pods",
    ),
    Sabotage(
        "Prometheus finds pods.",
        "jitsi-metrics-prometheus-role",
        lambda p: p["rules"][0]["verbs"].remove("watch"),
        "right-missing",
        "watch pods",
    ),
    Sabotage(
        "The adapter is asked.", "jitsi-metrics-asker-binding", None, "right-missing", "horizontal-pod-autoscaler"
    ),
    Sabotage("The adapter serves.", "jitsi-metrics-delegator-binding", None, "right-missing", "system:auth-delegator"),
    Sabotage(
        "The adapter serves.",
        "jitsi-metrics-authentication-binding",
        lambda p: p["metadata"].update(namespace="jitsi"),
        "right-missing",
    ),
    Sabotage(
        "Roles are in the API group.",
        "jitsi-monitoring-kube-state-role",
        lambda p: p["rules"][0].update(apiGroups=["autoscaling.k8s.io"]),
        "right-missing",
    ),
    Sabotage(
        "Schedules are read.",
        "jitsi-metrics-reader",
        lambda p: p["rules"].pop(),
        "right-missing",
        "clusterscalingschedules",
        stack="scaling-schedules",
    ),
    Sabotage("Bound accounts exist.", "s1-bridges-account", None, "right-dangles", "jvb-s1"),
    Sabotage(
        "Bound accounts exist.",
        "s0-bridges-binding",
        lambda p: p["subjects"][0].update(name="jvb"),
        "right-dangles",
        "jitsi/jvb",
    ),
    Sabotage(
        "Bound roles exist.",
        "s0-bridges-binding",
        lambda p: p["roleRef"].update(name="node-reader"),
        "right-dangles",
        "node-reader",
    ),
    Sabotage(
        "Bridges have their own account.", "s1-bridges-node-port", pod(serviceAccountName="jvb-s0"), "token-missing"
    ),
    Sabotage(
        "Prometheus has its account.",
        "jitsi-metrics-prometheus",
        lambda p: pods(p).pop("serviceAccountName"),
        "token-missing",
    ),
    Sabotage(
        "Prometheus has a token.", "jitsi-metrics-prometheus", pod(automountServiceAccountToken=False), "token-missing"
    ),
    Sabotage(
        "Sidecars have a token.",
        "s0-bridges-host-port-0",
        lambda p: pods(p)["initContainers"][1]["volumeMounts"].pop(),
        "token-missing",
        "own-pod",
    ),
]
SABOTAGES: list[Sabotage] = [*BEYOND, *MISSING]
