"""Alerts about single bridges: overloaded, unreachable, not joined, or failing to stop."""

from collections import defaultdict
from collections.abc import Iterator

from components.metrics.names import SHARD
from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import LEAVING, PEOPLE, STRESS
from config.model import format_duration

OVERLOADED = 0.9
"""Stress from which jicofo moves participants away (load redistribution); 1 is 90 % of the bridge's CPU."""
LOST = 0.05  # share of RTP packets; audio degrades audibly from about here
STOLEN = 0.15  # share of CPU that the hypervisor gives to other customers; 8x8 removes a bridge from here
OVER_DEADLINE = 300  # seconds after the grace period by which the kubelet must have killed a pod
_BRIDGE = f"{{{{ $labels.pod }}}} of shard {{{{ $labels.{SHARD} }}}}"
_BY_BRIDGE = f"by (namespace, {SHARD}, pod)"


@alert_group("bridges")
def bridge_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """Yield alerts that name the pod."""
    own = facts.namespace_matcher
    logs = f"kubectl -n {facts.namespace} logs {{{{ $labels.pod }}}} -c jvb --tail=100"
    yield Alert(
        name="BridgeStressHigh",
        severity="warning",
        expression=f"{STRESS}{{{own}}} > {OVERLOADED}",
        duration="5m",
        summary=f'Bridge {_BRIDGE} is overloaded: stress {{{{ $value | printf "%.2f" }}}}',
        description="Participants on it see frozen or coarse video. Jicofo moves some of them every minute, but not fast enough.",
        action="Dashboard Bridges and scaling: check whether the shard's other bridges have room and whether another one is starting.",
    )
    for direction in ("outgoing", "incoming"):
        yield Alert(
            name=f"{direction.capitalize()}LossHigh",
            severity="warning",
            expression=(
                f"max {_BY_BRIDGE} (jitsi_jvb_{direction}_loss_fraction{{{own}}}) > {LOST} and on (namespace, pod) {PEOPLE}{{{own}}} >= 10"
            ),
            duration="5m",
            summary=f"Bridge {_BRIDGE} loses {{{{ $value | humanizePercentage }}}} of {direction} packets",
            description="Choppy audio and frozen video for most participants on this bridge.",
            action="Dashboard Bridges and scaling, row Quality: one bridge points to its node's network, all bridges to the path to the users.",
        )
    yield Alert(
        name="CpuSteal",
        severity="warning",
        expression=f"max {_BY_BRIDGE} (jitsi_jvb_cpu_steal{{{own}}}) > {STOLEN}",
        duration="10m",
        summary=f"The node of bridge {_BRIDGE} loses {{{{ $value | humanizePercentage }}}} of its CPU to other customers",
        description="The bridge is slower than its size suggests. Video quality drops under load.",
        action="Replace the node with kubectl drain: its bridge leaves after its meetings, and a new one starts on another node.",
    )
    yield Alert(
        name="BridgeJoinedNowhere",
        severity="warning",
        expression=(
            f"max {_BY_BRIDGE} (jitsi_jvb_mucs_joined{{{own}}}) < max {_BY_BRIDGE} (jitsi_jvb_mucs_connected{{{own}}}) "
            f"unless on (namespace, pod) {LEAVING}{{{own}}} == 1"
        ),
        duration="3m",
        summary=f"Bridge {_BRIDGE} is running but has not joined its shard",
        description="It costs money and carries nobody. If every bridge is affected, meetings have no audio or video.",
        action=logs + " | grep -iE 'xmpp|muc|auth'",
    )
    yield Alert(
        name="ZombieBridge",
        severity="warning",
        expression=(
            f"max {_BY_BRIDGE} (jitsi_jvb_shutting_down{{{own}}}) == 1 "
            f'or max {_BY_BRIDGE} (up{{{own},component="jvb"}}) == 0 '
            f"or ({LEAVING}{{{own}}} == 1 and on (namespace, pod) {PEOPLE}{{{own}}} == 0)"
        ),
        duration="10m",
        summary=f"Bridge {_BRIDGE} does not stop, or exposes no metrics",
        description="It occupies its node and port. Participants still on it may be disconnected when it stops.",
        action=f"kubectl -n {facts.namespace} describe pod {{{{ $labels.pod }}}}; the runbook says when to force-delete it",
    )
    alike: defaultdict[int, list[str]] = defaultdict(list)
    for shard in facts.shards:
        alike[shard.bridges.drain.deadline].append(shard.name)
    for deadline, names in sorted(alike.items()):
        listed = "|".join(names)
        yield Alert(
            name="DrainOverTime",
            severity="warning",
            expression=f'{LEAVING}{{{own},{SHARD}=~"{listed}"}} == 1',
            duration=f"{deadline + OVER_DEADLINE}s",
            summary=f"Bridge {_BRIDGE} has been draining for longer than its deadline of {format_duration(deadline)}",
            description="A rollout or scale-down waits for it, and its node costs money meanwhile.",
            action=f"kubectl -n {facts.namespace} get pod {{{{ $labels.pod }}}} -o jsonpath='{{.metadata.deletionTimestamp}}'",
        )
