"""Deployments and Services of prosody and jicofo: one pod of each per shard, sized for its maximum number of participants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT, labels, selector
from components.signalling import access, accounts, environment, jicofo_conf, meeting_settings
from components.signalling.options import NOTHING, Options
from components.signalling.web_content import WebContent
from config.access import Auth
from config.environment import Component, Env, combined
from config.meetings import Meetings
from config.shard import Shard
from config.web import Web
from sizing.addresses import ShardNames
from sizing.part import Port
from sizing.parts import JICOFO, PROSODY
from sizing.signalling_sizes import SignallingSize, signalling_size

SAFE_TO_EVICT = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""Keeps the cluster autoscaler from removing the node of a shard's only prosody or jicofo, which would reconnect every room."""

JICOFO_ALIVE = (
    f"curl -s -m 8 http://127.0.0.1:{JICOFO.port('http')}/about/health | grep -qE '^\"?OK|total bridge count: [1-9]'"
)
"""Shell line that succeeds while jicofo is healthy, or unhealthy only because every bridge leaves (JicofoHealthChecker.kt)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signalling:
    """Inputs of one shard's signalling."""

    namespace: str
    domain: str
    shard: Shard
    images: Mapping[str, str]
    """web, prosody, jicofo -> image."""
    auth: Auth
    web: Web
    options: Options = NOTHING
    turn: environment.ClientTurn | None = None
    meetings: Meetings = field(default_factory=Meetings)
    extra: Env = field(default_factory=Env)
    """Variables from the stack file."""
    content: WebContent = field(default_factory=WebContent)
    """Files and variables of web from the stack file."""
    plugins: Mapping[str, str] = field(default_factory=dict)
    """Own modules of prosody from the stack file, name -> source."""
    annotations: Mapping[str, Any] = field(default_factory=dict)
    """Annotations of every pod, with fingerprints of passwords, which roll the pods on a change."""
    prosody_annotations: Mapping[str, Any] = field(default_factory=dict)
    """Annotations of prosody only: fingerprint of the secrets of `auth` that it reads at start."""
    own_pools: bool = True
    """`Place.own_pools`."""

    @property
    def names(self) -> ShardNames:
        """The shard's names in its namespace."""
        return ShardNames(self.shard.name, self.namespace, self.options.dns_domain)

    @property
    def placement(self) -> Document:
        """The zone's system nodes, if the shard is bound to its zone."""
        return pod.bound_to(self.shard.signalling_zone, own_pools=self.own_pools)

    @property
    def size(self) -> SignallingSize:
        """Sizes of the pods."""
        return signalling_size(self.shard, self.web)

    def workload(self, component: str, spec: Document) -> Document:
        """Deployment of a component."""
        return manifest(
            "apps/v1",
            "Deployment",
            self.names.of(component),
            self.namespace,
            labels(component, self.shard.name),
            spec={"selector": {"matchLabels": selector(component, self.shard.name)}, **spec},
        )

    def service(self, component: str, ports: Iterable[Port]) -> Document:
        """ClusterIP Service of a component."""
        return manifest(
            "v1",
            "Service",
            self.names.of(component),
            self.namespace,
            labels(component, self.shard.name),
            annotations=SKIP_AWAIT,
            spec={
                "selector": selector(component, self.shard.name),
                "ports": [
                    {"name": port.name, "port": port.number, "targetPort": port.number, "protocol": port.protocol}
                    for port in ports
                ],
            },
        )

    def env(self, component: Component, values: environment.Environment, *secrets: str) -> list[Document]:
        """Variables of the program and the stack file, followed by those from the shard's Secret."""
        plain = {**combined(self.extra.of(component), values), **pod.JITSI_ENV}
        return pod.environment(plain) + pod.from_secret(self.names.secret, *secrets)


