"""Changes of the nodes below the bridges and below everything else, and of the firewall in front of them."""

import math
from typing import Any

from config.model import format_duration
from config.node_types import NODE_TYPES
from plan.diff.fleet import (
    FIREWALL_TYPE,
    POOL_TYPE,
    Bridge,
    is_gateway_pool,
    is_recorder_pool,
    is_relay_pool,
    pool_shard,
)
from plan.diff.paths import under
from plan.diff.scaleway_rules import forcing_paths
from plan.diff.verdicts.rule import Case, Effect, verdict

KAPSULE_DRAIN_SECONDS = 900
"""How long Kapsule lets a node that it deletes drain before it forces it, whatever pods and budgets say: the API's
`max_termination_grace_period`, 15 minutes unless set, which the provider cannot (scaleway-sdk-go #3305)."""


def node_leaves(how: str, bridges: frozenset[Bridge], grace: int) -> Effect:
    """Bridges whose nodes Kapsule takes away: it waits a quarter of an hour, then forces."""
    if grace > KAPSULE_DRAIN_SECONDS:
        why = (
            f"{how}: Kapsule waits {format_duration(KAPSULE_DRAIN_SECONDS)} for a node and then forces it, bridges may take "
            f"{format_duration(grace)}"
        )
        return Effect("drops", why, bridges)
    why = f"{how}: each bridge has {format_duration(grace)}, and Kapsule waits {format_duration(KAPSULE_DRAIN_SECONDS)}"
    return Effect("drains", why, bridges)


@verdict("bridge-pool-goes")
def bridge_pool(case: Case) -> Effect | None:
    """A pool that is replaced or deleted takes its bridges' nodes away."""
    old = case.change.old
    shard = pool_shard(old) if old else None
    if old is None or shard is None or not case.change.goes:
        return None
    how = "the pool is deleted" if case.change.operation == "delete" else _replaced_for(case)
    return node_leaves(how, case.base.of(shard), case.base.grace_seconds(shard))


def _replaced_for(case: Case) -> str:
    """Why the pool is made anew: the property that cannot change in place, not one that happens to change beside it."""
    forcing = forcing_paths(POOL_TYPE)
    paths = case.change.paths
    telling = next((path for path in paths if any(under(path, force) for force in forcing)), paths[0])
    return f"the pool is replaced for another {telling}"


@verdict("bridge-pool-shrinks")
def bridge_pool_size(case: Case) -> Effect | None:
    """A pool that may have more nodes than it is to have gives the newest back, with the bridges on them."""
    old = case.change.old
    shard = pool_shard(old) if old else None
    if old is None or shard is None or case.change.operation != "update":
        return None
    fewer = _fewer(case)
    if fewer is None:
        return Effect("none", "no node leaves; the autoscaler, if there is one, takes only nodes that are empty")
    autoscaled = bool(old.properties.get("autoscaling"))
    before, after = fewer
    hurt = _on_nodes(case, shard, before - after, before)
    return node_leaves(
        _newest_leave(case, before, after),
        frozenset(bridge.perhaps for bridge in hurt) if autoscaled else hurt,
        case.base.grace_seconds(shard),
    )


def _fewer(case: Case) -> tuple[int, int] | None:
    """The most nodes of a pool before and after, where it is to have fewer; none where no node must leave."""
    before, after = _most_nodes(case.change.before), _most_nodes(case.change.after)
    return None if before is None or after is None or after >= before else (before, after)


def _newest_leave(case: Case, before: int, after: int) -> str:
    """A pool moves its size into lower bounds at once; an autoscaled one may have been within them already."""
    autoscaled = bool(case.change.before.get("autoscaling"))
    number = f"at most {before}" if autoscaled else str(before)
    until = f" (none while there are no more than {after})" if autoscaled else ""
    nodes = "1 node" if after == 1 else f"{after} nodes"
    return f"{nodes} in place of {number}, and Kapsule takes the newest, whoever is on them{until}"


def _most_nodes(properties: dict[str, Any]) -> int | None:
    """How many nodes a pool may have: its size, or the autoscaler's upper bound."""
    size = properties.get("maxSize" if properties.get("autoscaling") else "size")
    return size if isinstance(size, int) else None


