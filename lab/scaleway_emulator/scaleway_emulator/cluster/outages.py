"""Zones without power: their kubelets send no heartbeats, so the control plane itself finds out that the nodes are gone.

kwok sends the heartbeats of all nodes, as Leases. It lets go of a node, and of the pods there, whose Lease somebody else holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaleway_emulator.resource import stamp

if TYPE_CHECKING:
    from scaleway_emulator.cluster.kube import Kube
    from scaleway_emulator.state import State

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
HOLDER = "nobody"
FOREVER = 2**31 - 1
"""Seconds for which kwok does not take the Lease back; the controller of nodes looks at the time of renewal only."""


async def reconcile(kube: Kube, state: State) -> None:
    """Stop the heartbeats of nodes in lost zones, and let those of returned zones go on.

    Raises:
        Unreachable: the API server is away.
    """
    lost = {node.name for node in state.nodes.values() if node.zone in state.lost_zones}
    for name in sorted(lost - set(state.silent_nodes)):
        lease = {"holderIdentity": HOLDER, "leaseDurationSeconds": FOREVER, "renewTime": stamp()}
        if await kube.patch(f"{LEASES}/{name}", {"spec": lease}):
            state.silent_nodes.append(name)
    for name in [name for name in state.silent_nodes if name not in lost]:
        await kube.delete(f"{LEASES}/{name}")  # kwok makes another one
        state.silent_nodes.remove(name)
