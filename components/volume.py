"""A volume of one pod: a claim of the program's own, which grows in place and stays when its workload is made anew.

A StatefulSet's own claims would be made anew with it for every other size, and what is on them would be gone.
"""

from typing import Any

from components.labels import NO_WAIT, manifest

Document = dict[str, Any]


def claim(name: str, namespace: str, labelled: dict[str, str], size: str) -> Document:
    """The claim. Not waited for: it is bound once its pod has a node. The API server refuses a smaller size than it has."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return manifest("v1", "PersistentVolumeClaim", name, namespace, labelled, annotations=NO_WAIT, spec=spec)


def mounted(name: str) -> Document:
    """The volume `data` of the pod that has the claim."""
    return {"name": "data", "persistentVolumeClaim": {"claimName": name}}
