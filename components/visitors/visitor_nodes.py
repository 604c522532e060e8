"""Component of a shard's visitor prosodies."""

from dataclasses import dataclass

import pulumi

from components.kubernetes.component import Component
from components.kubernetes.document import Document
from components.signalling.manifests import Signalling
from components.visitors import manifests
from config.visitors import Visitors


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitorNodesArgs:
    """Inputs of `VisitorNodes`."""

    signalling: Signalling
    visitors: Visitors
    reader: Document
    """NetworkPolicy peer that reads metrics."""


class VisitorNodes(Component):
    """Prosodies for visitors, who only watch. Ingress selects one by the parameter `vnode`; each connects to the shard's prosody."""

    def __init__(self, name: str, args: VisitorNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:visitors:VisitorNodes", name, opts)
        signalling, visitors = args.signalling, args.visitors
        documents = {
            "policy": manifests.network_policy(signalling, args.reader),
            "service": manifests.service(signalling),
            "nodes": manifests.workload(signalling, visitors),
        }
        if visitors.nodes > 1:
            documents["budget"] = manifests.disruption_budget(signalling)
        for part, document in documents.items():
            self.add(part, document)
        self.register_outputs({"nodes": visitors.nodes})
