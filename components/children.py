"""Options of a component's children."""

from collections.abc import Sequence

import pulumi


def child_options(
    parent: pulumi.Resource, opts: pulumi.ResourceOptions | None, *needs: pulumi.Resource, protect: bool = False
) -> pulumi.ResourceOptions:
    """Parented, and waiting for what the component itself was told to wait for, which the SDK does not hand down.

    What is to `protect` the engine refuses to delete.
    """
    inherited = opts.depends_on if opts else None
    waits = (
        [inherited]
        if isinstance(inherited, pulumi.Resource)
        else list(inherited)
        if isinstance(inherited, Sequence)
        else []
    )
    return pulumi.ResourceOptions(parent=parent, depends_on=[*waits, *needs], protect=protect or None)
