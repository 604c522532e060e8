"""Which changes replace a Kubernetes object.

Source: pulumi-kubernetes 4.30.0, provider/pkg/provider/diff.go (`forceNew`, `metadataForceNewProperties`) and provider.go
(`DiffConfig`). A path in the table stands for itself and everything below it. Kinds that this program never makes as plain
objects (Pod, PersistentVolume) are left out.
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
    ("v1", "Service"): ("spec.clusterIP", "spec.healthCheckNodePort"),  # the second by an option of the program
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): _BINDING,
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("batch/v1", "Job"): _JOB,
}
"""(apiVersion, kind) -> paths whose change makes a new object."""

CONTENT = {"ConfigMap": ("binaryData", "data"), "Secret": ("data", "stringData", "type")}
"""What replaces these where the provider is not told that they change in place, or the object is `immutable`."""
MUTABLE_SWITCH = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}


def forcing_paths(new: Resource, provider: Resource | None) -> tuple[str, ...]:
    """The paths of this object whose change replaces it. `provider` is the one that it goes to."""
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
    """Whether a changed `pulumi:providers:kubernetes` is another cluster.

    With a `clusterIdentifier` on both sides that alone decides; otherwise any change of the kubeconfig may.
    """
    key = "clusterIdentifier"
    if at(old, key) is not None and at(new, key) is not None:
        return any(under(path, key) for path in paths)
    return any(under(path, name) for path in paths for name in ("kubeconfig", "context", "cluster"))
