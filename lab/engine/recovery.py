"""Recovery from an interrupted update: its lock, and creations of unknown outcome.

Such a creation may or may not have happened. An embedded stack holds nothing of value, so the resource is deleted and the
next update creates it again; on a real stack `pulumi refresh` and a human decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from lab import files
from lab.engine import plugins
from lab.processes import Processes, program_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from lab.cluster.api import Api
    from lab.paths import Paths

SCALEWAY_LISTS = {
    # type: (list, key in the answer); {r} region, {z} zone
    "scaleway:network/vpc:Vpc": ("/vpc/v2/regions/{r}/vpcs", "vpcs"),
    "scaleway:network/privateNetwork:PrivateNetwork": ("/vpc/v2/regions/{r}/private-networks", "private_networks"),
    "scaleway:kubernetes/cluster:Cluster": ("/k8s/v1/regions/{r}/clusters", "clusters"),
    "scaleway:instance/securityGroup:SecurityGroup": ("/instance/v1/zones/{z}/security_groups", "security_groups"),
}
POOL = "scaleway:kubernetes/pool:Pool"


class BusyError(Exception):
    """Another engine holds the stack's lock."""


def clear_lock(paths: Paths, stack: str, say: Callable[[str], None]) -> None:
    """Remove the lock of an engine that no longer runs.

    Raises:
        BusyError: the engine that holds the lock runs.
    """
    for lock in (paths.backend / ".pulumi/locks").glob(f"*/*/{stack}/*.json"):
        holder = int(files.read_json(lock).get("pid") or 0)
        if holder and program_of(holder) == "pulumi":
            raise BusyError(
                f"the engine with pid {holder} works on stack {stack}; wait for it, or stop it and run this again"
            )
        say(f"the last update of stack {stack} was interrupted; its lock is removed")
        lock.unlink(missing_ok=True)
        Processes(paths.processes, paths.logs).stop_strays(plugins.PROGRAMS)


def pending(backend: Path, stack: str) -> list[dict[str, Any]]:
    """Operations without a known outcome in the stack's last update, each `{"type", "resource"}`."""
    for checkpoint in (backend / ".pulumi/stacks").glob(f"*/{stack}.json"):
        latest = files.read_json(checkpoint).get("checkpoint", {}).get("latest") or {}
        return list(latest.get("pending_operations") or [])
    return []


def undo(state: dict[str, Any], api: Api, settings: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Delete what pending creations made, and remove the pending operations from an exported `state`.

    `settings` hold the SCW_* variables of the emulated account; without SCW_API_URL only the cluster is cleaned.
    """
    operations = state["deployment"].pop("pending_operations", None) or []
    ids = {resource.get("id", "").rpartition("/")[2] for resource in state["deployment"].get("resources", [])}
    for operation in operations:
        resource = operation["resource"]
        if operation["type"] != "creating":
            continue
        if resource["type"].startswith("kubernetes:"):
            removed = _remove_object(api, resource.get("inputs", {}))
        elif "SCW_API_URL" in settings:
            removed = _remove_from_scaleway(settings, resource, ids)
        else:
            removed = False
        if removed:
            say(f"  removed the unfinished {resource['type'].rpartition(':')[2]} {resource['urn'].rpartition('::')[2]}")


def _remove_object(api: Api, inputs: dict[str, Any]) -> bool:
    """Delete the Kubernetes object that `inputs` describe, if it is there."""
    group_version, metadata = inputs.get("apiVersion", ""), inputs.get("metadata", {})
    root = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
    try:
        kinds = api.get(root).get("resources", [])
    except httpx.HTTPError:
        return False
    for kind in kinds:
        if kind["kind"] == inputs.get("kind") and "/" not in kind["name"] and metadata.get("name"):
            namespace = f"/namespaces/{metadata.get('namespace', 'default')}" if kind["namespaced"] else ""
            return api.delete(f"{root}{namespace}/{kind['name']}/{metadata['name']}")
    return False


def _remove_from_scaleway(settings: Mapping[str, str], resource: dict[str, Any], known_ids: Iterable[str]) -> bool:
    """Delete resources of this (generated, unique) name from the emulated account, unless the state knows them."""
    name = resource.get("inputs", {}).get("name")
    headers = {"X-Auth-Token": settings["SCW_SECRET_KEY"]}
    removed = False
    with httpx.Client(base_url=settings["SCW_API_URL"], headers=headers, timeout=10.0, trust_env=False) as http:
        for path, key in _lists(http, resource, settings):
            for listed in http.get(path, params={"page_size": "100"}).json().get(key, []):
                if name and listed["name"] == name and listed["id"] not in known_ids:
                    single = path if resource["type"] != POOL else path[: path.index("/clusters/")] + "/pools"
                    removed |= http.delete(f"{single}/{listed['id']}").is_success
    return removed


def _lists(http: httpx.Client, resource: dict[str, Any], settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    region = str(resource.get("inputs", {}).get("region") or settings["SCW_DEFAULT_REGION"])
    zone = str(resource.get("inputs", {}).get("zone") or settings["SCW_DEFAULT_ZONE"])
    if resource["type"] == POOL:
        clusters = f"/k8s/v1/regions/{region}/clusters"
        for cluster in http.get(clusters, params={"page_size": "100"}).json().get("clusters", []):
            yield f"{clusters}/{cluster['id']}/pools", "pools"
    elif resource["type"] in SCALEWAY_LISTS:
        path, key = SCALEWAY_LISTS[resource["type"]]
        yield path.format(r=region, z=zone), key
