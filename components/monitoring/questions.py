"""Recording rules that answer what is asked of a video service: who is there, what is left, what is promised, what it costs."""

from typing import Any

from components.metrics.names import RECORDED_PEOPLE, RECORDED_ROOMS, RECORDED_TIMETABLE, SHARD
from components.monitoring.watched import Watched
from config.node_types import NODE_TYPES
from config.shard import Shard

Document = dict[str, Any]

BRIDGE_CAPACITY = "shard:bridge_capacity:participants"
BRIDGES_MAX = "shard:bridges_max:count"
SHARD_LIMIT = "shard:signalling_limit:participants"
NODE_PRICE = "shard:node_price:eur_per_hour"
FIXED_PRICE = "stack:fixed_price:eur_per_hour"
"""What the config says, so that expressions need not name numbers; labels `namespace` and, but for the last, SHARD."""

LEAVING = "bridge:leaving:state"
PEOPLE = "bridge:participants:current"
STRESS = "bridge:stress:current"
"""Of each bridge: 1 while it drains or shuts down; people on it; its stress. Labels `namespace`, SHARD, `pod`."""

READY = "shard:bridges_ready:count"
GONE_SOON = "shard:bridges_leaving:count"
LEFT_BEHIND = "shard:leaving_participants:sum"
STRESS_MAX = "shard:stress:max"
STRESS_MEAN = "shard:stress:avg"
HEADROOM = "shard:headroom:participants"
JOINS = "shard:joins:per_minute"
MISSING = "shard:timetable_missing:bridges"
"""Of each shard. A bridge is ready when it has joined its shard and does not leave; HEADROOM is how many more people the
ready ones carry well; MISSING is what the timetable promises and is not ready."""

WANTED = "shard:bridges_wanted:count"
ALLOWED = "shard:bridges_allowed:count"
PENDING = "shard:bridges_pending:count"
ACTIVE = "shard:scaling_active:state"
"""Of each shard, from kube-state-metrics: what the autoscaler wants and may want, bridges without a node, 1 while it scales."""

TOTAL_PEOPLE = "stack:participants:sum"
TOTAL_ROOMS = "stack:meetings:sum"
NODES = "shard:bridge_nodes:count"
COST = "stack:cost:eur_per_hour"
COST_EACH = "stack:cost_per_participant_hour:eur"
"""Of the stack; label `namespace`. Cost counts nodes on which a bridge answers, and the least of everything else."""

_BY_SHARD = f"by (namespace, {SHARD})"
_BY_BRIDGE = f"by (namespace, {SHARD}, pod)"
_ON_SHARD = f"on (namespace, {SHARD})"
_STATES = "jitsi_jvb_(drain_mode|graceful_shutdown|shutting_down)"


def _rule(record: str, expression: str, **labels: str) -> Document:
    made: Document = {"record": record, "expr": expression}
    return {**made, "labels": labels} if labels else made


def bridge_pods(shard: Shard) -> str:
    """A pattern for the names of the shard's bridges, and of no placeholder."""
    name = f"jvb-{shard.name}-[0-9]+"
    return f"{name}-[a-z0-9]+-[a-z0-9]{{5}}" if shard.bridges.layout == "hostPort" else name


def settings_group(watched: Watched) -> Document:
    """What was configured, as series."""
    rules: list[Document] = []
    for shard in watched.shards:
        own = {"namespace": watched.namespace, SHARD: shard.name}
        rules += [
            _rule(BRIDGE_CAPACITY, f"vector({shard.bridges.participants})", **own),
            _rule(BRIDGES_MAX, f"vector({shard.bridges.ceiling})", **own),
            _rule(SHARD_LIMIT, f"vector({watched.shard_limit})", **own),
        ]
        if watched.node_prices:
            price = NODE_TYPES[shard.bridges.node_type].hourly_eur + watched.node_extra_eur
            rules.append(_rule(NODE_PRICE, f"vector({price:.5f})", **own))
    if watched.node_prices:
        rules.append(_rule(FIXED_PRICE, f"vector({watched.fixed_eur:.5f})", namespace=watched.namespace))
    return {"name": "settings", "rules": rules}


