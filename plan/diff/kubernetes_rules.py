"""Which changes replace a Kubernetes object.

Source: pulumi-kubernetes 4.30.0, provider/pkg/provider/diff.go (`forceNew`, `metadataForceNewProperties`) and provider.go
(`DiffConfig`). A path in the table includes everything below it. Kinds that this program never creates (Pod,
PersistentVolume) are omitted.
"""

from typing import Any

from plan.diff.paths import at, under
from plan.recorder import Resource

IDENTITY = ("metadata.name", "metadata.namespace")

_SELECTED = ("spec.selector",)
_BINDING = ("roleRef",)
_JOB = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")
FORCE_NEW: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps/v1", "DaemonSet"): _SELECTED,
    ("apps/v1", "Deployment"): _SELECTED,
    ("apps/v1", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("v1", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Secret"): ("type",),
    ("v1", "Service"): ("spec.clusterIP", "spec.healthCheckNodePort"),  # the second by the program's replace_on_changes
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _BINDING,
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("batch/v1", "Job"): _JOB,
}
"""(apiVersion, kind) -> paths whose change replaces the object."""

CONTENT = {"ConfigMap": ("binaryData", "data"), "Secret": ("data", "stringData", "type")}
"""Paths that replace these kinds if the provider does not treat them as mutable, or the object is `immutable`."""
MUTABLE_SWITCH = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}


def forcing_paths(new: Resource, provider: Resource | None) -> tuple[str, ...]:
    """Return the paths whose change replaces this object. `provider` is the object's provider."""
    document = new.properties
    kind = str(document.get("kind") or new.type.rpartition(":")[2])
    version = str(document.get("apiVersion") or new.type.split(":")[1].removeprefix("core/"))
    forcing = (*IDENTITY, *FORCE_NEW.get((version, kind), ()))
    if version == "v1" and kind in CONTENT and (document.get("immutable") is True or not _mutable(provider, kind)):
        forcing += CONTENT[kind]
    return forcing


def _mutable(provider: Resource | None, kind: str) -> bool:
    return provider is not None and str(provider.properties.get(MUTABLE_SWITCH[kind])).lower() == "true"


def provider_is_replaced(old: dict[str, Any], new: dict[str, Any], paths: tuple[str, ...]) -> bool:
    """Whether a changed `pulumi:providers:kubernetes` names another cluster.

    `clusterIdentifier` decides if both sides have one; otherwise any change of the kubeconfig counts.
    """
    key = "clusterIdentifier"
    if at(old, key) is not None and at(new, key) is not None:
        return any(under(path, key) for path in paths)
    return any(under(path, name) for path in paths for name in ("kubeconfig", "context", "cluster"))
