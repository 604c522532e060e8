"""Settings of a simulation: everything that a stack, or another project's manifests, define about scaling."""

from dataclasses import dataclass

from plan.simulate.hpa_spec import Spec
from sizing.bridge_crash import UNNOTICED_SECONDS
from sizing.bridge_load import Redistribution

STRESS_LIMIT = 0.9
"""`videobridge.load-management`: stress is CPU / 0.9, so it cannot pass 1.11."""
Timed = tuple[tuple[int, int], ...]
"""(second of the day, number from then on), sorted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkloadSettings:
    """One Deployment or StatefulSet of bridges and its autoscaler."""

    slot: int | None = None
    """Index of the host port on each node; None if any place of a node fits."""
    start: int
    """Bridges before any scaling."""
    spec: Spec | None = None
    """None if it is not scaled, or by a `Stepper`."""
    ordinals: bool = False
    """Whether it is a StatefulSet: the highest ordinal leaves first, and is recreated only after its pod is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JicofoSettings:
    """Settings of bridge selection."""

    overloaded: float = 0.8
    """Stress from which a bridge is avoided."""
    participant_stress: float = 0.01
    """Stress counted for each recent join."""
    ramp_up: int = 20
    """Seconds for which a join is recent; upstream's default."""
    room_cap: int = 80
    """Maximum participants of one room on one bridge."""
    relays: bool = True
    """Whether one room may use several bridges (octo)."""
    redistribution: Redistribution | None = None
    leaving_is_room: bool = True
    """Whether redistribution takes a bridge that leaves for room, as jicofo does unless prosody tells it that the bridge is full."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeavingSettings:
    """How a bridge leaves, in seconds from the deletion of its pod."""

    announce: int = 12
    migrate_after: int | None = None
    """When jicofo moves the remaining participants; None if never."""
    move: int = 6
    """Seconds from an empty bridge (or the move) to the end of its pod."""
    deadline: int | None = None
    """When remaining meetings are cut; None if never."""
    loses_service: bool = False
    """Whether the pod's own Service is deleted as it begins to leave: its media stops while it drains."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsSettings:
    """The metrics pipeline from a bridge to the autoscaler."""

    interval: int = 15
    """Seconds between readings of a bridge."""
    kept: int = 0
    """Seconds for which a removed bridge stays in the mean."""
    look_ahead: int = 0
    """Seconds for which a shard's growth is extrapolated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSettings:
    """The node pool, its autoscaler, and start times in seconds."""

    min: int
    max: int
    autoscaled: bool = True
    per_node: int = 1
    boot: int = 165
    """From the order of a node to Ready. Measured on Kapsule, 2022 (openfun): 2 min 45 s."""
    cold: int = 75
    """From Ready to a ready bridge if the image must be pulled (same source: 1 min 15 s)."""
    warm: int = 30
    """The same if the image is on the node."""
    spares: Timed = ()
    """Placeholders; they use the bridge's image, so their nodes have pulled it."""
    unneeded: int = 600
    after_add: int = 600
    """cluster-autoscaler's own defaults."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSettings:
    """jitsi-autoscaler: single steps by mean stress."""

    min: int
    max: int
    grows_at: float = 0.3
    shrinks_below: float = 0.1
    grow_periods: int = 2
    shrink_periods: int = 10
    step: int = 1
    grace: int = 600
    """Seconds between actions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings of a simulation."""

    capacity: int
    """Participants per bridge at 100 % CPU."""
    workloads: tuple[WorkloadSettings, ...]
    nodes: NodeSettings
    jicofo: JicofoSettings = JicofoSettings()
    leaving: LeavingSettings = LeavingSettings()
    metrics: MetricsSettings = MetricsSettings()
    steps: StepSettings | None = None
    deletion_cost: int = 0
    """Seconds between updates of the pod deletion cost, so that the emptiest bridge leaves first; 0 if not used."""
    crash_silence: float = UNNOTICED_SECONDS
    """Seconds for which people hear nothing whose bridge crashes."""
    transmit_kbps: float = 435
    """Outgoing bitrate per participant; measured by openfun: 54.4 kB/s."""
    request: int = 1000
    """CPU request of a bridge, milli-units."""
    timetable: Timed = ()
    """Bridges required by the schedule, over all workloads."""
    hourly: float | None = 0.0
    """EUR per node and started hour."""
