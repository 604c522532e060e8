"""Who may talk to whom inside the namespace. Bridges' REST, jicofo's REST and prosody's metrics know no login."""

from collections.abc import Iterable
from typing import Any

from components.bridges.pods import REST_PORT
from components.labels import LAYOUT_LABEL, labels, manifest, selector
from components.signalling.addresses import C2S_PORT, HTTP_PORT, JICOFO_PORT, S2S_PORT, WEB_PORT, ShardNames
from components.signalling.options import NOTHING, Options
from config.metrics import Metrics
from config.shard import Shard
from plan.ports import open_ports

Document = dict[str, Any]

_SCRAPERS = {"prometheus": "prometheus", "kubeMetrics": "kube-metrics-adapter"}


def scraping_pods(metrics: Metrics) -> str | None:
    """Name label of the stack's own pods that read metrics; none where another's Prometheus does."""
    existing = metrics.adapter == "prometheus" and metrics.prometheus == "existing"
    return None if existing else _SCRAPERS[metrics.adapter]


def allowed(*peers: Document, tcp: Iterable[int]) -> Document:
    """A rule that lets the peers in on these TCP ports."""
    return {"from": list(peers), "ports": [{"protocol": "TCP", "port": port} for port in tcp]}


def pods_named(name: str, instance: str | None = None) -> Document:
    """A peer: the pods of a component, of one shard or of all."""
    wanted = {"app.kubernetes.io/name": name}
    if instance:
        wanted["app.kubernetes.io/instance"] = instance
    return {"podSelector": {"matchLabels": wanted}}


def policy(names: ShardNames, component: str, ingress: list[Document], **more: str) -> Document:
    """A component's policy: nothing comes in but by these rules."""
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
    """A peer: the pods by this name label that read metrics; none: any namespace."""
    return pods_named(scraper) if scraper else {"namespaceSelector": {}}


def shard_policies(
    shard: Shard, namespace: str, scraper: str | None, options: Options = NOTHING
) -> dict[str, Document]:
    """One policy per component of a shard; `scraper` is the pod name label of what reads metrics, none: any namespace."""
    names = ShardNames(shard.name, namespace)
    reader = metrics_reader(scraper)
    clients = [pods_named("jvb", shard.name), pods_named("jicofo", shard.name)]
    if options.recording:
        clients.append(pods_named("jibri"))
    if options.jigasi:
        clients += [pods_named("jigasi"), pods_named("transcriber")]
    media = [
        {"protocol": "UDP", "port": first, **({"endPort": last} if last > first else {})}
        for first, last in open_ports(shard)
    ]
    return {
        "jvb": policy(
            names,
            "jvb",
            [{"ports": media}, allowed(reader, tcp=[REST_PORT])],
            **{LAYOUT_LABEL: shard.bridges.layout},
        ),
        "prosody": policy(
            names,
            "prosody",
            [
                allowed(*clients, tcp=[C2S_PORT]),
                allowed(pods_named("haproxy"), pods_named("web", shard.name), reader, tcp=[HTTP_PORT]),
                *([allowed(pods_named("visitors", shard.name), tcp=[S2S_PORT])] if options.visitors else []),
            ],
        ),
        "jicofo": policy(names, "jicofo", [allowed(reader, pods_named("haproxy"), tcp=[JICOFO_PORT])]),
        "web": policy(names, "web", [allowed(pods_named("haproxy"), tcp=[WEB_PORT])]),
    }
