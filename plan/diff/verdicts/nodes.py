"""Changes of node pools and firewalls."""

import math
from typing import Any

from config.model import format_duration
from config.node_types import node_type_of
from plan.diff.fleet import (
    FIREWALL_TYPE,
    POOL_TYPE,
    Bridge,
    is_gateway_pool,
    is_recorder_pool,
    is_reserve_pool,
    is_turn_pool,
    pool_shard,
)
from plan.diff.paths import under
from plan.diff.scaleway_rules import forcing_paths
from plan.diff.verdicts.rule import GUESS, Case, Effect, rule
from plan.diff.verdicts.sources import AUTOSCALER, DRAIN, PROVIDER, RECORDINGS
from plan.recorder import Resource

KAPSULE_DRAIN_SECONDS = 900
"""How long Kapsule drains a node before it deletes it, regardless of grace periods and budgets: the API's
`max_termination_grace_period`, by default 15 minutes; the provider cannot set it (scaleway-sdk-go #3305)."""


REPLACED = f"{PROVIDER}/k8s/pool.go (ForceNew); {DRAIN}"
SHRUNK = f"{RECORDINGS}/pool-wait.cassette.yaml (from 2 nodes to 1 the newer one went); {DRAIN}"
CLAMPED = f"{GUESS}no recording shows a lower maximum of an autoscaled pool"
FILTERS = f"{PROVIDER}/instance/security_group.go (rules change in place, in order)"
ESTABLISHED = f"{GUESS}no recording shows whether a flow outlives the rule that let it in"


def node_leaves(how: str, bridges: frozenset[Bridge], grace: int, source: str = "") -> Effect:
    """Return the effect of Kapsule removing bridges' nodes: it waits 15 minutes, then kills the pods."""
    if grace > KAPSULE_DRAIN_SECONDS:
        why = (
            f"{how}: Kapsule waits {format_duration(KAPSULE_DRAIN_SECONDS)} for a node, then kills its pods, but bridges may take "
            f"{format_duration(grace)}"
        )
        return Effect("drops", why, bridges, source)
    why = f"{how}: each bridge has {format_duration(grace)}, and Kapsule waits {format_duration(KAPSULE_DRAIN_SECONDS)}"
    return Effect("drains", why, bridges, source)


def replaced_for(case: Case) -> str:
    """Return why the pool is replaced: the property that cannot change in place."""
    forcing = forcing_paths(POOL_TYPE)
    paths = case.change.paths
    reason = next((path for path in paths if any(under(path, force) for force in forcing)), paths[0])
    return f"the pool is replaced because {reason} changes"


@rule("bridge-pool-shrinks", SHRUNK)
def bridge_pool_size(case: Case) -> Effect | None:
    """Shrinking a pool removes its newest nodes and the bridges on them."""
    old = case.change.old
    shard = pool_shard(old) if old else None
    if old is None or shard is None or case.change.operation != "update":
        return None
    fewer = _fewer(case)
    if fewer is None:
        return Effect("none", "no node is removed; an autoscaler removes only empty nodes", source=AUTOSCALER)
    autoscaled = bool(old.properties.get("autoscaling"))
    before, after = fewer
    hurt = _on_nodes(case, shard, before - after, before)
    return node_leaves(
        _newest_leave(case, before, after),
        frozenset(bridge.uncertain for bridge in hurt) if autoscaled else hurt,
        case.base.grace_seconds(shard),
        _shrunk(case),
    )


def _shrunk(case: Case) -> str:
    """Return where it is known which nodes go: a fixed size was recorded, a lower maximum was not."""
    return CLAMPED if case.change.before.get("autoscaling") else SHRUNK


def _fewer(case: Case) -> tuple[int, int] | None:
    """Return the maximum number of nodes before and after. None if no node must be removed."""
    before, after = _max_nodes(case.change.before), _max_nodes(case.change.after)
    return None if before is None or after is None or after >= before else (before, after)


def _newest_leave(case: Case, before: int, after: int) -> str:
    """Describe which nodes are removed: the size is clamped to the new maximum at once."""
    autoscaled = bool(case.change.before.get("autoscaling"))
    number = f"at most {before}" if autoscaled else str(before)
    until = f" (none while there are at most {after})" if autoscaled else ""
    nodes = "1 node" if after == 1 else f"{after} nodes"
    return f"{nodes} instead of {number}, and Kapsule removes the newest, with the pods on them{until}"


def _max_nodes(properties: dict[str, Any]) -> int | None:
    """Return the maximum number of nodes: the size, or the autoscaler's upper bound."""
    size = properties.get("maxSize" if properties.get("autoscaling") else "size")
    return size if isinstance(size, int) else None