def shard_group(watched: Watched) -> Document:
    """The state of each shard. Jicofo's own numbers count people and rooms, those on leaving bridges included."""
    own = f"{{{watched.of_namespace}}}"
    jicofo = f'{{{watched.of_namespace},component="jicofo"}}'
    none = f"0 * {BRIDGE_CAPACITY}{own}"
    staying = f"unless on (namespace, pod) ({LEAVING}{own} == 1)"
    rules = [
        _rule(RECORDED_PEOPLE, f"max {_BY_SHARD} (jitsi_jicofo_participants_current{jicofo})"),
        _rule(RECORDED_ROOMS, f"max {_BY_SHARD} (jitsi_jicofo_conferences{jicofo})"),
        _rule(LEAVING, f'max {_BY_BRIDGE} ({{__name__=~"{_STATES}",{watched.of_namespace}}})'),
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
        _rule(JOINS, f"60 * sum {_BY_SHARD} (rate(jitsi_jicofo_participants_total{jicofo}[{watched.window}]))"),
    ]
    if watched.timed:
        rules.append(_rule(MISSING, f"clamp_min({RECORDED_TIMETABLE}{own} - {_ON_SHARD} {READY}{own}, 0)"))
    return {"name": "shards", "rules": rules}


def scaling_group(watched: Watched) -> Document:
    """What the autoscaler and the scheduler say of each shard's bridges."""
    rules: list[Document] = []
    for shard in watched.grown:
        own = {SHARD: shard.name}
        scaler = f'{watched.of_namespace},horizontalpodautoscaler=~"jvb-{shard.name}(-[0-9]+)?"'
        pods = f'{watched.of_namespace},phase="Pending",pod=~"{bridge_pods(shard)}"'
        prefix = "kube_horizontalpodautoscaler"

        def each(series: str, matched: str) -> str:
            return f"max by (namespace, horizontalpodautoscaler) ({series}{{{matched}}})"

        active = f'{scaler},condition="ScalingActive",status="true"'
        rules += [
            _rule(WANTED, f"sum by (namespace) ({each(f'{prefix}_status_desired_replicas', scaler)})", **own),
            _rule(ALLOWED, f"sum by (namespace) ({each(f'{prefix}_spec_max_replicas', scaler)})", **own),
            _rule(ACTIVE, f"min by (namespace) ({each(f'{prefix}_status_condition', active)})", **own),
            _rule(PENDING, f"sum by (namespace) (max by (namespace, pod) (kube_pod_status_phase{{{pods}}}))", **own),
        ]
    return {"name": "scaling", "rules": rules}


def stack_group(watched: Watched) -> Document:
    """The whole service, and what it costs."""
    own = f"{{{watched.of_namespace}}}"
    rules = [
        _rule(TOTAL_PEOPLE, f"sum by (namespace) ({RECORDED_PEOPLE}{own})"),
        _rule(TOTAL_ROOMS, f"sum by (namespace) ({RECORDED_ROOMS}{own})"),
        _rule(
            NODES,
            f'count {_BY_SHARD} (count by (namespace, {SHARD}, node) (up{{{watched.of_namespace},component="jvb"}}))',
        ),
    ]
    if watched.node_prices:
        nodes = f"sum by (namespace) ({NODES}{own} * {_ON_SHARD} {NODE_PRICE}{own})"
        rules += [
            _rule(COST, f"{FIXED_PRICE}{own} + on (namespace) ({nodes} or on (namespace) 0 * {FIXED_PRICE}{own})"),
            _rule(COST_EACH, f"{COST}{own} / on (namespace) ({TOTAL_PEOPLE}{own} > 0)"),
        ]
    return {"name": "stack", "rules": rules}


def question_groups(watched: Watched) -> list[Document]:
    """Every group, in an order in which nobody reads what is not yet written, but for the first evaluation."""
    groups = [settings_group(watched), shard_group(watched)]
    if watched.kube_state and watched.grown:
        groups.append(scaling_group(watched))
    return [*groups, stack_group(watched)]
