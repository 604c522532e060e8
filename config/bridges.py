"""The bridges of a shard: where they run, how many there are, how they scale and how they drain."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from config.addresses import LAST_PORT, Server
from config.boot import BOOT_SECONDS
from config.cluster import RootVolume
from config.limits import MAX_BRIDGE_PARTICIPANTS, MAX_BRIDGES, MAX_KBPS
from config.model import Cpu, Duration, Model, Quantity, between, format_duration, nearest
from config.node_type_names import NodeTypeName
from config.quantities import mebibytes, millicores
from config.schedule import ScheduleEntry

NODE_PORTS = range(30000, 32768)  # kube-apiserver --service-node-port-range, default
HOST_PORT = 10000  # JVB_PORT's default, which many firewalls already allow
NODE_PORT_BLOCK = 100  # distance between two shards' first NodePorts
ANNOUNCE_SECONDS = 12  # drain flag -> presence (5 s) -> jicofo has stopped choosing the bridge
MOVE_SECONDS = 60  # videobridge.shutdown.shutting-down-delay: jicofo moves the remaining participants
EXIT_SECONDS = 60  # from the bridge's exit to the end of its container, on a slow node
MIN_MILLICPU = 500  # below, garbage collection alone delays packets
MAX_CORES = 128  # far beyond the cores that a bridge has been seen to use
MIN_MIB = 1536  # the smallest heap (512 MiB) plus the JVM's own memory (about 1 GiB)
MAX_GIB = 24  # a bridge's heap ends at 6912 MiB, and a heap below a quarter of the memory wastes the rest
PROGRESS_MARGIN_SECONDS = 600  # progressDeadlineSeconds' default: for pulling images and a slow start


_SOURCES = ("node", "internal", "stun")


def _public_address(value: object) -> str | tuple[str, ...]:
    if isinstance(value, str) and value in _SOURCES:
        return value
    if isinstance(value, list | tuple) and value:
        entries = tuple(_entry(each) for each in value)
        if twice := next((each for each in entries if entries.count(each) > 1), None):
            raise ValueError(f"{twice} is listed twice; name each address once")
        return entries
    remedy = "write a list"
    if isinstance(value, str):
        remedy = f"did you mean [{value}]?" if _is_address(value) else nearest(value, _SOURCES)
    raise ValueError(
        f"node, internal, stun, or a list such as [internal, 203.0.113.7] is needed, got {value!r}; {remedy}"
    )


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _entry(value: object) -> str:
    if value in ("node", "internal"):
        return str(value)
    try:
        return str(ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise ValueError(
            f"an entry is node, internal or an IP address such as 203.0.113.7, got {value!r}"
            + ("; stun stands alone, without a list" if value == "stun" else "")
        ) from None


def _is_private(address: str) -> bool:
    """Return whether Java calls an IP address private: RFC 1918, link-local, loopback, and fc00::/7."""
    if address in ("node", "internal"):
        return False
    return any(
        ip_address(address) in ip_network(block)
        for block in _PRIVATE
        if ip_network(block).version == ip_address(address).version
    )


_PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)
PublicAddress = Annotated[
    str | tuple[str, ...],
    PlainValidator(_public_address),
    PlainSerializer(lambda value: value if isinstance(value, str) else list(value)),
    WithJsonSchema(
        {"anyOf": [{"enum": list(_SOURCES)}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]


class Policy(Model):
    """Add or remove at most `bridges` in each `period`."""

    bridges: Annotated[int, Field(ge=1, le=MAX_BRIDGES)]
    """Maximum number of bridges added or removed."""
    period: Annotated[Duration, between("1s", "30m")] = 60  # autoscaling/v2: periodSeconds is at most 1800
    """Time in which they may be added or removed."""


class Scaling(Model):
    """Targets of the autoscaler; the metric that asks for the most bridges wins."""

    stress: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.75
    """Average stress of the bridges."""
    participants: Annotated[int, Field(ge=1, le=MAX_BRIDGE_PARTICIPANTS)] = 80
    """Average number of participants per bridge."""
    cpu_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    """Average CPU usage, in percent of the bridges' requests."""
    transmit_kbps: Annotated[int, Field(ge=1, le=MAX_KBPS)] | None = None
    """Average outgoing kbit/s per bridge."""
    scale_down_window: Annotated[Duration, between("0s", "1h")] = 900  # autoscaling/v2: window is at most 3600 s
    """How long a smaller number must have been enough before bridges are removed."""
    scale_up: Policy | None = None
    """Limit on growth; by default 4 bridges or twice as many in 15 s."""
    scale_down: Policy | None = None
    """Limit on shrinking; by default all bridges at once."""
    spares: Annotated[int, Field(ge=0, le=MAX_BRIDGES)] = 1
    """Low-priority placeholder pods, each the size of a bridge, that keep nodes booted."""
    spares_when: Literal["timetable", "always"] = "timetable"
    """With a schedule: keep spares only while it asks for bridges, or always. Without one: always."""
    look_ahead: Annotated[Duration, between("0s", "10m")] = 90
    """Extrapolates the growth of the last minute this far, so that bridges boot before they are full; `0s` turns it off."""
    boot_time: Annotated[Duration, between("0s", "2h")] = BOOT_SECONDS
    """Time from a pending pod to a usable bridge on a new node. Default: order (10 s), a Ready node (80 s in recordings of 2026) and the
    bridge, warmed up (75 s)."""


