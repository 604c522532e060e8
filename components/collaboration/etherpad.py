"""Etherpad: shared documents, below /etherpad/ of the stack's own address."""

from typing import Any

from components import pod, volume
from components.collaboration.places import ETHERPAD, ETHERPAD_PORT
from components.network_policies import Document
from components.stack_objects import StackObjects
from config.collaboration import Documents
from plan.system_pods import ETHERPAD_SIZE

ETHERPAD_UID = 5001  # user of the image
HOME = "/opt/etherpad-lite"
KEYS = ("APIKEY.txt", "SESSIONKEY.txt")
"""Files that Etherpad would make at random beside its program, where nothing can be written."""


def secret(objects: StackObjects, values: dict[str, Any]) -> Document:
    """The keys of Etherpad's interface and sessions."""
    return objects.made("v1", "Secret", ETHERPAD, type="Opaque", stringData=values)


def claim(objects: StackObjects, storage: str) -> Document:
    """The volume that documents are on."""
    return volume.claim(ETHERPAD, objects.namespace, objects.labelled(ETHERPAD), storage)


def workload(objects: StackObjects, documents: Documents) -> Document:
    """One pod, as its database is a file."""
    state = f"{HOME}/var"
    container = pod.container(
        ETHERPAD,
        objects.images.etherpad,
        resources=pod.resources(f"{ETHERPAD_SIZE.millicpu}m", f"{ETHERPAD_SIZE.memory_mib}Mi"),
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
        ports=[{"name": "http", "containerPort": ETHERPAD_PORT, "protocol": "TCP"}],
        startupProbe=pod.http_probe("/health", "http", period=5, failures=60),
        readinessProbe=pod.http_probe("/health", "http", period=10, failures=3),
        livenessProbe=pod.tcp_probe("http", period=15, failures=8),
    )
    template = pod.pod(
        labelled=objects.labelled(ETHERPAD),
        annotations=dict(objects.marks),
        containers=[container],
        volumes=[
            {"name": "tmp", "emptyDir": {}},
            {"name": "plugins", "emptyDir": {}},
            {"name": "keys", "secret": {"secretName": ETHERPAD, "defaultMode": pod.READ_ONLY_SECRET}},
            volume.mounted(ETHERPAD) if documents.storage else {"name": "data", "emptyDir": {}},
        ],
        uid=ETHERPAD_UID,
        terminationGracePeriodSeconds=60,  # its database is written as it ends
    )
    return objects.workload("StatefulSet", ETHERPAD, {"replicas": 1, "serviceName": ETHERPAD, "template": template})
