"""Rules about an existing cluster: what the stack expects of it and cannot create."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from config.cluster import MIN_KUBERNETES, NEWEST_KUBERNETES
from config.model import key_of
from config.shard import Shard
from config.stack import StackConfig
from plan.findings.rule import Hit, Subject, rule
from sizing.pod_sizes import bridge_size
from sizing.ports import open_ports


@dataclass(frozen=True, slots=True)
class ClusterWide:
    """An object that a stack makes and of which a cluster has one, as no namespace is in its name."""

    kind: str
    name: str
    made: Callable[[StackConfig], object]
    key: str
    remedy: str


CLUSTER_WIDE = (
    ClusterWide(
        "APIService",
        "v1beta1.custom.metrics.k8s.io",
        lambda config: config.runs_adapter,
        "metrics.adapter",
        "set metrics.adapter: existing where another adapter or stack serves it, and give it the rules of custom-metrics-rules",
    ),
    ClusterWide(
        "CustomResourceDefinition",
        "scalingschedules.zalando.org",
        lambda config: (
            config.runs_adapter
            and config.metrics.adapter == "kubeMetrics"
            and any(shard.bridges.schedule for shard in config.resolved if shard.bridges.topology == "autoscaled")
        ),
        "metrics.adapter",
        "set metrics.adapter: prometheus or existing where another kube-metrics-adapter has brought it",
    ),
    ClusterWide(
        "Release",
        "cert-manager",
        lambda config: config.ingress.tls.mode == "letsEncrypt" and config.ingress.tls.cert_manager == "install",
        "ingress.tls.certManager",
        "set certManager: existing where cert-manager runs",
    ),
)
"""Every other cluster-scoped object has the namespace in its name."""


OF_SCALEWAY = (
    *("cluster.controlPlane", "cluster.autoUpgrade", "cluster.allowedIps", "cluster.system", "cluster.privateNetwork"),
    *(
        "ingress.loadBalancer",
        "bridges.rootVolume",
        "recording.rootVolume",
        "recording.nodeType",
        "jigasi.sip.nodeType",
    ),
    "turn.udp.nodeType",
)
"""Keys of what only a stack at Scaleway creates: nodes, their volumes, the control plane and its load balancer."""


def _is_set(model: Any, keys: Sequence[str]) -> bool:
    """Return whether a stack file sets a key, in a section that it has."""
    for key in keys:
        name = next((name for name in type(model).model_fields if key_of(name) == key), "")
        if name not in getattr(model, "model_fields_set", ()):
            return False
        model = getattr(model, name)
    return True


@rule("no-effect-here", "info")
def no_effect_here(subject: Subject) -> Iterator[Hit]:
    """A key is about what only a stack at Scaleway creates."""
    for path in OF_SCALEWAY if not subject.config.cluster.owns_nodes else ():
        if _is_set(subject.config, path.split(".")):
            yield Hit(
                path,
                f"is set, and with cluster kind {subject.config.cluster.kind} the stack creates neither nodes nor a control plane nor "
                "Scaleway's load balancer: nothing reads it",
                f"remove {path}",
            )


def _listed(shard: Shard) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in open_ports(shard))


@rule("cluster-version-expected", "info")
def cluster_version_expected(subject: Subject) -> Iterator[Hit]:
    """The bridges need a recent Kubernetes version."""
    if not subject.config.cluster.creates_cluster:
        yield Hit(
            "cluster.kind",
            f"the cluster must run Kubernetes {MIN_KUBERNETES} or later: an admission policy restricts bridges to "
            "their own pod (v1 since 1.30), and bridges use sidecars (restartable init containers, enabled since "
            f"1.29); older versions reject both. Objects are held against every version up to {NEWEST_KUBERNETES}",
            "check with: kubectl version; upgrade an older cluster first",
        )


@rule("firewall-of-others", "warning")
def firewall_of_others(subject: Subject) -> Iterator[Hit]:
    """The owner of the nodes must open the bridges' ports."""
    if subject.config.cluster.creates_cluster:
        return
    ports = "; ".join(f"{shard.name} UDP {_listed(shard)} in {shard.zone}" for shard in subject.shards)
    yield Hit(
        "cluster.kind",
        f"the stack creates no firewall here: allow {ports} from anywhere to the nodes themselves, since no load "
        "balancer carries media",
        "open exactly these ports; the report lists them, and scaling up to max adds none",
    )


@rule("bridge-without-public-address", "warning")
def bridge_without_public_address(subject: Subject) -> Iterator[Hit]:
    """A bridge on a node without an ExternalIP has no address to advertise."""
    if subject.config.cluster.creates_cluster:
        return  # nodes of the stack's pools always have public addresses
    for position, shard in enumerate(subject.shards):
        if "node" in shard.bridges.advertised:
            yield Hit(
                subject.bridges_key(position, "public_address"),
                "publicAddress: node reads the ExternalIP of the bridge's node; on nodes without one, as in private "
                "clusters, the bridge does not start, since clients could not reach it",
                'check with: kubectl get nodes -o wide; if it shows "<none>", set publicAddress: internal for people in the '
                "nodes' network, or set publicAddress: stun and your own stunServers behind a router that keeps ports",
            )


