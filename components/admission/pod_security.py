"""The admission policy of a namespace whose pods take host ports."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.admission.policy import binding, policy
from components.kubernetes.component import Component
from components.kubernetes.site import Site
from sizing.host_ports import HostPorts


@dataclass(frozen=True, kw_only=True, slots=True)
class PodSecurityArgs:
    """Inputs of `PodSecurity`."""

    site: Site
    host_ports: Sequence[HostPorts]


class PodSecurity(Component):
    """Refuses pods beyond the restricted standard and these host ports.

    Both objects name the namespace and do not need it: it is created after them and deleted before them, so they hold for every pod.
    """

    def __init__(self, name: str, args: PodSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:admission:PodSecurity", name, opts)
        site = args.site
        rules = self.add("policy", policy(site.namespace, site.instance, args.host_ports))
        self.add("binding", binding(site.namespace, site.instance), rules)
        self.register_outputs({})
