"""The series that each part's image serves, by its own source, and the labels that they bring along.

A list of what the field's programs expose: rules, dashboards and adapters may name these and no others.
"""

import re
from collections.abc import Mapping

from sizing.parts import (
    ALLOY,
    COTURN,
    COTURN_UDP,
    HAPROXY,
    JIBRI,
    JICOFO,
    JVB,
    KUBE_STATE,
    PROBE,
    PROMETHEUS,
    PROSODY,
    VISITORS,
    WHITEBOARD,
)


def _names(prefix: str, text: str, *labels: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys((f"{prefix}{name}" for name in text.split()), labels)


# VideobridgeMetrics.kt, VideobridgePeriodicMetrics.kt, XmppConnection.kt
_JVB = _names(
    "jitsi_jvb_",
    "stress local_endpoints current_endpoints current_visitors conferences largest_conference incoming_bitrate outgoing_bitrate "
    "incoming_packet_rate outgoing_packet_rate relay_incoming_bitrate relay_outgoing_bitrate endpoints_sending_audio "
    "endpoints_sending_video endpoints_relayed endpoints_with_high_outgoing_loss conferences_with_relay drain_mode "
    "graceful_shutdown shutting_down healthy mucs_joined mucs_connected muc_clients_configured muc_clients_connected cpu_steal "
    "average_rtt incoming_loss_fraction outgoing_loss_fraction jvm_heap_used thread_count endpoints_total "
    "conferences_created_total conferences_completed_total ice_failed_total endpoints_dtls_failed_total bytes_sent_total "
    "xmpp_disconnects_total",
) | _names("jitsi_jvb_", "conferences_by_size_bucket", "le")
# ConferenceMetrics.kt, BridgeSelector.kt, JibriDetectorMetrics.kt
_JICOFO = _names(
    "jitsi_jicofo_",
    "conferences participants_current visitors_current largest_conference bridge_selector_bridge_count "
    "bridge_selector_bridge_count_operational bridge_selector_bridge_count_in_shutdown bridge_selector_bridge_version_count "
    "bridge_selector_lost_bridges_total participants_total participants_moved_total participants_ice_failed_total "
    "participants_restart_requested_total conferences_created_total jibri_instances jibri_instances_available "
    "jibri_recording_active jibri_live_streaming_active healthy",
)
# mod_http_openmetrics: modules name their measures
_PROSODY = (
    _names("prosody_mod_", "c2s__connections bosh__active_sessions smacks__sessions_expired_total", "host")
    | _names("prosody_mod_", "muc__live_room", "host")
    | _names("prosody_stats_", "collection_seconds_sum collection_seconds_count")
)
# addons/promex of HAProxy
_HAPROXY = (
    _names(
        "haproxy_frontend_",
        "bytes_in_total bytes_out_total current_sessions sessions_total http_requests_total",
        "proxy",
    )
    | _names("haproxy_frontend_", "requests_denied_total status", "proxy")
    | _names("haproxy_frontend_", "http_responses_total", "proxy", "code")
    | _names("haproxy_backend_", "http_responses_total", "proxy", "code")
    | _names("haproxy_backend_", "current_sessions http_requests_total active_servers", "proxy")
    | _names("haproxy_server_", "http_responses_total", "proxy", "server", "code")
    | _names("haproxy_server_", "status", "proxy", "server", "state")
    | _names("haproxy_server_", "current_sessions sessions_total response_time_average_seconds", "proxy", "server")
    | _names("haproxy_sticktable_", "used size", "name", "type")
    | _names(
        "haproxy_process_",
        "active_peers connected_peers current_ssl_rate failed_resolutions idle_time_percent uptime_seconds "
        "current_connections requests_total",
    )
)
# components/recording/scripts/watch.sh
_JIBRI = _names(
    "jibri_",
    "up busy occupied unhealthy storage_full storage_free_bytes uploads_pending upload_oldest_seconds uploads_total "
    "upload_failures_total recordings_incomplete_total",
)
# probe/results.py
_PROBE = (
    _names("jitsi_probe_", "success seconds", "check", "of")
    | _names("jitsi_probe_", "bridges", "of", "status")
    | _names("jitsi_probe_", "certificate_days", "of")
    | _names("jitsi_probe_", "finished_timestamp_seconds")
)
# docs/metrics of kube-state-metrics
_SCALER = ("namespace", "horizontalpodautoscaler")
_KUBE_STATE = (
    _names("kube_horizontalpodautoscaler_", "spec_max_replicas spec_min_replicas", *_SCALER)
    | _names("kube_horizontalpodautoscaler_", "status_desired_replicas status_current_replicas", *_SCALER)
    | _names("kube_horizontalpodautoscaler_", "status_condition", *_SCALER, "condition", "status")
    | _names("kube_pod_", "status_phase", "namespace", "pod", "phase")
    | _names("kube_pod_", "info created status_ready_time deletion_timestamp", "namespace", "pod")
    | _names("kube_pod_", "status_ready", "namespace", "pod", "condition")
)
# Prometheus' own
_PROMETHEUS = (
    _names("prometheus_", "http_requests_total", "handler", "code")
    | _names("prometheus_", "rule_evaluation_failures_total", "rule_group")
    | _names(
        "prometheus_",
        "tsdb_head_series tsdb_storage_blocks_bytes tsdb_wal_storage_size_bytes tsdb_head_chunks_storage_size_bytes notifications_dropped_total",
    )
)
_COTURN = _names("turn_", "total_allocations traffic_rcvb traffic_sentb")

EXPOSED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    JVB.name: _JVB,
    JICOFO.name: _JICOFO,
    PROSODY.name: _PROSODY,
    VISITORS.name: _PROSODY,
    HAPROXY.name: _HAPROXY,
    JIBRI.name: _JIBRI,
    PROBE.name: _PROBE,
    KUBE_STATE.name: _KUBE_STATE,
    PROMETHEUS.name: _PROMETHEUS,
    COTURN.name: _COTURN,
    COTURN_UDP.name: _COTURN,
    ALLOY.name: {},
    WHITEBOARD.name: {},
}
"""Part -> series -> the labels of its own."""
OF_EVERY_SCRAPE = ("up", "scrape_duration_seconds", "scrape_samples_scraped")
"""Series that Prometheus makes for each target."""
_SECTION = re.compile(r"^(frontend|backend|listen)\s+(\S+)(.*(?:\n[ \t]+.*|\n\s*)*)", re.MULTILINE)


def proxies(configuration: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return HAProxy's proxies and its stick tables, by a configuration's text."""
    sections = [(match[2], match[3]) for match in _SECTION.finditer(configuration)]
    return tuple(name for name, _ in sections), tuple(name for name, body in sections if "stick-table" in body)