def _bridge_cpu(text: str) -> str:
    if not MIN_MILLICPU <= millicores(text) <= MAX_CORES * 1000:
        raise ValueError(
            f"at least {MIN_MILLICPU}m, since garbage collection alone delays packets below, and at most {MAX_CORES} cores, got {text}; "
            f"{'raise' if millicores(text) < MIN_MILLICPU else 'lower'} it"
        )
    return text


def _bridge_memory(text: str) -> str:
    if not MIN_MIB <= mebibytes(text) <= MAX_GIB * 1024:
        raise ValueError(
            f"at least {MIN_MIB}Mi, for the smallest heap and the JVM's own memory, and at most {MAX_GIB}Gi, of which a heap takes "
            f"no more anyway, got {text}; {'raise' if mebibytes(text) < MIN_MIB else 'lower'} it"
        )
    return text


class BridgeResources(Model):
    """Requests and limits of one bridge, without its sidecar (50m, 64Mi)."""

    cpu: Annotated[Cpu, AfterValidator(_bridge_cpu)] | None = None
    """Request and limit, such as `"3500m"`, from 500m; by default an equal part of a node of `nodeType`. A bridge measures its stress
    against it."""
    memory: Annotated[Quantity, AfterValidator(_bridge_memory)] | None = None
    """Request and limit, such as `6Gi`, from 1536Mi to 24Gi; by default an equal part of a node of `nodeType`. The JVM's heap follows: 1280
    MiB less, at most 6912 MiB."""

    @property
    def are_set(self) -> bool:
        """Whether they decide the whole size, and `nodeType` none of it."""
        return self.cpu is not None and self.memory is not None


