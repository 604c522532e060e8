"""Deployments and Services of prosody and jicofo: one of each in a shard, sized for the most participants it carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components import pod
from components.labels import NO_WAIT, labels, manifest, selector
from components.signalling import access, accounts, environment, jicofo_conf, meeting_settings
from components.signalling.addresses import C2S_PORT, HTTP_PORT, JICOFO_PORT, S2S_PORT, ShardNames
from components.signalling.options import NOTHING, Options
from components.signalling.web_content import WebContent
from config.access import Auth
from config.environment import Component, Env, combined
from config.meetings import Meetings
from config.shard import Shard
from config.web import Web
from plan.signalling import PodSize, SignallingSize, signalling_size

Document = dict[str, Any]

SAFE_TO_EVICT = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""A node that runs a shard's only prosody or jicofo is not worth emptying: every room of the shard would reconnect."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signalling:
    """What the signalling of one shard is made from."""

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
    """Variables that the stack file adds."""
    content: WebContent = field(default_factory=WebContent)
    """What web serves beside the image's own."""
    annotations: Mapping[str, Any] = field(default_factory=dict)
    """On every pod; a changed password's fingerprint stands here and rolls the pods."""
    prosody_annotations: Mapping[str, Any] = field(default_factory=dict)
    """On prosody's alone: the mark of the secrets of `auth` that it reads when it starts."""

    @property
    def names(self) -> ShardNames:
        """The shard's names in its namespace."""
        return ShardNames(self.shard.name, self.namespace)

    @property
    def size(self) -> SignallingSize:
        """What the pods request."""
        return signalling_size(self.shard, self.web)

    def workload(self, component: str, spec: Document) -> Document:
        """A Deployment of one component."""
        return manifest(
            "apps/v1",
            "Deployment",
            self.names.of(component),
            self.namespace,
            labels(component, self.shard.name),
            spec={"selector": {"matchLabels": selector(component, self.shard.name)}, **spec},
        )

    def service(self, component: str, **ports: int) -> Document:
        """A Service inside the cluster, TCP."""
        return manifest(
            "v1",
            "Service",
            self.names.of(component),
            self.namespace,
            labels(component, self.shard.name),
            annotations=NO_WAIT,
            spec={
                "selector": selector(component, self.shard.name),
                "ports": [
                    {"name": name, "port": port, "targetPort": port, "protocol": "TCP"} for name, port in ports.items()
                ],
            },
        )

    def env(self, component: Component, values: environment.Environment, *secrets: str) -> list[Document]:
        """Plain variables with those that the stack file adds, then those from the shard's Secret."""
        plain = {**combined(self.extra.of(component), values), **pod.JITSI_ENV}
        return pod.environment(plain) + pod.from_secret(self.names.secret, *secrets)


def resources(size: PodSize) -> Document:
    """Requests, and memory as a limit."""
    return pod.resources(f"{size.millicpu}m", f"{size.memory_mib}Mi")


def prosody(signalling: Signalling) -> tuple[Document, Document]:
    """Prosody: one per shard, never two at once. TCP 5222 from bridges and jicofo, 5280 from the edge, 5269 from visitors' prosodies.

    Rooms live in its memory, so liveness only asks whether the port still opens, and for five minutes: a loaded prosody
    answers late, and killing it would end every meeting of the shard.
    """
    s2s = {"s2s": S2S_PORT} if signalling.options.visitors else {}
    container = pod.container(
        "prosody",
        signalling.images["prosody"],
        resources=resources(signalling.size.prosody),
        env=signalling.env(
            "prosody",
            {
                **environment.prosody(signalling.domain, signalling.auth, signalling.turn),
                **signalling.options.prosody(signalling.names),
                **meeting_settings.prosody(signalling.meetings),
            },
            "JICOFO_AUTH_PASSWORD",
            "JVB_AUTH_PASSWORD",
            *(["TURN_CREDENTIALS"] if signalling.turn else []),
            *(access.SECRET_VARIABLES[name] for name in signalling.auth.secrets if name in access.SECRET_VARIABLES),
            *signalling.options.passwords,
        ),
        mounts={**pod.JITSI_MOUNTS, "/var/lib/prosody": "data", **accounts.mounts(signalling.auth)},
        ports=[
            {"name": "c2s", "containerPort": C2S_PORT, "protocol": "TCP"},
            {"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"},
            *({"name": name, "containerPort": port, "protocol": "TCP"} for name, port in s2s.items()),
        ],
        startupProbe=pod.http_probe("/http-bind", "http", period=3, failures=60),
        readinessProbe=pod.http_probe("/http-bind", "http", period=5, failures=6),
        livenessProbe=pod.tcp_probe("c2s", period=15, failures=20, timeout=10),
    )
    template = pod.pod(
        labelled=labels("prosody", signalling.shard.name),
        annotations={
            **signalling.annotations,
            **signalling.prosody_annotations,
            **SAFE_TO_EVICT,
            **pod.scrape(HTTP_PORT),
            **accounts.mark(signalling.auth),
        },
        containers=[container],
        volumes=[
            *pod.jitsi_volumes(),
            {"name": "data", "emptyDir": {"sizeLimit": "256Mi"}},
            *accounts.volumes(signalling.auth, signalling.names),
        ],
        terminationGracePeriodSeconds=30,
        **pod.SOON_ELSEWHERE,
    )
    deployment = signalling.workload("prosody", {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template})
    return deployment, signalling.service("prosody", c2s=C2S_PORT, http=HTTP_PORT, **s2s)


def jicofo_config(signalling: Signalling) -> Document:
    """Jicofo's config file."""
    return manifest(
        "v1",
        "ConfigMap",
        signalling.names.of("jicofo"),
        signalling.namespace,
        labels("jicofo", signalling.shard.name),
        data={jicofo_conf.FILE: jicofo_conf.render(signalling.shard)},
    )


def jicofo(signalling: Signalling) -> tuple[Document, Document]:
    """Jicofo: one per shard, started anew when its config file changes: meetings go on, the new one takes them over.

    Its own health check fails while no bridge is there, so probes ask for its version instead.
    """
    config = jicofo_config(signalling)
    container = pod.container(
        "jicofo",
        signalling.images["jicofo"],
        resources=resources(signalling.size.jicofo),
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
        ports=[{"name": "http", "containerPort": JICOFO_PORT, "protocol": "TCP"}],
        startupProbe=pod.http_probe("/about/version", "http", period=3, failures=60),
        readinessProbe=pod.http_probe("/about/version", "http", period=10, failures=6),
        # Without prosody or any bridge it is ill, and after prosody's restart alone it may stay so for good (jicofo #1290, #1297):
        # 15 minutes cover the first boot of bridges' nodes, and by then there is no meeting left to lose.
        livenessProbe=pod.http_probe("/about/health", "http", period=30, failures=30, timeout=10),
    )
    template = pod.pod(
        labelled=labels("jicofo", signalling.shard.name),
        annotations={
            **signalling.annotations,
            **SAFE_TO_EVICT,
            **pod.scrape(JICOFO_PORT),
            "jitsi.org/config": pod.text_hash(*config["data"].values()),
        },
        containers=[container],
        volumes=[*pod.jitsi_volumes(), pod.config_volume("config", config["metadata"]["name"])],
        terminationGracePeriodSeconds=30,
        **pod.SOON_ELSEWHERE,
    )
    deployment = signalling.workload("jicofo", {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template})
    return deployment, signalling.service("jicofo", http=JICOFO_PORT)
