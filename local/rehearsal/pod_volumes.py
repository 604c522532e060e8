"""A pod's volumes as folders, filled as a kubelet fills them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.control_plane.api import Api

Document = dict[str, Any]
DEFAULT_MODE = 0o644
LEAST_TOKEN_SECONDS = 600  # TokenRequest refuses less


class UnknownFieldError(Exception):
    """A pod uses something that this kubelet does not play; the message says what and where to add it."""


def field_of(pod: Document, path: str) -> str:
    """A value of the downward API, such as `spec.nodeName` or `metadata.labels['app']`.

    Raises:
        UnknownFieldError: the path is none of those that Kubernetes offers.
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
        raise UnknownFieldError(f"fieldPath {path!r} is not played here; add it to local/rehearsal/pod_volumes.py")
    return str(values[path])


def stored(api: Api, kind: str, namespace: str, name: str) -> dict[str, bytes]:
    """The data of a ConfigMap or Secret."""
    document = api.get(f"/api/v1/namespaces/{namespace}/{kind}/{name}")
    data = {key: base64.b64decode(value) for key, value in (document.get("binaryData") or {}).items()}
    for key, value in (document.get("data") or {}).items():
        data[key] = base64.b64decode(value) if kind == "secrets" else value.encode()
    return data


def token(api: Api, pod: Document, source: Document) -> str:
    """A token of the pod's own account that ends with the pod."""
    account = pod["spec"].get("serviceAccountName", "default")
    metadata = pod["metadata"]
    spec: Document = {
        "expirationSeconds": max(LEAST_TOKEN_SECONDS, source.get("expirationSeconds", 3600)),
        "boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"], "uid": metadata["uid"]},
    }
    if source.get("audience"):
        spec["audiences"] = [source["audience"]]
    path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token"
    answer = api.http.post(path, json={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
    return answer.raise_for_status().json()["status"]["token"]


def materialise(api: Api, pod: Document, folder: Path, claims: Path) -> dict[str, Path]:
    """A folder for each volume, by its name; `claims` keeps those of claims, which outlive the pod.

    Raises:
        UnknownFieldError: a kind of volume that is not played here.
        httpx.HTTPStatusError: what it names does not exist (yet).
    """
    made: dict[str, Path] = {}
    for volume in pod["spec"].get("volumes") or []:
        if "persistentVolumeClaim" in volume:
            target = claims / pod["metadata"]["namespace"] / volume["persistentVolumeClaim"]["claimName"]
        else:
            target = folder / volume["name"]
        target.mkdir(parents=True, exist_ok=True)
        made[volume["name"]] = target
        if "emptyDir" in volume or "persistentVolumeClaim" in volume:
            target.chmod(0o777)
        else:
            _fill(api, pod, target, volume)
    return made


def refresh(pod: Document, folders: Mapping[str, Path], config_maps: Mapping[str, Document]) -> list[str]:
    """Bring changed ConfigMaps into a running pod's volumes; the names of the volumes that changed.

    A file that is mounted by itself (subPath) keeps what it had, as with a real kubelet: it is replaced, not written to.
    """
    changed: list[str] = []
    for volume in pod["spec"].get("volumes") or []:
        asked: Document = volume.get("configMap") or {}
        config_map = config_maps.get(asked.get("name", ""))
        if config_map is None or volume["name"] not in folders:
            continue
        data: Mapping[str, str] = config_map.get("data") or {}
        chosen: list[Document] = asked.get("items") or [{"key": key, "path": key} for key in data]
        for item in chosen:
            file, content = folders[volume["name"]] / item["path"], data[item["key"]].encode()
            if not file.exists() or file.read_bytes() != content:
                new = file.with_name(f".{file.name}.new")
                _write(new, content, item.get("mode", asked.get("defaultMode", DEFAULT_MODE)))
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
        f"volume {volume['name']} ({', '.join(volume)}) is not played here; see local/rehearsal/pod_volumes.py"
    )


def _project(api: Api, pod: Document, target: Path, source: Document, mode: int) -> None:
    namespace = pod["metadata"]["namespace"]
    if "serviceAccountToken" in source:
        asked = source["serviceAccountToken"]
        _write(target / asked["path"], token(api, pod, asked).encode(), mode)
    elif "downwardAPI" in source:
        for item in source["downwardAPI"].get("items") or []:
            _write(target / item["path"], field_of(pod, item["fieldRef"]["fieldPath"]).encode(), mode)
    else:
        kind, asked = next((kind, source[kind]) for kind in ("configMap", "secret") if kind in source)
        data = stored(api, {"configMap": "configmaps", "secret": "secrets"}[kind], namespace, asked["name"])
        chosen: list[Document] = asked.get("items") or [{"key": key, "path": key} for key in data]
        for item in chosen:
            _write(target / item["path"], data[item["key"]], item.get("mode", mode))


def _write(file: Path, content: bytes, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)