def _on_nodes(case: Case, shard: str, nodes: int, of: int) -> frozenset[Bridge]:
    """Return the last bridges of a shard, as many as fit on these nodes of its pool."""
    bridges = sorted(case.base.of(shard), key=lambda bridge: (bridge.number, bridge.workload))
    request = max((workload.millicpu for workload in case.base.workloads if workload.shard == shard), default=0)
    node_type = node_type_of(str(case.change.before.get("nodeType", "")))
    even = math.ceil(len(bridges) / of)
    per_node = max(1, even, node_type.vcpus * 1000 // request if request else 1)
    return frozenset(bridges[max(0, len(bridges) - nodes * per_node) :])


@rule("system-pool-goes", REPLACED)
def system_pool(case: Case) -> Effect | None:
    """Prosody, jicofo and HAProxy of all shards run on the system pool; shrinking it removes its newest nodes."""
    old = case.change.old
    special = old is not None and (is_gateway_pool(old) or is_recorder_pool(old) or is_turn_pool(old))
    if old is None or old.type != POOL_TYPE or pool_shard(old) is not None or special:
        return None
    if not case.change.goes:
        fewer = _fewer(case)
        if fewer is None:
            return Effect(
                "none", "the autoscaler's bounds change; it removes only nodes it can empty", source=AUTOSCALER
            )
        why = (
            f"{_newest_leave(case, *fewer)}: prosody and jicofo on them restart, which ends every meeting of their "
            f"shards. cluster.system.max: {fewer[0]} keeps the maximum, which otherwise falls with the number of pods"
        )
        return Effect("drops", why, frozenset(bridge.uncertain for bridge in _on_system(case, old)), _shrunk(case))
    gone = replaced_for(case) if case.change.paths else "the pool is deleted"
    if is_reserve_pool(old):
        zone = old.properties.get("zone")
        return Effect("drops", f"{gone}: prosody and jicofo of the shards in {zone} restart", _on_system(case, old))
    why = f"{gone}: prosody and jicofo of every shard restart"
    if case.change.touches("zone"):
        why += "; volumes stay in the old zone, and what uses one waits until it is deleted and made anew"
    return Effect("drops", why, case.base.bridges)


def _on_system(case: Case, pool: Resource) -> frozenset[Bridge]:
    """Return the bridges of the shards whose signalling may be on a system pool: of its zone's, or of all on the first."""
    if not is_reserve_pool(pool):
        return case.base.bridges
    zones, zone = case.base.signalling_zones, pool.properties.get("zone")
    return frozenset(bridge for bridge in case.base.bridges if zones.get(bridge.shard) == zone)


@rule("gateway-pool-changes", REPLACED)
def gateway_pool(case: Case) -> Effect | None:
    """Removing gateway nodes ends calls that outlast Kapsule's node drain."""
    old = case.change.old
    if old is None or old.type != POOL_TYPE or not is_gateway_pool(old):
        return None
    before, after = old.properties.get("size"), case.change.after.get("size")
    if not case.change.goes and isinstance(before, int) and isinstance(after, int) and after >= before:
        return Effect("none", "no node is removed")
    return Effect("drops", "gateway nodes are removed: telephone calls on them end after at most 15 minutes")


@rule("turn-pool-goes", REPLACED)
def turn_pool(case: Case) -> Effect | None:
    """Clients of TURN over UDP on the pool's nodes reconnect."""
    old = case.change.old
    if old is None or old.type != POOL_TYPE or not is_turn_pool(old):
        return None
    if not case.change.goes:
        return Effect("none", "no node is removed")
    return Effect(
        "drops",
        "a node for TURN over UDP is removed: its clients lose media after 15 minutes and rejoin",
    )


@rule("recorder-pool-goes", REPLACED)
def recorder_pool(case: Case) -> Effect | None:
    """Recordings may outlast Kapsule's node drain."""
    old = case.change.old
    if old is None or not is_recorder_pool(old):
        return None
    fewer, source = _fewer(case), REPLACED
    if case.change.goes:
        how = "the pool is deleted" if case.change.operation == "delete" else replaced_for(case)
    elif fewer:
        how, source = _newest_leave(case, *fewer), _shrunk(case)
    else:
        return Effect(
            "none", "the autoscaler's bounds change; it removes no node that runs a recorder", source=AUTOSCALER
        )
    return Effect(
        "drops",
        f"{how}: Kapsule waits {format_duration(KAPSULE_DRAIN_SECONDS)} for a node, then kills its pods, which "
        "cuts running recordings; the next recorder uploads what exists, and calls continue",
        source=source,
    )


@rule("firewall-closes", FILTERS)
def firewall(case: Case) -> Effect | None:
    """Closing a port that bridges advertise ends their media."""
    old = case.change.old
    if old is None or old.type != FIREWALL_TYPE or case.change.operation != "update":
        return None
    closed: dict[int, frozenset[Bridge]] = {}
    for ports in _ports_of_shards(case).values():
        for port, bridges in ports.items():
            if lets_in(case.change.before, port) and not lets_in(case.change.after, port):
                closed[port] = closed.get(port, frozenset()) | bridges
    if not closed:
        return Effect("none", "no port used by a bridge closes")
    hurt = frozenset[Bridge]().union(*closed.values())
    listed = ", ".join(map(str, sorted(closed)))
    return Effect("drops", f"the firewall closes UDP {listed}, which bridges use", hurt, ESTABLISHED)


def _ports_of_shards(case: Case) -> dict[str, dict[int, frozenset[Bridge]]]:
    """Return the ports of the firewall's shards; its logical name ends with the shard's name and `-firewall`."""
    name = case.change.resource.name.removesuffix("-firewall")
    own = {shard: ports for shard, ports in case.base.ports.items() if name == shard or name.endswith(f"-{shard}")}
    return own or case.base.ports


def lets_in(properties: dict[str, Any], port: int) -> bool:
    """Whether a security group accepts UDP on this port; its first matching rule decides."""
    for inbound in properties.get("inboundRules") or []:
        if inbound.get("protocol", "TCP") in ("UDP", "ANY") and _covers(inbound, port):
            return inbound.get("action") == "accept"
    return properties.get("inboundDefaultPolicy", "accept") == "accept"


def _covers(inbound: dict[str, Any], port: int) -> bool:
    if inbound.get("portRange"):
        first, _, last = str(inbound["portRange"]).partition("-")
        return int(first) <= port <= int(last or first)
    return not inbound.get("port") or inbound["port"] == port
