"""Rules about a cluster that is already there: what the stack expects of it and cannot make."""

from collections import defaultdict
from collections.abc import Iterator

from config.shard import Shard
from plan.findings.rule import Found, Subject, rule
from plan.ports import open_ports

LEAST_KUBERNETES = "1.30"
"""ValidatingAdmissionPolicy is `v1` from here on, and init containers that keep running (sidecars) are on since 1.29."""


def _listed(shard: Shard) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in open_ports(shard))


@rule("cluster-version-expected", "info")
def cluster_version_expected(subject: Subject) -> Iterator[Found]:
    """What the bridges' pods use is not in every Kubernetes."""
    if not subject.kapsule:
        yield Found(
            "cluster.kind",
            f"the cluster must run Kubernetes {LEAST_KUBERNETES} or later: bridges may change their own pod alone by an admission "
            "policy (v1 since 1.30), and carry sidecars (init containers that keep running, on since 1.29); older ones refuse both",
            "check with: kubectl version; upgrade an older cluster first",
        )


@rule("firewall-of-others", "warning")
def firewall_of_others(subject: Subject) -> Iterator[Found]:
    """The ports of the bridges are opened by whoever owns the nodes."""
    if subject.kapsule:
        return
    wanted = "; ".join(f"{shard.name} UDP {_listed(shard)} in {shard.zone}" for shard in subject.shards)
    yield Found(
        "cluster.kind",
        f"the stack makes no firewall here: {wanted} must be let in from everywhere, to the nodes themselves, for no load "
        "balancer carries media",
        "open exactly these ports; the report lists them, and growth within max adds none",
    )


@rule("bridge-without-public-address", "warning")
def bridge_without_public_address(subject: Subject) -> Iterator[Found]:
    """A node that has no ExternalIP gives its bridge nothing to advertise."""
    if subject.kapsule:
        return  # the pools of the stack always have public addresses
    for position, shard in enumerate(subject.shards):
        if shard.bridges.public_address == "node":
            yield Found(
                subject.bridges_key(position, "public_address"),
                "publicAddress node reads the ExternalIP of the bridge's node; on nodes without one, as in private clusters, the "
                "bridge does not start, for nobody would reach it",
                'check with: kubectl get nodes -o wide; with "<none>" there set publicAddress: stun and stunServers of your own',
            )


@rule("zone-label-expected", "info")
def zone_label_expected(subject: Subject) -> Iterator[Found]:
    """A shard's bridges run on nodes whose label names its zone."""
    if not subject.kapsule:
        zones = ", ".join(dict.fromkeys(shard.zone for shard in subject.shards))
        yield Found(
            "shards",
            f"bridges run on nodes labelled topology.kubernetes.io/zone = {zones}; without such nodes they stay Pending",
            "check with: kubectl get nodes -L topology.kubernetes.io/zone",
        )


@rule("host-ports-share-nodes", "warning")
def host_ports_share_nodes(subject: Subject) -> Iterator[Found]:
    """Two shards that want the same port of the same nodes."""
    if subject.kapsule:
        return  # every shard has a pool of its own there
    users: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for position, shard in enumerate(subject.shards):
        if shard.bridges.layout == "hostPort":
            for port in range(shard.first_port, shard.first_port + shard.bridges.per_node):
                users[shard.zone, port].append(position)
    told: set[tuple[int, ...]] = set()
    for (zone, port), positions in sorted(users.items()):
        if len(positions) == 1 or tuple(positions) in told:
            continue
        told.add(tuple(positions))
        names = " and ".join(subject.shards[position].name for position in positions)
        yield Found(
            subject.bridges_key(positions[-1], "first_port"),
            f"{names} use host port {port} of the nodes in {zone}: a node carries a bridge of one of them only, so each needs nodes "
            "enough for both, and an autoscaler of the cluster that adds them",
            f"give each shard another firstPort, such as {port + 100}, or a zone of its own",
        )


@rule("load-balancer-of-others", "info")
def load_balancer_of_others(subject: Subject) -> Iterator[Found]:
    """The edge's Service needs somebody who makes load balancers."""
    if not subject.kapsule:
        yield Found(
            "ingress",
            "the edge is a Service of type LoadBalancer on TCP 80 and 443, without any provider's annotations: where the cluster has "
            "no load balancer controller it stays Pending, and where the balancer hides client addresses, ingress.limits count all "
            "browsers as one",
            "check that other Services of the type get an address, and that client addresses are kept",
        )
