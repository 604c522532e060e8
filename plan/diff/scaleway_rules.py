"""Which changes replace a Scaleway resource, and which lists are unordered.

Source: the schemas of terraform-provider-scaleway 2.80.0 that pulumi-resource-scaleway 1.53.0 bridges
(internal/services/*: `ForceNew`, `TypeSet`, `CustomizeDiff`), with names as the bridge writes them.
"""

from typing import Any

from plan.diff.paths import under

EVERYWHERE = ("zone", "region", "projectId")
"""internal/locality and internal/services/account: `ForceNew` in every resource that has them."""

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
"""Type -> properties whose change replaces the resource, in addition to `EVERYWHERE`."""

IN_PLACE: dict[str, tuple[str, ...]] = {"scaleway:network/privateNetwork:PrivateNetwork": ("zone",)}
"""Type -> properties of `EVERYWHERE` that its schema updates in place."""

UNORDERED: dict[str, tuple[str, ...]] = {
    "scaleway:kubernetes/acl:Acl": ("aclRules",),
    "scaleway:kubernetes/pool:Pool": ("taints", "startupTaints"),
    "scaleway:network/privateNetwork:PrivateNetwork": ("ipv6Subnets",),
}
"""Type -> lists that are sets: their order does not matter."""

CLUSTER_TYPE = "scaleway:kubernetes/cluster:Cluster"
AVAILABLE_TYPES: dict[str, tuple[str, ...]] = {
    "kapsule": ("kapsule", "kapsule-dedicated-4", "kapsule-dedicated-8", "kapsule-dedicated-16"),
    "kapsule-dedicated-4": ("kapsule-dedicated-8", "kapsule-dedicated-16"),
    "kapsule-dedicated-8": ("kapsule-dedicated-16",),
}
"""Type of a cluster -> types that it can change to in place, as the API listed them within the commitment of 30 days. Any other change
replaces the cluster. Source: terraform-provider-scaleway b2d45ed, internal/services/k8s/testdata/cluster-type-change.cassette.yaml
(`available-types`, 2026-07-03), and `CustomizeDiff` of internal/services/k8s/cluster.go, which replaces what is not listed."""


def forcing_paths(type_: str) -> tuple[str, ...]:
    """Return the properties of a type whose change replaces the resource."""
    kept = IN_PLACE.get(type_, ())
    return (*(name for name in EVERYWHERE if name not in kept), *FORCE_NEW.get(type_, ()))


def is_replaced(type_: str, old: dict[str, Any], new: dict[str, Any], paths: tuple[str, ...]) -> bool:
    """Whether a change of these paths replaces the resource."""
    listed = AVAILABLE_TYPES.get(str(old.get("type")), ())
    if type_ == CLUSTER_TYPE and "type" in paths and old.get("type") is not None and new.get("type") not in listed:
        return True
    return any(under(path, forcing) for path in paths for forcing in forcing_paths(type_))
