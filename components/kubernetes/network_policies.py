"""Building blocks of network policies: peers, rules and policies that allow ingress only by their rules."""

from collections.abc import Collection, Iterable
from itertools import groupby

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels, selector
from config.metrics import Metrics
from config.shard import Shard
from sizing.addresses import ShardNames
from sizing.part import ANY_POD, ANYWHERE, METRICS_READER, UNPOLICED, Part, Port
from sizing.parts import KUBE_METRICS_ADAPTER, NAMED, PROMETHEUS
from sizing.ports import open_ports

_SCRAPERS = {"prometheus": PROMETHEUS.name, "kubeMetrics": KUBE_METRICS_ADAPTER.name}


def scraping_pods(metrics: Metrics) -> str | None:
    """Name label of the stack's own pods that read metrics. None if an existing Prometheus reads them."""
    return None if metrics.of_others else _SCRAPERS[metrics.adapter]


def udp_ports(first: int, last: int) -> Document:
    """A closed range of UDP ports."""
    return {"protocol": "UDP", "port": first, **({"endPort": last} if last > first else {})}


def media_ports(shard: Shard) -> list[Document]:
    """UDP ports of the shard's bridges."""
    return [udp_ports(first, last) for first, last in open_ports(shard)]


def pods_named(name: str, instance: str | None = None) -> Document:
    """Peer: the pods of a component, of the shard `instance` or of every shard."""
    match = {"app.kubernetes.io/name": name}
    if instance:
        match["app.kubernetes.io/instance"] = instance
    return {"podSelector": {"matchLabels": match}}


def policy(names: ShardNames, component: str, ingress: list[Document], **more: str) -> Document:
    """Policy of a shard's component that allows ingress only by these rules."""
    return manifest(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        names.of(component),
        names.namespace,
        labels(component, names.shard, **more),
        spec={
            "podSelector": {"matchLabels": selector(component, names.shard)},
            "policyTypes": ["Ingress"],
            "ingress": ingress,
        },
    )


def metrics_reader(scraper: str | None) -> Document:
    """Peer that reads metrics: the pods with the name label `scraper`, or any pod of the cluster if None."""
    return pods_named(scraper) if scraper else {"namespaceSelector": {}}


def ingress(
    part: Part,
    instance: str,
    reader: Document,
    *,
    decided: Iterable[Document] = (),
    absent: Collection[str] = (),
) -> list[Document]:
    """Ingress rules of a part's record; consecutive ports with the same peers share a rule.

    `reader` is the peer that reads metrics. `decided` are the ports whose numbers follow from the config. `absent` are the keys
    that the stack file does not set: the parts that they would add are left out.
    """
    rules: list[Document] = []
    for names, ports in groupby(part.opens, key=lambda port: port.peers):
        peers = [name for name in names if name not in NAMED or NAMED[name].key not in absent or not NAMED[name].key]
        if not peers or not UNPOLICED.isdisjoint(peers):
            continue
        documents = [document for port in ports for document in ([port_document(port)] if port.number else decided)]
        if ANYWHERE in peers:
            rules.append({"ports": documents})
        else:
            rules.append({"from": [_peer(part, peer, instance, reader) for peer in peers], "ports": documents})
    return rules


def port_document(port: Port) -> Document:
    """A port with its number, in a rule."""
    return {"protocol": port.protocol, "port": port.number, **({"endPort": port.last} if port.last else {})}


def _peer(part: Part, peer: str, instance: str, reader: Document) -> Document:
    if peer == METRICS_READER:
        return reader
    if peer == ANY_POD:
        return metrics_reader(None)
    of_shard = part.per_shard and NAMED[peer].per_shard
    return pods_named(peer, instance if of_shard or peer == part.name else None)
