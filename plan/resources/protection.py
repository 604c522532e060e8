"""Rules about what must not go by mistake."""

from collections.abc import Iterator

from plan.findings.rule import Found, rule
from plan.resources.made import Made

PROTECTED = (
    "scaleway:kubernetes/cluster:Cluster",
    "scaleway:network/privateNetwork:PrivateNetwork",
    "scaleway:loadbalancers/ip:Ip",
    "scaleway:domain/record:Record",
)
"""Types that cannot be made anew without everyone noticing: all calls end, or the address that records elsewhere name is lost."""


@rule("protect-forgotten", "error")
def protect_forgotten(made: Made) -> Iterator[Found]:
    """The stack is protected, and something that matters is not."""
    if not made.config.protect:
        return
    for resource in made.resources:
        if resource.type in PROTECTED and not resource.protect:
            yield Found(
                resource.name,
                "jitsi:protect is true, and this can be deleted all the same",
                "pass protect on to it",
            )
