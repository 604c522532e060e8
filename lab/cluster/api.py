"""A small client of the embedded cluster's API server."""

from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING, Any, Self

import httpx
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def has_condition(item: Mapping[str, Any], condition: str = "Ready") -> bool:
    """Whether a condition in the object's status is True."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


class Api:
    """A client for one kubeconfig. It verifies the server; requests time out after `timeout` seconds.

    Raises httpx.HTTPError: TransportError without an answer, HTTPStatusError for a status of 400 or more.
    """

    def __init__(self, kubeconfig: Path, timeout: float = 10.0) -> None:
        document = yaml.safe_load(kubeconfig.read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.server: str = cluster["server"]
        self.http = httpx.Client(
            base_url=self.server,
            headers={"Authorization": f"Bearer {user['token']}", "User-Agent": "jitsi-local"},
            verify=ssl.create_default_context(cadata=authority),
            timeout=timeout,
            trust_env=False,  # the server is on loopback: ignore proxies
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def ready(self) -> bool:
        """Whether the API server answers requests; never raises."""
        try:
            return self.http.get("/readyz").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """The object or list at `path` (`/api/v1/nodes`)."""
        return self.http.get(path, params=params).raise_for_status().json()

    def items(self, path: str, **params: str) -> list[dict[str, Any]]:
        """The items of the list at `path`; an API that is not served (404) has none."""
        answer = self.http.get(path, params=params)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        return answer.raise_for_status().json()["items"]

    def apply(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Server-side apply of `document` at `path`, with its name: created or updated."""
        answer = self.http.patch(
            path,
            params={"fieldManager": "jitsi-local", "force": "true"},
            headers={"Content-Type": "application/apply-patch+yaml"},
            content=yaml.safe_dump(dict(document)),
        )
        return answer.raise_for_status().json()

    def create(self, path: str, document: Mapping[str, Any]) -> bool:
        """Create `document` in the list at `path`; False if it exists."""
        answer = self.http.post(path, json=document)
        if answer.status_code == httpx.codes.CONFLICT:
            return False
        answer.raise_for_status()
        return True

    def delete(self, path: str) -> bool:
        """Delete the object at `path`; False if there is none."""
        answer = self.http.delete(path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        answer.raise_for_status()
        return True

    def watch(self, path: str, seconds: int) -> Iterator[dict[str, Any]]:
        """Events of the list at `path`, existing objects first, for at most `seconds`."""
        limits = httpx.Timeout(10.0, read=seconds + 5.0)
        with self.http.stream(
            "GET", path, params={"watch": "true", "timeoutSeconds": str(seconds)}, timeout=limits
        ) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                yield httpx.Response(200, content=line).json()
