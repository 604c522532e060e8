"""The baseline of `pulumi up`: server-side apply of the same objects, as `kubectl apply` does."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pulumi.runtime import rpc

from plan.tokens import is_kubernetes_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.cluster.api import Api

SIGNATURE, SECRET = rpc._special_sig_key, rpc._special_secret_sig  # noqa: SLF001 - they have no public name
READY_SECONDS = 120.0
WORKLOADS = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}


class ClusterPeer:
    """Applies a stack's Kubernetes objects to the API server, without engine, provider or state."""

    def __init__(self, api: Api, state: Mapping[str, Any]) -> None:
        """Read the objects from `state`, the output of `pulumi stack export --show-secrets`."""
        self.api = api
        self.documents = objects(state)
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def apply(self, dry_run: bool) -> float:
        """Apply all objects, as a dry run if `dry_run`; returns the seconds."""
        begun = time.monotonic()
        for document in self.documents:
            answer = self.api.http.patch(
                self._path(document),
                params={"fieldManager": "benchmark", "force": "true", **({"dryRun": "All"} if dry_run else {})},
                headers={"Content-Type": "application/apply-patch+yaml"},
                content=json.dumps(document),
            )
            answer.raise_for_status()
        return time.monotonic() - begun

    def wait(self) -> float:
        """Wait until every workload is ready; returns the seconds.

        Raises:
            TimeoutError: some are not ready in time.
        """
        begun = time.monotonic()
        waiting = [document for document in self.documents if document["kind"] in WORKLOADS]
        while waiting:
            waiting = [document for document in waiting if not ready(self.api.get(self._path(document)))]
            if waiting and time.monotonic() - begun > READY_SECONDS:
                names = ", ".join(document["metadata"]["name"] for document in waiting)
                raise TimeoutError(f"not ready after {READY_SECONDS:.0f} s: {names}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def _path(self, document: dict[str, Any]) -> str:
        version, kind = document["apiVersion"], document["kind"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, kind) not in self._kinds:
            for served in self.api.get(base)["resources"]:
                if "/" not in served["name"]:
                    self._kinds[version, served["kind"]] = (served["name"], served["namespaced"])
        plural, namespaced = self._kinds[version, kind]
        metadata = document["metadata"]
        place = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{base}{place}/{plural}/{metadata['name']}"


def objects(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The Kubernetes objects of a stack in the order of their creation. Pure."""
    return [
        plain(resource["inputs"])
        for resource in state["deployment"]["resources"]
        if resource["custom"] and is_kubernetes_object(resource["type"])
    ]


def plain(value: Any) -> Any:
    """A value of the state with its secrets decrypted. Pure."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return plain(json.loads(value["plaintext"]))
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def ready(workload: dict[str, Any]) -> bool:
    """Whether a Deployment, StatefulSet or DaemonSet has all its pods ready. Pure."""
    status = workload.get("status") or {}
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return False
    if workload["kind"] == "DaemonSet":
        return status.get("numberReady", 0) >= status.get("desiredNumberScheduled", 0)
    return status.get("readyReplicas", 0) >= workload["spec"].get("replicas", 1)
