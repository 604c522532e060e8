"""Alerts about a shard's core: prosody, jicofo, and whether bridges are there for them."""

from collections.abc import Iterator

from components.metrics.names import RECORDED_PEOPLE, SHARD
from components.monitoring.alerts.alert import Alert
from components.monitoring.questions import SHARD_LIMIT
from components.monitoring.watched import Watched
from plan.growth import NEAR

NEAR_LIMIT = "ShardNearLimit"
NEAR_FOR = "10m"
"""Longer than what passes by itself: the rush at a lesson's start, reloads that count people twice, a restart of jicofo."""
VERSIONS_FOR = "2h"  # longer than a rollout whose bridges wait for their meetings
_SHARD = f"{{{{ $labels.{SHARD} }}}}"
_BY_SHARD = f"by (namespace, {SHARD})"
_ON_SHARD = f"on (namespace, {SHARD})"


def signalling_alerts(watched: Watched) -> Iterator[Alert]:
    """In the order in which they matter."""
    own = watched.of_namespace
    jicofo = f'{own},component="jicofo"'
    for component, name in (("prosody", "NoProsody"), ("jicofo", "NoJicofo")):
        yield Alert(
            name=name,
            severity="critical",
            expression=(
                f"{SHARD_LIMIT}{{{own}}} unless {_ON_SHARD} "
                f'(max {_BY_SHARD} (up{{{own},component="{component}"}}) == 1)'
            ),
            lasts="2m",
            summary=f"Shard {_SHARD} has no {component}",
            meaning=(
                "Everybody in its rooms has lost the connection, and nobody can join them."
                if component == "prosody"
                else "Running meetings go on; nobody can join or start one on this shard, and no bridge is chosen."
            ),
            action=f"kubectl -n {watched.namespace} describe pod -l app.kubernetes.io/name={component},app.kubernetes.io/instance={_SHARD}",
        )
    yield Alert(
        name="NoBridges",
        severity="critical",
        expression=f"max {_BY_SHARD} (jitsi_jicofo_bridge_selector_bridge_count_operational{{{jicofo}}}) == 0",
        lasts="2m",
        summary=f"Shard {_SHARD} has no bridge that works",
        meaning="People see each other's names and neither hear nor see each other; meetings of two may still work directly.",
        action=f"kubectl -n {watched.namespace} get pod -l app.kubernetes.io/name=jvb,app.kubernetes.io/instance={_SHARD} -o wide",
    )
    advice = (
        f"Add the line `{watched.next_shard}` to jitsi:shards, and run pulumi up: the new shard takes its part of new rooms, and "
        "no open one."
        if watched.next_shard
        else "Every slot is taken: move a part of the rooms to another stack."
    )
    yield Alert(
        name=NEAR_LIMIT,
        severity="warning",
        expression=f"{RECORDED_PEOPLE}{{{own}}} > {_ON_SHARD} {NEAR} * {SHARD_LIMIT}{{{own}}}",
        lasts=NEAR_FOR,
        summary=f"Shard {_SHARD} nears what its prosody carries: {{{{ $value }}}} of {watched.shard_limit}",
        meaning=f"More than {NEAR:.0%} of signalling.participants for {NEAR_FOR}; beyond it joining gets slow for everybody there.",
        action=advice,
    )
    connections = f"sum {_BY_SHARD} (prosody_mod_c2s__connections{{{own}}})"
    bosh = f"sum {_BY_SHARD} (prosody_mod_bosh__active_sessions{{{own}}})"
    yield Alert(
        name="ProsodyConnectionsNearLimit",
        severity="warning",
        expression=(
            f"({connections} + {_ON_SHARD} ({bosh} or {_ON_SHARD} 0 * {connections})) > {_ON_SHARD} {NEAR} * {SHARD_LIMIT}{{{own}}}"
        ),
        lasts=NEAR_FOR,
        summary=f"Prosody of shard {_SHARD} holds {{{{ $value }}}} connections, sized for {watched.shard_limit} people",
        meaning="More connections than people in rooms: many wait in lobbies or on prejoin pages, reconnect, or are robots.",
        action="Compare it with the people in rooms on the dashboard Signalling; if both grow, add a shard.",
    )
    yield Alert(
        name="BridgesLost",
        severity="warning",
        expression=f"sum {_BY_SHARD} (increase(jitsi_jicofo_bridge_selector_lost_bridges_total{{{jicofo}}}[10m])) >= 2",
        lasts="0s",
        summary=f'Shard {_SHARD} lost {{{{ $value | printf "%.0f" }}}} bridges within ten minutes without a farewell',
        meaning="Everybody on them lost picture and sound for some seconds and was moved to others.",
        action=f"kubectl -n {watched.namespace} get events --sort-by=.lastTimestamp | tail -50; look for nodes that went and for OOMKilled",
    )
    joins = f"sum {_BY_SHARD} (increase(jitsi_jicofo_participants_total{{{jicofo}}}[10m]))"
    failed = f"sum {_BY_SHARD} (increase(jitsi_jicofo_participants_ice_failed_total{{{jicofo}}}[10m]))"
    yield Alert(
        name="IceFailuresHigh",
        severity="warning",
        expression=f"{failed} / {_ON_SHARD} ({joins} > 20) > 0.05",
        lasts="5m",
        summary=f"{{{{ $value | humanizePercentage }}}} of those who join shard {_SHARD} cannot reach a bridge",
        meaning="They see the others' names and then an interrupted connection: media over UDP does not get through.",
        action="Find out whether it is one bridge, one school or all: dashboard Bridges, panel ICE failures.",
    )
    yield Alert(
        name="BridgesOfSeveralVersions",
        severity="warning",
        expression=f"max {_BY_SHARD} (jitsi_jicofo_bridge_selector_bridge_version_count{{{jicofo}}}) > 1",
        lasts=VERSIONS_FOR,
        summary=f"Shard {_SHARD} runs bridges of {{{{ $value }}}} versions for longer than a rollout takes",
        meaning="A meeting never mixes versions: large ones cannot grow beyond the bridges of the version that they began on.",
        action=f"kubectl -n {watched.namespace} get pod -l app.kubernetes.io/name=jvb -o custom-columns=POD:.metadata.name,IMAGE:.spec.containers[0].image",
    )
