"""The state of the emulated cloud: one model per resource, with the field names of Scaleway's API.

Fields marked `HIDDEN` are the emulator's own: they are kept on disk and never answered (`Resource.shown`).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from scaleway_emulator.resource import HIDDEN, DatedResource, Resource, new_id, stamp

NodePhase = Literal["booting", "running", "draining", "deleting", "failed"]


class Vpc(DatedResource):
    """Routed domain of one region."""

    name: str
    region: str
    organization_id: str = ""
    project_id: str = ""
    tags: list[str] = []
    is_default: bool = False
    routing_enabled: bool = True
    custom_routes_propagation_enabled: bool = False
    transitivity_enabled: bool = False


class Subnet(DatedResource):
    """Address range of a private network."""

    subnet: str
    region: str
    project_id: str = ""
    private_network_id: str
    vpc_id: str


class PrivateNetwork(DatedResource):
    """Layer-2 network of one region."""

    name: str
    region: str
    vpc_id: str
    organization_id: str = ""
    project_id: str = ""
    tags: list[str] = []
    subnets: list[Subnet] = []
    dhcp_enabled: bool = True
    default_route_propagation_enabled: bool = False
    has_object_storage_private_access: bool = False


class Rule(Resource):
    """One line of a security group."""

    protocol: str
    direction: str
    action: str
    ip_range: str
    dest_port_from: int | None = None
    dest_port_to: int | None = None
    position: int
    editable: bool = True
    zone: str


class SecurityGroup(Resource):
    """Packet filter of one zone's Instances, on their public interface only."""

    name: str
    description: str = ""
    enable_default_security: bool = True
    inbound_default_policy: str = "accept"
    outbound_default_policy: str = "accept"
    organization: str = ""
    project: str = ""
    tags: list[str] = []
    organization_default: bool = False
    project_default: bool = False
    creation_date: str = Field(default_factory=stamp)
    modification_date: str = Field(default_factory=stamp)
    stateful: bool = True
    state: str = "available"
    zone: str
    rules: list[Rule] = []

    def touch(self) -> None:
        """Set `modification_date`."""
        self.modification_date = stamp()


class Cluster(DatedResource):
    """A Kapsule cluster. `status` is computed for each answer (see `clusters.status`)."""

    type: str
    name: str
    version: str
    region: str
    organization_id: str = ""
    project_id: str = ""
    tags: list[str] = []
    cni: str
    description: str = ""
    autoscaler_config: dict[str, Any]
    auto_upgrade: dict[str, Any]
    feature_gates: list[str] = []
    admission_plugins: list[str] = []
    open_id_connect_config: dict[str, Any]
    apiserver_cert_sans: list[str] = []
    private_network_id: str | None = None
    commitment_ends_at: str = ""
    acl_available: bool = True
    iam_nodes_group_id: str = Field(default_factory=new_id)
    pod_cidr: str
    service_cidr: str
    service_dns_ip: str
    acls: list[dict[str, Any]] = Field(default=[], json_schema_extra=HIDDEN)
    busy: str = Field(default="", json_schema_extra=HIDDEN)
    busy_until: float = Field(default=0.0, json_schema_extra=HIDDEN)
    last_scale_up: float = Field(default=0.0, json_schema_extra=HIDDEN)


class Pool(DatedResource):
    """Nodes of one type in one zone of a cluster."""

    cluster_id: str
    region: str
    name: str
    version: str
    node_type: str
    autoscaling: bool = False
    size: int
    min_size: int = 0
    max_size: int = 1
    container_runtime: str = "containerd"
    autohealing: bool = False
    tags: list[str] = []
    placement_group_id: str | None = None
    kubelet_args: dict[str, str] = {}
    upgrade_policy: dict[str, int]
    zone: str
    root_volume_type: str = "sbs_5k"
    root_volume_size: int = 20_000_000_000
    public_ip_disabled: bool = False
    security_group_id: str
    labels: dict[str, str] = {}
    taints: list[dict[str, str]] = []
    startup_taints: list[dict[str, str]] = []
    private_network_id: str | None = None
    error_message: str | None = None
    deleting: bool = Field(default=False, json_schema_extra=HIDDEN)
    upgrading_until: float = Field(default=0.0, json_schema_extra=HIDDEN)
    scaling_until: float = Field(default=0.0, json_schema_extra=HIDDEN)


class Node(DatedResource):
    """One Instance of a pool, with the labels and taints last written to its Node object."""

    pool_id: str
    cluster_id: str
    region: str
    zone: str
    name: str
    provider_id: str
    public_ip: str | None = None
    private_ip: str | None = None
    phase: NodePhase = "booting"
    ready: bool = False
    boots_at: float
    ordered_at: float
    """Orders nodes by age."""
    drain_since: float = 0.0
    written_labels: list[str] = []
    written_taints: list[dict[str, str]] = []
    error_message: str | None = None


