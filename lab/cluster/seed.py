"""Objects that exist in the cluster before the first deployment: a storage class and cert-manager's definitions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import yaml

from lab.cluster.api import has_condition
from lab.cluster.volumes import STORAGE_CLASS

if TYPE_CHECKING:
    from pathlib import Path

    from lab.cluster.api import Api

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ESTABLISH_SECONDS = 30.0


def seed(api: Api, definitions: Path | None) -> None:
    """Create the storage class and the CustomResourceDefinitions in the folder `definitions`, if given.

    The definitions stand for an existing cert-manager: its objects are stored and validated, but no controller issues
    certificates. Existing definitions are not changed.

    Raises:
        TimeoutError: the API server did not establish a definition.
    """
    api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS['metadata']['name']}", STORAGE_CLASS)
    if definitions is None:
        return
    present = {item["metadata"]["name"] for item in api.items(CRDS)}
    names: set[str] = set()
    for file in sorted(definitions.glob("*.yaml")):
        for document in yaml.load_all(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if not document or document.get("kind") != "CustomResourceDefinition":
                continue
            name = document["metadata"]["name"]
            names.add(name)
            if name not in present:
                api.create(CRDS, document)
    deadline = time.monotonic() + ESTABLISH_SECONDS
    while names - _established(api):
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"the API server did not establish {', '.join(sorted(names - _established(api)))} within "
                f"{ESTABLISH_SECONDS:.0f} s; run `make up` again"
            )
        time.sleep(0.1)


def _established(api: Api) -> set[str]:
    return {item["metadata"]["name"] for item in api.items(CRDS) if has_condition(item, "Established")}