def prosody(signalling: Signalling) -> tuple[Document, Document]:
    """Deployment and Service of prosody: one pod per shard, never two at once.

    TCP in: 5222 from bridges, jicofo, jibri and jigasi; 5280 from the edge, web and metrics; 5269 from visitor prosodies.
    Rooms live in its memory, so a restart ends every meeting of the shard. A loaded prosody answers late, so liveness only
    opens the port and fails after five minutes.
    """
    closed = () if signalling.options.visitors else ("s2s",)
    container = pod.container(
        "prosody",
        signalling.images["prosody"],
        resources=pod.resources(signalling.size.prosody),
        env=signalling.env(
            "prosody",
            {
                **environment.prosody(signalling.domain, signalling.auth, signalling.shard.bridges, signalling.turn),
                **signalling.options.prosody(signalling.names),
                **meeting_settings.prosody(signalling.meetings),
            },
            "JICOFO_AUTH_PASSWORD",
            "JVB_AUTH_PASSWORD",
            *(["TURN_CREDENTIALS"] if signalling.turn else []),
            *(access.SECRET_VARIABLES[name] for name in signalling.auth.secrets if name in access.SECRET_VARIABLES),
            *signalling.options.passwords,
        ),
        mounts={**pod.JITSI_MOUNTS, "/var/lib/prosody": "data", **accounts.mounts(signalling.auth, signalling.plugins)},
        ports=[port for port in pod.ports(PROSODY) if port["name"] not in closed],
        startupProbe=pod.http_probe("/http-bind", "http", period=3, failures=60),
        readinessProbe=pod.http_probe("/http-bind", "http", period=5, failures=6),
        livenessProbe=pod.tcp_probe("c2s", period=15, failures=20, timeout=10),
    )
    template = pod.pod(
        labels=labels("prosody", signalling.shard.name),
        annotations={
            **signalling.annotations,
            **signalling.prosody_annotations,
            **SAFE_TO_EVICT,
            **pod.scrape(PROSODY),
            **accounts.mark(signalling.auth, signalling.plugins),
        },
        containers=[container],
        volumes=[
            *pod.jitsi_volumes(),
            {"name": "data", "emptyDir": {"sizeLimit": "256Mi"}},
            *accounts.volumes(signalling.auth, signalling.names),
        ],
        terminationGracePeriodSeconds=30,
        **pod.EVICT_FAST,
        **signalling.placement,
    )
    deployment = signalling.workload("prosody", {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template})
    return deployment, signalling.service("prosody", [port for port in PROSODY.opens if port.name not in closed])


def jicofo_config(signalling: Signalling) -> Document:
    """ConfigMap with jicofo's config file."""
    return manifest(
        "v1",
        "ConfigMap",
        signalling.names.of("jicofo"),
        signalling.namespace,
        labels("jicofo", signalling.shard.name),
        data={jicofo_conf.FILE: jicofo_conf.render(signalling.shard)},
    )


def jicofo(signalling: Signalling) -> tuple[Document, Document]:
    """Deployment and Service of jicofo: one pod per shard. TCP 8888 in, from the edge and metrics.

    A changed config file restarts it; meetings continue, and the new pod takes them over. Its health check fails while there is
    no bridge, so startup and readiness request its version instead.
    """
    config = jicofo_config(signalling)
    container = pod.container(
        "jicofo",
        signalling.images["jicofo"],
        resources=pod.resources(signalling.size.jicofo),
        env=signalling.env(
            "jicofo",
            {
                **environment.jicofo(signalling.names, signalling.shard, signalling.auth, signalling.size),
                **signalling.options.jicofo(signalling.names),
                **meeting_settings.jicofo(signalling.meetings),
            },
            "JICOFO_AUTH_PASSWORD",
        ),
        mounts={**pod.JITSI_MOUNTS, f"/config/{jicofo_conf.FILE}": f"!config:{jicofo_conf.FILE}"},
        ports=pod.ports(JICOFO),
        startupProbe=pod.http_probe("/about/version", "http", period=3, failures=60),
        readinessProbe=pod.http_probe("/about/version", "http", period=10, failures=6),
        # Jicofo may not recover from prosody's restart (jicofo #1290, #1297): it is unhealthy and knows no bridge.
        # 15 minutes cover the first boot of bridges' nodes. While every bridge leaves, it is unhealthy and serves their meetings.
        livenessProbe=pod.exec_probe(JICOFO_ALIVE, period=30, failures=30, timeout=10),
    )
    template = pod.pod(
        labels=labels("jicofo", signalling.shard.name),
        annotations={
            **signalling.annotations,
            **SAFE_TO_EVICT,
            **pod.scrape(JICOFO),
            "jitsi.org/config": pod.text_hash(*config["data"].values()),
        },
        containers=[container],
        volumes=[*pod.jitsi_volumes(), pod.config_volume("config", config["metadata"]["name"])],
        terminationGracePeriodSeconds=30,
        **pod.EVICT_FAST,
        **signalling.placement,
    )
    deployment = signalling.workload("jicofo", {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template})
    return deployment, signalling.service("jicofo", JICOFO.opens)
