"""Driving the emulator over its ASGI application, as the provider drives it over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

import httpx
from scaleway_emulator.options import Options
from scaleway_emulator.server import Emulator

from tests.lab.scaleway_emulator.held_answers import answer_faults

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.applications import Starlette

PROJECT = "11111111-1111-1111-1111-111111111111"
REGION, ZONE = "fr-par", "fr-par-1"
VPC, K8S = f"/vpc/v2/regions/{REGION}", f"/k8s/v1/regions/{REGION}"
INSTANCE, LB = f"/instance/v1/zones/{ZONE}", f"/lb/v1/zones/{ZONE}"
DNS = "/domain/v2beta1/dns-zones"


class Http:
    """A synchronous client of an ASGI application."""

    def __init__(self, application: Starlette, headers: dict[str, str] | None = None) -> None:
        self.runner = asyncio.Runner()
        transport = httpx.ASGITransport(application)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://emulator", headers=headers)

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        return self.runner.run(self.http.request(method, path, **arguments))

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def close(self) -> None:
        self.runner.run(self.http.aclose())
        self.runner.close()


class Cloud:
    """One emulator in one folder. `now` is its clock; `answer` is the last answer."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.now = 1_000_000.0
        self.lines: list[str] = []
        self.emulator = Emulator(Options(state=folder, **options), clock=lambda: self.now, say=self.lines.append)
        self.client = Http(self.emulator.application(), headers={"X-Auth-Token": "key"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def anonymous(self, path: str) -> httpx.Response:
        """GET without a key."""
        client = Http(self.emulator.application())
        try:
            return client.get(path)
        finally:
            client.close()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Send a request; an answer that the official SDK's type, or the recorded ones, do not allow fails the test."""
        answer = self.client.request(method, path, json=body, params=query)
        if answer.is_success:
            found = answer_faults(method, path, answer.status_code, answer.json() if answer.content else None)
            assert not found, f"{method} {path} answers what the SDK refuses: {'; '.join(found)}"
        return answer

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        response = self.ask("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def make(self, path: str, body: Any, method: str = "POST") -> dict[str, Any]:
        response = self.ask(method, path, body)
        assert response.is_success, response.text
        return response.json() if response.content else {}

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> str:
        """The message of a refusal: what the SDK would print of it."""
        response = self.ask(method, path, body)
        assert response.status_code == status, response.text
        answer = response.json()
        details = answer.get("details") or [answer]
        return "; ".join(each.get("help_message") or answer["message"] for each in details)

    def network(self, subnet: str = "172.16.0.0/22") -> dict[str, Any]:
        vpc = self.make(f"{VPC}/vpcs", {"name": "v", "project_id": PROJECT})
        return self.make(f"{VPC}/private-networks", {"name": "n", "vpc_id": vpc["id"], "subnets": [subnet]})

    def cluster_body(self, **changes: Any) -> dict[str, Any]:
        network = changes.pop("network", None) or self.network()
        base = {"name": "k", "version": "1.35.3", "cni": "cilium", "project_id": PROJECT}
        return {**base, "private_network_id": network["id"], **changes}

    def cluster(self, **changes: Any) -> dict[str, Any]:
        return self.make(f"{K8S}/clusters", self.cluster_body(**changes))

    def pool_body(self, **changes: Any) -> dict[str, Any]:
        return {"name": "p", "node_type": "DEV1-M", "size": 1, "zone": ZONE, **changes}

    def pool(self, cluster: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self.make(f"{K8S}/clusters/{cluster['id']}/pools", self.pool_body(**changes))

    def group(self, **changes: Any) -> dict[str, Any]:
        body = {"name": "g", "project": PROJECT, "stateful": True, "inbound_default_policy": "drop", **changes}
        return self.make(f"{INSTANCE}/security_groups", body)["security_group"]
