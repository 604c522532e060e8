"""Rule about what alerts say: silent while all is well, firing when the thing that they are named for is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from components.metrics.names import RECORDED_TIMETABLE
from plan.findings.rule import Hit, rule
from plan.promql.evaluate import Evaluation
from plan.promql.nodes import PromqlError
from plan.promql.parse import parse
from plan.promql.series import Labels, Source, Stream, labelled
from plan.resources.files import is_unknown
from plan.resources.made import Resources
from plan.resources.watched import SPLIT_TABLE, readably_watched
from sizing.parts import HAPROXY, JICOFO, PROSODY

NOW = 1_800_000_000.0
STEP = 60
"""Seconds between two samples; fewer than in truth, as every rate here is even."""
Figure = float | tuple[float, float]
"""A value, or a value now and its growth per second."""
MANY = 1e6

HEALTHY: Mapping[str, Figure] = {
    **dict.fromkeys(("jitsi_jvb_drain_mode", "jitsi_jvb_graceful_shutdown", "jitsi_jvb_shutting_down"), 0),
    **dict.fromkeys(("jitsi_jvb_outgoing_loss_fraction", "jitsi_jvb_incoming_loss_fraction", "jitsi_jvb_cpu_steal"), 0),
    "jitsi_jvb_stress": 0.3,
    "jitsi_jvb_local_endpoints": 20,
    "jitsi_jicofo_participants_current": 20,
    "jitsi_jicofo_participants_total": (MANY, 1),
    "jitsi_jicofo_bridge_selector_bridge_count_operational": 2,
    "jitsi_jicofo_bridge_selector_bridge_count_in_shutdown": 0,
    "prosody_mod_c2s__connections": 20,
    "haproxy_sticktable_used": 10,
    "haproxy_sticktable_size": 1000,
    "kube_horizontalpodautoscaler_status_desired_replicas": 2,
    "kube_horizontalpodautoscaler_spec_max_replicas": 10,
    "kube_pod_status_phase": 0,
    **dict.fromkeys(("kube_pod_created", "kube_pod_status_ready_time"), (NOW, 1)),
    "jitsi_probe_bridges": 0,
    "jitsi_probe_certificate_days": 60,
    "jitsi_probe_finished_timestamp_seconds": (NOW, 1),
    "prometheus_http_requests_total": (MANY, 1),
    **dict.fromkeys(("jibri_occupied", "jibri_upload_oldest_seconds"), 0),
    RECORDED_TIMETABLE: 0,
}
"""Series -> its figure while all is well; 1 for every other one. Counters stand still unless they grow here."""
BROKEN: Mapping[str, Mapping[str, Figure]] = {
    "NoProsody": {f"up of {PROSODY.name}": 0},
    "NoJicofo": {f"up of {JICOFO.name}": 0},
    "NoBridges": {"jitsi_jicofo_bridge_selector_bridge_count_in_shutdown": 2, "jitsi_jicofo_healthy": 0},
    "ShardNearLimit": {"jitsi_jicofo_participants_current": MANY},
    "ProsodyConnectionsNearLimit": {"prosody_mod_c2s__connections": MANY},
    "BridgesLost": {"jitsi_jicofo_bridge_selector_lost_bridges_total": (MANY, 1)},
    "IceFailuresHigh": {"jitsi_jicofo_participants_ice_failed_total": (MANY, 1)},
    "BridgesOfSeveralVersions": {"jitsi_jicofo_bridge_selector_bridge_version_count": 2},
    "BridgeStressHigh": {"jitsi_jvb_stress": 1},
    "OutgoingLossHigh": {"jitsi_jvb_outgoing_loss_fraction": 0.1},
    "IncomingLossHigh": {"jitsi_jvb_incoming_loss_fraction": 0.1},
    "CpuSteal": {"jitsi_jvb_cpu_steal": 0.3},
    "BridgeJoinedNowhere": {"jitsi_jvb_mucs_joined": 0},
    "ZombieBridge": {"jitsi_jvb_shutting_down": 1},
    "DrainOverTime": {"jitsi_jvb_drain_mode": 1},
    "HeadroomGone": {"jitsi_jvb_local_endpoints": MANY},
    "TimetableNotMet": {RECORDED_TIMETABLE: MANY},
    "AutoscalerBlind": {"kube_horizontalpodautoscaler_status_condition": 0},
    "AutoscalerAtMax": {"kube_horizontalpodautoscaler_status_desired_replicas": 10},
    "PoolStuck": {"kube_pod_status_phase": 1},
    "MetricsAdapterStale": {"prometheus_http_requests_total": MANY},
    "EdgeDown": {f"up of {HAPROXY.name}": 0},
    "ShardUnreachable": {"haproxy_server_status": 0},
    "HaproxiesDisagree": {"haproxy_process_connected_peers": 0},
    "SignallingErrors": {"haproxy_backend_http_responses_total": (MANY, 10)},
    "RoomTableNearFull": {"haproxy_sticktable_size": 11},
    "RoomSplit": {f"haproxy_sticktable_used of {SPLIT_TABLE}": 2},
    "ProbeFailing": {"jitsi_probe_success": 0},
    "CertificateExpiring": {"jitsi_probe_certificate_days": 3},
    "RecordingsNotUploaded": {"jibri_upload_oldest_seconds": 7200},
    "RecordingIncomplete": {"jibri_recordings_incomplete_total": (MANY, 1)},
    "NoFreeRecorder": {"jibri_occupied": 1},
    "TargetSilent": {f"up of {PROSODY.name}": 0},
    "MetricsVolumeNearFull": {"prometheus_tsdb_storage_blocks_bytes": 2**60},
    "RulesFail": {"prometheus_rule_evaluation_failures_total": (MANY, 1)},
}
"""Alert -> the figures that differ when it should fire; `of` names a part or a table."""


def _figure(name: str, labels: Labels, changed: Mapping[str, Figure]) -> Figure:
    pairs = dict(labels)
    special = f"{name} of {pairs.get('component') if name == 'up' else pairs.get('name')}"
    if special in changed:
        return changed[special]
    if special == f"haproxy_sticktable_used of {SPLIT_TABLE}":
        return 0
    return changed.get(name, HEALTHY.get(name, 1.0))


def _sampled(name: str, stream: Stream, changed: Mapping[str, Figure]) -> Stream:
    figure = _figure(name, stream.labels, changed)
    value, growth = figure if isinstance(figure, tuple) else (figure, 0.0)
    return replace(stream, sample=lambda time: value + growth * (time - NOW))


def _settled(stack: Resources) -> Mapping[str, Figure]:
    """Return the figures that nothing changes in this stack: a single HAProxy has no peers to lose."""
    haproxies = sum(pods.most for pods in stack.pods if pods.component == HAPROXY.name)
    peers = ("haproxy_process_active_peers", "haproxy_process_connected_peers")
    return dict.fromkeys(peers, 0) if haproxies == 1 else {}


def _well(source: Source, settled: Mapping[str, Figure]) -> Source:
    """Return a source whose series have healthy figures; the timetable is a series like others."""
    timetables = [Stream(labelled(one.labels)) for one in source.recordings.get(RECORDED_TIMETABLE, ())]
    raw = {**source.streams, RECORDED_TIMETABLE: timetables}
    streams = {name: [_sampled(name, one, settled) for one in listed] for name, listed in raw.items() if listed}
    return Source(streams, {name: each for name, each in source.recordings.items() if name != RECORDED_TIMETABLE}, STEP)


def _ill(well: Source, changed: Mapping[str, Figure]) -> Source:
    """Return a source in which some figures differ."""
    names = {name.partition(" of ")[0] for name in changed} & well.streams.keys()
    streams = {name: [_sampled(name, stream, changed) for stream in well.streams[name]] for name in names}
    return replace(well, streams={**well.streams, **streams})


@rule("alert-misfires", "warning")
def alert_misfires(stack: Resources) -> Iterator[Hit]:
    """An alert fires while all is well, or stays silent when what it is named for happens."""
    for observer, source in readably_watched(stack):
        settled = _settled(stack)
        well = Evaluation(_well(source, settled), [NOW])
        for each in observer.rules:
            if each.alert in BROKEN and not is_unknown(each.expression):
                try:
                    yield from _judged(each.where, each.expression, {**BROKEN[each.alert], **settled}, well)
                except PromqlError:
                    continue  # metric-missing names it


def _judged(where: str, expression: str, changed: Mapping[str, Figure], well: Evaluation) -> Iterator[Hit]:
    noted = len(well.empty)
    tree = parse(expression)
    if any(value is not None for values in well.vector(tree).values() for value in values):
        yield Hit(where, "fires while all is well: nobody believes it any more", "compare its expression and limits")
    ill = Evaluation(_ill(well.source, changed), [NOW])
    fires = any(value is not None for values in ill.vector(tree).values() for value in values)
    if not fires and len(well.empty) == noted:
        figures = ", ".join(f"{series} {figure}" for series, figure in changed.items())
        yield Hit(where, f"stays silent with {figures}: nobody is called", "compare its expression and limits")
