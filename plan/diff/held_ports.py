"""NodePorts that a change asks for while another Service still holds them: the engine deletes last, and the API server refuses."""

from collections.abc import Iterator, Sequence

from plan.diff.fleet import instance_of, kind_of, object_name
from plan.diff.paths import at
from plan.recorder import Resource


def _held(resources: Sequence[Resource]) -> dict[tuple[str, int], Resource]:
    """Protocol and NodePort -> the Service that has it."""
    return {
        (str(port.get("protocol", "TCP")), int(port["nodePort"])): resource
        for resource in resources
        if kind_of(resource) == "Service"
        for port in at(resource.properties, "spec", "ports") or []
        if isinstance(port.get("nodePort"), int)
    }


def _collisions(old: Sequence[Resource], new: Sequence[Resource]) -> Iterator[tuple[str, Resource, Resource]]:
    before = _held(old)
    for (protocol, number), wants in _held(new).items():
        has = before.get((protocol, number))
        if has is not None and has.urn != wants.urn:
            yield f"{protocol} {number}", has, wants


def held_ports(old: Sequence[Resource], new: Sequence[Resource]) -> list[str]:
    """What a reader must know of it: one line for each pair of shards, with the way round."""
    found: dict[tuple[str, str], list[tuple[str, Resource, Resource]]] = {}
    for port, has, wants in _collisions(old, new):
        found.setdefault((instance_of(has), instance_of(wants)), []).append((port, has, wants))
    lines = []
    for (holder, asker), pairs in found.items():
        port, has, wants = pairs[0]
        more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
        lines.append(
            f"`pulumi up` cannot do this at once: {object_name(wants)} of {asker} asks for NodePort {port}{more}, which "
            f"{object_name(has)} of {holder} holds until the update's end, so the API server refuses it. Keep the ports where they "
            f"are (`slot` of the shard, or `bridges.firstPort`), or move {holder} away in an update of its own first."
        )
    return lines