class Drain(Model):
    """How a bridge drains."""

    deadline: Annotated[Duration, between("1s", "7d")] = 3600
    """Maximum duration of a drain; the pod's termination grace period."""
    migrate_after: Annotated[Duration, between("0s", "7d")] = 600
    """How long to wait for meetings to end before jicofo moves the remaining participants."""

    @property
    def shortest_deadline(self) -> int:
        """Seconds that `migrate_after` and the fixed steps around it take."""
        return ANNOUNCE_SECONDS + self.migrate_after + MOVE_SECONDS + EXIT_SECONDS

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield a deadline that is too short for its steps."""
        if self.deadline < self.shortest_deadline:
            yield (
                "deadline",
                f"deadline {format_duration(self.deadline)} is shorter than announcing ({ANNOUNCE_SECONDS}s) + "
                f"migrateAfter ({format_duration(self.migrate_after)}) + moving ({MOVE_SECONDS}s) + exit ({EXIT_SECONDS}s) "
                f"= {format_duration(self.shortest_deadline)}; raise deadline or lower migrateAfter",
            )


class Bridges(Model):
    """Defaults for every shard; a shard may override single keys."""

    layout: Literal["hostPort", "nodePort"] = "hostPort"
    """`hostPort`: one bridge per node and port. `nodePort`: one Service and port per bridge."""
    node_type: NodeTypeName = "BASIC3-X4C-8G"
    """Node type of the shard's pool."""
    root_volume: RootVolume | None = None
    """Root volume of its nodes; by default Kapsule's, 20 GB."""
    per_node: Annotated[int, Field(ge=1, le=20)] = 1
    """Bridges that share a node."""
    resources: BridgeResources = BridgeResources()
    """Size of a bridge, where it is not an equal part of a node of `nodeType`; above all on clusters of others."""
    first_port: Annotated[int, Field(ge=1024, le=65535)] | None = None
    """First UDP port; by default 10000 (hostPort) or 30300 + 100 x slot (nodePort)."""
    participants: Annotated[int, Field(ge=1, le=MAX_BRIDGE_PARTICIPANTS)] = 100
    """Participants that one bridge carries well."""
    bitrate_kbps: Annotated[int, Field(ge=1, le=MAX_KBPS)] = 2500
    """Per participant, both directions together; checked against the node type's network."""
    topology: Literal["autoscaled", "static", "daemonset"] = "autoscaled"
    """`static`: `min` bridges. `daemonset`: one bridge per node and port of a pool with `min` / perNode nodes."""
    min: Annotated[int, Field(ge=1, le=MAX_BRIDGES)] = 2
    """Minimum number of bridges."""
    max: Annotated[int, Field(ge=1, le=MAX_BRIDGES)] = 10
    """Maximum number of bridges; ports are reserved for all of them."""
    public_address: PublicAddress = "node"
    """`node`: the node's ExternalIP, read at start. `internal`: its InternalIP, for people in the same network. `stun`: the address
    that `stunServers` report. Or a list of `node`, `internal` and IP addresses that forward the bridge's port, such as
    `[internal, 203.0.113.7]`."""
    stun_servers: Annotated[tuple[Server, ...], Field(min_length=1)] = ("meet-jit-si-turnrelay.jitsi.net:443",)
    """`host:port` of STUN servers, used only with publicAddress stun. The default belongs to Jitsi, a third party."""
    scaling: Scaling = Scaling()
    """Targets of the autoscaler."""
    schedule: tuple[ScheduleEntry, ...] = ()
    """Capacity by time of day, one entry each."""
    drain: Drain = Drain()
    """How a bridge drains."""
    warm_up: bool = True
    """Has a new bridge hold a meeting with itself before it is ready, and jicofo prefer others meanwhile: people who are moved onto a
    bridge that has just started are without media for seconds otherwise."""
    silent_after: Annotated[Duration, between("1s", "15s")] = 3
    """How long a bridge whose connection to prosody broke may answer nothing, before jicofo moves its participants. One that still answers
    keeps them, and one whose process ended loses them at once."""
    relays: bool = True
    """Lets one meeting span several bridges (secure octo)."""
    redistribution: bool = True
    """Moves participants from a full bridge to others, whose media pauses for a second or more; needs relays."""

    @property
    def by_stun(self) -> bool:
        """Whether STUN servers tell a bridge its address."""
        return self.public_address == "stun"

    @property
    def advertised(self) -> tuple[str, ...]:
        """What a bridge advertises: `node`, `internal` or IP addresses; empty with STUN."""
        if isinstance(self.public_address, str):
            return () if self.by_stun else (self.public_address,)
        return self.public_address

    @property
    def advertises_private(self) -> bool:
        """Whether one of these is private, which a bridge leaves out unless it is told to offer private addresses."""
        return any(each == "internal" or _is_private(each) for each in self.advertised)

    @property
    def advertises_public(self) -> bool:
        """Whether a bridge has an address that Java does not call private, without which a strict health check fails for ever."""
        return self.by_stun or any(each != "internal" and not _is_private(each) for each in self.advertised)

    @property
    def ceiling(self) -> int:
        """Maximum number of bridges that can run: `max`, or `min` without an autoscaler."""
        return self.max if self.topology == "autoscaled" else self.min

    def bridges_for(self, entry: ScheduleEntry) -> int:
        """Return the bridges that a schedule entry asks for: what the autoscaler would choose for its participants."""
        if entry.bridges is not None:
            return entry.bridges
        return -(-(entry.participants or 0) // self.target_participants)

    @property
    def target_participants(self) -> int:
        """Participants per bridge that the autoscaler aims at, never more than one bridge carries well."""
        return min(self.participants, self.scaling.participants)

    @property
    def progress_seconds(self) -> int:
        """Longest pause of a healthy rollout: a bridge drains, a node boots, the replacement is ready for a drain's time."""
        return self.drain.deadline + self.scaling.boot_time + self.drain.shortest_deadline + PROGRESS_MARGIN_SECONDS

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield numbers, ports and schedule entries that do not fit each other."""
        if self.topology == "autoscaled" and self.min > self.max:
            yield "min", f"min {self.min} is above max {self.max}; raise max or lower min"
        if self.topology == "autoscaled" and self.layout == "hostPort" and self.min < self.per_node:
            yield (
                "min",
                f"min {self.min} is below perNode {self.per_node}: with hostPort each port of a node is a separate workload "
                f"with at least one bridge; raise min to {self.per_node}, or set layout: nodePort",
            )
        if self.topology == "daemonset" and self.layout == "nodePort":
            yield (
                "topology",
                "daemonset needs layout hostPort: NodePorts follow the ordinals of pods, which a DaemonSet lacks; set layout: hostPort",
            )
        if self.first_port is not None:
            try:
                self._check_ports(self.first_port)
            except ValueError as error:
                yield "firstPort", str(error)
        for number, entry in enumerate(self.schedule):
            needed = self.bridges_for(entry)
            if needed > self.ceiling:
                asked = (
                    f"{entry.participants} participants need {needed} bridges of {self.target_participants}"
                    if entry.participants
                    else f"the entry asks for {needed} bridges"
                )
                key = "max" if self.topology == "autoscaled" else "min"
                other = "" if key == "max" else f", or remove the schedule: topology {self.topology} ignores it"
                yield (
                    f"schedule[{number}]",
                    f"{asked}, above {key} {self.ceiling}; raise {key} to {needed} or more{other}",
                )

    def _check_ports(self, first: int) -> None:
        if self.layout == "nodePort":
            check_node_ports(first, self.ceiling)
        else:
            check_host_ports(first, self.per_node)


def check_host_ports(first: int, count: int) -> None:
    """Check that host ports stay outside the NodePort range and below the last port.

    Raises:
        ValueError: they do not; the message names the range.
    """
    last = first + count - 1
    if first <= NODE_PORTS[-1] and last >= NODE_PORTS[0]:
        raise ValueError(
            f"firstPort {first} puts host ports into {NODE_PORTS[0]}-{NODE_PORTS[-1]}, where Kubernetes allocates NodePorts; "
            "choose one outside, such as 10000"
        )
    if last > LAST_PORT:
        raise ValueError(
            f"firstPort {first} with perNode {count} ends at {last}, above {LAST_PORT}; choose a lower one"
        )


def check_node_ports(first: int, count: int) -> None:
    """Check that a block of NodePorts stays within Kubernetes' range.

    Raises:
        ValueError: it does not; the message names the range and the largest firstPort that fits.
    """
    last = first + count - 1
    if first not in NODE_PORTS or last not in NODE_PORTS:
        raise ValueError(
            f"firstPort {first} with max {count} bridges needs UDP {first}-{last}, outside Kubernetes' NodePort range "
            f"{NODE_PORTS[0]}-{NODE_PORTS[-1]}; firstPort {max(NODE_PORTS[0], NODE_PORTS[-1] - count + 1)} or lower fits"
        )
