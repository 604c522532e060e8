"""The one door from a manifest to the engine."""

from collections.abc import Mapping
from typing import Any

import pulumi


class KubernetesObject(pulumi.CustomResource):
    """A Kubernetes object given as the API takes it; outputs may stand anywhere in the document.

    The cluster's provider comes down from the parent; without one the engine refuses, since stacks disable the default.
    """

    status: pulumi.Output[Any]
    """What controllers wrote; unknown in the first preview."""

    def __init__(self, name: str, document: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        if document["kind"] == "Service" and any("nodePort" in port for port in document["spec"]["ports"]):
            # Another namespace's Service of the same NodePort is refused while this one holds it.
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
        group = document["apiVersion"] if "/" in document["apiVersion"] else f"core/{document['apiVersion']}"
        super().__init__(f"kubernetes:{group}:{document['kind']}", name, {**document, "status": None}, opts)
