"""Recording rules: participants, headroom, schedule and cost."""

from components.kubernetes.document import Document
from components.metrics.names import RECORDED_PEOPLE, RECORDED_ROOMS, RECORDED_TIMETABLE, SHARD
from components.monitoring.facts import MonitoringFacts
from config.node_types import node_type_of
from config.shard import Shard
from sizing.prices import node_extra

BRIDGE_CAPACITY = "shard:bridge_capacity:participants"
BRIDGES_MAX = "shard:bridges_max:count"
SHARD_LIMIT = "shard:signalling_limit:participants"
NODE_PRICE = "shard:node_price:eur_per_hour"
FIXED_PRICE = "stack:fixed_price:eur_per_hour"
"""Settings as series, so that expressions contain no numbers. Labels: `namespace` and, except the last, SHARD."""

LEAVING = "bridge:leaving:state"
PEOPLE = "bridge:participants:current"
STRESS = "bridge:stress:current"
"""Per bridge: 1 while it drains or shuts down; its participants; its stress. Labels `namespace`, SHARD, `pod`."""

READY = "shard:bridges_ready:count"
GONE_SOON = "shard:bridges_leaving:count"
LEFT_BEHIND = "shard:leaving_participants:sum"
STRESS_MAX = "shard:stress:max"
STRESS_MEAN = "shard:stress:avg"
HEADROOM = "shard:headroom:participants"
JOINS = "shard:joins:per_minute"
MISSING = "shard:timetable_missing:bridges"
"""Per shard. A bridge is ready when it has joined its shard and is not leaving; HEADROOM is how many more participants the
ready ones carry well; MISSING is the number of scheduled bridges that are not ready."""

WANTED = "shard:bridges_wanted:count"
ALLOWED = "shard:bridges_allowed:count"
PENDING = "shard:bridges_pending:count"
STARTED = "shard:bridges_start:seconds"
ACTIVE = "shard:scaling_active:state"
"""Per shard, from kube-state-metrics: desired and maximum replicas, bridges without a node, 1 while scaling is active."""

TOTAL_PEOPLE = "stack:participants:sum"
TOTAL_ROOMS = "stack:meetings:sum"
NODES = "shard:bridge_nodes:count"
COST = "stack:cost:eur_per_hour"
COST_EACH = "stack:cost_per_participant_hour:eur"
"""Per stack; label `namespace`. Cost counts nodes on which a bridge answers, plus everything else at its minimum size."""

_BY_SHARD = f"by (namespace, {SHARD})"
_BY_BRIDGE = f"by (namespace, {SHARD}, pod)"
_ON_SHARD = f"on (namespace, {SHARD})"
_STATES = "jitsi_jvb_(drain_mode|graceful_shutdown|shutting_down)"


def _rule(record: str, expression: str, **labels: str) -> Document:
    made: Document = {"record": record, "expr": expression}
    return {**made, "labels": labels} if labels else made


def bridge_pods(shard: Shard) -> str:
    """Return a pattern for the pod names of the shard's bridges, without placeholders."""
    name = f"jvb-{shard.name}-[0-9]+"
    return f"{name}-[a-z0-9]+-[a-z0-9]{{5}}" if shard.bridges.layout == "hostPort" else name


def bridge_node_hourly(shard: Shard) -> float | None:
    """EUR per hour of one node for the shard's bridges; None if nobody knows it."""
    return node_type_of(shard.bridges.node_type).hourly_in(shard.zone)


def settings_group(facts: MonitoringFacts) -> Document:
    """Return rules that expose settings as series."""
    rules: list[Document] = []
    for shard in facts.shards:
        own = {"namespace": facts.namespace, SHARD: shard.name}
        rules += [
            _rule(BRIDGE_CAPACITY, f"vector({shard.bridges.participants})", **own),
            _rule(BRIDGES_MAX, f"vector({shard.bridges.ceiling})", **own),
            _rule(SHARD_LIMIT, f"vector({facts.shard_limit})", **own),
        ]
        if facts.node_prices and (price := bridge_node_hourly(shard)) is not None:
            extra = node_extra(shard.bridges.root_volume) if facts.node_extras else 0
            rules.append(_rule(NODE_PRICE, f"vector({price + extra:.5f})", **own))
    if facts.node_prices:
        rules.append(_rule(FIXED_PRICE, f"vector({facts.fixed_eur:.5f})", namespace=facts.namespace))
    return {"name": "settings", "rules": rules}


