"""Recorded resources as files, to read, to compare and to check with any tool for manifests."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from plan.recorder import Resource
from plan.tokens import is_kubernetes_object, is_scaleway_resource

FOLDERS = ("kubernetes", "scaleway")
_KEYS = ("apiVersion", "kind", "metadata")  # in this order at the top, as everyone writes manifests
_UNSAFE = str.maketrans(dict.fromkeys('/\\:*?"<>| ', "-"))


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and every document in full."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - every value alike
        """No anchors: equal parts are written twice."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def manifest(resource: Resource) -> dict[str, Any]:
    """The object as the API server would get it; `apiVersion` and `kind` from the type token where the inputs lack them."""
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
    """Path below the folder -> text, for everything that `write` writes."""
    made = list(resources)
    result = {f"kubernetes/{name}.yaml": _yaml(document) for name, document in _kubernetes(made)}
    result |= {f"scaleway/{name}.yaml": _yaml(document) for name, document in _scaleway(made)}
    listing = [resource.as_dict() for resource in made]
    result["resources.json"] = json.dumps(listing, indent=2, ensure_ascii=False) + "\n"
    return result


def write(resources: Iterable[Resource], folder: Path) -> int:
    """Write all files and remove those that an earlier render left in its two folders; returns how many objects there are.

    Raises:
        OSError: the folder cannot be written.
    """
    made = files(resources)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for stale in (folder / name).glob("*.yaml"):
            if f"{name}/{stale.name}" not in made:
                stale.unlink()
    for path, text in made.items():
        (folder / path).write_text(text, encoding="utf-8")
    return len(made) - 1