class Address(Resource):
    """Flexible IP of load balancers."""

    ip_address: str
    organization_id: str = ""
    project_id: str = ""
    lb_id: str | None = None
    reverse: str = ""
    region: str
    zone: str
    tags: list[str] = []
    own: bool = Field(default=False, json_schema_extra=HIDDEN)
    """Reserved for one load balancer and released with it."""


class LoadBalancer(DatedResource):
    """A load balancer of a Service, created by the cloud controller."""

    name: str
    type: str
    zone: str
    region: str
    cluster_id: str
    service: str
    """`namespace/name`"""
    service_uid: str
    address_id: str
    address6_id: str = Field(default="", json_schema_extra=HIDDEN)
    """The IPv6 address, if it has one."""
    project_id: str = ""
    ports: list[dict[str, Any]] = []
    """`{name, port, node_port}`, TCP only."""
    backends: list[str] = []
    """Private addresses of the nodes behind it."""


class DnsRecord(Resource):
    """One resource record of a zone."""

    zone: str = Field(json_schema_extra=HIDDEN)
    name: str = ""
    type: str
    data: str
    ttl: int = 3600
    priority: int = 0
    comment: str | None = None
    geo_ip_config: dict[str, Any] | None = None
    http_service_config: dict[str, Any] | None = None
    weighted_config: dict[str, Any] | None = None
    view_config: dict[str, Any] | None = None
    updated_at: str = Field(default_factory=stamp)


class DataSource(DatedResource):
    """Cockpit's store of the metrics, logs or traces of one region."""

    name: str
    region: str
    project_id: str = ""
    type: str
    url: str = ""
    origin: str = "custom"
    synchronized_with_grafana: bool = True
    retention_days: int


class CockpitToken(DatedResource):
    """Permission to write or read a region's data sources. Its secret is answered once and not kept."""

    name: str
    region: str
    project_id: str = ""
    scopes: list[str]


class Application(DatedResource):
    """An account of a program, which owns API keys."""

    name: str
    description: str = ""
    organization_id: str
    editable: bool = True
    deletable: bool = True
    managed: bool = False
    tags: list[str] = []


class PolicyRule(Resource):
    """Permission sets for projects or for the organization; exactly one of the two is set."""

    permission_set_names: list[str]
    permission_sets_scope_type: str
    condition: str = ""
    project_ids: list[str] | None = None
    organization_id: str | None = None


class Policy(DatedResource):
    """Rules for one principal, or for none."""

    name: str
    description: str = ""
    organization_id: str
    editable: bool = True
    deletable: bool = True
    managed: bool = False
    tags: list[str] = []
    user_id: str | None = None
    group_id: str | None = None
    application_id: str | None = None
    no_principal: bool | None = None
    rules: list[PolicyRule] = Field(default=[], json_schema_extra=HIDDEN)


class ApiKey(DatedResource):
    """A key of an application or a user; its secret is answered once, on creation."""

    id: str = Field(default="", json_schema_extra=HIDDEN)
    """The access key, too."""
    access_key: str
    secret_key: str
    application_id: str | None = None
    user_id: str | None = None
    description: str = ""
    default_project_id: str
    expires_at: str | None = None
    editable: bool = True
    deletable: bool = True
    managed: bool = False
    creation_ip: str = "127.0.0.1"


class StoredObject(BaseModel):
    """An object in a bucket."""

    content: str
    """Base64."""
    etag: str
    modified: float
    metadata: dict[str, str] = {}
    """Headers stored with the object and answered with it."""


class Bucket(BaseModel):
    """A bucket of Object Storage; its name is unique across the platform."""

    name: str
    region: str
    project_id: str
    tags: dict[str, str] = {}
    lifecycle: list[str] = []
    """Each `<Rule>`, as XML."""
    policy: str | None = None
    objects: dict[str, StoredObject] = {}


class State(BaseModel):
    """All resources, by id."""

    vpcs: dict[str, Vpc] = {}
    private_networks: dict[str, PrivateNetwork] = {}
    security_groups: dict[str, SecurityGroup] = {}
    clusters: dict[str, Cluster] = {}
    pools: dict[str, Pool] = {}
    nodes: dict[str, Node] = {}
    addresses: dict[str, Address] = {}
    load_balancers: dict[str, LoadBalancer] = {}
    dns_records: dict[str, DnsRecord] = {}
    data_sources: dict[str, DataSource] = {}
    cockpit_access: dict[str, CockpitToken] = {}
    applications: dict[str, Application] = {}
    policies: dict[str, Policy] = {}
    api_keys: dict[str, ApiKey] = {}
    """By access key."""
    buckets: dict[str, Bucket] = {}
    """By name."""
    lost_zones: list[str] = []
    """Zones without power."""
    silent_nodes: list[str] = []
    """Names of nodes whose heartbeats have been stopped."""
    public_cursor: int = 0
    """Number of public node addresses assigned so far: a released one is not assigned next."""
