"""The keys of one stack file."""

import json
import re
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr

from config.access import Auth
from config.bridges import Bridges
from config.cluster import Cluster
from config.collaboration import Documents
from config.environment import Env
from config.images import Images
from config.ingress import Ingress
from config.jigasi import Jigasi
from config.meetings import Meetings
from config.metrics import Metrics, Monitoring
from config.model import HostName, Label, Model, in_zone, nearest
from config.node_type_names import OWN_TYPES
from config.node_types import ZONES, first_zone, is_offered
from config.policy import Enforcement, Fingerprint
from config.recording import Recording
from config.releases import Releases, in_other_set, running
from config.shard import Shard, ShardEntry, merged
from config.signalling import Signalling
from config.stack_schedule import split
from config.turn import Turn, turn_host, turn_udp_host
from config.visitors import Visitors
from config.web import Web

_REGION = re.compile(r"[a-z]{2}-[a-z]{3}")


def _check_region(name: str) -> str:
    if not _REGION.fullmatch(name):
        raise ValueError(f"{name!r} is no region: {nearest(name.lower(), ZONES)}")
    return name


class StackConfig(Model):
    """One Jitsi service in one region."""

    region: Annotated[str, AfterValidator(_check_region)] | None = None
    """Region of the stack, such as fr-par, nl-ams or pl-waw; required with cluster kind kapsule."""
    domain: HostName
    """Host name at which users open meetings."""
    hosts: tuple[HostName, ...] = ()
    """Further host names of the stack, each with certificate and record; they lead to `domain`, with path and query kept."""
    dns_zone: HostName | None = None
    """DNS zone managed at Scaleway, in which the record for `domain` is created."""
    namespace: Label = "jitsi"
    """Namespace of all objects in the cluster."""
    protect: bool = False
    """Protects the cluster, addresses, zone records, documents and metrics from deletion; the policy pack refuses changes that drop
    calls."""
    allow_disruption: Fingerprint | None = None
    """The one change that may drop calls anyway, by the name that the policy pack's refusal prints."""
    policy: Enforcement = Enforcement()
    """How the policy pack enforces findings."""
    secret_generations: dict[str, Annotated[int, Field(ge=1, le=1_000_000)]] = {}
    """Name of a derived password -> generation; raising it rotates that password alone."""
    cluster: Cluster = Cluster()
    """The cluster to create, or an existing one."""
    images: Images = Images()
    """Container images and the Jitsi release."""
    release: Releases | None = None
    """Jitsi release to which shards change from `images.tag`: each in a new shard beside the former one, which goes once its meetings are
    over. Append the next one: [stable-11200, stable-11300]. A shard with a `release` of its own keeps it."""
    bridges: Bridges = Bridges()
    """Defaults for the bridges of every shard."""
    shards: Annotated[tuple[ShardEntry, ...], Field(min_length=1)]
    """The shards, one entry each."""
    ingress: Ingress = Ingress()
    """The edge: HAProxy, load balancer and certificate."""
    metrics: Metrics = Metrics()
    """The metrics adapter and its source."""
    monitoring: Monitoring = Monitoring()
    """Scraping, alerts, dashboards and logs."""
    auth: Auth = Auth()
    """Who may open a meeting."""
    signalling: Signalling = Signalling()
    """Capacity of one shard's signalling."""
    web: Web = Web()
    """Web pods of each shard and the pages they serve."""
    jigasi: Jigasi | None = None
    """Telephone access by SIP, and transcription."""
    whiteboard: bool = False
    """Adds a whiteboard to every meeting (Excalidraw)."""
    documents: Documents | None = None
    """Adds shared documents to every meeting (Etherpad)."""
    recording: Recording | None = None
    """Recording and live streaming; off unless set."""
    visitors: Visitors | None = None
    """Visitors mode for very large meetings, with prosodies of its own."""
    meetings: Meetings = Meetings()
    """Limits and defaults for all rooms."""
    env: Env = Env()
    """Environment variables of the images, for settings without a key of their own."""
    turn: Turn | None = None
    """TURN relay for people behind firewalls; off unless set."""
    _written: tuple[ShardEntry, ...] = PrivateAttr(())

    def model_post_init(self, context: Any, /) -> None:  # noqa: ARG002 - pydantic gives it
        """Name the shards as they run, which `release` decides."""
        self._written = self.shards
        object.__setattr__(self, "shards", running(self.shards, self.release or ()))  # frozen

    @property
    def written_shards(self) -> tuple[ShardEntry, ...]:
        """The shards as the file names them."""
        return self._written

    def release_key(self, position: int) -> str:
        """Return the key that decides the release of a shard."""
        if self._written[position].release is not None:
            return f"shards[{position}].release"
        return "release" if self.release else "images.tag"

    @property
    def other_set(self) -> dict[str, int]:
        """Name and slot of the shards in which the former release runs; empty without `release`."""
        if not self.release:
            return {}
        named = [(e.name, e.slot_at(position)) for position, e in enumerate(self._written) if e.release is None]
        return dict(named if len(self.release) % 2 else (in_other_set(*each) for each in named))

    @property
    def turn_host(self) -> str | None:
        """Host name of the TURN relay; None without one."""
        return turn_host(self.domain, self.turn)

    @property
    def turn_udp_host(self) -> str | None:
        """Host name of the nodes that carry TURN over UDP; None without them."""
        return turn_udp_host(self.domain, self.turn)

    @property
    def coturn(self) -> Turn | None:
        """The coturn in the cluster; None without TURN, or with servers that are not this stack's."""
        return None if self.turn is None or self.turn.servers else self.turn

    @property
    def own_nodes_zone(self) -> str:
        """Default zone of nodes for one kind of pod: at Scaleway the region's first, elsewhere the first shard's.

        With a region it does not follow the shards, so that removing one moves nothing else.
        """
        return first_zone(self.region) if self.cluster.is_kapsule and self.region else self.shards[0].zone

    @property
    def system_zone(self) -> str:
        """Zone of the system pool."""
        return self.cluster.system.zone or self.own_nodes_zone

    @property
    def system_zones(self) -> tuple[str, ...]:
        """Zones with a system pool, the first one in front; none on an existing cluster."""
        if not self.cluster.owns_nodes:
            return ()
        return tuple(dict.fromkeys((self.system_zone, *filter(None, map(self.signalling_zone, self.shards)))))

    def signalling_zone(self, entry: ShardEntry) -> str | None:
        """Zone that a shard's web, prosody and jicofo are bound to; None if any node may run them.

        Nothing binds those in the zone of the first system pool unless `pinned` does: otherwise a shard in a second zone would
        restart them, which ends meetings. The other pools' taint keeps them away.
        """
        pinned = entry.pinned
        if pinned is None:
            elsewhere = self.cluster.owns_nodes and entry.zone != self.system_zone
            pinned = elsewhere and is_offered(self.cluster.system.node_type, entry.zone)
        return entry.zone if pinned else None

    @property
    def balancer_zones(self) -> tuple[str, ...]:
        """Zones of Scaleway's load balancers and their addresses."""
        return self.ingress.zones or (first_zone(str(self.region)),)

    @property
    def edge_hosts(self) -> tuple[str, ...]:
        """Host names that must resolve to the edge and that its certificate must cover."""
        return (self.domain, *([self.turn_host] if self.turn_host else []), *self.hosts)

    def makes_record(self, host: str) -> bool:
        """Return whether the stack creates the host's DNS record."""
        return self.dns_zone is not None and in_zone(host, self.dns_zone)

    @cached_property
    def resolved(self) -> tuple[Shard, ...]:
        """The shards in the order of the file, with overrides merged and slots decided."""
        return split(
            [
                Shard(
                    name=entry.name,
                    zone=entry.zone,
                    slot=entry.slot_at(position),
                    state=entry.state,
                    release=entry.release or self.images.tag,
                    weight=entry.weight,
                    bridges=self.bridges_of(entry),
                    sized_for=self.signalling.sized_for,
                    signalling_zone=self.signalling_zone(entry),
                )
                for position, entry in enumerate(self.shards)
            ]
        )

    @property
    def makes_dashboards(self) -> bool:
        """Whether the stack creates dashboards for a Grafana."""
        return self.monitoring.dashboards and self.monitoring.grafana != "none"

    @property
    def is_watched(self) -> bool:
        """Whether alerts or dashboards read the recorded metrics."""
        return self.monitoring.alerts or self.makes_dashboards

    @property
    def scraped_by_others(self) -> bool:
        """Whether a Prometheus outside the stack scrapes its pods."""
        return self.metrics.of_others or self.monitoring.scrape == "operator"

    @property
    def scales_by_metrics(self) -> bool:
        """Whether an autoscaler asks for custom metrics."""
        return self.recording is not None or any(shard.bridges.topology == "autoscaled" for shard in self.resolved)

    @property
    def runs_adapter(self) -> bool:
        """Whether the stack serves the custom metrics API, of which a cluster has one."""
        return self.scales_by_metrics and self.metrics.adapter != "existing"

    @property
    def makes_kube_state(self) -> bool:
        """Whether the stack runs kube-state-metrics, which it does only where something reads it."""
        read = self.metrics.managed or self.monitoring.scrape == "operator"
        return self.is_watched and read and self.monitoring.kube_state == "managed"

    def bridges_of(self, entry: ShardEntry) -> Bridges:
        """Return the defaults with the overrides of one shard."""
        own = {name: size.facts(name) for name, size in self.cluster.node_types.items()}
        return Bridges.model_validate_json(json.dumps(merged(self.bridges, entry.bridges)), context={OWN_TYPES: own})
