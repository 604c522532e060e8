"""Base class of components, which parents children and passes `depends_on` down to them."""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.kubernetes.document import Document
from components.kubernetes.object import KubernetesObject


def child_options(
    parent: pulumi.Resource, opts: pulumi.ResourceOptions | None, *needs: pulumi.Resource, protect: bool = False
) -> pulumi.ResourceOptions:
    """Options of a child. They include the component's `depends_on`, which the SDK does not pass down."""
    inherited = opts.depends_on if opts else None
    waits = (
        [inherited]
        if isinstance(inherited, pulumi.Resource)
        else list(inherited)
        if isinstance(inherited, Sequence)
        else []
    )
    return pulumi.ResourceOptions(parent=parent, depends_on=[*waits, *needs], protect=protect or None)


class Component(pulumi.ComponentResource):
    """A component whose children are named after it: `<name>-<part>`."""

    def __init__(self, token: str, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(token, name, None, opts)
        self._name = name
        self._opts = opts

    def child(self, *needs: pulumi.Resource, protect: bool = False) -> pulumi.ResourceOptions:
        """Options of a child that is created after `needs` and deleted before them."""
        return child_options(self, self._opts, *needs, protect=protect)

    def add(
        self, part: str, document: Document, *needs: pulumi.Resource, protect: bool = False, **options: Any
    ) -> KubernetesObject:
        """Add the object `<name>-<part>`; `options` are further arguments of `pulumi.ResourceOptions`."""
        opts = self.child(*needs, protect=protect)
        if options:
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(**options))
        return KubernetesObject(f"{self._name}-{part}", document, opts)
