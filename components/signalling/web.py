"""Web: nginx with the pages, stateless, and sized by its CPU."""

from components import pod
from components.labels import labels, manifest, selector
from components.signalling import environment
from components.signalling.addresses import WEB_PORT
from components.signalling.manifests import Document, Signalling, resources
from plan.signalling import WEB_CPU_PERCENT


def web(signalling: Signalling) -> tuple[Document, Document]:
    """Web's Deployment and Service, rolled one above the wanted number. TCP 8000 from the edge.

    Where an autoscaler owns the number, none stands here: a new Deployment starts with one pod, which the autoscaler raises to
    the least within 15 s, and no update ever sets the number back.
    """
    content = signalling.content
    container = pod.container(
        "web",
        signalling.images["web"],
        resources=resources(signalling.size.web),
        env=signalling.env(
            "web",
            {
                **environment.web(signalling.domain, signalling.names, signalling.auth, signalling.size),
                **signalling.options.web(signalling.names),
                **content.environment,
            },
        ),
        mounts={**pod.JITSI_MOUNTS, **content.volume_mounts},
        ports=[{"name": "http", "containerPort": WEB_PORT, "protocol": "TCP"}],
        startupProbe=pod.http_probe("/", "http", period=2, failures=60),
        readinessProbe=pod.http_probe("/", "http", period=5, failures=3),
        livenessProbe=pod.tcp_probe("http", period=15, failures=8),
        lifecycle={"preStop": {"exec": {"command": ["sleep", "5"]}}},
    )
    template = pod.pod(
        labelled=labels("web", signalling.shard.name),
        annotations=content.mark,
        containers=[container],
        volumes=[*pod.jitsi_volumes(), *content.volumes],
        terminationGracePeriodSeconds=30,
        topologySpreadConstraints=pod.spread(selector("web", signalling.shard.name)),
    )
    replicas: Document = {} if signalling.size.web_scales else {"replicas": signalling.size.web_least}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    deployment = signalling.workload("web", {**replicas, "strategy": strategy, "template": template})
    return deployment, signalling.service("web", http=WEB_PORT)


def autoscaler(signalling: Signalling) -> Document:
    """Scales web on its CPU, which metrics-server must tell; without one it stays at the least. Kapsule brings it."""
    size, name = signalling.size, signalling.names.of("web")
    target = {"type": "Utilization", "averageUtilization": WEB_CPU_PERCENT}
    return manifest(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        name,
        signalling.namespace,
        labels("web", signalling.shard.name),
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": size.web_least,
            "maxReplicas": size.web_most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    )


def disruption_budget(signalling: Signalling) -> Document:
    """A node's drain takes one web pod of the shard at a time."""
    return manifest(
        "policy/v1",
        "PodDisruptionBudget",
        signalling.names.of("web"),
        signalling.namespace,
        labels("web", signalling.shard.name),
        spec={"maxUnavailable": 1, "selector": {"matchLabels": selector("web", signalling.shard.name)}},
    )


def companions(signalling: Signalling) -> dict[str, Document]:
    """What stands beside the Deployment, by logical name: the autoscaler, and a budget where two pods always run."""
    found: dict[str, Document] = {}
    if signalling.size.web_scales:
        found["autoscaler"] = autoscaler(signalling)
    if signalling.size.web_least > 1:
        found["budget"] = disruption_budget(signalling)
    return found
