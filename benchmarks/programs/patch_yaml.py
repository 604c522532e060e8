"""What a templater does at least: read the manifests of one shard, write those of N. `patch_yaml.py FOLDER N`."""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

# libyaml where it is there, as any templater that cares for speed.
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def labelled(document: Any, label: str, value: str) -> None:
    """Set `label` wherever the document has labels or selects by them."""
    if isinstance(document, dict):
        for key, inner in document.items():
            if key in ("labels", "matchLabels") and isinstance(inner, dict):
                inner[label] = value
            labelled(inner, label, value)
    elif isinstance(document, list):
        for inner in document:
            labelled(inner, label, value)


def documents(folder: Path, shards: int) -> Iterator[dict[str, Any]]:
    """The common objects once, the shard's objects once per shard."""
    for path in sorted((folder / "common").glob("*-*.yaml")):
        yield yaml.load(path.read_text(), Loader)  # noqa: S506 - a safe loader, whichever
    shard = [yaml.load(path.read_text(), Loader) for path in sorted((folder / "shard").glob("*-*.yaml"))]  # noqa: S506
    for number in range(shards):
        for document in shard:
            own = copy.deepcopy(document)
            own["metadata"]["name"] += f"-s{number}"
            labelled(own, "app.kubernetes.io/instance", f"s{number}")
            if own["kind"] == "Deployment":
                own["spec"]["replicas"] = 2
            yield own


if __name__ == "__main__":
    yaml.dump_all(documents(Path(sys.argv[1]), int(sys.argv[2])), sys.stdout, Dumper, sort_keys=False)
