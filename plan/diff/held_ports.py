"""NodePorts still held by another Service: the engine deletes last, so the API server refuses the new Service."""

from collections.abc import Iterator, Sequence

from plan.diff.fleet import instance_of, kind_of, object_name
from plan.diff.paths import at
from plan.recorder import Resource


def _held(resources: Sequence[Resource]) -> dict[tuple[str, int], Resource]:
    """Return protocol and NodePort -> the Service that holds it."""
    return {
        (str(port.get("protocol", "TCP")), int(port["nodePort"])): resource
        for resource in resources
        if kind_of(resource) == "Service"
        for port in at(resource.properties, "spec", "ports") or []
        if isinstance(port.get("nodePort"), int)
    }


def _collisions(old: Sequence[Resource], new: Sequence[Resource]) -> Iterator[tuple[str, Resource, Resource]]:
    before = _held(old)
    for (protocol, number), service in _held(new).items():
        holder = before.get((protocol, number))
        if holder is not None and holder.urn != service.urn:
            yield f"{protocol} {number}", holder, service


def held_ports(old: Sequence[Resource], new: Sequence[Resource]) -> list[str]:
    """Return one note for each pair of shards, with a workaround."""
    collisions: dict[tuple[str, str], list[tuple[str, Resource, Resource]]] = {}
    for port, holder, service in _collisions(old, new):
        collisions.setdefault((instance_of(holder), instance_of(service)), []).append((port, holder, service))
    lines = []
    for (old_shard, new_shard), pairs in collisions.items():
        port, holder, service = pairs[0]
        more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
        lines.append(
            f"`pulumi up` cannot apply this in one step: {object_name(service)} of {new_shard} needs NodePort "
            f"{port}{more}, which {object_name(holder)} of {old_shard} holds until the end of the update, so the API "
            f"server refuses it. Keep the ports (`slot` of the shard, or `bridges.firstPort`), or move {old_shard} to "
            "other ports in a separate update first."
        )
    return lines
