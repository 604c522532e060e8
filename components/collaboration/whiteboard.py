"""The whiteboard server: forwards drawings between the browsers of a room and stores none."""

from components.collaboration.addresses import WHITEBOARD_PORT
from components.kubernetes import pod
from components.kubernetes.document import Document
from components.kubernetes.stack_objects import StackObjects
from sizing.parts import WHITEBOARD


def workload(objects: StackObjects, domain: str) -> Document:
    """Return a Deployment of one replica, because replicas share no rooms. Browsers reconnect and resend the drawing."""
    container = pod.part_container(
        WHITEBOARD,
        objects.images.whiteboard,
        env=pod.environment({"PORT": WHITEBOARD_PORT, "CORS_ORIGIN": f"https://{domain}", "HOME": "/tmp"}),  # noqa: S108
        mounts={"/tmp": "tmp"},  # noqa: S108
        command=list(WHITEBOARD.image.command),
        startupProbe=pod.http_probe("/", "http", period=3, failures=40),
        readinessProbe=pod.http_probe("/", "http", period=10, failures=3),
        livenessProbe=pod.tcp_probe("http", period=15, failures=8),
    )
    template = pod.pod(
        labels=objects.labels(WHITEBOARD.name),
        annotations=pod.scrape(WHITEBOARD),
        containers=[container],
        volumes=[{"name": "tmp", "emptyDir": {}}],
        terminationGracePeriodSeconds=10,
    )
    spec = {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template}
    return objects.workload("Deployment", WHITEBOARD.name, spec)
