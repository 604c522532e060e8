"""Which changes replace a Scaleway resource, and which lists have no order.

Source: the schemas of terraform-provider-scaleway 2.80.0 that pulumi-resource-scaleway 1.53.0 bridges
(internal/services/*: `ForceNew`, `TypeSet`, `CustomizeDiff`), with names as the bridge writes them.
"""

from typing import Any

from plan.diff.paths import under

EVERYWHERE = ("zone", "region", "projectId")
"""internal/locality and internal/services/account: `ForceNew` wherever they stand."""

FORCE_NEW: dict[str, tuple[str, ...]] = {
    "scaleway:kubernetes/cluster:Cluster": (
        "cni",
        "podCidr",
        "serviceCidr",
        "serviceDnsIp",
        "privateNetworkId",
        "autoscalerConfig.skipNodesWithLocalStorage",
        "autoscalerConfig.logLevel",
    ),
    "scaleway:kubernetes/pool:Pool": (
        "clusterId",
        "name",
        "nodeType",
        "containerRuntime",
        "placementGroupId",
        "rootVolumeType",
        "rootVolumeSizeInGb",
        "publicIpDisabled",
    ),
    "scaleway:kubernetes/acl:Acl": ("clusterId",),
    "scaleway:network/vpc:Vpc": ("enableTransitivity",),
    "scaleway:network/privateNetwork:PrivateNetwork": ("vpcId", "ipv4Subnet.subnet", "ipv6Subnets"),
    "scaleway:loadbalancers/ip:Ip": ("isIpv6",),
    "scaleway:domain/record:Record": ("dnsZone", "name", "type"),
    "scaleway:object/bucket:Bucket": ("name", "objectLockEnabled"),
    "scaleway:object/bucketPolicy:BucketPolicy": ("bucket",),
    "scaleway:observability/token:Token": ("name", "scopes"),
    "scaleway:observability/source:Source": ("name", "type"),
    "scaleway:iam/application:Application": ("organizationId",),
    "scaleway:iam/policy:Policy": ("organizationId",),
    "scaleway:iam/apiKey:ApiKey": ("applicationId", "userId", "expiresAt", "description"),
}
"""Type -> properties whose change makes a new resource, beside those of `EVERYWHERE`."""

IN_PLACE: dict[str, tuple[str, ...]] = {"scaleway:network/privateNetwork:PrivateNetwork": ("zone",)}
"""Type -> properties of `EVERYWHERE` that its own schema changes in place."""

UNORDERED: dict[str, tuple[str, ...]] = {
    "scaleway:kubernetes/acl:Acl": ("aclRules",),
    "scaleway:kubernetes/pool:Pool": ("taints", "startupTaints"),
    "scaleway:network/privateNetwork:PrivateNetwork": ("ipv6Subnets",),
}
"""Type -> lists that are sets: another order is no change."""

MUTUALIZED = "kapsule"
"""The control plane that no cluster can go back to: the API offers dedicated ones only, and what it does not offer replaces."""


def forcing_paths(type_: str) -> tuple[str, ...]:
    """The properties of a type whose change replaces the resource."""
    kept = IN_PLACE.get(type_, ())
    return (*(name for name in EVERYWHERE if name not in kept), *FORCE_NEW.get(type_, ()))


def is_replaced(type_: str, old: dict[str, Any], new: dict[str, Any], paths: tuple[str, ...]) -> bool:
    """Whether a change of these paths makes a new resource."""
    if type_ == "scaleway:kubernetes/cluster:Cluster" and "type" in paths and new.get("type") == MUTUALIZED:
        return old.get("type") is not None
    return any(under(path, forcing) for path in paths for forcing in forcing_paths(type_))
