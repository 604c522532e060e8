"""What a bridge's sidecar and init container may do at the API server; the bridge itself has no token."""

from typing import Any

from components.bridges.pods import BridgePods, Document
from components.labels import manifest

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
POD_OF_TOKEN = "authentication.kubernetes.io/pod-name"  # noqa: S105 - what the API server knows of a token bound to a pod
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io/v1"


def account(pods: BridgePods) -> Document:
    """The service account of the shard's bridges; its tokens are bound to one pod each and end with it."""
    return manifest(
        "v1",
        "ServiceAccount",
        pods.names.of("jvb"),
        pods.namespace,
        pods.labelled,
        automountServiceAccountToken=False,
    )


def _account_ref(pods: BridgePods) -> list[Document]:
    return [{"kind": "ServiceAccount", "name": pods.names.of("jvb"), "namespace": pods.namespace}]


def _cluster_name(pods: BridgePods, what: str) -> str:
    """Cluster-wide, so it carries the namespace and the shard."""
    return f"{pods.namespace}-{pods.names.of('jvb')}-{what}"


def node_reader(pods: BridgePods) -> list[Document]:
    """May get Node objects (their public address): a ClusterRole and its binding."""
    name = _cluster_name(pods, "node-reader")
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
    return [
        manifest(f"{_RBAC}/v1", "ClusterRole", name, None, pods.labelled, rules=rules),
        manifest(
            f"{_RBAC}/v1",
            "ClusterRoleBinding",
            name,
            None,
            pods.labelled,
            roleRef={"apiGroup": _RBAC, "kind": "ClusterRole", "name": name},
            subjects=_account_ref(pods),
        ),
    ]


def own_pod(pods: BridgePods) -> list[Document]:
    """May patch its own pod's deletion cost: a Role and its binding, for `own_pod_policy` to narrow.

    RBAC knows no "own", and no generated names. There is no right to read: an empty patch changes nothing and answers with
    the pod, and patches, unlike reads, pass the policy, so other pods stay closed altogether.
    """
    name = f"{pods.names.of('jvb')}-own-pod"
    rules: list[dict[str, Any]] = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}]
    return [
        manifest(f"{_RBAC}/v1", "Role", name, pods.namespace, pods.labelled, rules=rules),
        manifest(
            f"{_RBAC}/v1",
            "RoleBinding",
            name,
            pods.namespace,
            pods.labelled,
            roleRef={"apiGroup": _RBAC, "kind": "Role", "name": name},
            subjects=_account_ref(pods),
        ),
    ]


def own_pod_policy(pods: BridgePods) -> list[Document]:
    """Requests of the account touch only the pod that their token is bound to, and only its deletion cost.

    A ValidatingAdmissionPolicy (Kubernetes 1.30 or later) and its binding to the namespace. Failing to evaluate is a refusal.
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
        manifest(_ADMISSION, "ValidatingAdmissionPolicy", name, None, pods.labelled, spec=spec),
        manifest(_ADMISSION, "ValidatingAdmissionPolicyBinding", name, None, pods.labelled, spec=binding),
    ]
