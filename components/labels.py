"""Labels that everything carries, and the selectors made of them."""

from typing import Any

SHARD_LABEL = "jitsi.org/bridges"
"""On a bridge pool's nodes, as label and taint: the shard whose bridges the pool is for."""
LAYOUT_LABEL = "jitsi.org/layout"
RECORDER_LABEL = "jitsi.org/recorders"
"""On the recorders' nodes, as label and taint, with the value `"true"`."""
ROLE_LABEL = "jitsi.org/role"
"""On nodes of one kind of pod, as label and taint: what they are for."""

NO_WAIT = {"pulumi.com/skipAwait": "true"}
"""The engine does not wait for the object: workloads are waited for themselves, and each Service would cost ten seconds."""

SOON_GONE = {"pulumi.com/deletionPropagationPolicy": "background"}
"""A deleted workload goes at once and its pods drain without it: else the engine would wait for them, and one of the same name, as
another port of bridges makes, could not be created for as long as they take."""


def selector(name: str, instance: str) -> dict[str, str]:
    """The two labels that no other workload has together; a selector never changes."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance}


def labels(name: str, instance: str, **more: str) -> dict[str, str]:
    """The full set: what it is (`name`), of which shard or stack (`instance`), and who made it."""
    return selector(name, instance) | {
        "app.kubernetes.io/part-of": "jitsi",
        "app.kubernetes.io/managed-by": "pulumi",
        **more,
    }


def manifest(
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None,
    labelled: dict[str, str],
    *,
    annotations: dict[str, str] | None = None,
    **body: Any,
) -> dict[str, Any]:
    """A Kubernetes object as the API takes it."""
    metadata: dict[str, Any] = {"name": name, "labels": labelled}
    if namespace:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}
