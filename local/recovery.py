"""Putting right what an interrupted update left: its lock, and creations that nobody saw end.

Such a creation may or may not have happened. In an embedded stack nothing of value hangs on it, so whatever it made is
removed and the next update makes it again; on a real stack that is for `pulumi refresh` and a human to decide.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from local import files, plugins
from local.processes import Processes, program_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from local.control_plane.api import Api
    from local.engine import Engine
    from local.stack_file import StackFile

SCALEWAY_LISTS = {
    # type: (list, key in the answer); {r} region, {z} zone
    "scaleway:network/vpc:Vpc": ("/vpc/v2/regions/{r}/vpcs", "vpcs"),
    "scaleway:network/privateNetwork:PrivateNetwork": ("/vpc/v2/regions/{r}/private-networks", "private_networks"),
    "scaleway:kubernetes/cluster:Cluster": ("/k8s/v1/regions/{r}/clusters", "clusters"),
    "scaleway:instance/securityGroup:SecurityGroup": ("/instance/v1/zones/{z}/security_groups", "security_groups"),
}
POOL = "scaleway:kubernetes/pool:Pool"


class BusyError(Exception):
    """Another engine works on the stack."""


def clear_lock(engine: Engine, stack: StackFile, say: Callable[[str], None]) -> None:
    """Remove the lock of an engine that is gone.

    Raises:
        BusyError: the engine that holds it runs.
    """
    for lock in (engine.places.backend / ".pulumi/locks").glob(f"*/*/{stack.name}/*.json"):
        holder = int(files.read_json(lock).get("pid") or 0)
        if holder and program_of(holder) == "pulumi":
            raise BusyError(
                f"stack {stack.name} is being worked on by the engine with pid {holder}; wait for it, or end it and "
                f"run this again"
            )
        say(f"the last update of stack {stack.name} was interrupted; its lock is removed")
        lock.unlink(missing_ok=True)
        Processes(engine.places.processes, engine.places.logs).stop_strays(plugins.PROGRAMS)


def pending(backend: Path, stack: str) -> list[dict[str, Any]]:
    """Operations that the stack's last update began and did not see end, each `{"type", "resource"}`."""
    for checkpoint in (backend / ".pulumi/stacks").glob(f"*/{stack}.json"):
        latest = files.read_json(checkpoint).get("checkpoint", {}).get("latest") or {}
        return list(latest.get("pending_operations") or [])
    return []


def clear_pending(engine: Engine, stack: StackFile, api: Api, say: Callable[[str], None]) -> None:
    """Undo half-done creations and forget the pending operations; says what it did, or nothing when there are none."""
    operations = pending(engine.places.backend, stack.name)
    if not operations:
        return
    say(f"the last update of stack {stack.name} was interrupted in {len(operations)} operations; clearing up")
    state = engine.export(stack.path)
    known = {resource.get("id", "").rpartition("/")[2] for resource in state["deployment"].get("resources", [])}
    for operation in operations:
        resource = operation["resource"]
        if operation["type"] != "creating":
            continue
        if resource["type"].startswith("kubernetes:"):
            removed = _remove_object(api, resource.get("inputs", {}))
        elif engine.scaleway_url:
            removed = _remove_from_scaleway(engine, resource, known)
        else:
            removed = False
        if removed:
            say(f"  removed the unfinished {resource['type'].rpartition(':')[2]} {resource['urn'].rpartition('::')[2]}")
    state["deployment"].pop("pending_operations", None)
    engine.run(stack.path, "stack", "import", stdin=json.dumps(state))


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


def _remove_from_scaleway(engine: Engine, resource: dict[str, Any], known: Iterable[str]) -> bool:
    """Delete what bears the resource's (generated, unique) name in the emulated account and is in no state."""
    settings = engine.settings()
    name = resource.get("inputs", {}).get("name")
    headers = {"X-Auth-Token": settings["SCW_SECRET_KEY"]}
    removed = False
    with httpx.Client(base_url=engine.scaleway_url or "", headers=headers, timeout=10.0, trust_env=False) as http:
        for path, key in _lists(http, resource, settings):
            for found in http.get(path, params={"page_size": "100"}).json().get(key, []):
                if name and found["name"] == name and found["id"] not in known:
                    single = path if resource["type"] != POOL else path[: path.index("/clusters/")] + "/pools"
                    removed |= http.delete(f"{single}/{found['id']}").is_success
    return removed


def _lists(http: httpx.Client, resource: dict[str, Any], settings: dict[str, str]) -> Iterator[tuple[str, str]]:
    region = str(resource.get("inputs", {}).get("region") or settings["SCW_DEFAULT_REGION"])
    zone = str(resource.get("inputs", {}).get("zone") or settings["SCW_DEFAULT_ZONE"])
    if resource["type"] == POOL:
        clusters = f"/k8s/v1/regions/{region}/clusters"
        for cluster in http.get(clusters, params={"page_size": "100"}).json().get("clusters", []):
            yield f"{clusters}/{cluster['id']}/pools", "pools"
    elif resource["type"] in SCALEWAY_LISTS:
        path, key = SCALEWAY_LISTS[resource["type"]]
        yield path.format(r=region, z=zone), key
