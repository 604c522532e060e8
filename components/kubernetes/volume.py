"""Volume of one pod: a claim that the program owns, which grows in place and outlives its workload.

volumeClaimTemplates of a StatefulSet are immutable, so another size would replace the StatefulSet and lose the data.
"""

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import SKIP_AWAIT


def claim(name: str, namespace: str, labels: dict[str, str], size: str) -> Document:
    """The claim. The API server refuses to shrink it."""
    # Skip await: the claim binds only when its pod is scheduled.
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return manifest("v1", "PersistentVolumeClaim", name, namespace, labels, annotations=SKIP_AWAIT, spec=spec)


def mounted(name: str) -> Document:
    """The pod's volume `data`, backed by the claim."""
    return {"name": "data", "persistentVolumeClaim": {"claimName": name}}
