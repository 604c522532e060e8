"""All that one stack file says, checked as a whole."""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from config import web_files
from config.access import Auth
from config.bridges import Bridges, check_node_ports
from config.cluster import Cluster
from config.collaboration import Documents
from config.environment import Env
from config.images import Images
from config.ingress import Ingress
from config.jigasi import Jigasi
from config.meetings import Meetings
from config.metrics import Metrics, Monitoring
from config.model import HostName, Label, Model, in_zone, nearest
from config.node_types import NODE_TYPES, ZONES
from config.passwords import password_names
from config.policy import Enforcement, Fingerprint
from config.problems import Problem, from_validation
from config.recording import Recording
from config.shard import Shard, ShardEntry, merged
from config.signalling import Signalling
from config.turn import Turn, turn_host, turn_udp_host
from config.visitors import Visitors
from config.web import Web


class StackConfig(Model):
    """One Jitsi service in one region."""

    region: Literal["fr-par", "nl-ams", "pl-waw"] | None = None
    """The key `scaleway:region`; needed with cluster kind kapsule."""
    domain: HostName
    """Where users open meetings."""
    dns_zone: HostName | None = None
    """Zone managed at Scaleway, where the record for `domain` is made."""
    namespace: Label = "jitsi"
    """Namespace of everything in the cluster."""
    protect: bool = False
    """Refuses to delete cluster, addresses, zone records, documents and metrics; the policy pack refuses what drops calls."""
    allow_disruption: Fingerprint | None = None
    """The one change that may drop calls all the same, as the policy's refusal names it."""
    policy: Enforcement = Enforcement()
    """How the policy pack takes findings."""
    secret_generations: dict[str, Annotated[int, Field(ge=1, le=1_000_000)]] = {}
    """Name of a derived password -> generation; raising it rotates that one."""
    cluster: Cluster = Cluster()
    """The cluster, or the one that is already there."""
    images: Images = Images()
    """Container images and the Jitsi release."""
    bridges: Bridges = Bridges()
    """Defaults for the bridges of every shard."""
    shards: Annotated[tuple[ShardEntry, ...], Field(min_length=1)]
    """The shards, one entry each."""
    ingress: Ingress = Ingress()
    """The edge: HAProxy, load balancer, certificate."""
    metrics: Metrics = Metrics()
    """The metrics adapter and its source."""
    monitoring: Monitoring = Monitoring()
    """How others find the metrics."""
    auth: Auth = Auth()
    """Who may open a meeting."""
    signalling: Signalling = Signalling()
    """What one shard's prosody carries."""
    web: Web = Web()
    """Web pods of each shard, and what they serve."""
    jigasi: Jigasi | None = None
    """Telephones in meetings by SIP, and transcription."""
    whiteboard: bool = False
    """A whiteboard in every meeting, by excalidraw's server."""
    documents: Documents | None = None
    """Shared documents in every meeting, by Etherpad."""
    recording: Recording | None = None
    """Recorders and live streams; none: no recording."""
    visitors: Visitors | None = None
    """Very large meetings: visitors mode, with prosodies of its own."""
    meetings: Meetings = Meetings()
    """Limits and defaults of all rooms."""
    env: Env = Env()
    """Environment of the images for what has no key here."""
    turn: Turn | None = None
    """TURN relay for people behind firewalls; none: none is made."""

    @property
    def turn_host(self) -> str | None:
        """Host name of the TURN relay; none without one."""
        return turn_host(self.domain, self.turn)

    @property
    def turn_udp_host(self) -> str | None:
        """Host name of the relay's nodes; none without them."""
        return turn_udp_host(self.domain, self.turn)

    @property
    def own_nodes_zone(self) -> str:
        """Where nodes for one kind of pod are unless they say so: never the shards' place, for shards come and go.

        The region's first zone; on another's cluster, where it moves nothing, the first shard's.
        """
        return f"{self.region}-1" if self.region else self.shards[0].zone

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host names that must lead to the edge, and that its certificate must cover."""
        return (self.domain, *([self.turn_host] if self.turn_host else []))

    def makes_record(self, host: str) -> bool:
        """Whether the stack itself makes the host's DNS record."""
        return self.dns_zone is not None and in_zone(host, self.dns_zone)

    @cached_property
    def resolved(self) -> tuple[Shard, ...]:
        """The shards with overrides merged and slots decided, in the order of the file."""
        return tuple(
            Shard(
                name=entry.name,
                zone=entry.zone,
                slot=entry.slot_at(position),
                state=entry.state,
                release=entry.release or self.images.tag,
                weight=entry.weight,
                bridges=self._bridges_of(entry),
                sized_for=self.signalling.sized_for,
            )
            for position, entry in enumerate(self.shards)
        )

    @property
    def makes_dashboards(self) -> bool:
        """Whether dashboards are put where a Grafana finds them."""
        return self.monitoring.dashboards and self.monitoring.grafana != "none"

    @property
    def is_watched(self) -> bool:
        """Whether alerts or dashboards read what is recorded."""
        return self.monitoring.alerts or self.makes_dashboards

    @property
    def scraped_by_others(self) -> bool:
        """Whether a Prometheus that is not the stack's own reads its pods."""
        theirs = self.metrics.adapter == "prometheus" and self.metrics.prometheus == "existing"
        return theirs or self.monitoring.scrape == "operator"

    @property
    def makes_kube_state(self) -> bool:
        """Whether the stack runs kube-state-metrics: where something of it is there to read that."""
        read = self.metrics.managed or self.monitoring.scrape == "operator"
        return self.is_watched and read and self.monitoring.kube_state == "managed"

    def _bridges_of(self, entry: ShardEntry) -> Bridges:
        return Bridges.model_validate_json(json.dumps(merged(self.bridges, entry.bridges)))

    def problems(self, *, bridges: bool = True) -> Iterator[Problem]:
        """What is wrong between keys that are each right; empty for a usable stack.

        Without `bridges` nothing is said that depends on those, for a stack of which they are known to be wrong.
        """
        bad_overrides = list(self._bad_overrides()) if bridges else []
        yield from bad_overrides
        yield from self._names_and_slots()
        if self.cluster.kind == "kapsule":
            yield from self._places(bridges=bridges)
        if bridges and not bad_overrides:
            yield from self._ports()
            yield from self._visitors()
        yield from self._turn()
        yield from web_files.problems(self.web, self.web.generated)
        yield from self._monitoring()
        if self.recording:
            yield from self._recording(self.recording)
        names = password_names([entry.name for entry in self.shards])
        for name in sorted(set(self.secret_generations) - set(names)):
            yield Problem(f"secretGenerations.{name}", f"no derived password has this name; {nearest(name, names)}")
        yield from self._rule_names()
        if self.dns_zone and not in_zone(self.domain, self.dns_zone):
            yield Problem(
                "domain",
                f"{self.domain} does not lie in dnsZone {self.dns_zone}; use a name below it, or leave dnsZone out",
            )

    def _rule_names(self) -> Iterator[Problem]:
        if not self.policy.rules:
            return
        from plan.rule_names import NAMES  # noqa: PLC0415 - the rules are written in terms of this model

        for name in sorted(set(self.policy.rules) - set(NAMES)):
            yield Problem(f"policy.rules.{name}", f"no rule has this name; {nearest(name, NAMES)}")

    def _turn(self) -> Iterator[Problem]:
        if self.turn is None:
            return
        if self.turn_host == self.domain:
            yield Problem(
                "turn.host",
                f"{self.domain} is the domain itself: on one port only the host name tells TURN from HTTPS; take another, such as "
                f"turn.{self.domain}",
            )
        if self.turn_udp_host in self.hosts:
            yield Problem(
                "turn.udp.host",
                f"{self.turn_udp_host} already leads to the edge, which carries no UDP; take a name of its own, such as "
                f"turn-udp.{self.domain}",
            )
        if self.cluster.kind == "existing" and self.turn.peers is None:
            yield Problem(
                "turn.peers",
                "required with cluster kind existing, and not set: coturn relays to the bridges' pods alone, and only you know "
                "their range; for example peers: [10.244.0.0/16]",
            )

    def _monitoring(self) -> Iterator[Problem]:
        watching = self.monitoring
        if watching.logs.to == "cockpit" and self.cluster.kind == "existing":
            yield Problem(
                "monitoring.logs.to",
                "cockpit is made by the stack at Scaleway, where cluster kind existing makes nothing; set to: loki, with the push "
                "address of one that is there",
            )
        if watching.alertmanager and not self.metrics.managed:
            yield Problem(
                "monitoring.alertmanager",
                f"{watching.alertmanager} is told by the managed Prometheus only, and this stack runs none; name it in your own "
                "Prometheus and leave the key out",
            )
        if watching.grafana == "managed" and not self.metrics.managed and not self.metrics.url:
            yield Problem(
                "monitoring.grafana",
                "managed needs a Prometheus to read, and this stack neither runs one nor names one in metrics.url; set "
                "metrics.adapter: prometheus, or grafana: existing",
            )
        if watching.probe and not self.is_watched:
            yield Problem(
                "monitoring.probe",
                f"{watching.probe} s with neither alerts nor dashboards: nobody would read what it finds; set one of them, or check "
                "by hand with `make probe STACK=...` and leave the key out",
            )
        if watching.grafana == "managed" and not watching.dashboards:
            yield Problem(
                "monitoring.grafana",
                "managed with dashboards: false would show nothing; set dashboards: true, or grafana: none",
            )

    def _bad_overrides(self) -> Iterator[Problem]:
        for number, entry in enumerate(self.shards):
            if entry.bridges is None:
                continue
            try:
                self._bridges_of(entry)
            except ValidationError as error:
                yield from from_validation(error, Bridges, prefix=f"shards[{number}].bridges")

    def _names_and_slots(self) -> Iterator[Problem]:
        names: dict[str, int] = {}
        slots: dict[int, str] = {}
        for position, entry in enumerate(self.shards):
            where = f"shards[{position}]"
            if entry.name in names:
                yield Problem(
                    f"{where}.name",
                    f"{entry.name} is already the name of shards[{names[entry.name]}]; names are unique",
                )
            names.setdefault(entry.name, position)
            base, _, number = entry.name.rpartition("-")
            if number.isdigit() and any(base == other.name for other in self.shards):
                yield Problem(
                    f"{where}.name",
                    f"{entry.name} beside shard {base}: bridge {number} of {base} is called jvb-{entry.name}, as are this shard's "
                    f"bridges; take a name that is not another one with a number, such as {base}x{number}",
                )
            slot = entry.slot_at(position)
            if slot in slots:
                yield Problem(
                    f"{where}.slot",
                    f"slot {slot} of {entry.name} is already that of {slots[slot]}; give one of them its own slot",
                )
            slots.setdefault(slot, entry.name)

    def _places(self, *, bridges: bool) -> Iterator[Problem]:
        if self.region is None:
            yield Problem(
                "scaleway:region", f"a Kapsule cluster needs a region, none is set; one of {', '.join(ZONES)}"
            )
            return
        yield from self._system_place(self.region)
        yield from self._own_places(self.region)
        for number, entry in enumerate(self.shards):
            if entry.zone not in ZONES[self.region]:
                yield Problem(
                    f"shards[{number}].zone",
                    f"{entry.zone} is not a zone of region {self.region}; one of {', '.join(ZONES[self.region])}",
                )
                continue
            override = getattr(entry.bridges, "node_type", None) if entry.bridges else None
            node_type = NODE_TYPES.get(override or self.bridges.node_type)
            if bridges and node_type and entry.zone not in node_type.zones:
                yield Problem(
                    f"shards[{number}].zone",
                    f"{node_type.name} is not offered in {entry.zone}; it is in {', '.join(node_type.zones)}: move the shard or "
                    "take another nodeType",
                )

    def _system_place(self, region: str) -> Iterator[Problem]:
        """The system pool stands in the region's first zone, and so must what it is made of."""
        zone, node_type = ZONES[region][0], NODE_TYPES[self.cluster.system.node_type]
        if zone not in node_type.zones:
            here = [name for name, one in NODE_TYPES.items() if zone in one.zones and one.vcpus >= node_type.vcpus]
            yield Problem(
                "cluster.system.nodeType",
                f"{node_type.name} is not offered in {zone}, where the system pool of {region} stands; it is in "
                f"{', '.join(node_type.zones)}: take another, such as {min(here, key=lambda name: NODE_TYPES[name].hourly_eur)}",
            )

    def _own_places(self, region: str) -> Iterator[Problem]:
        """Nodes of one kind of pod: where they are said to be, else in the region's first zone."""
        sip, udp = self.jigasi.sip if self.jigasi else None, self.turn.udp if self.turn else None
        for key, place in (("jigasi.sip", sip), ("turn.udp", udp)):
            if place is None:
                continue
            zone = place.zone or self.own_nodes_zone
            if place.zone and place.zone not in ZONES[region]:
                yield Problem(
                    f"{key}.zone", f"{place.zone} is not a zone of region {region}; one of {', '.join(ZONES[region])}"
                )
            elif zone not in (offered := NODE_TYPES[place.node_type].zones):
                yield Problem(
                    f"{key}.nodeType",
                    f"{place.node_type} is not offered in {zone}; it is in {', '.join(offered)}: set zone, or take another nodeType",
                )

    def _visitors(self) -> Iterator[Problem]:
        """Jicofo spreads visitors over bridges that relay to each other, whatever `relays` says."""
        for number, shard in enumerate(self.resolved):
            if self.visitors and not shard.bridges.relays:
                own = getattr(self.shards[number].bridges, "relays", None) is not None
                yield Problem(
                    f"shards[{number}].bridges.relays" if own else "bridges.relays",
                    f"false, but visitors of a meeting are spread over several bridges, which must relay to each other; shard "
                    f"{shard.name} needs relays: true, or leave visitors out",
                )

    def _recording(self, recording: Recording) -> Iterator[Problem]:
        if self.cluster.kind == "existing":
            if recording.endpoint is None:
                yield Problem(
                    "recording.endpoint",
                    "on an existing cluster no bucket is made, and none is named; set endpoint (for example "
                    "https://s3.fr-par.scw.cloud) and the secrets recordingAccessKey and recordingSecretKey",
                )
        elif self.region is not None:
            zones = ZONES[self.region]
            zone = recording.zone or zones[0]
            node_type = NODE_TYPES.get(recording.node_type)
            if zone not in zones:
                yield Problem(
                    "recording.zone", f"{zone} is not a zone of region {self.region}; one of {', '.join(zones)}"
                )
            elif node_type and zone not in node_type.zones:
                yield Problem(
                    "recording.nodeType",
                    f"{node_type.name} is not offered in {zone}; it is in {', '.join(node_type.zones)}: set recording.zone or "
                    "take another nodeType",
                )
        if self.metrics.adapter == "kubeMetrics" and recording.min < recording.idle:
            yield Problem(
                "recording.min",
                f"with metrics.adapter kubeMetrics recorders scale on the share that records, which is nothing at rest: min "
                f"{recording.min} must be at least idle ({recording.idle}); raise min, or take metrics.adapter prometheus",
            )

    def _ports(self) -> Iterator[Problem]:
        taken: dict[int, tuple[str, str]] = {}
        edge = {port: f"ingress.nodePorts.{key}" for key, port in self.ingress.node_ports.named().items()}
        for number, shard in enumerate(self.resolved):
            if shard.bridges.layout != "nodePort":
                continue
            where = f"shards[{number}].bridges.firstPort" if shard.bridges.first_port else f"shards[{number}].slot"
            try:
                check_node_ports(shard.first_port, shard.bridges.ceiling)
            except ValueError as error:
                yield Problem(where, str(error))
                continue
            block = range(shard.first_port, shard.first_port + shard.bridges.ceiling)
            clashes = [port for port in block if port in taken]
            if clashes:
                other, other_block = taken[clashes[0]]
                yield Problem(
                    where,
                    f"shard {shard.name} needs UDP {block[0]}-{block[-1]} and shard {other} {other_block}: port {clashes[0]} would be "
                    f"both's; set firstPort {max(taken) + 1} or higher for {shard.name}, or lower max",
                )
            for port in (port for port in block if port in edge):
                yield Problem(
                    edge[port],
                    f"{port} lies among UDP {block[0]}-{block[-1]} of shard {shard.name}, and a NodePort has one owner whatever its "
                    f"protocol; take one outside, or another firstPort for {shard.name}",
                )
            for port in block:
                taken.setdefault(port, (shard.name, f"{block[0]}-{block[-1]}"))