@rule("bridge-size-assumed", "info")
def bridge_size_assumed(subject: Subject) -> Iterator[Hit]:
    """The size of a bridge follows from a node type that the nodes need not have."""
    if subject.config.cluster.owns_nodes:
        return
    for position, shard in enumerate(subject.shards):
        bridges, size = shard.bridges, bridge_size(shard.bridges)
        if "node_type" not in bridges.model_fields_set and not bridges.resources.are_set:
            yield Hit(
                subject.bridges_key(position, "resources"),
                f"a bridge requests {size.millicpu} millicores and {size.memory_mib} MiB, its part of a {bridges.node_type}, and the "
                "nodes here are of others: bridges stay Pending on smaller ones, and leave larger ones idle",
                f"set resources, for example {{cpu: {size.millicpu}m, memory: {size.memory_mib}Mi}}, and participants; or nodeType to "
                "one like your nodes",
            )


@rule("zone-label-expected", "info")
def zone_label_expected(subject: Subject) -> Iterator[Hit]:
    """Nodes must carry the zone label of the shards."""
    if not subject.config.cluster.creates_cluster:
        zones = ", ".join(dict.fromkeys(shard.zone for shard in subject.shards))
        yield Hit(
            "shards",
            f"bridges run on nodes with the label topology.kubernetes.io/zone = {zones}; without such nodes they "
            "stay Pending",
            "check with: kubectl get nodes -L topology.kubernetes.io/zone",
        )


@rule("host-ports-share-nodes", "warning")
def host_ports_share_nodes(subject: Subject) -> Iterator[Hit]:
    """Two shards use the same host port on the same nodes."""
    if subject.config.cluster.owns_nodes:
        return  # every shard has its own pool
    users: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for position, shard in enumerate(subject.shards):
        if shard.bridges.layout == "hostPort":
            for port in range(shard.first_port, shard.first_port + shard.bridges.per_node):
                users[shard.zone, port].append(position)
    reported: set[tuple[int, ...]] = set()
    for (zone, port), positions in sorted(users.items()):
        if len(positions) == 1 or tuple(positions) in reported:
            continue
        reported.add(tuple(positions))
        names = " and ".join(subject.shards[position].name for position in positions)
        yield Hit(
            subject.bridges_key(positions[-1], "first_port"),
            f"{names} use host port {port} on the nodes in {zone}: a node runs a bridge of only one of them, so the "
            "cluster needs enough nodes for both, and an autoscaler that adds them",
            f"give each shard its own firstPort, such as {port + 100}, or its own zone",
        )


@rule("cluster-has-one", "info")
def cluster_has_one(subject: Subject) -> Iterator[Hit]:
    """The stack makes an object of which a cluster has one."""
    if subject.config.cluster.creates_cluster:
        return
    for each in CLUSTER_WIDE:
        if each.made(subject.config):
            yield Hit(
                each.key,
                f"makes the {each.kind} {each.name}, of which a cluster has one: beside another owner, as a second stack, pulumi up ends "
                "in a conflict, or takes it away",
                each.remedy,
            )


@rule("load-balancer-of-others", "info")
def load_balancer_of_others(subject: Subject) -> Iterator[Hit]:
    """The ingress Service needs a load balancer controller."""
    if not subject.config.cluster.creates_cluster:
        yield Hit(
            "ingress",
            "ingress is a Service of type LoadBalancer on TCP 80 and 443, with the annotations of ingress.annotations only: without a "
            "load balancer controller it stays Pending, and if the load balancer hides client addresses, "
            "ingress.limits count all browsers as one",
            "check that other Services of this type get an address, and that client addresses are preserved; where only the PROXY "
            "protocol tells them, switch it on by ingress.annotations and set ingress.proxyProtocol: true",
        )


@rule("proxy-header-expected", "info")
def proxy_header_expected(subject: Subject) -> Iterator[Hit]:
    """HAProxy takes connections of the load balancer only, also from inside the cluster."""
    if subject.config.ingress.proxy_protocol and subject.config.cluster.pods is None:
        yield Hit(
            "ingress.proxyProtocol",
            "HAProxy refuses connections without a PROXY header, and kube-proxy leads pods of the cluster to it directly, without the "
            "load balancer: recorders, gateways, the probe and cert-manager's check then reach nothing. A pod that sends a header can claim "
            "the address of any client",
            "set cluster.podRange to 10.244.0.0/16 if that is the range of your pods",
        )
