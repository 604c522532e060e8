"""The objects of a running cluster, through kubectl."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.problems import ConfigError, Problem
from plan.recorder import SECRET_KEYS, Resource
from plan.render import manifest
from plan.tokens import SECRET_TYPE, is_kubernetes_object
from plan.verify.managed_fields import explicit
from plan.verify.objects import Key, key_of_manifest
from plan.wire import SECRET

TIMEOUT_SECONDS = 30
_OF_THE_CLUSTER = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"), ("Service", "kubernetes")}
"""Objects that Kubernetes puts into every namespace."""


def read(stack: str, namespace: str, rendered: Sequence[Resource], kubeconfig: Path | None) -> list[dict[str, Any]]:
    """Return the rendered objects, and all others of the rendered kinds in the stack's namespace, with the fields that somebody set.

    Without `kubeconfig` the stack's own output is used. Values of Secrets are masked as soon as they are read.

    Raises:
        ConfigError: kubectl or pulumi is missing, or refuses.
    """
    if not shutil.which("kubectl"):
        raise ConfigError([Problem("--live", "kubectl is not on PATH; install it, or verify a folder with --dir")])
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        config = kubeconfig or _of_stack(stack, Path(folder))
        documents = {key_of_manifest(document): document for document in _manifests(rendered)}
        objects = (each for each in _objects(namespace, documents, config) if _is_of_stack(each))
        return [_cleaned(each, documents.get(key_of_manifest(each))) for each in objects]


def _of_stack(stack: str, folder: Path) -> Path:
    """Write the stack's kubeconfig into a folder that only this user can read."""
    command = ["pulumi", "stack", "output", "kubeconfig", "--show-secrets", "--stack", stack, "--non-interactive"]
    if not shutil.which(command[0]):
        problem = "pulumi is not on PATH, so the stack's kubeconfig is unknown; name a file with --kubeconfig"
        raise ConfigError([Problem("--live", problem)])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError([Problem("--live", f"{_last(done.stderr)}; name a kubeconfig with --kubeconfig")])
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(done.stdout, encoding="utf-8")
    return path


def _manifests(rendered: Sequence[Resource]) -> Iterator[dict[str, Any]]:
    return (manifest(resource) for resource in rendered if resource.custom and is_kubernetes_object(resource.type))


def _objects(own: str, rendered: Mapping[Key, dict[str, Any]], kubeconfig: Path) -> Iterator[dict[str, Any]]:
    """Yield what kubectl lists, one call for each namespace, and one for the cluster-wide objects."""
    kinds: dict[str, set[str]] = {}
    for (_, namespace, _), document in rendered.items():
        kinds.setdefault(namespace, set()).add(_kubectl_kind(document))
    for namespace, listed in sorted(kinds.items()):
        where = ["--namespace", namespace] if namespace else []
        for each in _get(kubeconfig, listed, where):
            if namespace == own or key_of_manifest(each) in rendered:
                yield each


def _kubectl_kind(document: dict[str, Any]) -> str:
    group, _, version = str(document["apiVersion"]).rpartition("/")
    return f"{document['kind']}.{version}.{group}"


def _get(kubeconfig: Path, kinds: Iterable[str], where: list[str]) -> list[dict[str, Any]]:
    command = ["kubectl", "--kubeconfig", str(kubeconfig), "get", ",".join(sorted(kinds)), *where, "--output", "json"]
    command += ["--show-managed-fields", f"--request-timeout={TIMEOUT_SECONDS}s"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError(
            [Problem("--live", f"kubectl get: {_last(done.stderr)}; check the kubeconfig and its rights")]
        )
    return json.loads(done.stdout)["items"]


def _last(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "failed without a message"


def _is_of_stack(document: dict[str, Any]) -> bool:
    metadata = document["metadata"]
    made_by_cluster = (document["kind"], metadata["name"]) in _OF_THE_CLUSTER
    return not made_by_cluster and not metadata.get("ownerReferences") and not metadata.get("deletionTimestamp")


def _cleaned(document: dict[str, Any], rendered: dict[str, Any] | None) -> dict[str, Any]:
    """Return the object without defaults, what controllers add, and the values of secrets; an unknown one without its status."""
    if document["kind"] == SECRET_TYPE.rpartition(":")[2]:
        keys = [key for key in SECRET_KEYS if key in (rendered or {})] or ["data"]
        document = {**document, **{key: dict.fromkeys(document.get("data") or {}, SECRET) for key in keys}}
    if rendered is not None:
        return explicit(document, rendered)
    metadata = {key: value for key, value in document["metadata"].items() if key != "managedFields"}
    return {key: value for key, value in document.items() if key != "status"} | {"metadata": metadata}
