"""The seam between Jitsi Meet and the cloud that it runs on. A cloud is a function that returns a `Place`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketKeys:
    """The access key of the recordings' bucket."""

    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class LogStore:
    """The service that stores logs: its push URL, and its password or token. None if it needs neither."""

    url: pulumi.Input[str]
    password: pulumi.Output[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A cluster and the cloud resources around it."""

    provider: pulumi.ProviderResource
    """Kubernetes provider of the cluster."""
    own_pools: bool
    """Whether each role has nodes of its own, which carry its label and taint."""
    kubeconfig: pulumi.Output[str] | None = None
    """Kubeconfig with a token. None if the nodes are not this stack's."""
    bridge_pools: Mapping[str, Mapping[str, pulumi.Output[str]]] = field(default_factory=dict)
    """Shard -> label that the nodes of its present pool have and those of a former one lack. Empty if the nodes are not this stack's."""
    advertise_pods: bool = True
    """Whether bridges must be configured to offer their pods' addresses to coturn, as private (RFC 1918) ones need."""
    address: pulumi.Output[str] | None = None
    """Reserved address of the load balancer. None if the cluster chooses one."""
    address6: pulumi.Output[str] | None = None
    """Reserved IPv6 address of the load balancer. None without one."""
    proxy_protocol: bool = False
    """Whether the load balancer sends the PROXY protocol."""
    service_annotations: Mapping[str, Any] = field(default_factory=dict)
    """Annotations of the public Service, for the cloud's controller of load balancers."""
    more_services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Annotations of the public Services in further zones, by zone."""
    more_addresses: Sequence[tuple[str, pulumi.Output[str]]] = ()
    """Type of record (A, AAAA) and reserved address of the load balancers in further zones."""
    records: Sequence[pulumi.Output[str]] = ()
    """DNS records that the operator must create, besides those of the address."""
    recorder_nodes: pulumi.Resource | None = None
    """What must outlive the last recorder. None if the nodes are not this stack's."""
    bucket_keys: BucketKeys | None = None
    """None if nothing is recorded."""
    log_store: LogStore | None = None
    """None if logs are not collected."""
