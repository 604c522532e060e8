"""Who may talk to whom inside the namespace. Bridges' REST, jicofo's REST and prosody's metrics know no login."""

from collections.abc import Iterable
from typing import Any

from components.bridges.pods import REST_PORT
from components.labels import LAYOUT_LABEL, labels, manifest, selector
from components.signalling.addresses import C2S_PORT, HTTP_PORT, JICOFO_PORT, WEB_PORT, ShardNames
from config.shard import Shard
from plan.ports import open_ports

Document = dict[str, Any]


def _from(*peers: Document, tcp: Iterable[int]) -> Document:
    return {"from": list(peers), "ports": [{"protocol": "TCP", "port": port} for port in tcp]}


def _pods(name: str, instance: str | None = None) -> Document:
    wanted = {"app.kubernetes.io/name": name}
    if instance:
        wanted["app.kubernetes.io/instance"] = instance
    return {"podSelector": {"matchLabels": wanted}}


def _policy(names: ShardNames, component: str, ingress: list[Document], **more: str) -> Document:
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


def shard_policies(shard: Shard, namespace: str, scraper: str | None) -> dict[str, Document]:
    """One policy per component of a shard; `scraper` is the pod name label of what reads metrics, none: any namespace."""
    names = ShardNames(shard.name, namespace)
    reader: Document = _pods(scraper) if scraper else {"namespaceSelector": {}}
    media = [
        {"protocol": "UDP", "port": first, **({"endPort": last} if last > first else {})}
        for first, last in open_ports(shard)
    ]
    return {
        "jvb": _policy(
            names,
            "jvb",
            [{"ports": media}, _from(reader, tcp=[REST_PORT])],
            **{LAYOUT_LABEL: shard.bridges.layout},
        ),
        "prosody": _policy(
            names,
            "prosody",
            [
                _from(_pods("jvb", shard.name), _pods("jicofo", shard.name), tcp=[C2S_PORT]),
                _from(_pods("haproxy"), _pods("web", shard.name), reader, tcp=[HTTP_PORT]),
            ],
        ),
        "jicofo": _policy(names, "jicofo", [_from(reader, _pods("haproxy"), tcp=[JICOFO_PORT])]),
        "web": _policy(names, "web", [_from(_pods("haproxy"), tcp=[WEB_PORT])]),
    }
