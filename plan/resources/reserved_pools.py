"""Rules about pools that one kind of pods has to itself: bounds, public addresses, taints, cluster and zone."""

from collections.abc import Iterator

from components.kubernetes.labels import RECORDER_LABEL, RESERVE_TAINT, ROLE_LABEL, SHARD_LABEL, SYSTEM_ROLE
from components.scaleway.dedicated_nodes import POOL_LABEL
from plan.diff.paths import mapping, mappings
from plan.findings.rule import Hit, rule
from plan.resources.firewalls import media_pools
from plan.resources.made import Resources, selects
from plan.resources.templates import known, templates

EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
"""Label of nodes that the cloud controller leaves out of load balancers."""
RESERVE = {"key": RESERVE_TAINT, "value": "true", "effect": "PreferNoSchedule"}
"""Taint of the system pools beside the first, which `signalling-strays` asks for."""


@rule("bridge-pool-without-bounds", "error")
def bridge_pool_without_bounds(stack: Resources) -> Iterator[Hit]:
    """The pool's autoscaling bounds are missing or reversed."""
    for shard, pool in stack.bridge_pools:
        least, most = pool.properties.get("minSize"), pool.properties.get("maxSize")
        if not pool.properties.get("autoscaling"):
            continue
        if not isinstance(least, int) or not isinstance(most, int) or not 0 <= least <= most or most < 1:
            yield Hit(
                f"{pool.name}.maxSize",
                f"the pool of {shard} is autoscaled from {least} to {most}",
                "set minSize and maxSize, with minSize not above maxSize",
            )


@rule("bridge-pool-without-addresses", "error")
def bridge_pool_without_addresses(stack: Resources) -> Iterator[Hit]:
    """Media arrives at nodes without public addresses."""
    for pool, owner, _ in media_pools(stack):
        if pool.properties.get("publicIpDisabled") is True:
            yield Hit(
                f"{pool.name}.publicIpDisabled",
                f"nodes of {owner} have no public address, and Scaleway's load balancers carry no UDP: clients have "
                "no media",
                "set publicIpDisabled to false",
            )


@rule("pool-not-reserved", "error")
def pool_not_reserved(stack: Resources) -> Iterator[Hit]:
    """A pool for one kind of pods lacks the taint that keeps others off, or has another one."""
    for pool in stack.of("Pool"):
        labels = pool.properties.get("labels") or {}
        kept = {
            key: labels[key]
            for key in (SHARD_LABEL, RECORDER_LABEL, ROLE_LABEL)
            if labels.get(key) not in (None, SYSTEM_ROLE)
        }
        taints = [each for each in mappings(pool.properties.get("taints")) if each != RESERVE]
        held = {str(taint.get("key")): taint.get("value") for taint in taints if taint.get("effect") == "NoSchedule"}
        if kept != held or len(taints) != len(held):
            yield Hit(
                f"{pool.name}.taints",
                f"are {held or 'none'}, and its labels {kept or 'none'}: other pods take the room of its own, or its own stay Pending",
                "give label and taint the same key and value, with effect NoSchedule",
            )


@rule("pool-elsewhere", "error")
def pool_elsewhere(stack: Resources) -> Iterator[Hit]:
    """A pool belongs to another cluster, or the load balancer sends browsers to nodes for media."""
    pools = stack.of("Pool")
    clusters = [str(pool.properties.get("clusterId")) for pool in pools]
    for pool, cluster in zip(pools, clusters, strict=True):
        if cluster != max(clusters, key=clusters.count) or cluster == "None":
            yield Hit(
                f"{pool.name}.clusterId",
                f"is {cluster}: its nodes never join the stack's cluster",
                "set it to the cluster's id",
            )
        region, zone = str(pool.properties.get("region")), str(pool.properties.get("zone"))
        if known(region) and known(zone) and not zone.startswith(region):
            yield Hit(f"{pool.name}.region", f"is {region}, and its zone {zone}", "set the region of the zone")
    for pool, owner, _ in media_pools(stack):
        if (pool.properties.get("labels") or {}).get(EXCLUDED) != "true":
            yield Hit(
                f"{pool.name}.labels",
                f"nodes of {owner} lack {EXCLUDED}: true: the load balancer takes them for its targets, and they come and go with the load",
                "set the label",
            )


@rule("media-on-other-nodes", "error")
def media_on_other_nodes(stack: Resources) -> Iterator[Hit]:
    """Pods that receive media may run on nodes whose firewall blocks it."""
    pools = stack.of("Pool")
    for pods in stack.pods if pools else ():
        part, asked = pods.part, pods.spec.get("nodeSelector") or {}
        if part is None or not part.takes_media:
            continue
        chosen = [pool for pool in pools if asked and selects(asked, pool)]
        own = pods.instance if part.per_shard else None
        other = [pool.name for pool in chosen if own and (pool.properties.get("labels") or {}).get(SHARD_LABEL) != own]
        open_ = [pool.name for pool in chosen if not pool.properties.get("securityGroupId")]
        if not chosen or other or open_:
            yield Hit(
                f"{pods.workload.name}.spec.template.spec.nodeSelector",
                f"{asked or 'none'} puts {pods.title} on {', '.join([*other, *open_]) or 'nodes of any pool, or of none'}: its ports are "
                "closed there, or it stays Pending",
                "select the label of its own pool",
            )


@rule("bridge-pool-change-cuts", "error")
def bridge_pool_change_cuts(stack: Resources) -> Iterator[Hit]:
    """Bridges, or the placeholders that keep nodes for them, would stay on a pool that is replaced, until its nodes are deleted."""
    if not any(stack.bridge_pools):
        return
    for template in templates(stack, "jvb", "jvb-spare"):
        asked = mapping(template.spec.get("nodeSelector"))
        if POOL_LABEL not in asked:
            yield Hit(
                f"{template.where}.spec.nodeSelector",
                f"{asked or 'none'} also selects a former pool: when another node type, zone or root volume replaces the pool of "
                f"{template.shard}, its {template.name} stay where they are, and their nodes go under them",
                f"select {POOL_LABEL}, the name of the present pool, too",
            )
