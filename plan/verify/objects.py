"""Objects from elsewhere, a folder or a cluster, in the place of those that the program renders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plan.recorder import Resource
from plan.render import manifest
from plan.tokens import is_kubernetes_object, is_scaleway_resource

Key = tuple[str, str, str]
"""Type token, namespace, and name: of the object in Kubernetes, of the resource at Scaleway."""


def type_of(document: Mapping[str, Any]) -> str:
    """Return the type token of a manifest: `kubernetes:apps/v1:Deployment`."""
    group = str(document.get("apiVersion"))
    return f"kubernetes:{group if '/' in group else f'core/{group}'}:{document.get('kind')}"


def key_of(resource: Resource) -> Key:
    """Return what identifies a resource outside of Pulumi's state."""
    if not is_kubernetes_object(resource.type):
        return resource.type, "", resource.name
    return key_of_manifest(manifest(resource))


def key_of_manifest(document: Mapping[str, Any]) -> Key:
    """Return what identifies a Kubernetes object."""
    metadata = document.get("metadata") or {}
    return type_of(document), str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


def key_of_document(document: Mapping[str, Any]) -> Key:
    """Return what identifies a Scaleway resource that `render` wrote."""
    return str(document["type"]), "", str(document["name"])


@dataclass(frozen=True, slots=True)
class Deployed:
    """Resources to verify, beside those that the program renders."""

    resources: tuple[Resource, ...]
    """All resources: rendered ones with the properties found elsewhere, and those that the program does not know."""
    pairs: tuple[tuple[Resource, Resource], ...]
    """Rendered resource and the same one as found."""
    missing: tuple[Resource, ...]
    """Rendered resources that were not found."""
    unknown: tuple[Resource, ...]
    """Resources that the program does not render."""


def deployed(
    rendered: Sequence[Resource], objects: Iterable[Mapping[str, Any]], cloud: Iterable[Mapping[str, Any]] | None
) -> Deployed:
    """Put Kubernetes manifests, and Scaleway resources as `render` writes them, in the place of the rendered ones.

    Without `cloud` the Scaleway resources are those that the program renders.
    """
    documents: dict[Key, dict[str, Any]] = {key_of_manifest(document): dict(document) for document in objects}
    if cloud is not None:
        documents |= {key_of_document(each): dict(each["properties"]) for each in cloud}
    resources: list[Resource] = []
    pairs: list[tuple[Resource, Resource]] = []
    missing: list[Resource] = []
    for resource in rendered:
        compared = is_kubernetes_object(resource.type) or (cloud is not None and is_scaleway_resource(resource.type))
        if not (compared and resource.custom):
            resources.append(resource)
        elif (document := documents.pop(key_of(resource), None)) is None:
            missing.append(resource)
        else:
            found = replace(resource, properties=_without_type(document, resource))
            resources.append(found)
            pairs.append((resource, found))
    unknown = tuple(_unknown(key, document) for key, document in documents.items())
    return Deployed((*resources, *unknown), tuple(pairs), tuple(missing), unknown)


def _without_type(document: dict[str, Any], like: Resource) -> dict[str, Any]:
    """Leave out `apiVersion` and `kind` where the program's inputs lack them: the type token says both."""
    if not is_kubernetes_object(like.type):
        return document
    return {
        key: value for key, value in document.items() if key in like.properties or key not in ("apiVersion", "kind")
    }


def _unknown(key: Key, document: dict[str, Any]) -> Resource:
    type_, _, name = key
    return Resource(urn=f"urn:unknown::{type_}::{name}", type=type_, name=name, parent=None, properties=document)
