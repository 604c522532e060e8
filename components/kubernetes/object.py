"""Resource class that registers a manifest with the engine."""

from collections.abc import Mapping
from typing import Any

import pulumi


class KubernetesObject(pulumi.CustomResource):
    """Kubernetes object from its manifest, which may contain outputs anywhere.

    It inherits the cluster's provider from its parent. Stacks disable the default provider, so the engine refuses an object
    without one.
    """

    status: pulumi.Output[Any]
    """Status that controllers wrote. Unknown in the first preview."""

    def __init__(self, name: str, document: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        if document["kind"] == "Service" and any("nodePort" in port for port in document["spec"]["ports"]):
            # A NodePort is cluster-wide: delete the old Service before creating its replacement.
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        group = document["apiVersion"] if "/" in document["apiVersion"] else f"core/{document['apiVersion']}"
        super().__init__(f"kubernetes:{group}:{document['kind']}", name, {**document, "status": None}, opts)
