"""Kubernetes objects of parts that all shards share: workloads, Services, policies and accounts, named after their part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from config.images import Images

RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class StackObjects:
    """Factory of these objects for one stack. `instance` is the stack's name."""

    namespace: str
    instance: str
    images: Images
    marks: Mapping[str, Any] = field(default_factory=dict)
    """Annotations of the pods that change with a password, and so roll the pods that use it."""

    def labels(self, name: str) -> dict[str, str]:
        """All labels of a component."""
        return labels(name, self.instance)

    def manifest(self, version: str, kind: str, name: str, **body: Any) -> Document:
        """An object named after its component, with the component's labels."""
        return manifest(version, kind, name, self.namespace, self.labels(name), **body)

    def workload(self, kind: str, name: str, spec: Document) -> Document:
        """Workload that selects its pods by name and instance."""
        return self.manifest(
            "apps/v1", kind, name, spec={"selector": {"matchLabels": selector(name, self.instance)}, **spec}
        )

    def service(self, name: str, port: int) -> Document:
        """ClusterIP Service on one TCP port."""
        ports = [{"name": "http", "port": port, "targetPort": port, "protocol": "TCP"}]
        spec = {"selector": selector(name, self.instance), "ports": ports}
        return self.manifest("v1", "Service", name, annotations=SKIP_AWAIT, spec=spec)

    def policy(self, name: str, ingress: list[Document]) -> Document:
        """Network policy that allows ingress only by these rules."""
        spec = {
            "podSelector": {"matchLabels": selector(name, self.instance)},
            "policyTypes": ["Ingress"],
            "ingress": ingress,
        }
        return self.manifest("networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)

    def account(self, name: str, rules: Sequence[Document]) -> dict[str, Document]:
        """ServiceAccount, Role and RoleBinding of a component, by part. No token is mounted unless the pod asks for it."""
        subject = {"kind": "ServiceAccount", "name": name, "namespace": self.namespace}
        role = {"apiGroup": RBAC, "kind": "Role", "name": name}
        return {
            "account": self.manifest("v1", "ServiceAccount", name, automountServiceAccountToken=False),
            "role": self.manifest(f"{RBAC}/v1", "Role", name, rules=list(rules)),
            "binding": self.manifest(f"{RBAC}/v1", "RoleBinding", name, roleRef=role, subjects=[subject]),
        }
