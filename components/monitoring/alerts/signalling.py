"""Alerts about a shard's core: prosody, jicofo, and their bridges."""

from collections.abc import Iterator

from components.metrics.names import RECORDED_PEOPLE, SHARD
from components.monitoring.alerts.alert import Alert, alert_group
from components.monitoring.facts import MonitoringFacts
from components.monitoring.recording_rules import SHARD_LIMIT
from sizing.next_shard import NEAR_LIMIT_SHARE

NEAR_LIMIT = "ShardNearLimit"
NEAR_FOR = "10m"
"""Longer than transient states: many joins at once, reloads that count participants twice, a restart of jicofo."""
VERSIONS_FOR = "2h"  # longer than a rollout whose bridges wait for their meetings to end
_SHARD = f"{{{{ $labels.{SHARD} }}}}"
_BY_SHARD = f"by (namespace, {SHARD})"
_ON_SHARD = f"on (namespace, {SHARD})"


@alert_group("signalling")
def signalling_alerts(facts: MonitoringFacts) -> Iterator[Alert]:
    """In the order in which they matter."""
    own = facts.namespace_matcher
    jicofo = f'{own},component="jicofo"'
    for component, name in (("prosody", "NoProsody"), ("jicofo", "NoJicofo")):
        yield Alert(
            name=name,
            severity="critical",
            expression=(
                f"{SHARD_LIMIT}{{{own}}} unless {_ON_SHARD} "
                f'(max {_BY_SHARD} (up{{{own},component="{component}"}}) == 1)'
            ),
            duration="2m",
            summary=f"Shard {_SHARD} has no {component}",
            description=(
                "Everyone in its rooms is disconnected, and nobody can join them."
                if component == "prosody"
                else "Running meetings continue. Nobody can join or start a meeting on this shard."
            ),
            action=f"kubectl -n {facts.namespace} describe pod -l app.kubernetes.io/name={component},app.kubernetes.io/instance={_SHARD}",
        )
    selector = "jitsi_jicofo_bridge_selector_bridge_count"
    yield Alert(
        name="NoBridges",
        severity="critical",
        # Operational counts bridges that leave, too (BridgeSelector.kt); jicofo's health does not.
        expression=(
            f"max {_BY_SHARD} ({selector}_operational{{{jicofo}}} - {selector}_in_shutdown{{{jicofo}}}) <= 0 "
            f"and {_ON_SHARD} max {_BY_SHARD} (jitsi_jicofo_healthy{{{jicofo}}}) == 0"
        ),
        duration="2m",
        summary=f"Shard {_SHARD} has no bridge that takes new meetings",
        description="Meetings on bridges that leave go on. In new ones, participants see each other's names but have no audio or video.",
        action=f"kubectl -n {facts.namespace} get pod -l app.kubernetes.io/name=jvb,app.kubernetes.io/instance={_SHARD} -o wide",
    )
    advice = (
        f"Add the line `{facts.next_shard}` to jitsi:shards, and run pulumi up: the new shard takes its share of new rooms, but "
        "no open rooms."
        if facts.next_shard
        else "Every slot is taken: move some of the rooms to another stack."
    )
    yield Alert(
        name=NEAR_LIMIT,
        severity="warning",
        expression=f"{RECORDED_PEOPLE}{{{own}}} > {_ON_SHARD} {NEAR_LIMIT_SHARE} * {SHARD_LIMIT}{{{own}}}",
        duration=NEAR_FOR,
        summary=f"Shard {_SHARD} nears the limit of its prosody: {{{{ $value }}}} of {facts.shard_limit} participants",
        description=f"More than {NEAR_LIMIT_SHARE:.0%} of signalling.participants for {NEAR_FOR}; above the limit, joining becomes slow for everyone on the shard.",
        action=advice,
    )
    connections = f"sum {_BY_SHARD} (prosody_mod_c2s__connections{{{own}}})"
    bosh = f"sum {_BY_SHARD} (prosody_mod_bosh__active_sessions{{{own}}})"
    yield Alert(
        name="ProsodyConnectionsNearLimit",
        severity="warning",
        expression=(
            f"({connections} + {_ON_SHARD} ({bosh} or {_ON_SHARD} 0 * {connections})) > {_ON_SHARD} {NEAR_LIMIT_SHARE} * {SHARD_LIMIT}{{{own}}}"
        ),
        duration=NEAR_FOR,
        summary=f"Prosody of shard {_SHARD} holds {{{{ $value }}}} connections and is sized for {facts.shard_limit} participants",
        description="If connections exceed participants in rooms, many wait in lobbies or on prejoin pages, reconnect, or are bots.",
        action="Compare with the participants in rooms on the dashboard Signalling. If both grow, add a shard.",
    )
    yield Alert(
        name="BridgesLost",
        severity="warning",
        expression=f"sum {_BY_SHARD} (increase(jitsi_jicofo_bridge_selector_lost_bridges_total{{{jicofo}}}[{facts.over(600)}])) >= 2",
        duration="0s",
        summary=f'Shard {_SHARD} lost {{{{ $value | printf "%.0f" }}}} bridges within ten minutes without an announced shutdown',
        description="Participants on them lost audio and video for a few seconds and were moved to other bridges.",
        action=f"kubectl -n {facts.namespace} get events --sort-by=.lastTimestamp | tail -50; look for removed nodes and OOMKilled",
    )
    joins = f"sum {_BY_SHARD} (increase(jitsi_jicofo_participants_total{{{jicofo}}}[{facts.over(600)}]))"
    failed = f"sum {_BY_SHARD} (increase(jitsi_jicofo_participants_ice_failed_total{{{jicofo}}}[{facts.over(600)}]))"
    yield Alert(
        name="IceFailuresHigh",
        severity="warning",
        expression=f"{failed} / {_ON_SHARD} ({joins} > 20) > 0.05",
        duration="5m",
        summary=f"{{{{ $value | humanizePercentage }}}} of participants who join shard {_SHARD} cannot reach a bridge",
        description="They see the others' names, then an interrupted connection: UDP media does not get through.",
        action="Find out whether it affects one bridge, one site or everyone: dashboard Bridges and scaling, panel ICE failures.",
    )
    yield Alert(
        name="BridgesOfSeveralVersions",
        severity="warning",
        expression=f"max {_BY_SHARD} (jitsi_jicofo_bridge_selector_bridge_version_count{{{jicofo}}}) > 1",
        duration=VERSIONS_FOR,
        summary=f"Shard {_SHARD} has run bridges of {{{{ $value }}}} versions for longer than a rollout takes",
        description="A meeting never mixes versions: a large one cannot spread to bridges of another version.",
        action=f"kubectl -n {facts.namespace} get pod -l app.kubernetes.io/name=jvb -o custom-columns=POD:.metadata.name,IMAGE:.spec.containers[0].image",
    )
