"""Scaling of other projects, from their manifests, to simulate on the same trace as a stack.

Read from openfun/jitsi-k8s, hpi-schul-cloud/jitsi-deployment (aporquez/jitsi-multi-shard sets the same),
jitsi-contrib/jitsi-kubernetes-operator and jitsi/jitsi-autoscaler with jitsi/infra-provisioning. All run one bridge per node,
normalised to `capacity` participants each, on nodes that boot as Kapsule's do.
"""

from collections.abc import Callable
from dataclasses import replace

from components.kubernetes import replicas
from components.kubernetes.document import Document
from components.metrics.names import TIMETABLE
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
from sizing.bridge_load import Redistribution

DECIDE_PERIOD = 30  # jitsi-autoscaler: groupJobsCreationInterval


def _scaled(minimum: int, maximum: int, metrics: list[Document], behavior: Document | None = None) -> WorkloadSettings:
    document = {"minReplicas": minimum, "maxReplicas": maximum, "metrics": metrics, "behavior": behavior}
    return WorkloadSettings(start=minimum, spec=spec_of(document))


def openfun(maximum: int | None = None) -> Settings:
    """Return CPU 75 %, 1 to 5 bridges, up 2 in 2 min, down 20 % in 30 s; the emptiest leaves first, without a deadline."""
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
        workloads=(_scaled(1, maximum or 5, [replicas.cpu(75)], behavior),),
        nodes=NodeSettings(min=1, max=maximum or 5, after_add=2400),
        jicofo=JicofoSettings(overloaded=0.6),
        deletion_cost=60,
        request=3400,
    )


def hpi(maximum: int | None = None) -> Settings:
    """Return 100 kB/s sent per bridge, 2 to 6 bridges of a StatefulSet on fixed nodes, default behavior.

    Its controller lists Services for the ordinals below `replicas`, so a leaving bridge loses its NodePort first.
    """
    sent = replicas.per_pod("container_network_transmit_bytes_per_second", "100k")
    workload = replace(_scaled(2, maximum or 6, [sent]), ordinals=True)
    return Settings(
        capacity=100,
        workloads=(workload,),
        nodes=NodeSettings(min=maximum or 6, max=maximum or 6, autoscaled=False),
        jicofo=JicofoSettings(relays=True),
        leaving=LeavingSettings(loses_service=True),
    )


def operator(maximum: int | None = None) -> Settings:
    """Return stress 0.01, 2 to 7 bridges (its sample); the adapter's defaults: 60 s interval, samples kept for 15 min.

    Its `gracefulShutdown` is off by default, so pods end after Kubernetes' grace period of 30 s.
    """
    return Settings(
        capacity=100,
        workloads=(_scaled(2, maximum or 7, [replicas.per_pod("jvb_stress", "10m")]),),
        nodes=NodeSettings(min=2, max=maximum or 7),
        leaving=LeavingSettings(deadline=30),
        metrics=MetricsSettings(interval=60, kept=900),
    )


def jitsi_autoscaler(maximum: int | None = None) -> Settings:
    """Return up 1 at mean stress 0.3, down 1 below 0.1, ten minutes between steps; 2 to 8 instances."""
    return Settings(
        capacity=100,
        workloads=(WorkloadSettings(start=2),),
        nodes=NodeSettings(min=2, max=maximum or 8),
        steps=StepSettings(min=2, max=maximum or 8),
        deletion_cost=DECIDE_PERIOD,
    )


def static(maximum: int | None = None) -> Settings:
    """Return a fixed number of bridges, enough for the busiest minute."""
    count = maximum or 32
    return Settings(
        capacity=100,
        workloads=(WorkloadSettings(start=count),),
        nodes=NodeSettings(min=count, max=count, autoscaled=False),
    )


def sketch(maximum: int | None = None) -> Settings:
    """Return the best policy of an earlier comparison: stress 0.75, 80 participants, a schedule, one spare."""
    top = maximum or 32
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
    metrics = [replicas.per_pod("jvb_stress", "750m"), replicas.per_pod("jvb_participants", "80"), timetable]
    return Settings(
        capacity=100,
        workloads=(_scaled(2, top, metrics, {"scaleDown": slow}),),
        nodes=NodeSettings(min=2, max=top + 9, spares=((0, 1),)),
        # It avoided bridges from 80 participants and relieved them from 90: stress 0.889 and 1.0.
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
    """Return the school trace's lessons as a schedule: one bridge per `people`, `lead` seconds before the start."""
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
"""Name -> function that returns its settings, optionally with another maximum."""


def policy(name: str, capacity: int, hourly: float | None, maximum: int | None = None) -> Settings:
    """Return a preset with `capacity` participants per bridge and nodes of `hourly` EUR."""
    return replace(POLICIES[name](maximum), capacity=capacity, hourly=hourly)
