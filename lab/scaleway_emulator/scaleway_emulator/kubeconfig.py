"""The kubeconfig behind every emulated cluster, read on demand: it may be written after the emulator starts."""

from __future__ import annotations

import base64
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from scaleway_emulator.state import Cluster


@dataclass(frozen=True, slots=True)
class Credentials:
    """Address and credentials of an API server."""

    server: str
    authority: str
    """PEM"""
    token: str


@functools.lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> Credentials:
    """The file's content, cached until it changes: it is used several times a second."""
    document: dict[str, Any] = yaml.safe_load(path.read_text()) or {}
    try:
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return Credentials(server=cluster["server"], authority=authority, token=user["token"])
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{path} needs one cluster with its CA data and one user with a token: {error}") from error


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """The API server that plays the control plane of every cluster; `path` is None if there is none."""

    path: Path | None = None

    def credentials(self) -> Credentials | None:
        """The credentials in the file; None while there is no file.

        Raises:
            ValueError: the file has no server, authority data or token.
        """
        if self.path is None or not self.path.exists():
            return None
        return _read(self.path, self.path.stat().st_mtime_ns)

    def url(self, cluster: Cluster) -> str:
        """The API server's address in answers about the cluster."""
        credentials = self.credentials()
        return credentials.server if credentials else f"https://{cluster.id}.api.k8s.{cluster.region}.scw.cloud:6443"

    def render(self, cluster: Cluster) -> str:
        """The cluster's kubeconfig with Kapsule's names: one cluster, one user, one context."""
        credentials = self.credentials()
        user = f"{cluster.name}-admin"
        context = f"admin@{cluster.name}"
        data = base64.b64encode((credentials.authority if credentials else "").encode()).decode()
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": cluster.name, "cluster": {"certificate-authority-data": data, "server": self.url(cluster)}}
            ],
            "contexts": [{"name": context, "context": {"cluster": cluster.name, "user": user}}],
            "current-context": context,
            "preferences": {},
            "users": [{"name": user, "user": {"token": credentials.token if credentials else "none"}}],
        }
        return yaml.safe_dump(document, sort_keys=False)
