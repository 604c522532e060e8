"""How others size their bridges, as their manifests say it, to be run on the same day as a stack.

Read from openfun/jitsi-k8s, hpi-schul-cloud/jitsi-deployment (aporquez/jitsi-multi-shard sets the same),
jitsi-contrib/jitsi-kubernetes-operator and jitsi/jitsi-autoscaler with jitsi/infra-provisioning. All run one bridge per node,
normalised to `capacity` people each, on nodes that boot as Kapsule's do.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from components.metrics.names import TIMETABLE
from plan.redistribution import Redistribution
from plan.simulate.hpa_spec import spec_of
from plan.simulate.settings import (
    JicofoSettings,
    LeavingSettings,
    MetricsSettings,
    NodeSettings,
    Settings,
    StepSettings,
    WorkloadSettings,
)

Document = dict[str, Any]
DECIDE_PERIOD = 30  # jitsi-autoscaler: groupJobsCreationInterval


def _per_pod(name: str, target: str) -> Document:
    return {
        "type": "Pods",
        "pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": target}},
    }


def _scaled(least: int, most: int, metrics: list[Document], behavior: Document | None = None) -> WorkloadSettings:
    document = {"minReplicas": least, "maxReplicas": most, "metrics": metrics, "behavior": behavior}
    return WorkloadSettings(start=least, spec=spec_of(document))


def openfun(most: int | None = None) -> Settings:
    """CPU 75 %, 1 to 5 bridges, 2 more in 2 min, 20 % fewer in 30 s; the emptiest leaves and may take for ever."""
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 75}}}
    behavior = {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 120}],
        },
        "scaleDown": {
            "stabilizationWindowSeconds": 60,
            "policies": [{"type": "Percent", "value": 20, "periodSeconds": 30}],
        },
    }
    return Settings(
        capacity=100,
        workloads=(_scaled(1, most or 5, [cpu], behavior),),
        nodes=NodeSettings(min=1, max=most or 5, after_add=2400),
        jicofo=JicofoSettings(overloaded=0.6),
        deletion_cost=60,
        request=3400,
    )


def hpi(most: int | None = None) -> Settings:
    """100 kB/s sent per bridge, 2 to 6 bridges of a StatefulSet on fixed nodes, no behavior said."""
    sent = _per_pod("container_network_transmit_bytes_per_second", "100k")
    workload = replace(_scaled(2, most or 6, [sent]), ordinals=True)
    return Settings(
        capacity=100,
        workloads=(workload,),
        nodes=NodeSettings(min=most or 6, max=most or 6, autoscaled=False),
        jicofo=JicofoSettings(relays=True),
    )


def operator(most: int | None = None) -> Settings:
    """Stress 0.01, 2 to 7 bridges of the sample; the adapter as it comes: 60 s, and 15 min of memory for the dead."""
    return Settings(
        capacity=100,
        workloads=(_scaled(2, most or 7, [_per_pod("jvb_stress", "10m")]),),
        nodes=NodeSettings(min=2, max=most or 7),
        leaving=LeavingSettings(deadline=14400),
        metrics=MetricsSettings(interval=60, kept=900),
    )


def jitsi_autoscaler(most: int | None = None) -> Settings:
    """One more at mean stress 0.3, one fewer below 0.1, ten minutes between steps; 2 to 8 instances of a pool."""
    return Settings(
        capacity=100,
        workloads=(WorkloadSettings(start=2),),
        nodes=NodeSettings(min=2, max=most or 8),
        steps=StepSettings(min=2, max=most or 8),
        deletion_cost=DECIDE_PERIOD,
    )


def static(most: int | None = None) -> Settings:
    """As many bridges as the busiest minute may need, always."""
    count = most or 32
    return Settings(
        capacity=100,
        workloads=(WorkloadSettings(start=count),),
        nodes=NodeSettings(min=count, max=count, autoscaled=False),
    )


def sketch(most: int | None = None) -> Settings:
    """The best of the policies that were compared before this project: stress 0.75, 80 people, a timetable, one spare."""
    top = most or 32
    timetable = {
        "type": "External",
        "external": {"metric": {"name": TIMETABLE}, "target": {"type": "AverageValue", "averageValue": "1"}},
    }
    slow = {
        "stabilizationWindowSeconds": 900,
        "policies": [
            {"type": "Percent", "value": 25, "periodSeconds": 300},
            {"type": "Pods", "value": 2, "periodSeconds": 300},
        ],
    }
    metrics = [_per_pod("jvb_stress", "750m"), _per_pod("jvb_participants", "80"), timetable]
    return Settings(
        capacity=100,
        workloads=(_scaled(2, top, metrics, {"scaleDown": slow}),),
        nodes=NodeSettings(min=2, max=top + 9, spares=((0, 1),)),
        # There, bridges were avoided from 80 people and relieved from 90: 0.889 and 1.0 as stress.
        jicofo=JicofoSettings(
            overloaded=0.889,
            participant_stress=0.0111,
            redistribution=Redistribution(stress_threshold=1.0, endpoints=40, timeout=50),
        ),
        leaving=LeavingSettings(announce=12, migrate_after=588),
        deletion_cost=60,
        timetable=_lessons(80, lead=600),
    )


def _lessons(people: int, lead: int) -> tuple[tuple[int, int], ...]:
    """The school trace's lessons as a timetable: one bridge for so many people, there `lead` seconds before the start."""
    from plan.simulate.traces import LESSON, LESSONS, MINUTE  # noqa: PLC0415 - only this preset follows a trace

    spans = [
        (minutes * MINUTE - lead, minutes * MINUTE + LESSON, -(-classes * 25 // people)) for minutes, classes in LESSONS
    ]
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    return tuple(
        (edge, max((bridges for start, end, bridges in spans if start <= edge < end), default=0)) for edge in edges
    )


POLICIES: dict[str, Callable[[int | None], Settings]] = {
    "openfun": openfun,
    "hpi": hpi,
    "operator": operator,
    "jitsi-autoscaler": jitsi_autoscaler,
    "static": static,
    "sketch": sketch,
}
"""Name -> settings, as shipped or with another maximum."""


def policy(name: str, capacity: int, hourly: float, most: int | None = None) -> Settings:
    """A preset on bridges that carry `capacity` people, on nodes of `hourly` EUR."""
    return replace(POLICIES[name](most), capacity=capacity, hourly=hourly)
