"""The record of one kind of pod. The table of all records is `sizing.parts`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from config.images import Images
from config.stack import StackConfig
from sizing.outward import Sends, nothing
from sizing.pod_sizes import PodSize

ANYWHERE = "anywhere"
ANY_POD = "any pod of the cluster"
METRICS_READER = "Prometheus or kube-metrics-adapter"
API_SERVER = "API server"
KUBELET = "kubelet"
PORT_FORWARD = "`kubectl port-forward`"
ITSELF = "itself (loopback)"
UNPOLICED = frozenset({API_SERVER, KUBELET, PORT_FORWARD, ITSELF})
"""Peers outside of the pod network, which network policies cannot select."""

JITSI_UID = 1000  # user s6 of the Jitsi images
NOBODY = 65534  # uid of images that bring no user
FIRST_RELEASE = "stable-11146"  # the first rootless Jitsi images, which work with a read-only root
Cost = Literal["none", "drains", "drops"]


@dataclass(frozen=True, slots=True)
class Port:
    """A port that the pod listens on. `number` is None if the config decides; with `last` it is a range."""

    name: str
    number: int | None
    peers: tuple[str, ...]
    """Names of parts, or the constants above. Between two parts of a shard, only pods of the same shard are admitted."""
    what: str = ""
    protocol: Literal["TCP", "UDP"] = "TCP"
    last: int | None = None
    declared: bool = True
    """Whether the container lists it, so that probes and Services can refer to its name."""


@dataclass(frozen=True, slots=True)
class Scrape:
    """Metrics: the name of a port and a path."""

    port: str
    path: str = "/metrics"
    annotated: bool = True
    """The pods carry the annotations of `prometheus.io`."""
    own_labels: bool = False
    """The series are about other pods and already name them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image and what it needs under a read-only root: each path that its entry point writes must be a mount."""

    name: str
    """A key of `images`, or one of Jitsi's images of the release."""
    uid: int
    writes: tuple[str, ...]
    """Files and folders that its entry point writes, or `command` instead of it."""
    since: str
    """The first tag known to work under these pods."""
    until: str = ""
    """The first later tag known to fail, if any."""
    command: tuple[str, ...] = ()
    """What pods run instead of the entry point, if that could not work."""
    spared: Mapping[str, str] = field(default_factory=dict)
    """Path that only the entry point writes, and so is not mounted -> what would happen without `command`."""

    def of(self, images: Images, release: str) -> str:
        """Return the image reference that a stack pulls."""
        return getattr(images, self.name, None) or images.jitsi(self.name, release)


def jitsi_image(name: str, *writes: str) -> Image:
    """One of Jitsi's images: s6 renders the configuration below /run."""
    return Image(name=name, uid=JITSI_UID, writes=("/run", "/tmp", *writes), since=FIRST_RELEASE)  # noqa: S108


@dataclass(frozen=True, kw_only=True, slots=True)
class Restart:
    """What participants lose when running pods end. `{how}` in a text becomes `restarts`, `is replaced` or `is deleted`."""

    cost: Cost
    rolled: str
    """Text for a changed pod template."""
    gone_cost: Cost | None = None
    """Cost if the workload is deleted or replaced; None: the same as `cost`."""
    replaced: str = ""
    """Text for a replaced workload; empty: the same as `rolled`."""
    removed: str = ""
    """Text for a deleted workload; empty: the same as `replaced`."""
    hurts: Literal["nobody", "shard", "stack"] = "nobody"
    """Whose bridges lose their participants."""
    own_rule: bool = False
    """Whether a rule of its own in `plan.diff.verdicts` judges the pods; this record then documents it."""
    off_call: bool = False
    """Whether no call passes through the part; `rolled` then holds for a change of any of its objects."""
    files: str = ""
    """With `off_call`, text for a changed ConfigMap or Secret; empty: the same as `rolled`."""


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods of one size: the bounds of an autoscaler, or a fixed number."""

    min: int = 1
    max: int = 1
    size: PodSize | None = None
    """Requests of all containers together; None: the part's fixed size."""
    zone: str | None = None
    """Zone that they are bound to."""
    spread: bool = False
    """Whether they are spread over the zones with a system pool."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A kind of pod. `name` is its label `app.kubernetes.io/name`."""

    name: str
    does: str
    pods: Callable[[StackConfig], Iterable[Pods]]
    """The pods that a config asks for; empty if none."""
    size: PodSize | None = None
    """The main container's requests; None if they follow from the config."""
    sidecars: Mapping[str, PodSize] = field(default_factory=dict)
    """Requests of the other containers, by name; init containers that end are left out."""
    container: str = ""
    """Name of the main container, if it is not the part's."""
    per_shard: bool = False
    key: str = ""
    """The key of the stack file that adds it; empty if no single key does."""
    keeps: str = ""
    """Content of its volume, if it may have one."""
    nodes: Literal["system", "own"] = "system"
    """Whether it runs on the system pool, or on a pool of its own."""
    image: Image
    opens: tuple[Port, ...] = ()
    asks: tuple[tuple[str, str], ...] = ()
    """Parts and ports that it sends to although they are for more than single parts."""
    sends: Sends = nothing
    """Where it sends to beside other parts."""
    scraped: Scrape | None = None
    restart: Restart
    zone_loss: str = ""
    """What ends with the zone of its nodes, and until when; empty for a shard's own pods, and for what is spread over zones."""

    @property
    def takes_media(self) -> bool:
        """Whether it receives UDP from anywhere, on its node's address."""
        return any(port.protocol == "UDP" and ANYWHERE in port.peers for port in self.opens)

    @property
    def main(self) -> str:
        """Name of the main container."""
        return self.container or self.name

    def runs(self, config: StackConfig) -> bool:
        """Return whether the stack has any."""
        return any(True for _ in self.pods(config))

    def requests(self, config: StackConfig, *, at_rest: bool = False) -> Iterator[PodSize]:
        """Requests of every pod, sidecars included: the maximum of pods, or `at_rest` the minimum."""
        for pods in self.pods(config):
            yield from [pods.size or self.whole] * (pods.min if at_rest else pods.max)

    @property
    def whole(self) -> PodSize:
        """Requests of the main container and its sidecars.

        Raises:
            ValueError: the size follows from the config.
        """
        if self.size is None:
            raise ValueError(f"the size of {self.name} follows from the config")
        each = (self.size, *self.sidecars.values())
        return PodSize(sum(size.millicpu for size in each), sum(size.memory_mib for size in each))

    def opened(self, name: str) -> Port:
        """Return the port of that name.

        Raises:
            KeyError: there is none.
        """
        match = next((port for port in self.opens if port.name == name), None)
        if match is None:
            raise KeyError(f"{self.name} has no port {name}")
        return match

    def span(self, name: str) -> tuple[int, int]:
        """Return the first and last number of a range.

        Raises:
            KeyError: there is no such port, or the config decides its number.
        """
        return self.port(name), self.opened(name).last or self.port(name)

    def port(self, name: str) -> int:
        """Return the number of a port.

        Raises:
            KeyError: there is no such port, or the config decides its number.
        """
        number = self.opened(name).number
        if number is None:
            raise KeyError(f"the config decides {self.name}'s port {name}")
        return number
