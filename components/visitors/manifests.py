"""StatefulSet, Service, budget and network policy of a shard's visitor prosodies."""

from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from components.kubernetes.network_policies import ingress, policy
from components.signalling import accounts, environment, meeting_settings
from components.signalling.manifests import SAFE_TO_EVICT, Signalling
from components.signalling.options import S2S_LIMIT
from config.visitors import Visitors
from sizing.parts import VISITORS
from sizing.signalling_sizes import visitor_node_size

NAME = VISITORS.name
INDEX_LABEL = "apps.kubernetes.io/pod-index"


def workload(signalling: Signalling, visitors: Visitors) -> Document:
    """StatefulSet. TCP 5280 in from the edge, 5222 in from jicofo, 5269 in from the shard's prosody.

    Clients name the ordinal (`vnode=v0`). Pods start in parallel because they are independent; an update restarts one at a time,
    and only its visitors reconnect.
    """
    container = pod.container(
        NAME,
        signalling.images["prosody"],
        resources=pod.resources(visitor_node_size(visitors)),
        env=[
            *signalling.env(
                "prosody",
                {
                    **environment.visitors(
                        signalling.domain, signalling.names, signalling.auth, visitors, S2S_LIMIT, turn=signalling.turn
                    ),
                    **signalling.options.every_prosody(),
                    **meeting_settings.every_prosody(signalling.meetings),
                },
                "JICOFO_AUTH_PASSWORD",
                "JVB_AUTH_PASSWORD",  # the image requires it, although no bridge logs in here
                *(["TURN_CREDENTIALS"] if signalling.turn else []),
            ),
            pod.from_field("PROSODY_VISITOR_INDEX", f"metadata.labels['{INDEX_LABEL}']"),
        ],
        mounts={**pod.JITSI_MOUNTS, "/var/lib/prosody": "data", **accounts.plugin_mounts(signalling.plugins)},
        ports=pod.ports(VISITORS),
        startupProbe=pod.http_probe("/http-bind", "http", period=3, failures=60),
        readinessProbe=pod.http_probe("/http-bind", "http", period=5, failures=6),
        livenessProbe=pod.tcp_probe("c2s", period=15, failures=20, timeout=10),
    )
    shard = signalling.shard.name
    template = pod.pod(
        labels=labels(NAME, shard),
        annotations={
            **signalling.annotations,
            **(signalling.turn.mark if signalling.turn else {}),
            **accounts.plugin_mark(signalling.plugins),
            **SAFE_TO_EVICT,
            **pod.scrape(VISITORS),
        },
        containers=[container],
        volumes=[
            *pod.jitsi_volumes(),
            {"name": "data", "emptyDir": {"sizeLimit": "256Mi"}},
            *accounts.plugin_volumes(signalling.plugins, signalling.names),
        ],
        terminationGracePeriodSeconds=30,
        topologySpreadConstraints=pod.spread(selector(NAME, shard)),
        **signalling.placement,
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
    """Headless Service that publishes unready pods, so that the prosodies resolve each other while they start."""
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": selector(NAME, signalling.shard.name),
        "ports": [
            {"name": port.name, "port": port.number, "targetPort": port.number, "protocol": port.protocol}
            for port in VISITORS.opens
        ],
    }
    return _object(signalling, "v1", "Service", annotations=SKIP_AWAIT, spec=spec)


def disruption_budget(signalling: Signalling) -> Document:
    """Budget that lets evictions take one visitor prosody of the shard at a time."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector(NAME, signalling.shard.name)}}
    return _object(signalling, "policy/v1", "PodDisruptionBudget", spec=spec)


def network_policy(signalling: Signalling, reader: Document) -> Document:
    """TCP 5280 in from the edge and `reader` (metrics), 5222 in from jicofo, 5269 in from the shard's prosody."""
    return policy(signalling.names, NAME, ingress(VISITORS, signalling.shard.name, reader))


def _object(signalling: Signalling, version: str, kind: str, **body: Any) -> Document:
    name = signalling.names.of(NAME)
    return manifest(version, kind, name, signalling.namespace, labels(NAME, signalling.shard.name), **body)
