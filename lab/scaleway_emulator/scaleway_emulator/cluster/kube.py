"""An asynchronous client of the API server, reconnected whenever the kubeconfig changes."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from scaleway_emulator.kubeconfig import ControlPlane, Credentials

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"


class Unreachable(Exception):  # noqa: N818 - a state, not an error
    """The API server does not answer, or there is no kubeconfig yet; the loops try again."""


class Kube:
    """Requests to the API server. Not found and conflict are ordinary answers."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._control_plane = control_plane
        self._credentials: Credentials | None = None
        self._http: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _client(self) -> httpx.AsyncClient:
        try:
            credentials = self._control_plane.credentials()
        except ValueError as error:
            raise Unreachable(str(error)) from None
        if credentials is None:
            raise Unreachable("no kubeconfig yet")
        if self._http is None or credentials != self._credentials:
            await self.close()
            self._credentials = credentials
            self._http = httpx.AsyncClient(
                base_url=credentials.server,
                headers={"Authorization": f"Bearer {credentials.token}", "User-Agent": "scaleway-emulator"},
                verify=ssl.create_default_context(cadata=credentials.authority),
                timeout=10.0,
                trust_env=False,
            )
        return self._http

    async def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> httpx.Response:
        """Send one request.

        Raises:
            Unreachable: no answer, or the server starts or stops (5xx; 401 and 403 until it has read its tokens).
        """
        client = await self._client()
        try:
            response = await client.request(method, path, json=body, headers={"Content-Type": kind} if body else {})
        except (httpx.TransportError, ssl.SSLError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        if response.status_code >= 500 or response.status_code in (401, 403):
            raise Unreachable(f"{method} {path}: HTTP {response.status_code}")
        return response

    async def items(self, path: str) -> list[dict[str, Any]]:
        """The items of a list, from the server's watch cache (resource version 0)."""
        joint = "&" if "?" in path else "?"
        response = await self.request("GET", f"{path}{joint}resourceVersion=0")
        return response.json()["items"] if response.is_success else []

    async def create(self, path: str, manifest: dict[str, Any]) -> bool:
        """Create an object; False if one of that name exists."""
        return (await self.request("POST", path, manifest)).is_success

    async def patch(self, path: str, body: dict[str, Any], kind: str = MERGE) -> bool:
        """Patch an object; False if the server refuses or it does not exist."""
        return (await self.request("PATCH", path, body, kind)).is_success

    async def delete(self, path: str, grace: int | None = None) -> None:
        """Delete an object, if it exists."""
        options = {} if grace is None else {"gracePeriodSeconds": grace}
        await self.request("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", **options})

    async def evict(self, namespace: str, pod: str, grace: int | None = None) -> bool:
        """Evict a pod; False if a disruption budget forbids it now."""
        options = {} if grace is None else {"gracePeriodSeconds": grace}
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": namespace},
            "deleteOptions": options,
        }
        response = await self.request("POST", f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction", body)
        return response.is_success or response.status_code == httpx.codes.NOT_FOUND
