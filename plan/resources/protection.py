"""Rules about protection from deletion."""

from collections.abc import Iterator

from plan.findings.rule import Hit, rule
from plan.resources.made import Resources

PROTECTED = (
    "scaleway:kubernetes/cluster:Cluster",
    "scaleway:network/privateNetwork:PrivateNetwork",
    "scaleway:loadbalancers/ip:Ip",
    "scaleway:domain/record:Record",
)
"""Types that cannot be recreated unnoticed: all calls end, or the address in external DNS records is lost."""


@rule("protect-forgotten", "error")
def protect_forgotten(stack: Resources) -> Iterator[Hit]:
    """The stack is protected, but an important resource is not."""
    if not stack.config.protect:
        return
    for resource in stack.resources:
        if resource.type in PROTECTED and not resource.protect:
            yield Hit(
                resource.name,
                "jitsi:protect is true, but this resource can be deleted",
                "set protect on this resource",
            )
