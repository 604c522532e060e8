"""HAProxy's pod as processes and files, and the load balancer before it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from edge.edge_world import BINARY, SCRIPTS

if TYPE_CHECKING:
    from components.kubernetes.document import Document
    from lab.cluster.api import Api


class EdgePod:
    """The files of HAProxy's pod below `folder`: its ConfigMap, with paths to match, and its Secrets, which `refresh` follows."""

    def __init__(self, api: Api, pod: Document, folder: Path) -> None:
        self.api, self.folder = api, folder
        self.name, self.namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        self.volumes = {
            each["name"]: [source["secret"] for source in each["projected"]["sources"]]
            if "projected" in each
            else [{**each["secret"], "name": each["secret"]["secretName"]}]
            for each in pod["spec"]["volumes"]
            if each.keys() & {"projected", "secret"}
        }
        for each in ("etc", "run", *(f"tls/{name}" for name in self.volumes)):
            (folder / each).mkdir(parents=True)
        places = {"/etc/haproxy": folder / "etc", "/run/haproxy": folder / "run", "/tls/": f"{folder / 'tls'}/"}
        for name, text in api.get(f"/api/v1/namespaces/{self.namespace}/configmaps/haproxy")["data"].items():
            here = re.sub("|".join(places), lambda found: str(places[found[0]]), text)
            (folder / "etc" / name).write_text(here if name == "haproxy.cfg" else text)
        self.refresh()

    @property
    def processes(self) -> dict[str, tuple[list[object], dict[str, str]]]:
        """Command line and environment of each container."""
        config, master = self.folder / "etc" / "haproxy.cfg", self.folder / "run" / "master.pid"
        own = {"POD_NAME": self.name, "PATH": f"{Path(BINARY).parent}:{os.environ['PATH']}"}
        watched = {"WATCHED": f"{self.folder / 'etc'} {self.folder / 'tls'}", "PAUSE": "0.5"}
        return {
            "haproxy": ([BINARY, "-W", "-db", "-p", master, "-L", self.name, "-f", config], own),
            "reload": (
                ["sh", SCRIPTS / "reload.sh"],
                {**own, **watched, "PID_FILE": str(master), "CONFIG": str(config)},
            ),
        }

    def refresh(self) -> None:
        """Fill the Secrets' volumes as a kubelet does: a folder for each content, switched by one symbolic link."""
        for name, sources in self.volumes.items():
            files: dict[str, bytes] = {}
            for source in sources:
                answer = self.api.http.get(f"/api/v1/namespaces/{self.namespace}/secrets/{source['name']}")
                if answer.status_code == httpx.codes.NOT_FOUND and source.get("optional"):
                    continue
                data = answer.raise_for_status().json()["data"]
                items = source.get("items") or [{"key": key, "path": key} for key in data]
                files |= {item["path"]: base64.b64decode(data[item["key"]]) for item in items}
            if files:
                self._fill(self.folder / "tls" / name, files)

    def _fill(self, folder: Path, files: dict[str, bytes]) -> None:
        version = folder / f"..{hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()}"
        if version.exists():
            return
        version.mkdir()
        for path, content in files.items():
            (version / path).write_bytes(content)
            link = folder / path
            if not link.is_symlink():
                link.symlink_to(f"..data/{path}")
        (folder / "..data_tmp").symlink_to(version.name)
        (folder / "..data_tmp").replace(folder / "..data")


def balancer(address: str, node: str, service: Document) -> str:
    """Configuration of a load balancer (HAProxy) that passes a Service's ports to a node with the PROXY protocol."""
    lines = ["defaults", "  mode tcp", "  timeout connect 5s", "  timeout client 1h", "  timeout server 1h"]
    for port in service["spec"]["ports"]:
        lines += [f"listen {port['name']}", f"  bind {address}:{port['port']}"]
        lines.append(f"  server node {node}:{port['nodePort']} send-proxy-v2")
    return "\n".join(lines) + "\n"
