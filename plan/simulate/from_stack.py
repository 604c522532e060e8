"""Settings of a simulation from a shard's config, with the autoscaler, timers and limits that the program creates."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from components.bridges.autoscaling import behavior, targets
from config.boot import COLD_START_SECONDS
from config.bridges import ANNOUNCE_SECONDS, MOVE_SECONDS, Bridges
from config.metrics import Metrics
from config.node_types import node_type_of
from config.shard import Shard
from plan.simulate.hpa_spec import Spec, spec_of
from plan.simulate.settings import (
    JicofoSettings,
    LeavingSettings,
    MetricsSettings,
    NodeSettings,
    Settings,
    Timed,
    WorkloadSettings,
)
from sizing.bridge_crash import silent_seconds
from sizing.bridge_load import RAMP_UP_SECONDS, STRESS_AT_CAPACITY, meeting_cap, participant_stress, redistribution
from sizing.pod_sizes import bridge_size
from sizing.pools import NODE_DELAY_AFTER_ADD_SECONDS, NODE_UNNEEDED_SECONDS, pool_bounds
from sizing.ports import host_port_slots
from sizing.prices import node_extra
from sizing.spare_times import spare_windows, spares_stand
from sizing.timetable import steps

WARM_START = 30  # the same with the image already pulled; assumed
ADAPTER_TTL = 75  # kube-metrics-adapter --metrics-ttl, as set by the program
EXIT = 5  # seconds from the bridge's exit to the end of its pod
OUTGOING_SHARE = 0.5  # of bitrateKbps, which counts both directions; assumed
HOURS_AHEAD = 36  # of the schedule, from midnight: the longest trace
DELETION_COST_INTERVAL = 15  # seconds between updates of the pod deletion cost by the sidecar
ALWAYS = -(10**6)
SPARES_STEP = 5  # minutes


def hourly_price(shard: Shard) -> float | None:
    """Return EUR per node and hour, with its address and root volume. None if the node type's price is unknown."""
    price = node_type_of(shard.bridges.node_type).hourly_in(shard.zone)
    return None if price is None else price + node_extra(shard.bridges.root_volume)


def _midnight(bridges: Bridges, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(bridges.schedule[0].timezone)).astimezone(UTC)


def spares_of(bridges: Bridges, day: date) -> Timed:
    """Return the number of placeholders by seconds after local midnight."""
    count = bridges.scaling.spares
    if bridges.topology != "autoscaled" or not count:
        return ()
    if not spare_windows(bridges):
        return ((ALWAYS, count),)
    midnight = _midnight(bridges, day)
    minutes = range(0, HOURS_AHEAD * 60, SPARES_STEP)
    stand = [spares_stand(bridges, midnight + timedelta(minutes=minute)) for minute in minutes]
    return tuple(
        (minute * 60 if minute else ALWAYS, count * now)
        for minute, before, now in zip(minutes, [not stand[0], *stand], stand, strict=False)
        if before != now
    )


def timetable_of(bridges: Bridges, day: date) -> Timed:
    """Return the schedule with its lead as (seconds after local midnight, bridges), in the first entry's time zone."""
    if not bridges.schedule:
        return ()
    midnight = _midnight(bridges, day)
    profile = steps(bridges, midnight, midnight + timedelta(hours=HOURS_AHEAD))
    return tuple((int((step.start - midnight).total_seconds()), step.bridges) for step in profile)


def _spec(shard: Shard, metrics: Metrics, minimum: int, maximum: int) -> Spec:
    metric_targets = targets(shard, metrics, "jitsi")  # the namespace does not matter here
    rules = behavior(shard.bridges.scaling)
    return spec_of({"minReplicas": minimum, "maxReplicas": maximum, "metrics": metric_targets, "behavior": rules})


def _workloads(shard: Shard, metrics: Metrics) -> tuple[WorkloadSettings, ...]:
    bridges = shard.bridges
    scaled = bridges.topology == "autoscaled"
    if bridges.layout == "nodePort":
        spec = _spec(shard, metrics, bridges.min, bridges.max) if scaled else None
        return (WorkloadSettings(start=bridges.min, spec=spec, ordinals=True),)
    return tuple(
        WorkloadSettings(
            slot=slot.index, start=slot.min, spec=_spec(shard, metrics, slot.min, slot.max) if scaled else None
        )
        for slot in host_port_slots(shard)
    )


def settings_of(shard: Shard, metrics: Metrics, day: date) -> Settings:
    """Return the settings of a deployed shard on a day of its schedule."""
    bridges = shard.bridges
    scaling, drain = bridges.scaling, bridges.drain
    bounds = pool_bounds(bridges)
    cold = min(COLD_START_SECONDS, scaling.boot_time)
    return Settings(
        capacity=bridges.participants,
        workloads=_workloads(shard, metrics),
        nodes=NodeSettings(
            min=bounds.min,
            max=bounds.max,
            autoscaled=bounds.autoscaled,
            per_node=bridges.per_node,
            boot=scaling.boot_time - cold,
            cold=cold,
            warm=min(WARM_START, cold),
            spares=spares_of(bridges, day),
            unneeded=NODE_UNNEEDED_SECONDS,
            after_add=NODE_DELAY_AFTER_ADD_SECONDS,
        ),
        jicofo=JicofoSettings(
            overloaded=STRESS_AT_CAPACITY,
            participant_stress=participant_stress(bridges),
            ramp_up=RAMP_UP_SECONDS,
            room_cap=meeting_cap(bridges),
            relays=bridges.relays,
            redistribution=redistribution(bridges) if bridges.redistribution else None,
            leaving_is_room=False,
        ),
        leaving=LeavingSettings(
            announce=ANNOUNCE_SECONDS,
            migrate_after=drain.migrate_after,
            move=MOVE_SECONDS + EXIT,
            deadline=drain.deadline,
        ),
        metrics=MetricsSettings(
            interval=metrics.interval,
            kept=ADAPTER_TTL if metrics.adapter == "kubeMetrics" else 0,
            look_ahead=scaling.look_ahead,
        ),
        deletion_cost=DELETION_COST_INTERVAL,
        crash_silence=silent_seconds(bridges.silent_after),
        transmit_kbps=bridges.bitrate_kbps * OUTGOING_SHARE,
        request=bridge_size(bridges).millicpu,
        timetable=timetable_of(bridges, day),
        hourly=hourly_price(shard),
    )
