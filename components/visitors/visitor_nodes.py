"""The visitor prosodies of one shard."""

from dataclasses import dataclass

import pulumi

from components.children import child_options
from components.kubernetes_object import KubernetesObject
from components.network_policies import Document
from components.signalling.manifests import Signalling
from components.visitors import manifests
from config.visitors import Visitors


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitorNodesArgs:
    """Inputs of `VisitorNodes`."""

    signalling: Signalling
    visitors: Visitors
    reader: Document
    """Peer of a network policy that reads metrics."""


class VisitorNodes(pulumi.ComponentResource):
    """Prosodies for those who only watch: behind the edge by the parameter `vnode`, and joined to the shard's prosody."""

    def __init__(self, name: str, args: VisitorNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:visitors:VisitorNodes", name, None, opts)
        child = child_options(self, opts)
        signalling, visitors = args.signalling, args.visitors
        documents = {
            "policy": manifests.network_policy(signalling, args.reader),
            "service": manifests.service(signalling),
            "nodes": manifests.workload(signalling, visitors),
        }
        if visitors.nodes > 1:
            documents["budget"] = manifests.disruption_budget(signalling)
        for part, document in documents.items():
            KubernetesObject(f"{name}-{part}", document, child)
        self.register_outputs({"nodes": visitors.nodes})