def _on_nodes(case: Case, shard: str, nodes: int, of: int) -> frozenset[Bridge]:
    """As many of a shard's bridges as fit on these nodes of its pool, the last ones."""
    bridges = sorted(case.base.of(shard), key=lambda bridge: (bridge.number, bridge.workload))
    request = max((one.millicpu for one in case.base.workloads if one.shard == shard), default=0)
    offered = NODE_TYPES.get(str(case.change.before.get("nodeType", "")))
    even = math.ceil(len(bridges) / of)
    per_node = max(1, even, offered.vcpus * 1000 // request if offered and request else 1)
    return frozenset(bridges[max(0, len(bridges) - nodes * per_node) :])


@verdict("system-pool-goes")
def system_pool(case: Case) -> Effect | None:
    """Prosody, jicofo and HAProxy of all shards stand on the system pool, which gives its newest nodes back where it shrinks."""
    old = case.change.old
    special = old is not None and (is_gateway_pool(old) or is_recorder_pool(old) or is_relay_pool(old))
    if old is None or old.type != POOL_TYPE or pool_shard(old) is not None or special:
        return None
    if not case.change.goes:
        fewer = _fewer(case)
        if fewer is None:
            return Effect("none", "the autoscaler moves inside other bounds; it takes only nodes that it may empty")
        why = f"{_newest_leave(case, *fewer)}: prosody and jicofo that stand there restart, which ends every meeting of their shards"
        return Effect("drops", why, frozenset(bridge.perhaps for bridge in case.base.bridges))
    why = f"{_replaced_for(case) if case.change.paths else 'the pool is deleted'}: prosody and jicofo of every shard restart"
    return Effect("drops", why, case.base.bridges)


@verdict("gateway-pool-changes")
def gateway_pool(case: Case) -> Effect | None:
    """Telephones' nodes: a call that Kapsule does not wait for ends."""
    old = case.change.old
    if old is None or old.type != POOL_TYPE or not is_gateway_pool(old):
        return None
    before, after = old.properties.get("size"), case.change.after.get("size")
    if not case.change.goes and isinstance(before, int) and isinstance(after, int) and after >= before:
        return Effect("none", "no node leaves")
    return Effect("drops", "nodes of telephones' gateways leave: calls on them end after a quarter of an hour at most")


@verdict("relay-pool-goes")
def relay_pool(case: Case) -> Effect | None:
    """Who is relayed there over UDP, and only there, connects anew."""
    old = case.change.old
    if old is None or old.type != POOL_TYPE or not is_relay_pool(old):
        return None
    if not case.change.goes:
        return Effect("none", "no node leaves")
    return Effect(
        "drops",
        "a node of TURN over UDP leaves: who is relayed by it loses media after a quarter of an hour and joins again",
    )


@verdict("recorder-pool-goes")
def recorder_pool(case: Case) -> Effect | None:
    """A recording is longer than Kapsule waits for a node that it takes away."""
    old = case.change.old
    if old is None or not is_recorder_pool(old):
        return None
    fewer = _fewer(case)
    if case.change.goes:
        how = "the pool is deleted" if case.change.operation == "delete" else _replaced_for(case)
    elif fewer:
        how = _newest_leave(case, *fewer)
    else:
        return Effect("none", "the autoscaler moves inside other bounds; it takes no node with a recorder on it")
    return Effect(
        "drops",
        f"{how}: Kapsule waits {format_duration(KAPSULE_DRAIN_SECONDS)} for a node and then forces it, which cuts recordings that "
        "are being made; what there is of them is uploaded by the next recorder, and the calls go on",
    )


@verdict("firewall-closes")
def firewall(case: Case) -> Effect | None:
    """A port that bridges advertise and that is no longer let in ends their media."""
    old = case.change.old
    if old is None or old.type != FIREWALL_TYPE or case.change.operation != "update":
        return None
    closed: dict[int, frozenset[Bridge]] = {}
    for ports in _shards_of(case).values():
        for port, bridges in ports.items():
            if lets_in(case.change.before, port) and not lets_in(case.change.after, port):
                closed[port] = closed.get(port, frozenset()) | bridges
    if not closed:
        return Effect("none", "no port that a bridge uses is closed")
    hurt = frozenset[Bridge]().union(*closed.values())
    listed = ", ".join(map(str, sorted(closed)))
    return Effect("drops", f"the firewall closes UDP {listed}, which bridges use now", hurt)


def _shards_of(case: Case) -> dict[str, dict[int, frozenset[Bridge]]]:
    """Ports by shard, of the shards that this firewall stands before; its logical name ends in the shard's and `-firewall`."""
    name = case.change.resource.name.removesuffix("-firewall")
    mine = {shard: ports for shard, ports in case.base.ports.items() if name == shard or name.endswith(f"-{shard}")}
    return mine or case.base.ports


def lets_in(properties: dict[str, Any], port: int) -> bool:
    """Whether a security group lets UDP in on this port from anywhere; its first rule that fits decides."""
    for rule in properties.get("inboundRules") or []:
        if rule.get("protocol", "TCP") in ("UDP", "ANY") and _covers(rule, port):
            return rule.get("action") == "accept"
    return properties.get("inboundDefaultPolicy", "accept") == "accept"


def _covers(rule: dict[str, Any], port: int) -> bool:
    if rule.get("portRange"):
        first, _, last = str(rule["portRange"]).partition("-")
        return int(first) <= port <= int(last or first)
    return not rule.get("port") or rule["port"] == port
