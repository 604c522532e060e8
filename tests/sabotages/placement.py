"""Sabotages of where nodes and the load balancer are."""

from typing import Any

from plan.findings.words import as_written
from sabotages import Patch, Sabotage

IPV6 = "The edge has an IPv6 address, and every host name a record of it."
ROOT = "Each node has the root volume that the stack file says."
ZONE = "Each pool and the load balancer are in the zone that the stack file says."
PREFIX = "service.beta.kubernetes.io/scw-loadbalancer-"

POOL = "Each pool has the nodes that the stack file says, with a public address each."
_DEDICATED: dict[str, Any] = {
    "autoscaling": True,
    "minSize": 0,
    "maxSize": 9,
    "size": 9,
    "nodeType": "COMPUTE3-X16C-32G",
    "zone": "fr-par-3",
}


def _set(**keys: Any) -> Patch:
    return lambda p: p.update(keys)


SABOTAGES = (
    Sabotage(IPV6, "scaleway-address-record6", None, "edge-record-differs", stack="documented", says="no AAAA record"),
    Sabotage(
        IPV6,
        "jitsi-edge-service",
        lambda p: p["metadata"]["annotations"].update(
            {f"{PREFIX}ip-ids": p["metadata"]["annotations"][f"{PREFIX}ip-ids"].partition(",")[0]}
        ),
        "edge-balancer-differs",
        stack="documented",
        says="and that of its IPv6 address",
    ),
    Sabotage(
        IPV6,
        "scaleway-address-ip6",
        lambda p: p.pop("isIpv6"),
        "edge-balancer-differs",
        stack="documented",
        says="2 addresses are reserved, 0 of them IPv6",
    ),
    Sabotage(
        "The cluster is in the private network that the stack file says.",
        "scaleway-kapsule-cluster",
        lambda p: p.update(privateNetworkId="fr-par/99999999-2222-3333-4444-555555555555"),
        "cluster-beside-plan",
        stack="documented",
        says="fr-par/11111111-2222-3333-4444-555555555555 is planned",
    ),
    Sabotage(
        ROOT,
        "scaleway-s0-pool",
        lambda p: p.pop("rootVolumeSizeInGb"),
        "pool-beside-plan",
        stack="documented",
        says="the stack file says 30",
    ),
    Sabotage(
        ROOT,
        "scaleway-relays-pool-0",
        lambda p: p.update(rootVolumeType="sbs_15k"),
        "pool-beside-plan",
        stack="turn-udp",
        says="is sbs_15k, and the stack file says Kapsule's own",
    ),
    Sabotage(
        ZONE,
        "scaleway-kapsule-system",
        lambda p: p.update(zone="fr-par-1"),
        "pool-beside-plan",
        stack="documented",
        says="the stack file says fr-par-2",
    ),
    Sabotage(
        ZONE,
        "scaleway-address-ip",
        lambda p: p.update(zone="fr-par-1"),
        "edge-balancer-differs",
        stack="documented",
        says="is in fr-par-1, not in fr-par-2",
    ),
    Sabotage(
        ZONE,
        "jitsi-edge-service",
        lambda p: p["metadata"]["annotations"].update({f"{PREFIX}zone": "fr-par-1"}),
        "edge-balancer-differs",
        stack="documented",
        says="zone is fr-par-1, not fr-par-2",
    ),
    *(
        Sabotage(POOL, of, _set(**{key: value}), "pool-beside-plan", f".{key}: is {as_written(str(value))}", stack)
        for of, stack, changes in (
            ("scaleway-gateways-pool", "documented", _DEDICATED),
            ("scaleway-relays-pool-0", "turn-udp", _DEDICATED),
            ("scaleway-recorders-pool", "recorded", {**_DEDICATED, "autoscaling": False, "publicIpDisabled": True}),
            ("scaleway-kapsule-system", "local", {"publicIpDisabled": True}),
        )
        for key, value in changes.items()
        if (key, of) != ("size", "scaleway-recorders-pool")  # the node autoscaler's
    ),
    Sabotage(
        "The network is the stack file's.",
        "scaleway-kapsule-network",
        lambda p: p["ipv4Subnet"].update(subnet="10.0.0.0/8"),
        "cluster-beside-plan",
        "has 10.0.0.0/8",
    ),
    Sabotage(
        "The network is the stack file's.", "scaleway-kapsule-network", _set(region="nl-ams"), "cluster-beside-plan"
    ),
    Sabotage("The cluster is in its region.", "scaleway-kapsule-cluster", _set(region="nl-ams"), "cluster-beside-plan"),
    Sabotage(
        "Recordings outlive the stack.",
        "scaleway-recordings-bucket",
        _set(forceDestroy=True),
        "bucket-retention-differs",
        "deletes every recording",
        "recorded",
    ),
)
