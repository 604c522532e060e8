"""Visitor prosodies of a shard: their Service, their StatefulSet, and who may talk to them."""

from typing import Any

from components import pod
from components.labels import NO_WAIT, labels, manifest, selector
from components.network_policies import Document, allowed, pods_named, policy
from components.signalling import environment
from components.signalling.addresses import C2S_PORT, HTTP_PORT, S2S_PORT
from components.signalling.manifests import SAFE_TO_EVICT, Signalling, resources
from components.signalling.options import S2S_LIMIT
from config.visitors import Visitors
from plan.signalling import visitor_node_size

NAME = "visitors"
INDEX_LABEL = "apps.kubernetes.io/pod-index"


def workload(signalling: Signalling, visitors: Visitors) -> Document:
    """TCP 5280 in from the edge, 5222 from jicofo, 5269 from the shard's own prosody.

    A StatefulSet, for the number that a client names (`vnode=v0`). Parallel, since none needs another; an update takes one after
    the other, and only the visitors on it reconnect.
    """
    container = pod.container(
        NAME,
        signalling.images["prosody"],
        resources=resources(visitor_node_size(visitors)),
        env=[
            *signalling.env(
                "prosody",
                environment.visitors(
                    signalling.domain, signalling.names, signalling.auth, visitors, S2S_LIMIT, turn=signalling.turn
                ),
                "JICOFO_AUTH_PASSWORD",
                "JVB_AUTH_PASSWORD",  # the image refuses to start without, though no bridge logs in here
                *(["TURN_CREDENTIALS"] if signalling.turn else []),
            ),
            pod.from_field("PROSODY_VISITOR_INDEX", f"metadata.labels['{INDEX_LABEL}']"),
        ],
        mounts={**pod.JITSI_MOUNTS, "/var/lib/prosody": "data"},
        ports=[
            {"name": "c2s", "containerPort": C2S_PORT, "protocol": "TCP"},
            {"name": "s2s", "containerPort": S2S_PORT, "protocol": "TCP"},
            {"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"},
        ],
        startupProbe=pod.http_probe("/http-bind", "http", period=3, failures=60),
        readinessProbe=pod.http_probe("/http-bind", "http", period=5, failures=6),
        livenessProbe=pod.tcp_probe("c2s", period=15, failures=20, timeout=10),
    )
    shard = signalling.shard.name
    template = pod.pod(
        labelled=labels(NAME, shard),
        annotations={**signalling.annotations, **SAFE_TO_EVICT, **pod.scrape(HTTP_PORT)},
        containers=[container],
        volumes=[*pod.jitsi_volumes(), {"name": "data", "emptyDir": {"sizeLimit": "256Mi"}}],
        terminationGracePeriodSeconds=30,
        topologySpreadConstraints=pod.spread(selector(NAME, shard)),
    )
    spec = {
        "replicas": visitors.nodes,
        "serviceName": signalling.names.of(NAME),
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate"},
        "selector": {"matchLabels": selector(NAME, shard)},
        "template": template,
    }
    return _object(signalling, "apps/v1", "StatefulSet", spec=spec)


def service(signalling: Signalling) -> Document:
    """Headless: each pod has a name, from its first second on, so that the two prosodies find each other as they start."""
    ports = {"c2s": C2S_PORT, "s2s": S2S_PORT, "http": HTTP_PORT}
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": selector(NAME, signalling.shard.name),
        "ports": [{"name": name, "port": port, "targetPort": port, "protocol": "TCP"} for name, port in ports.items()],
    }
    return _object(signalling, "v1", "Service", annotations=NO_WAIT, spec=spec)


def disruption_budget(signalling: Signalling) -> Document:
    """A node's drain takes one visitor prosody of the shard at a time."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector(NAME, signalling.shard.name)}}
    return _object(signalling, "policy/v1", "PodDisruptionBudget", spec=spec)


def network_policy(signalling: Signalling, reader: Document) -> Document:
    """Clients through the edge, jicofo as a client, and the shard's own prosody as a server; metrics by `reader`."""
    shard = signalling.shard.name
    return policy(
        signalling.names,
        NAME,
        [
            allowed(pods_named("jicofo", shard), tcp=[C2S_PORT]),
            allowed(pods_named("prosody", shard), tcp=[S2S_PORT]),
            allowed(pods_named("haproxy"), reader, tcp=[HTTP_PORT]),
        ],
    )


def _object(signalling: Signalling, version: str, kind: str, **body: Any) -> Document:
    name = signalling.names.of(NAME)
    return manifest(version, kind, name, signalling.namespace, labels(NAME, signalling.shard.name), **body)
