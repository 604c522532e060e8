"""The volumes of a pod as folders, filled as a kubelet does."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from components.kubernetes.document import Document
    from lab.cluster.api import Api

DEFAULT_MODE = 0o644
MIN_TOKEN_SECONDS = 600  # minimum of TokenRequest


class UnknownFieldError(Exception):
    """A pod uses a field that this kubelet does not support; the message names it."""


def field_of(pod: Document, path: str) -> str:
    """A value of the downward API, such as `spec.nodeName` or `metadata.labels['app']`.

    Raises:
        UnknownFieldError: Kubernetes has no such field.
    """
    head, bracket, key = path.partition("['")
    metadata = pod["metadata"]
    if bracket and head in ("metadata.labels", "metadata.annotations"):
        return str((metadata.get(head.rpartition(".")[2]) or {}).get(key.removesuffix("']"), ""))
    values: dict[str, Any] = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "status.podIP": pod["status"].get("podIP", ""),
        "status.podIPs": pod["status"].get("podIP", ""),
        "status.hostIP": pod["status"].get("hostIP", ""),
    }
    if path not in values:
        raise UnknownFieldError(f"fieldPath {path!r} is not played here; add it to lab/rehearsal/pod_volumes.py")
    return str(values[path])


def stored(api: Api, kind: str, namespace: str, name: str) -> dict[str, bytes]:
    """The data of a ConfigMap or Secret."""
    document = api.get(f"/api/v1/namespaces/{namespace}/{kind}/{name}")
    data = {key: base64.b64decode(value) for key, value in (document.get("binaryData") or {}).items()}
    for key, value in (document.get("data") or {}).items():
        data[key] = base64.b64decode(value) if kind == "secrets" else value.encode()
    return data


def token(api: Api, pod: Document, source: Document) -> str:
    """A token of the pod's service account, bound to the pod."""
    account = pod["spec"].get("serviceAccountName", "default")
    metadata = pod["metadata"]
    spec: Document = {
        "expirationSeconds": max(MIN_TOKEN_SECONDS, source.get("expirationSeconds", 3600)),
        "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"], "uid": metadata["uid"]},
    }
    if source.get("audience"):
        spec["audiences"] = [source["audience"]]
    path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token"
    answer = api.http.post(path, json={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
    return answer.raise_for_status().json()["status"]["token"]


def materialise(api: Api, pod: Document, folder: Path, claims: Path) -> dict[str, Path]:
    """Create the folder of each volume, by its name; `claims` holds those of claims, which outlive the pod.

    Raises:
        UnknownFieldError: the kind of a volume is not supported.
        httpx.HTTPStatusError: a referenced object does not exist (yet).
    """
    folders: dict[str, Path] = {}
    for volume in pod["spec"].get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            target = claims / pod["metadata"]["namespace"] / volume["persistentVolumeClaim"]["claimName"]
        else:
            target = folder / volume["name"]
        target.mkdir(parents=True, exist_ok=True)
        folders[volume["name"]] = target
        if "emptyDir" in volume or "persistentVolumeClaim" in volume:
            target.chmod(0o777)
        else:
            _fill(api, pod, target, volume)
    return folders


def give_to_group(pod: Document, folders: Mapping[str, Path]) -> None:
    """Give the volumes to the pod's `fsGroup`, as a kubelet does; root only."""
    group = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    if group is None:
        return
    for folder in folders.values():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, -1, group, follow_symlinks=False)
        folder.chmod(folder.stat().st_mode | 0o2070)


def refresh(pod: Document, folders: Mapping[str, Path], config_maps: Mapping[str, Document]) -> list[str]:
    """Update a running pod's volumes from ConfigMaps; returns the names of the volumes that changed.

    Files are replaced, so a file mounted by subPath keeps its content, as with a real kubelet.
    """
    changed: list[str] = []
    for volume in pod["spec"].get("volumes") or []:
        source_spec: Document = volume.get("configMap") or {}
        config_map = config_maps.get(source_spec.get("name", ""))
        if config_map is None or volume["name"] not in folders:
            continue
        data: Mapping[str, str] = config_map.get("data") or {}
        items: list[Document] = source_spec.get("items") or [{"key": key, "path": key} for key in data]
        for item in items:
            file, content = folders[volume["name"]] / item["path"], data[item["key"]].encode()
            if not file.exists() or file.read_bytes() != content:
                new = file.with_name(f".{file.name}.new")
                _write(new, content, item.get("mode", source_spec.get("defaultMode", DEFAULT_MODE)))
                new.replace(file)
                changed.append(volume["name"])
    return sorted(set(changed))


def _fill(api: Api, pod: Document, target: Path, volume: Document) -> None:
    if "projected" in volume:
        mode = volume["projected"].get("defaultMode", DEFAULT_MODE)
        for source in volume["projected"]["sources"]:
            _project(api, pod, target, source, mode)
        return
    for kind in ("configMap", "secret", "downwardAPI"):
        if kind in volume:
            source = dict(volume[kind])
            if kind == "secret":
                source["name"] = source.pop("secretName")
            _project(api, pod, target, {kind: source}, source.get("defaultMode", DEFAULT_MODE))
            return
    raise UnknownFieldError(
        f"volume {volume['name']} ({', '.join(volume)}) is not played here; see lab/rehearsal/pod_volumes.py"
    )


def _project(api: Api, pod: Document, target: Path, source: Document, mode: int) -> None:
    namespace = pod["metadata"]["namespace"]
    if "serviceAccountToken" in source:
        source_spec = source["serviceAccountToken"]
        _write(target / source_spec["path"], token(api, pod, source_spec).encode(), mode)
    elif "downwardAPI" in source:
        for item in source["downwardAPI"].get("items") or []:
            _write(target / item["path"], field_of(pod, item["fieldRef"]["fieldPath"]).encode(), mode)
    else:
        kind, source_spec = next((kind, source[kind]) for kind in ("configMap", "secret") if kind in source)
        data = stored(api, {"configMap": "configmaps", "secret": "secrets"}[kind], namespace, source_spec["name"])
        items: list[Document] = source_spec.get("items") or [{"key": key, "path": key} for key in data]
        for item in items:
            _write(target / item["path"], data[item["key"]], item.get("mode", mode))


def _write(file: Path, content: bytes, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)
