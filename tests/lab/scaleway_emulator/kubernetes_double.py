"""An API server in memory, as much of one as the loops use: objects by path, merge patches, evictions."""

from __future__ import annotations

from typing import Any

from scaleway_emulator.cluster.kube import Kube, Unreachable
from scaleway_emulator.kubeconfig import ControlPlane

COLLECTIONS = ("/api/v1/nodes", "/api/v1/pods", "/api/v1/services", "/apis/policy/v1/poddisruptionbudgets")


def merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396."""
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


class MemoryKube(Kube):
    """Objects by kind and name. `away` makes every call fail as if nothing listened."""

    def __init__(self) -> None:
        super().__init__(ControlPlane())
        self.objects: dict[str, dict[str, dict[str, Any]]] = {
            kind: {} for kind in ("nodes", "pods", "services", "poddisruptionbudgets", "events", "leases")
        }
        self.evictions: list[tuple[str, int | None]] = []
        self.away = False

    def _find(self, path: str) -> tuple[str, str]:
        parts = path.partition("?")[0].split("/")
        kind = next(part for part in reversed(parts) if part in self.objects)
        return kind, parts[parts.index(kind) + 1] if parts[-1] != kind else ""

    def _reach(self) -> None:
        if self.away:
            raise Unreachable("nothing listens")

    async def items(self, path: str) -> list[dict[str, Any]]:
        self._reach()
        return list(self.objects[self._find(path)[0]].values())

    async def create(self, path: str, manifest: dict[str, Any]) -> bool:
        self._reach()
        kind, _ = self._find(path)
        name = manifest["metadata"]["name"]
        if name in self.objects[kind]:
            return False
        self.objects[kind][name] = manifest
        return True

    async def patch(self, path: str, body: dict[str, Any], kind: str = "") -> bool:
        self._reach()
        resource, name = self._find(path)
        if name not in self.objects[resource]:
            return False
        if isinstance(body.get("status"), dict) and "addresses" in body["status"]:
            body = {"status": {"addresses": [each for each in body["status"]["addresses"] if "$patch" not in each]}}
        self.objects[resource][name] = merged(self.objects[resource][name], body)
        return True

    async def delete(self, path: str, grace: int | None = None) -> None:
        self._reach()
        kind, name = self._find(path)
        self.objects[kind].pop(name, None)

    async def evict(self, namespace: str, pod: str, grace: int | None = None) -> bool:
        self._reach()
        self.evictions.append((pod, grace))
        self.objects["pods"][pod]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        return True

    def kubelets_report(self) -> None:
        """Every node becomes Ready, as kwok makes it."""
        for node in self.objects["nodes"].values():
            node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]

    def run(self, name: str, node: str = "", cpu: str = "1", grace: int = 30, **spec: Any) -> None:
        """A pod of a StatefulSet, on a node or unschedulable."""
        waiting = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        self.objects["pods"][name] = {
            "metadata": {
                "name": name,
                "namespace": "meet",
                "ownerReferences": [{"kind": "StatefulSet", "controller": True}],
            },
            "spec": {
                "nodeName": node,
                "terminationGracePeriodSeconds": grace,
                "containers": [{"resources": {"requests": {"cpu": cpu}}}],
                **spec,
            },
            "status": {"phase": "Running", "conditions": []} if node else {"phase": "Pending", "conditions": [waiting]},
        }
