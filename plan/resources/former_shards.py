"""Rules about a stack whose release changes: the former set of shards keeps what is its own until its meetings are over."""

from collections.abc import Iterator

from components.ingress.leaving import known_shards
from config.bridges import NODE_PORT_BLOCK, NODE_PORTS
from plan.diff.fleet import instance_of, object_name
from plan.diff.paths import at, mappings
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from sizing.parts import HAPROXY

REMEDY = "run pulumi up, which restores it"


@rule("former-shard-hit", "error")
def former_shard_hit(stack: Resources) -> Iterator[Hit]:
    """While a release changes, an object takes the name, a port or the number of a shard of the former release."""
    for former, slot in stack.config.other_set.items():
        yield from _named(stack, former)
        yield from _ports(stack, former, slot)
        yield from _numbered(stack, former, slot)


def _named(stack: Resources, former: str) -> Iterator[Hit]:
    for resource in stack.resources:
        if instance_of(resource) == former:
            yield Hit(
                f"{resource.name}.metadata.labels",
                f"carries the name of {former}, whose meetings may go on: Services and policies of both would mix",
                REMEDY,
            )


def _ports(stack: Resources, former: str, slot: int) -> Iterator[Hit]:
    first = NODE_PORTS[0] + 300 + NODE_PORT_BLOCK * slot
    block = range(first, first + NODE_PORT_BLOCK)
    for service in stack.of("Service"):
        for port in mappings(service.properties, "spec", "ports"):
            if port.get("protocol") == "UDP" and port.get("nodePort") in block:
                yield Hit(
                    f"{service.name}.spec.ports",
                    f"NodePort {port['nodePort']} is in the block of {former}, {first}-{block[-1]}, whose bridges may still have it: the "
                    "API server refuses it",
                    REMEDY,
                )


def _numbered(stack: Resources, former: str, slot: int) -> Iterator[Hit]:
    for resource in stack.of("ConfigMap"):
        text = at(resource.properties, "data", "haproxy.cfg") if object_name(resource) == HAPROXY.name else None
        for shard in known_shards(text) if isinstance(text, str) else ():
            if shard.slot == slot and shard.name != former:
                yield Hit(
                    f"{resource.name}.data",
                    f"{shard.name} has number {shard.number}, by which HAProxies know {former}: its open rooms would lead to {shard.name}",
                    REMEDY,
                )