def shard_group(facts: MonitoringFacts) -> Document:
    """Return rules for the state of each shard. Jicofo's counts include participants on leaving bridges."""
    own = f"{{{facts.namespace_matcher}}}"
    jicofo = f'{{{facts.namespace_matcher},component="jicofo"}}'
    none = f"0 * {BRIDGE_CAPACITY}{own}"
    staying = f"unless on (namespace, pod) ({LEAVING}{own} == 1)"
    rules = [
        _rule(RECORDED_PEOPLE, f"max {_BY_SHARD} (jitsi_jicofo_participants_current{jicofo})"),
        _rule(RECORDED_ROOMS, f"max {_BY_SHARD} (jitsi_jicofo_conferences{jicofo})"),
        _rule(LEAVING, f'max {_BY_BRIDGE} ({{__name__=~"{_STATES}",{facts.namespace_matcher}}})'),
        _rule(PEOPLE, f"max {_BY_BRIDGE} (jitsi_jvb_local_endpoints{own})"),
        _rule(STRESS, f"max {_BY_BRIDGE} (jitsi_jvb_stress{own})"),
        _rule(
            READY,
            f"count {_BY_SHARD} ((max {_BY_BRIDGE} (jitsi_jvb_mucs_joined{own}) > 0) {staying}) or {_ON_SHARD} {none}",
        ),
        _rule(GONE_SOON, f"sum {_BY_SHARD} ({LEAVING}{own}) or {_ON_SHARD} {none}"),
        _rule(
            LEFT_BEHIND,
            f"sum {_BY_SHARD} ({PEOPLE}{own} and on (namespace, pod) ({LEAVING}{own} == 1)) or {_ON_SHARD} {none}",
        ),
        _rule(STRESS_MAX, f"max {_BY_SHARD} ({STRESS}{own} {staying})"),
        _rule(STRESS_MEAN, f"avg {_BY_SHARD} ({STRESS}{own} {staying})"),
        _rule(
            HEADROOM,
            f"{READY}{own} * {_ON_SHARD} {BRIDGE_CAPACITY}{own} - {_ON_SHARD} "
            f"(sum {_BY_SHARD} ({PEOPLE}{own} {staying}) or {_ON_SHARD} {none})",
        ),
        _rule(JOINS, f"60 * sum {_BY_SHARD} (rate(jitsi_jicofo_participants_total{jicofo}[{facts.window}]))"),
    ]
    if facts.scheduled:
        rules.append(_rule(MISSING, f"clamp_min({RECORDED_TIMETABLE}{own} - {_ON_SHARD} {READY}{own}, 0)"))
    return {"name": "shards", "rules": rules}


def _started(pods: str) -> str:
    """Return the longest time from a pod's creation to its readiness, of pods that were created within the last hour."""
    ready, created = (
        f"max by (namespace, pod) ({series}{{{pods}}})" for series in ("kube_pod_status_ready_time", "kube_pod_created")
    )
    return f"max by (namespace) ({ready} - {created} and time() - {created} < 3600)"


def scaling_group(facts: MonitoringFacts) -> Document:
    """Return rules on the autoscaler and pending pods of each shard."""
    rules: list[Document] = []
    for shard in facts.autoscaled:
        own = {SHARD: shard.name}
        scaler = f'{facts.namespace_matcher},horizontalpodautoscaler=~"jvb-{shard.name}(-[0-9]+)?"'
        pods = f'{facts.namespace_matcher},phase="Pending",pod=~"{bridge_pods(shard)}"'
        prefix = "kube_horizontalpodautoscaler"

        def each(series: str, matched: str) -> str:
            return f"max by (namespace, horizontalpodautoscaler) ({series}{{{matched}}})"

        active = f'{scaler},condition="ScalingActive",status="true"'
        rules += [
            _rule(WANTED, f"sum by (namespace) ({each(f'{prefix}_status_desired_replicas', scaler)})", **own),
            _rule(ALLOWED, f"sum by (namespace) ({each(f'{prefix}_spec_max_replicas', scaler)})", **own),
            _rule(ACTIVE, f"min by (namespace) ({each(f'{prefix}_status_condition', active)})", **own),
            _rule(STARTED, _started(f'{facts.namespace_matcher},pod=~"{bridge_pods(shard)}"'), **own),
            _rule(PENDING, f"sum by (namespace) (max by (namespace, pod) (kube_pod_status_phase{{{pods}}}))", **own),
        ]
    return {"name": "scaling", "rules": rules}


def stack_group(facts: MonitoringFacts) -> Document:
    """Return totals and cost."""
    own = f"{{{facts.namespace_matcher}}}"
    rules = [
        _rule(TOTAL_PEOPLE, f"sum by (namespace) ({RECORDED_PEOPLE}{own})"),
        _rule(TOTAL_ROOMS, f"sum by (namespace) ({RECORDED_ROOMS}{own})"),
        _rule(
            NODES,
            f'count {_BY_SHARD} (count by (namespace, {SHARD}, node) (up{{{facts.namespace_matcher},component="jvb"}}))',
        ),
    ]
    if facts.node_prices:
        nodes = f"sum by (namespace) ({NODES}{own} * {_ON_SHARD} {NODE_PRICE}{own})"
        rules += [
            _rule(COST, f"{FIXED_PRICE}{own} + on (namespace) ({nodes} or on (namespace) 0 * {FIXED_PRICE}{own})"),
            _rule(COST_EACH, f"{COST}{own} / on (namespace) ({TOTAL_PEOPLE}{own} > 0)"),
        ]
    return {"name": "stack", "rules": rules}


def recording_groups(facts: MonitoringFacts) -> list[Document]:
    """Return all groups. Each reads series of earlier groups only, except in the first evaluation."""
    groups = [settings_group(facts), shard_group(facts)]
    if facts.kube_state and facts.autoscaled:
        groups.append(scaling_group(facts))
    return [*groups, stack_group(facts)]
