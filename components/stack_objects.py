"""Objects of parts that the whole stack shares: names, labels, Services and policies made alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.labels import NO_WAIT, labels, manifest, selector
from components.network_policies import Document
from config.images import Images

RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class StackObjects:
    """What they are made from."""

    namespace: str
    instance: str
    images: Images
    marks: Mapping[str, Any] = field(default_factory=dict)
    """Annotations that change with a password, and roll the pods that use it."""

    def labelled(self, name: str) -> dict[str, str]:
        """The four labels of a component."""
        return labels(name, self.instance)

    def made(self, version: str, kind: str, name: str, **body: Any) -> Document:
        """An object of a component, named as it."""
        return manifest(version, kind, name, self.namespace, self.labelled(name), **body)

    def workload(self, kind: str, name: str, spec: Document) -> Document:
        """A workload, selected by name and instance."""
        return self.made(
            "apps/v1", kind, name, spec={"selector": {"matchLabels": selector(name, self.instance)}, **spec}
        )

    def service(self, name: str, port: int) -> Document:
        """A Service inside the cluster, TCP."""
        ports = [{"name": "http", "port": port, "targetPort": port, "protocol": "TCP"}]
        spec = {"selector": selector(name, self.instance), "ports": ports}
        return self.made("v1", "Service", name, annotations=NO_WAIT, spec=spec)

    def policy(self, name: str, ingress: list[Document]) -> Document:
        """Nothing comes in but by these rules."""
        spec = {
            "podSelector": {"matchLabels": selector(name, self.instance)},
            "policyTypes": ["Ingress"],
            "ingress": ingress,
        }
        return self.made("networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)

    def account(self, name: str, rules: Sequence[Document]) -> dict[str, Document]:
        """A component's own account, by part, with these rights in the namespace; its pods mount the token themselves."""
        subject = {"kind": "ServiceAccount", "name": name, "namespace": self.namespace}
        role = {"apiGroup": RBAC, "kind": "Role", "name": name}
        return {
            "account": self.made("v1", "ServiceAccount", name, automountServiceAccountToken=False),
            "role": self.made(f"{RBAC}/v1", "Role", name, rules=list(rules)),
            "binding": self.made(f"{RBAC}/v1", "RoleBinding", name, roleRef=role, subjects=[subject]),
        }
