"""A shard's own settings as the simulation reads them: the very autoscaler, timers and limits that the program makes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from components.bridges.autoscaling import behavior, targets
from config.bridges import ANNOUNCE_SECONDS, MOVE_SECONDS, Bridges
from config.metrics import Metrics
from config.node_types import NODE_TYPES
from config.shard import Shard
from plan.joining import STRESS_AT_CAPACITY, meeting_cap, participant_stress
from plan.pools import bridge_size, pool_bounds
from plan.ports import host_port_slots
from plan.prices import BLOCK_STORAGE_GB, IPV4, ROOT_VOLUME_GB
from plan.simulate.hpa_spec import Spec, spec_of
from plan.simulate.settings import (
    TIMETABLE,
    JicofoSettings,
    LeavingSettings,
    MetricsSettings,
    NodeSettings,
    Redistribution,
    Settings,
    WorkloadSettings,
)
from plan.timetable import steps

IDLE_BEFORE_REMOVAL = 600  # components/cloud/kapsule.py: scale_down_unneeded_time
KEPT_AFTER_GROWTH = 2400  # components/cloud/kapsule.py: scale_down_delay_after_add
COLD_START = 75  # Ready node to ready bridge, the part of bootTime that is not the node's (openfun, Kapsule 2022)
WARM_START = 30  # the same with the image on the node; assumed
ADAPTER_TTL = 60  # kube-metrics-adapter --metrics-ttl, as the program sets it
EXIT = 5  # the bridge's exit to the pod's end
OUTGOING_SHARE = 0.5  # of bitrateKbps, which counts both ways; assumed
HOURS_AHEAD = 36  # of timetable, from midnight: no trace of one day is longer


def hourly_price(bridges: Bridges) -> float:
    """EUR for one node and hour, with its address and root volume."""
    return NODE_TYPES[bridges.node_type].hourly_eur + IPV4 + ROOT_VOLUME_GB * BLOCK_STORAGE_GB


def timetable_of(bridges: Bridges, day: date) -> tuple[tuple[int, int], ...]:
    """The schedule as (seconds after local midnight, bridges), lead included; the first entry's zone is the clock."""
    if not bridges.schedule:
        return ()
    midnight = datetime.combine(day, time(), ZoneInfo(bridges.schedule[0].timezone)).astimezone(UTC)
    profile = steps(bridges, midnight, midnight + timedelta(hours=HOURS_AHEAD))
    return tuple((int((step.start - midnight).total_seconds()), step.bridges) for step in profile)


def _spec(bridges: Bridges, least: int, most: int, shares: int, *, timetable: bool) -> Spec:
    metrics = targets(bridges.scaling)
    if timetable:
        average = {"type": "AverageValue", "averageValue": str(shares)}
        metrics.append({"type": "External", "external": {"metric": {"name": TIMETABLE}, "target": average}})
    return spec_of(
        {"minReplicas": least, "maxReplicas": most, "metrics": metrics, "behavior": behavior(bridges.scaling)}
    )


def _workloads(shard: Shard, *, timetable: bool) -> tuple[WorkloadSettings, ...]:
    bridges = shard.bridges
    scaled = bridges.topology == "autoscaled"
    if bridges.layout == "nodePort":
        spec = _spec(bridges, bridges.min, bridges.max, 1, timetable=timetable) if scaled else None
        return (WorkloadSettings(start=bridges.min, spec=spec, ordinals=True),)
    slots = host_port_slots(shard)
    return tuple(
        WorkloadSettings(
            slot=slot.index,
            start=slot.min,
            spec=_spec(bridges, slot.min, slot.max, len(slots), timetable=timetable) if scaled else None,
        )
        for slot in slots
    )


def settings_of(shard: Shard, metrics: Metrics, day: date, *, with_timetable: bool = False) -> Settings:
    """The shard as this release deploys it; `with_timetable` adds the schedule as a metric of the autoscaler."""
    bridges = shard.bridges
    scaling, drain = bridges.scaling, bridges.drain
    bounds = pool_bounds(bridges)
    timetable = timetable_of(bridges, day) if with_timetable else ()
    cold = min(COLD_START, scaling.boot_time)
    return Settings(
        capacity=bridges.participants,
        workloads=_workloads(shard, timetable=bool(timetable)),
        nodes=NodeSettings(
            min=bounds.min,
            max=bounds.max,
            autoscaled=bounds.autoscaled,
            per_node=bridges.per_node,
            boot=scaling.boot_time - cold,
            cold=cold,
            warm=min(WARM_START, cold),
            spares=scaling.spares if bridges.topology == "autoscaled" else 0,
            unneeded=IDLE_BEFORE_REMOVAL,
            after_add=KEPT_AFTER_GROWTH,
        ),
        jicofo=JicofoSettings(
            overloaded=STRESS_AT_CAPACITY,
            participant_stress=participant_stress(bridges),
            room_cap=meeting_cap(bridges),
            relays=bridges.relays,
            redistribution=Redistribution(),
        ),
        leaving=LeavingSettings(
            announce=ANNOUNCE_SECONDS,
            migrate_after=drain.migrate_after,
            move=MOVE_SECONDS + EXIT,
            deadline=drain.deadline,
        ),
        metrics=MetricsSettings(interval=metrics.interval, kept=ADAPTER_TTL if metrics.adapter == "kubeMetrics" else 0),
        transmit_kbps=bridges.bitrate_kbps * OUTGOING_SHARE,
        request=bridge_size(bridges).millicpu,
        timetable=timetable,
        hourly=hourly_price(bridges),
    )
