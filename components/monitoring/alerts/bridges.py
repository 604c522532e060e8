"""Alerts about single bridges: overloaded, unreachable, not joined, or not leaving."""

from collections import defaultdict
from collections.abc import Iterator

from components.metrics.names import SHARD
from components.monitoring.alerts.alert import Alert
from components.monitoring.questions import LEAVING, PEOPLE, STRESS
from components.monitoring.watched import Watched
from config.model import format_duration

OVERLOADED = 0.9
"""Stress from which jicofo moves people away (load redistribution); 1 is 90 % of the bridge's CPU."""
LOST = 0.05  # RTP packets; speech suffers audibly from about here
STOLEN = 0.15  # share of CPU that the hypervisor gives to others (8x8 takes a bridge out from here)
OVER_DEADLINE = 300  # seconds beside the grace period until the kubelet must have ended a pod
_BRIDGE = f"{{{{ $labels.pod }}}} of shard {{{{ $labels.{SHARD} }}}}"
_BY_BRIDGE = f"by (namespace, {SHARD}, pod)"


def bridge_alerts(watched: Watched) -> Iterator[Alert]:
    """Each names the pod."""
    own = watched.of_namespace
    logs = f"kubectl -n {watched.namespace} logs {{{{ $labels.pod }}}} -c jvb --tail=100"
    yield Alert(
        name="BridgeStressHigh",
        severity="warning",
        expression=f"{STRESS}{{{own}}} > {OVERLOADED}",
        lasts="5m",
        summary=f'Bridge {_BRIDGE} is overloaded: stress {{{{ $value | printf "%.2f" }}}}',
        meaning="People on it see frozen or coarse pictures; jicofo moves some away each minute and is not fast enough.",
        action="Dashboard Bridges and scaling: do the others of the shard have room, and is another bridge on its way?",
    )
    for direction in ("outgoing", "incoming"):
        yield Alert(
            name=f"{direction.capitalize()}LossHigh",
            severity="warning",
            expression=(
                f"max {_BY_BRIDGE} (jitsi_jvb_{direction}_loss_fraction{{{own}}}) > {LOST} and on (namespace, pod) {PEOPLE}{{{own}}} >= 10"
            ),
            lasts="5m",
            summary=f"Bridge {_BRIDGE} loses {{{{ $value | humanizePercentage }}}} of {direction} packets",
            meaning="Broken speech and frozen pictures for most of the people on this bridge.",
            action="Is it one bridge (its node's network) or all (the way to the users)? Dashboard Bridges, panels Loss.",
        )
    yield Alert(
        name="CpuSteal",
        severity="warning",
        expression=f"max {_BY_BRIDGE} (jitsi_jvb_cpu_steal{{{own}}}) > {STOLEN}",
        lasts="10m",
        summary=f"The node of bridge {_BRIDGE} gives {{{{ $value | humanizePercentage }}}} of its CPU to other customers",
        meaning="The bridge is slower than its size promises; people on it notice under load.",
        action="Replace the node: drain it with kubectl drain, its bridge leaves after its meetings and comes up elsewhere.",
    )
    yield Alert(
        name="BridgeJoinedNowhere",
        severity="warning",
        expression=(
            f"max {_BY_BRIDGE} (jitsi_jvb_mucs_joined{{{own}}}) < max {_BY_BRIDGE} (jitsi_jvb_mucs_connected{{{own}}}) "
            f"unless on (namespace, pod) {LEAVING}{{{own}}} == 1"
        ),
        lasts="3m",
        summary=f"Bridge {_BRIDGE} runs and has joined no shard",
        meaning="It is paid for and carries nobody; if all are like it, nobody hears anybody.",
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
        lasts="10m",
        summary=f"Bridge {_BRIDGE} should be gone, or answers nobody",
        meaning="It holds its node and port; people who are still on it may be cut when it ends at last.",
        action=f"kubectl -n {watched.namespace} describe pod {{{{ $labels.pod }}}}; the page says when it may be deleted by force",
    )
    alike: defaultdict[int, list[str]] = defaultdict(list)
    for shard in watched.shards:
        alike[shard.bridges.drain.deadline].append(shard.name)
    for deadline, names in sorted(alike.items()):
        listed = "|".join(names)
        yield Alert(
            name="DrainOverTime",
            severity="warning",
            expression=f'{LEAVING}{{{own},{SHARD}=~"{listed}"}} == 1',
            lasts=f"{deadline + OVER_DEADLINE}s",
            summary=f"Bridge {_BRIDGE} has been leaving for longer than its deadline of {format_duration(deadline)}",
            meaning="An update or a shrinking pool waits for it; its node is paid for meanwhile.",
            action=f"kubectl -n {watched.namespace} get pod {{{{ $labels.pod }}}} -o jsonpath='{{.metadata.deletionTimestamp}}'",
        )
