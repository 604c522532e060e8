"""Rules about zones: signalling beside its bridges, the edge in every zone, and nothing that stops with one zone unsaid."""

import itertools
import json
import re
from collections.abc import Iterator

from components.ingress.room_routing import VOUCHED_SECONDS
from components.kubernetes.labels import RESERVE_TAINT, ROLE_LABEL, SYSTEM_ROLE, ZONE_LABEL
from components.signalling.web_content import CONFIG, map_key
from config.browser import KEY, PING, Ping
from plan.diff.fleet import component_of, instance_of, object_name
from plan.diff.paths import at, mapping, mappings
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.edge import edges
from plan.resources.haproxy_cfg import Section
from plan.resources.haproxy_cfg import seconds as duration
from plan.resources.made import Resources
from plan.resources.templates import known, templates
from plan.zone_loss import PROMISED_SECONDS, wait
from sizing.parts import NAMED

SIGNALLING = ("prosody", "jicofo", "web", "visitors")


def _system_pools(stack: Resources) -> list[Resource]:
    return [each for each in stack.of("Pool") if at(each.properties, "labels", ROLE_LABEL) == SYSTEM_ROLE]


def _softly_reserved(pool: Resource) -> bool:
    taints = mappings(pool.properties.get("taints"))
    return any((each.get("key"), each.get("effect")) == (RESERVE_TAINT, "PreferNoSchedule") for each in taints)


@rule("signalling-elsewhere", "error")
def signalling_elsewhere(stack: Resources) -> Iterator[Hit]:
    """Signalling of a shard may run in another zone than its bridges, or not in any."""
    asked = {shard.name: shard.signalling_zone for shard in stack.config.resolved}
    for template in templates(stack, *SIGNALLING):
        chosen, zone = template.spec.get("nodeSelector"), asked.get(template.shard)
        if not known(chosen) or template.shard not in asked or not known(mapping(chosen).get(ZONE_LABEL)):
            continue
        if mapping(chosen).get(ZONE_LABEL) != zone:
            yield Hit(
                f"{template.where}.spec.nodeSelector",
                f"is {chosen or 'none'}, and {template.name} of {template.shard} belongs in {zone or 'any zone'}: it fails with another "
                "zone than its bridges do",
                f"select {ZONE_LABEL}: {zone}" if zone else f"select no {ZONE_LABEL}",
            )


@rule("zone-without-system-nodes", "error")
def zone_without_system_nodes(stack: Resources) -> Iterator[Hit]:
    """A zone with signalling has no system nodes."""
    pools = _system_pools(stack)
    held = [pool.properties.get("zone") for pool in pools]
    for zone in stack.config.system_zones if stack.of("Pool") and all(map(known, held)) else ():
        if zone not in held:
            yield Hit(
                (*pools, *stack.of("Cluster"))[0].name,
                f"no system pool is in {zone}: signalling of the shards there stays Pending",
                f"create a pool with the label {ROLE_LABEL}: {SYSTEM_ROLE} in {zone}",
            )


@rule("system-pool-attracts", "error")
def system_pool_attracts(stack: Resources) -> Iterator[Hit]:
    """What is bound to no zone is spread over the system pools at random."""
    zone = stack.config.system_zone if stack.config.cluster.owns_nodes else None
    for pool in _system_pools(stack):
        first = pool.properties.get("zone") == zone
        if known(pool.properties.get("zone")) and _softly_reserved(pool) is first:
            yield Hit(
                f"{pool.name}.taints",
                f"{'is' if first else 'is not'} tainted {RESERVE_TAINT} with PreferNoSchedule: pods of no zone, and signalling that shares "
                f"{zone} with its bridges, run in another zone",
                f"taint each system pool except that of {zone}",
            )


@rule("edge-in-one-zone", "error")
def edge_in_one_zone(stack: Resources) -> Iterator[Hit]:
    """HAProxies keep to one zone although several have system nodes."""
    if len(stack.config.system_zones) < 2:  # noqa: PLR2004
        return
    for template in templates(stack, "haproxy"):
        if not known(template.spec.get("tolerations")):
            continue
        tolerated = any(
            each.get("key") == RESERVE_TAINT and each.get("operator") == "Exists"
            for each in mappings(template.spec.get("tolerations"))
        )
        if not tolerated or mapping(template.spec.get("nodeSelector")):
            yield Hit(
                f"{template.where}.spec",
                f"{'selects nodes' if tolerated else f'does not tolerate {RESERVE_TAINT}'}: every HAProxy is in one zone, and all "
                "signalling stops with it",
                f"tolerate {RESERVE_TAINT}, and select no nodes",
            )


@rule("lost-zone-noticed-late", "error")
def lost_zone_noticed_late(stack: Resources) -> Iterator[Hit]:
    """People of a lost zone wait for longer than a minute until they are in a meeting of another zone."""
    if len(stack.config.system_zones) < 2:  # noqa: PLR2004
        return
    asked = _ping(stack)
    if asked is None:
        return
    for edge in itertools.islice(edges(stack), 1):
        dead = _dead_seconds(edge.section("backend", "signalling"))
        seconds = sum(wait(asked, dead, door=len(stack.config.balancer_zones) > 1).values())
        if seconds > PROMISED_SECONDS:
            yield Hit(
                edge.where,
                f"people of a lost zone are in a meeting again after {seconds:.0f} s, later than {PROMISED_SECONDS} s: a shard counts as dead "
                f"after {dead:.0f} s, browsers notice after {asked.noticed:.0f} s",
                f"check shards as docs/edge.md says, and leave {KEY} of config.js to the program",
            )


def _ping(stack: Resources) -> Ping | None:
    """The pings that the pages ask for; None if that is not known."""
    for files in stack.of("ConfigMap"):
        text = at(files.properties, "data", map_key(CONFIG))
        if isinstance(text, str) and (found := re.search(rf'"{KEY}": (\{{[^}}]*\}})', text)):
            return PING.changed(json.loads(found[1]))
        if text is not None and not isinstance(text, str):
            return None
    return PING


def _dead_seconds(section: Section) -> float:
    """Seconds until a silent shard counts as dead for every HAProxy, as `room_routing.dead_seconds` counts them."""
    options = dict(re.findall(r"\b(inter|fastinter|fall) (\w+)", " ".join(section.after("default-server"))))
    check, fall = duration(options.get("inter", "2s")) or 0, int(options.get("fall", "3"))
    again = duration(options.get("fastinter", "")) or check
    return check + fall * check + (fall - 1) * again + VOUCHED_SECONDS


@rule("lost-with-a-zone", "error")
def lost_with_a_zone(stack: Resources) -> Iterator[Hit]:
    """Something that all shards share runs in one zone, and no record says what is lost with it, and for how long."""
    shards = {shard.name for shard in stack.config.resolved}
    for workload, spec in stack.workloads:
        part, constraints = NAMED.get(component_of(workload)), spec.get("topologySpreadConstraints")
        spread = any(each.get("topologyKey") == ZONE_LABEL for each in mappings(constraints))
        if instance_of(workload) in shards or spread or not known(constraints) or (part and part.zone_loss):
            continue
        yield Hit(
            f"{workload.name}.spec.template.spec",
            f"{part.name if part else object_name(workload)} is no shard's, and nothing spreads it over zones: what ends with its zone, and "
            "until when, is written nowhere",
            "spread it over zones, or write zone_loss in its record (sizing/parts.py)",
        )
