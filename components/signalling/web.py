"""Web: nginx with the pages, stateless, and sized by its CPU."""

from components import pod, pod_number
from components.labels import labels, manifest, selector
from components.signalling import environment
from components.signalling.addresses import WEB_PORT
from components.signalling.manifests import Document, Signalling, resources
from plan.signalling import WEB_CPU_PERCENT


def web(signalling: Signalling) -> tuple[Document, Document]:
    """Web's Deployment and Service, rolled one above the wanted number. TCP 8000 from the edge.

    Its number is its autoscaler's (`components.pod_number`).
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
        **pod.SOON_ELSEWHERE,
    )
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    deployment = signalling.workload("web", {"strategy": strategy, "template": template})
    return deployment, signalling.service("web", http=WEB_PORT)


def autoscaler(signalling: Signalling, deployment: Document) -> Document:
    """Scales web on its CPU, which metrics-server must tell; without one it stays at the least. Kapsule brings it."""
    size = signalling.size
    return pod_number.autoscaler(deployment, size.web_least, size.web_most, [pod_number.cpu(WEB_CPU_PERCENT)])


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


def companions(signalling: Signalling, deployment: Document) -> dict[str, Document]:
    """What stands beside the Deployment, by logical name: the autoscaler, and a budget where two pods always run."""
    found = {"autoscaler": autoscaler(signalling, deployment)}
    if signalling.size.web_least > 1:
        found["budget"] = disruption_budget(signalling)
    return found
