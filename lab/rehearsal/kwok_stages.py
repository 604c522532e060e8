"""kwok's stages when some pods have the rehearsal's kubelet: kwok assigns their address only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from lab.cluster.plane import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMPONENT = "app.kubernetes.io/name"
_KEY = f'.metadata.labels["{COMPONENT}"]'
_ADMITTED = """\
{{ $now := Now }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
phase: Pending
startTime: {{ $now | Quote }}
"""


def stages(components: Sequence[str]) -> str:
    """Kwok's stages, without readiness and deletion for the pods of `components` (by `app.kubernetes.io/name`)."""
    documents: list[dict[str, Any]] = list(yaml.safe_load_all(STAGES.read_text()))
    theirs = {"key": _KEY, "operator": "NotIn", "values": list(components)}
    for document in documents:
        if document["spec"]["resourceRef"]["kind"] == "Pod":
            document["spec"]["selector"]["matchExpressions"].append(theirs)
    documents.append(
        {
            "kind": "Stage",
            "apiVersion": "kwok.x-k8s.io/v1alpha1",
            "metadata": {"name": "pod-admitted"},
            "spec": {
                "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
                "selector": {
                    "matchExpressions": [
                        {**theirs, "operator": "In"},
                        {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                        {"key": ".status.podIP", "operator": "DoesNotExist"},
                    ]
                },
                "next": {"statusTemplate": _ADMITTED},
            },
        }
    )
    return yaml.safe_dump_all(documents, sort_keys=False)


def write(folder: Path, components: Sequence[str]) -> Path:
    """Write the stages to a file for `Embedded`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "stages.yaml"
    file.write_text(stages(components))
    return file
