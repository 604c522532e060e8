"""Etherpad: shared documents, at /etherpad/ of the stack's domain."""

from typing import Any

from components.collaboration.addresses import ETHERPAD
from components.kubernetes import pod, volume
from components.kubernetes.document import Document
from components.kubernetes.stack_objects import StackObjects
from config.collaboration import Documents
from sizing import parts

HOME = "/opt/etherpad-lite"
KEYS = ("APIKEY.txt", "SESSIONKEY.txt")
"""Files that Etherpad would otherwise generate in its read-only program folder."""


def secret(objects: StackObjects, values: dict[str, Any]) -> Document:
    """Return a Secret of Etherpad's API and session keys."""
    return objects.manifest("v1", "Secret", ETHERPAD, type="Opaque", stringData=values)


def claim(objects: StackObjects, storage: str) -> Document:
    """Return the claim of the documents' volume."""
    return volume.claim(ETHERPAD, objects.namespace, objects.labels(ETHERPAD), storage)


def workload(objects: StackObjects, documents: Documents) -> Document:
    """Return a StatefulSet of one replica, because the database is a file."""
    state = f"{HOME}/var"
    container = pod.part_container(
        parts.ETHERPAD,
        objects.images.etherpad,
        env=pod.environment(
            {
                "TITLE": documents.title,
                "TRUST_PROXY": "true",
                "AUTHENTICATION_METHOD": "apikey",
                "DB_TYPE": "dirty",
                "DB_FILENAME": "var/dirty.db",
                "HOME": "/tmp",  # noqa: S108
            }
        ),
        mounts={
            "/tmp": "tmp",  # noqa: S108
            state: "data",
            f"{HOME}/src/plugin_packages": "plugins",
            **{f"{HOME}/{key}": f"!keys:{key}" for key in KEYS},
        },
        startupProbe=pod.http_probe("/health", "http", period=5, failures=60),
        readinessProbe=pod.http_probe("/health", "http", period=10, failures=3),
        livenessProbe=pod.tcp_probe("http", period=15, failures=8),
    )
    template = pod.pod(
        labels=objects.labels(ETHERPAD),
        annotations=dict(objects.marks),
        containers=[container],
        volumes=[
            {"name": "tmp", "emptyDir": {}},
            {"name": "plugins", "emptyDir": {}},
            {"name": "keys", "secret": {"secretName": ETHERPAD, "defaultMode": pod.READ_ONLY_SECRET}},
            volume.mounted(ETHERPAD) if documents.storage else {"name": "data", "emptyDir": {}},
        ],
        uid=parts.ETHERPAD.image.uid,
        terminationGracePeriodSeconds=60,  # writes its database on shutdown
    )
    # A broken pod would otherwise keep its successor away for ever.
    spec = {"replicas": 1, "serviceName": ETHERPAD, "podManagementPolicy": "Parallel", "template": template}
    return objects.workload("StatefulSet", ETHERPAD, spec)
