"""Deployment, Service, autoscaler and budget of web: stateless nginx that serves the pages."""

from components.kubernetes import pod, replicas
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels, selector
from components.signalling import environment
from components.signalling.manifests import Signalling
from sizing.parts import WEB
from sizing.signalling_sizes import WEB_CPU_PERCENT


def web(signalling: Signalling) -> tuple[Document, Document]:
    """Deployment and Service of web. TCP 8000 in from the edge. An update surges by one pod.

    The autoscaler owns `replicas` (`components.kubernetes.replicas`).
    """
    content = signalling.content
    container = pod.container(
        "web",
        signalling.images["web"],
        resources=pod.resources(signalling.size.web),
        env=signalling.env(
            "web",
            {
                **environment.web(signalling.domain, signalling.names, signalling.auth, signalling.size),
                **signalling.options.web(signalling.names),
                **content.environment,
            },
        ),
        mounts={**pod.JITSI_MOUNTS, **content.volume_mounts},
        ports=pod.ports(WEB),
        startupProbe=pod.http_probe("/", "http", period=2, failures=60),
        readinessProbe=pod.http_probe("/", "http", period=5, failures=3),
        livenessProbe=pod.tcp_probe("http", period=15, failures=8),
        lifecycle={"preStop": {"exec": {"command": ["sleep", "5"]}}},
    )
    template = pod.pod(
        labels=labels("web", signalling.shard.name),
        annotations=content.mark,
        containers=[container],
        volumes=[*pod.jitsi_volumes(), *content.volumes],
        terminationGracePeriodSeconds=30,
        topologySpreadConstraints=pod.spread(selector("web", signalling.shard.name)),
        **pod.EVICT_FAST,
        **signalling.placement,
    )
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    deployment = signalling.workload("web", {"strategy": strategy, "template": template})
    return deployment, signalling.service("web", WEB.opens)


def autoscaler(signalling: Signalling, deployment: Document) -> Document:
    """HorizontalPodAutoscaler on CPU. It requires metrics-server, which Kapsule includes; web stays at the minimum without it."""
    size = signalling.size
    return replicas.autoscaler(deployment, size.web_min, size.web_max, [replicas.cpu(WEB_CPU_PERCENT)])


def disruption_budget(signalling: Signalling) -> Document:
    """Budget that lets evictions take one web pod of the shard at a time."""
    return manifest(
        "policy/v1",
        "PodDisruptionBudget",
        signalling.names.of("web"),
        signalling.namespace,
        labels("web", signalling.shard.name),
        spec={"maxUnavailable": 1, "selector": {"matchLabels": selector("web", signalling.shard.name)}},
    )


def companions(signalling: Signalling, deployment: Document) -> dict[str, Document]:
    """Autoscaler, and a budget if at least two pods always run, by logical name."""
    documents = {"autoscaler": autoscaler(signalling, deployment)}
    if signalling.size.web_min > 1:
        documents["budget"] = disruption_budget(signalling)
    return documents
