"""RBAC and admission policy of a bridge's sidecar and init container. The bridge itself has no token."""

from typing import Any

from components.bridges.pods import BridgePods
from components.kubernetes.document import Document, manifest

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
POD_OF_TOKEN = "authentication.kubernetes.io/pod-name"  # noqa: S105 - user info of a token that is bound to a pod
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io/v1"


def account(pods: BridgePods) -> Document:
    """ServiceAccount of the shard's bridges. Each token is bound to one pod and expires with it."""
    return manifest(
        "v1",
        "ServiceAccount",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labels,
        automountServiceAccountToken=False,
    )


def _account_ref(pods: BridgePods) -> list[Document]:
    return [{"kind": "ServiceAccount", "name": pods.names.of("jvb"), "namespace": pods.namespace}]


def _cluster_name(pods: BridgePods, suffix: str) -> str:
    """Name of a cluster-scoped object, which must contain the namespace and the shard to be unique."""
    return f"{pods.namespace}-{pods.names.of('jvb')}-{suffix}"


def node_reader(pods: BridgePods) -> list[Document]:
    """ClusterRole and binding to get Nodes, whose status holds their public addresses."""
    name = _cluster_name(pods, "node-reader")
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
    return [
        manifest(f"{_RBAC}/v1", "ClusterRole", name, None, pods.labels, rules=rules),
        manifest(
            f"{_RBAC}/v1",
            "ClusterRoleBinding",
            name,
            None,
            pods.labels,
            roleRef={"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
            subjects=_account_ref(pods),
        ),
    ]


def own_pod(pods: BridgePods) -> list[Document]:
    """Role and binding to patch pods in the namespace; `own_pod_policy` restricts it to the caller's own pod.

    RBAC cannot express "own pod" or generated names. The Role omits `get`, which no admission policy can restrict: an empty
    patch returns the pod instead, so other pods remain unreadable.
    """
    name = f"{pods.names.of('jvb')}-own-pod"
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}]
    return [
        manifest(f"{_RBAC}/v1", "Role", name, pods.namespace, pods.labels, rules=rules),
        manifest(
            f"{_RBAC}/v1",
            "RoleBinding",
            name,
            pods.namespace,
            pods.labels,
            roleRef={"apiGroup": _RBAC, "kind": "Role", "name": name},
            subjects=_account_ref(pods),
        ),
    ]


def own_pod_policy(pods: BridgePods) -> list[Document]:
    """ValidatingAdmissionPolicy and binding: a token may patch only its own pod, and only the deletion cost.

    Requires Kubernetes 1.30. A request is denied if the policy cannot be evaluated.
    """
    name = _cluster_name(pods, "own-pod")
    username = f"system:serviceaccount:{pods.namespace}:{pods.names.of('jvb')}"
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["UPDATE"],
                    "resources": ["pods"],
                }
            ]
        },
        "matchConditions": [{"name": "bridges", "expression": f"request.userInfo.username == '{username}'"}],
        "variables": [
            {"name": "own", "expression": f"request.userInfo.extra[?'{POD_OF_TOKEN}'][0].orValue('')"},
            {"name": "before", "expression": "oldObject.metadata.?annotations.orValue({})"},
            {"name": "after", "expression": "object.metadata.?annotations.orValue({})"},
        ],
        "validations": [
            {
                "expression": "variables.own != '' && variables.own == request.name",
                "messageExpression": "'a bridge may change its own pod only: this token is bound to ' + "
                "(variables.own == '' ? 'no pod' : variables.own) + ', not to ' + request.name",
            },
            {
                "expression": f"variables.after.all(key, key == '{DELETION_COST}' || "
                "(key in variables.before && variables.before[key] == variables.after[key])) && "
                f"variables.before.all(key, key == '{DELETION_COST}' || key in variables.after)",
                "message": f"a bridge may change one annotation of its pod only, {DELETION_COST}",
            },
            {
                "expression": "object.spec == oldObject.spec && "
                "object.metadata.?labels == oldObject.metadata.?labels && "
                "object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences && "
                "object.metadata.?finalizers == oldObject.metadata.?finalizers",
                "message": f"a bridge may change nothing of its pod but the annotation {DELETION_COST}",
            },
        ],
    }
    binding = {
        "policyName": name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": pods.namespace}}},
    }
    return [
        manifest(_ADMISSION, "ValidatingAdmissionPolicy", name, None, pods.labels, spec=spec),
        manifest(_ADMISSION, "ValidatingAdmissionPolicyBinding", name, None, pods.labels, spec=binding),
    ]
