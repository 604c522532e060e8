"""What a Kapsule cluster holds before anyone deploys to it: a storage class, and cert-manager's API where it is wanted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import yaml

from local.control_plane.volumes import STORAGE_CLASS

if TYPE_CHECKING:
    from pathlib import Path

    from local.control_plane.api import Api

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ESTABLISH_SECONDS = 30.0


def seed(api: Api, definitions: Path | None) -> None:
    """Put the storage class and, when `definitions` is a folder of YAML files, its CustomResourceDefinitions in place.

    The definitions stand for an existing cert-manager: its objects can be stored and are validated, but no controller
    acts on them, so no certificate is ever issued. What is there already stays as it is.
    """
    api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS['metadata']['name']}", STORAGE_CLASS)
    if definitions is None:
        return
    present = {item["metadata"]["name"] for item in api.items(CRDS)}
    wanted: set[str] = set()
    for file in sorted(definitions.glob("*.yaml")):
        for document in yaml.load_all(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            name = document["metadata"]["name"]
            wanted.add(name)
            if name not in present:
                api.create(CRDS, document)
    deadline = time.monotonic() + ESTABLISH_SECONDS
    while wanted - _established(api):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"the API server did not establish {', '.join(sorted(wanted - _established(api)))} within "
                f"{ESTABLISH_SECONDS:.0f} s; run `make up` again"
            )
        time.sleep(0.1)


def _established(api: Api) -> set[str]:
    return {
        item["metadata"]["name"]
        for item in api.items(CRDS)
        for condition in (item.get("status") or {}).get("conditions") or []
        if condition["type"] == "Established" and condition["status"] == "True"
    }
