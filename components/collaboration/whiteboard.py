"""The whiteboard's server: passes drawings on between the browsers of a room, and keeps none."""

from components import pod
from components.collaboration.places import WHITEBOARD, WHITEBOARD_METRICS_PORT, WHITEBOARD_PORT
from components.network_policies import Document
from components.stack_objects import StackObjects
from plan.system_pods import WHITEBOARD_SIZE


def workload(objects: StackObjects, domain: str) -> Document:
    """One pod: a second one would not know who is in the first one's rooms. Browsers connect again, and have the drawing."""
    container = pod.container(
        WHITEBOARD,
        objects.images.whiteboard,
        resources=pod.resources(f"{WHITEBOARD_SIZE.millicpu}m", f"{WHITEBOARD_SIZE.memory_mib}Mi"),
        env=pod.environment({"PORT": WHITEBOARD_PORT, "CORS_ORIGIN": f"https://{domain}", "HOME": "/tmp"}),  # noqa: S108
        mounts={"/tmp": "tmp"},  # noqa: S108
        ports=[
            {"name": "http", "containerPort": WHITEBOARD_PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": WHITEBOARD_METRICS_PORT, "protocol": "TCP"},
        ],
        startupProbe=pod.http_probe("/", "http", period=3, failures=40),
        readinessProbe=pod.http_probe("/", "http", period=10, failures=3),
        livenessProbe=pod.tcp_probe("http", period=15, failures=8),
    )
    template = pod.pod(
        labelled=objects.labelled(WHITEBOARD),
        annotations=pod.scrape(WHITEBOARD_METRICS_PORT),
        containers=[container],
        volumes=[{"name": "tmp", "emptyDir": {}}],
        terminationGracePeriodSeconds=10,
    )
    spec = {"replicas": 1, "strategy": {"type": "Recreate"}, "template": template}
    return objects.workload("Deployment", WHITEBOARD, spec)
