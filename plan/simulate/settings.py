"""What a simulated day is run with: everything that a stack, or a predecessor's manifests, decide about scaling."""

from dataclasses import dataclass

from plan.redistribution import Redistribution
from plan.simulate.hpa_spec import Spec

STRESS_LIMIT = 0.9
"""`videobridge.load-management`: stress is CPU / 0.9, so it cannot pass 1.11."""
Timed = tuple[tuple[int, int], ...]
"""(second of the day, number from then on), in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadSettings:
    """One Deployment or StatefulSet of bridges and what sizes it."""

    slot: int | None = None
    """Host port's number on each node; None: any place of a node will do."""
    start: int
    """Bridges when nothing has scaled it yet."""
    spec: Spec | None = None
    """None: nothing scales it, or a `Stepper` does."""
    ordinals: bool = False
    """StatefulSet: the highest ordinal leaves, and comes back only when it is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JicofoSettings:
    """How bridges are chosen."""

    overloaded: float = 0.8
    """Stress from which a bridge is avoided."""
    participant_stress: float = 0.01
    """Counted for everyone who joined lately."""
    ramp_up: int = 20
    """Seconds that count as lately; upstream's default."""
    room_cap: int = 80
    """Of one room on one bridge."""
    relays: bool = True
    """One room may lie on several bridges."""
    redistribution: Redistribution | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeavingSettings:
    """How a bridge leaves; seconds from the deletion of its pod."""

    announce: int = 12
    migrate_after: int | None = None
    """When jicofo moves the rest; None: never."""
    move: int = 6
    """From an empty bridge (or the move) to the end of its pod."""
    deadline: int | None = None
    """When what is left is cut; None: never."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsSettings:
    """The way from a bridge to the autoscaler."""

    interval: int = 15
    """Seconds between two readings of a bridge."""
    kept: int = 0
    """Seconds for which a bridge that is gone stays in the mean."""
    look_ahead: int = 0
    """Seconds for which a shard's growth is carried on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSettings:
    """The node pool, its autoscaler, and what a pod waits for on a node; seconds."""

    min: int
    max: int
    autoscaled: bool = True
    per_node: int = 1
    boot: int = 165
    """From the order to Ready. Measured on Kapsule, 2022 (openfun): 2 min 45 s."""
    cold: int = 75
    """From Ready to a ready bridge with the image still to be pulled (same source: 1 min 15 s)."""
    warm: int = 30
    """The same with the image on the node."""
    spares: Timed = ()
    """Placeholders; they are the bridge's own image, which their nodes hold from then on."""
    unneeded: int = 600
    after_add: int = 600
    """cluster-autoscaler's own defaults."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSettings:
    """jitsi-autoscaler: steps by mean stress, one at a time."""

    min: int
    max: int
    grows_at: float = 0.3
    shrinks_below: float = 0.1
    grow_periods: int = 2
    shrink_periods: int = 10
    step: int = 1
    grace: int = 600
    """Seconds between two actions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All of it."""

    capacity: int
    """Participants that one bridge carries at 100 % CPU."""
    workloads: tuple[WorkloadSettings, ...]
    nodes: NodeSettings
    jicofo: JicofoSettings = JicofoSettings()
    leaving: LeavingSettings = LeavingSettings()
    metrics: MetricsSettings = MetricsSettings()
    steps: StepSettings | None = None
    deletion_cost: int = 0
    """Seconds between two looks at who is emptiest and leaves first; 0: the youngest does."""
    transmit_kbps: float = 435
    """Outgoing per participant; measured by openfun: 54.4 kB/s."""
    request: int = 1000
    """CPU that a bridge requests, milli-units."""
    timetable: Timed = ()
    """Bridges asked for by all workloads together."""
    hourly: float = 0.0
    """EUR for one node and started hour."""
