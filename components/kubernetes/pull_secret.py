"""The login to a private registry, in every pod of a component and its children."""

from collections.abc import Iterator
from typing import Any

import pulumi


def pod_specs(document: Any) -> Iterator[dict[str, Any]]:
    """Yield the specs of all pods that an object makes, wherever its kind holds them."""
    if isinstance(document, dict):
        if isinstance(document.get("containers"), list):
            yield document
        for value in document.values():
            yield from pod_specs(value)


def pulling_with(secret: str) -> pulumi.ResourceTransformation:
    """Make every pod of a resource and its children pull its images with this Secret; no kind of pod can be forgotten."""

    def transformation(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        for spec in pod_specs(dict(args.props)):
            spec["imagePullSecrets"] = [{"name": secret}]
        return pulumi.ResourceTransformationResult(props=args.props, opts=args.opts)

    return transformation
