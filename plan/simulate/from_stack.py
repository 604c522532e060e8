"""A shard's own settings as the simulation reads them: the very autoscaler, timers and limits that the program makes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from components.bridges.autoscaling import behavior, targets
from config.bridges import ANNOUNCE_SECONDS, MOVE_SECONDS, Bridges
from config.metrics import Metrics
from config.node_types import NODE_TYPES
from config.shard import Shard
from plan.joining import RAMP_UP, STRESS_AT_CAPACITY, meeting_cap, participant_stress
from plan.node_idle import KEPT_AFTER_GROWTH, UNNEEDED
from plan.pools import bridge_size, pool_bounds
from plan.ports import host_port_slots
from plan.prices import BLOCK_STORAGE_GB, IPV4, ROOT_VOLUME_GB
from plan.redistribution import redistribution
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
from plan.spare_times import spare_windows, spares_stand
from plan.timetable import steps

COLD_START = 75  # Ready node to ready bridge, the part of bootTime that is not the node's (openfun, Kapsule 2022)
WARM_START = 30  # the same with the image on the node; assumed
ADAPTER_TTL = 75  # kube-metrics-adapter --metrics-ttl, as the program sets it
EXIT = 5  # the bridge's exit to the pod's end
OUTGOING_SHARE = 0.5  # of bitrateKbps, which counts both ways; assumed
HOURS_AHEAD = 36  # of timetable, from midnight: no trace of one day is longer
DELETION_COST_INTERVAL = 15  # seconds between two looks of the sidecar that says how many people a bridge has
ALWAYS = -(10**6)
SPARES_STEP = 5  # minutes


def hourly_price(bridges: Bridges) -> float:
    """EUR for one node and hour, with its address and root volume."""
    return NODE_TYPES[bridges.node_type].hourly_eur + IPV4 + ROOT_VOLUME_GB * BLOCK_STORAGE_GB


def _midnight(bridges: Bridges, day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(bridges.schedule[0].timezone)).astimezone(UTC)


def spares_of(bridges: Bridges, day: date) -> Timed:
    """Placeholders by seconds after local midnight."""
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
    """The schedule as (seconds after local midnight, bridges), lead included; the first entry's zone is the clock."""
    if not bridges.schedule:
        return ()
    midnight = _midnight(bridges, day)
    profile = steps(bridges, midnight, midnight + timedelta(hours=HOURS_AHEAD))
    return tuple((int((step.start - midnight).total_seconds()), step.bridges) for step in profile)


def _spec(shard: Shard, metrics: Metrics, least: int, most: int) -> Spec:
    wanted = targets(shard, metrics, "jitsi")  # one namespace is as good as another here
    rules = behavior(shard.bridges.scaling)
    return spec_of({"minReplicas": least, "maxReplicas": most, "metrics": wanted, "behavior": rules})


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
    """The shard as it is deployed, on a day of its timetable."""
    bridges = shard.bridges
    scaling, drain = bridges.scaling, bridges.drain
    bounds = pool_bounds(bridges)
    cold = min(COLD_START, scaling.boot_time)
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
            unneeded=UNNEEDED,
            after_add=KEPT_AFTER_GROWTH,
        ),
        jicofo=JicofoSettings(
            overloaded=STRESS_AT_CAPACITY,
            participant_stress=participant_stress(bridges),
            ramp_up=RAMP_UP,
            room_cap=meeting_cap(bridges),
            relays=bridges.relays,
            redistribution=redistribution(bridges),
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
        transmit_kbps=bridges.bitrate_kbps * OUTGOING_SHARE,
        request=bridge_size(bridges).millicpu,
        timetable=timetable_of(bridges, day),
        hourly=hourly_price(bridges),
    )
