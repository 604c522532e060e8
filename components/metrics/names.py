"""Metrics by which bridges scale, as the custom metrics API calls them, and where each adapter finds them."""

from dataclasses import dataclass

STRESS = "jvb_stress"
PARTICIPANTS = "jvb_participants"
TRANSMIT_KBPS = "jvb_transmit_kbps"
EXPECTED = "jvb_expected"
"""Participants of a shard, the growth of the last minute carried on for `scaling.lookAhead`."""
TIMETABLE = "jvb_timetable"
"""Bridges that a shard's timetable asks for now, lead included."""
SHARD = "shard"
"""Label by which EXPECTED and TIMETABLE, both of the namespace, are told apart by shard."""


def collected(metric: str) -> str:
    """The name with kube-metrics-adapter: part of an annotation's prefix, which is a DNS name and so has no underscore."""
    return metric.replace("_", "-")


TIMETABLE_OBJECT = collected(TIMETABLE)
"""First part of the names of ScalingSchedules, and so of kube-metrics-adapter's metrics on them: jvb-timetable-s0."""

RECORDED_PARTICIPANTS = "shard:jvb_participants:sum"
RECORDED_GROWTH = "shard:jvb_participants:deriv"
RECORDED_EXPECTED = "shard:jvb_expected:sum"
RECORDED_TIMETABLE = "shard:jvb_timetable:max"
"""What the managed Prometheus records for each shard; labels `namespace` and SHARD."""
RECORDED_PEOPLE = "shard:participants:current"
RECORDED_ROOMS = "shard:rooms:current"
"""People and open rooms of each shard as its jicofo counts them, whatever becomes of the bridges; same labels."""
RECORDERS_WANTED = "jibri_wanted"
"""Recorders that are taken, and the idle ones beside them; of the namespace."""
RECORDERS_BUSY = "jibri_busy"
"""1 for a recorder that is taken; kube-metrics-adapter reads it from each."""
RECORDED_RECORDERS = "namespace:jibri_wanted:sum"
RECORDED_OPENING = "timezone:opening_clock:seconds"
RECORDED_CLOSING = "timezone:closing_clock:seconds"
"""Clocks of the timetable's zones; labels `timezone` and, on the opening one, `lead` in seconds."""


@dataclass(frozen=True, slots=True)
class BridgeMetric:
    """One number per bridge: in Prometheus' exposition, and in the JSON of `/colibri/stats`."""

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
"""1 while a bridge leaves; such a bridge takes nobody any more and must not count."""
