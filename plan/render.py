"""Write recorded resources as files, to read, compare, and check with any manifest tool."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from components.kubernetes.document import as_yaml
from plan.recorder import Resource
from plan.tokens import is_kubernetes_object, is_scaleway_resource

FOLDERS = ("kubernetes", "scaleway")
_KEYS = ("apiVersion", "kind", "metadata")  # written first, in the usual order of manifests
_UNSAFE = str.maketrans('/\\:*?"<>| ', "-" * 10)


def manifest(resource: Resource) -> dict[str, Any]:
    """Return the object as the API server would receive it; `apiVersion` and `kind` default to the type token's."""
    _, group, kind = resource.type.split(":", 2)
    defaults = {"apiVersion": group.removeprefix("core/"), "kind": kind, "metadata": {}}
    document = {**defaults, **resource.properties}
    rest = [key for key in document if key not in _KEYS and key != "status"]
    return {key: document[key] for key in (*_KEYS, *rest)}


def _kubernetes(resources: Iterable[Resource]) -> Iterator[tuple[str, dict[str, Any]]]:
    documents = [
        manifest(resource) for resource in resources if resource.custom and is_kubernetes_object(resource.type)
    ]

    def name(document: dict[str, Any], namespaced: bool) -> str:
        metadata = document["metadata"]
        parts = [document["kind"], metadata.get("namespace") if namespaced else None, metadata.get("name", "unnamed")]
        return "-".join(part for part in parts if part).lower().translate(_UNSAFE)

    short = Counter(name(document, False) for document in documents)
    used: Counter[str] = Counter()
    for document in documents:
        chosen = name(document, False)
        chosen = name(document, True) if short[chosen] > 1 else chosen
        used[chosen] += 1
        yield chosen if used[chosen] == 1 else f"{chosen}-{used[chosen]}", document


def _scaleway(resources: Iterable[Resource]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in resources:
        if resource.custom and is_scaleway_resource(resource.type):
            kind = resource.type.rsplit(":", 1)[-1]
            document = {"type": resource.type, "name": resource.name, "properties": resource.properties}
            yield f"{kind}-{resource.name}".lower().translate(_UNSAFE), document


def files(resources: Iterable[Resource]) -> dict[str, str]:
    """Return relative path -> content of every file that `write` writes."""
    listed = list(resources)
    result = {
        f"kubernetes/{name}.yaml": as_yaml(document, allow_unicode=True) for name, document in _kubernetes(listed)
    }
    result |= {f"scaleway/{name}.yaml": as_yaml(document, allow_unicode=True) for name, document in _scaleway(listed)}
    listing = [resource.as_dict() for resource in listed]
    result["resources.json"] = json.dumps(listing, indent=2, ensure_ascii=False) + "\n"
    return result


def write(resources: Iterable[Resource], folder: Path) -> int:
    """Write all files, remove stale ones of an earlier render, and return the number of objects.

    Raises:
        OSError: The folder cannot be written.
    """
    texts = files(resources)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for stale in (folder / name).glob("*.yaml"):
            if f"{name}/{stale.name}" not in texts:
                stale.unlink()
    for path, text in texts.items():
        (folder / path).write_text(text, encoding="utf-8")
    return len(texts) - 1
