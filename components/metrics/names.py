"""Names of the metrics for autoscaling in the custom metrics API, and their sources for each adapter."""

from dataclasses import dataclass

from config.shard import Shard

STRESS = "jvb_stress"
PARTICIPANTS = "jvb_participants"
TRANSMIT_KBPS = "jvb_transmit_kbps"
EXPECTED = "jvb_expected"
"""Participants of a shard, with the last minute's growth extrapolated by `scaling.lookAhead`."""
TIMETABLE = "jvb_timetable"
"""Bridges that a shard's schedule requires now, lead included."""
SHARD = "shard"
"""Label for the shard of EXPECTED and TIMETABLE, which are metrics of the namespace."""


def collected(metric: str) -> str:
    """Return the name for kube-metrics-adapter: it is part of an annotation's prefix, a DNS name without underscores."""
    return metric.replace("_", "-")


TIMETABLE_OBJECT = collected(TIMETABLE)
"""Prefix of the names of ScalingSchedules and their metrics: jvb-timetable-s0."""

RECORDED_PARTICIPANTS = "shard:jvb_participants:sum"
RECORDED_GROWTH = "shard:jvb_participants:deriv"
RECORDED_EXPECTED = "shard:jvb_expected:sum"
RECORDED_TIMETABLE = "shard:jvb_timetable:max"
"""Series that the managed Prometheus records per shard; labels `namespace` and SHARD."""
RECORDED_PEOPLE = "shard:participants:current"
RECORDED_ROOMS = "shard:rooms:current"
"""Participants and open rooms of each shard as counted by its jicofo, independent of bridges; same labels."""
RECORDERS_WANTED = "jibri_wanted"
"""Desired recorders: occupied ones plus the idle reserve; a metric of the namespace."""
RECORDERS_BUSY = "jibri_busy"
"""1 for an occupied recorder; kube-metrics-adapter reads it from each pod."""
RECORDED_RECORDERS = "namespace:jibri_wanted:sum"
RECORDED_OPENING = "timezone:opening_clock:seconds"
RECORDED_CLOSING = "timezone:closing_clock:seconds"
"""Clocks of the schedule's time zones; labels `timezone` and, on the opening clock, `lead` in seconds."""


@dataclass(frozen=True, slots=True)
class BridgeMetric:
    """A metric of each bridge: its series in Prometheus, and its key in the JSON of `/colibri/stats`."""

    name: str
    series: str
    factor: float
    json_key: str


BRIDGE_METRICS = (
    BridgeMetric(STRESS, "jitsi_jvb_stress", 1, "$.stress_level"),
    BridgeMetric(PARTICIPANTS, "jitsi_jvb_local_endpoints", 1, "$.local_endpoints"),
    BridgeMetric(TRANSMIT_KBPS, "jitsi_jvb_outgoing_bitrate", 0.001, "$.bit_rate_upload"),  # bit/s, but kbit/s in JSON
)

LEAVING = ("jitsi_jvb_drain_mode", "jitsi_jvb_graceful_shutdown", "jitsi_jvb_shutting_down")
"""1 while a bridge leaves; such a bridge accepts no participants and must not count."""


def deployment_pods(deployment: str) -> str:
    """Return a pattern for the pod names of a Deployment."""
    return f"{deployment}-[a-z0-9]+-[a-z0-9]{{5}}"


def bridge_pods(shard: Shard) -> str:
    """Return a pattern for the pod names of the shard's bridges, without placeholders."""
    workload = f"jvb-{shard.name}-[0-9]+"  # nodePort: the pod of a StatefulSet
    return deployment_pods(workload) if shard.bridges.layout == "hostPort" else workload
