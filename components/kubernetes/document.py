"""Manifests: Kubernetes objects as the API expects them."""

import json
from functools import lru_cache
from typing import Any

import yaml

Document = dict[str, Any]


def manifest(
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None,
    labels: dict[str, str],
    *,
    annotations: dict[str, str] | None = None,
    **body: Any,
) -> Document:
    """Object with its metadata. `namespace` is None for cluster-scoped objects."""
    metadata: Document = {"name": name, "labels": labels}
    if namespace:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


class _Dumper(yaml.SafeDumper):
    """Writes multi-line texts as blocks, and equal parts in full instead of anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - no value has an anchor
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def as_yaml(document: Document, *, width: int = 120, allow_unicode: bool = False) -> str:
    """The document as YAML text, keys in their order."""
    return _text(json.dumps(document), width, allow_unicode)


@lru_cache(maxsize=512)  # writing YAML is a fifth of an evaluation, and the next one writes mostly the same
def _text(document: str, width: int, allow_unicode: bool) -> str:
    return yaml.dump(json.loads(document), Dumper=_Dumper, sort_keys=False, width=width, allow_unicode=allow_unicode)
