"""What the loss of each zone costs a stack: the report's `zones` and `survival`."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from components.ingress import room_routing
from config import browser
from config.balancer import CHECKED_TTL_SECONDS, CONNECT_SECONDS, until_left
from config.browser import Ping
from config.node_types import node_type_of
from config.shard import Shard
from config.stack import StackConfig
from sizing.capacity import offered_participants
from sizing.node_pools import NodePool, node_pools
from sizing.parts import PARTS
from sizing.prices import HOURS_PER_MONTH, IPV4, LOAD_BALANCERS, node_extra
from sizing.standing_nodes import adds_nodes, busiest, standing_nodes
from sizing.system_pods import nodes_at_rest
from sizing.timetable import WEEK, max_participants, monday_of

PROMISED_SECONDS = 60


def wait(ping: Ping, dead: float, *, door: bool) -> dict[str, float]:
    """Seconds at the most that people of a lost zone wait, for each reason in turn, until they are in a meeting of another shard.

    A browser whose HAProxy lives is cut when that counts the shard as dead; one whose HAProxy or load balancer is lost notices by its
    pings. A first try to resume that comes before every HAProxy counts the shard as dead fails by then, and a second one follows.
    """
    silent = max(ping.noticed, until_left(CONNECT_SECONDS)) + browser.RESUME_SECONDS
    return {
        "signalling": max(silent, dead + browser.RESUME_AGAIN_SECONDS),
        "address": browser.NEXT_ADDRESS_SECONDS if door else 0,
        "countdown": browser.RELOAD_SECONDS[1],
        "join": browser.JOIN_SECONDS,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneLoss:
    """What ends with one zone."""

    zone: str
    shards: tuple[Shard, ...]
    """Shards whose bridges or signalling may be there."""
    participants: int
    """People who are cut, at the most that the timetables expect, else at full shards."""
    carried: int
    """People whom the other shards carry well: with all their bridges, or with those that run at the busiest hour if none can be added."""
    running: int
    """People whom the bridges of the other shards carry well that run at the busiest hour anyway."""
    expected: int
    """People of the whole stack, counted alike."""
    lost_nodes: int
    """Nodes of the zone at the busiest hour."""
    nodes: int
    """Nodes of all zones by then."""
    entrance: bool
    """Whether the load balancer is there."""
    door: bool
    """Whether one of several load balancers is there: browsers try the address of another."""
    wait: dict[str, float]
    """What people wait for, and how long at the most."""
    parts: tuple[str, ...]
    """Parts that all shards share and that are there."""

    @property
    def seconds(self) -> float | None:
        """Seconds until its people are in a meeting again; None if they are not before the zone is back."""
        if self.entrance or not self.carried:
            return None
        return sum(self.wait.values())

    @property
    def nodes_added(self) -> bool:
        """Whether nodes are added in other zones before the zone is back."""
        return adds_nodes(self.lost_nodes, self.nodes)

    @property
    def by_name_servers(self) -> float | None:
        """Seconds, beside how often name servers check, for browsers that try one address of a name only; None if they wait no longer."""
        return self.seconds + CHECKED_TTL_SECONDS if self.door and self.seconds is not None else None

    @property
    def unplaced(self) -> int:
        """People above what the bridges that are left carry well."""
        return self.expected if self.entrance else max(0, self.expected - self.carried)

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it."""
        return {
            "zone": self.zone,
            "shards": [shard.name for shard in self.shards],
            "participants": self.expected if self.entrance else self.participants,
            "seconds": self.seconds,
            "wait": self.wait if self.seconds is not None else {},
            "secondsByNameServers": self.by_name_servers,
            "left": 0 if self.entrance else self.carried,
            "unplaced": self.unplaced,
            "lostNodes": self.lost_nodes,
            "nodes": self.nodes,
            "nodesAdded": self.nodes_added,
            "entrance": self.entrance,
            "shared": list(self.parts),
        }


def _expected(shards: tuple[Shard, ...], today: date) -> int:
    """People at once in these shards: the most that their timetables expect this week, else what their bridges carry."""
    start = monday_of(today)
    planned = max_participants([shard.bridges for shard in shards], start, start + WEEK)
    return planned or offered_participants(shards)


def _running(shards: tuple[Shard, ...], today: date) -> int:
    """People whom the bridges carry that run at the busiest hour."""
    return sum(busiest(shard, today) * shard.bridges.participants for shard in shards)


def zone_losses(config: StackConfig, today: date) -> list[ZoneLoss]:
    """What each zone's loss does, in the order of the shards; none on an existing cluster, whose zones are not this stack's."""
    if not config.cluster.owns_nodes:
        return []
    active = tuple(shard for shard in config.resolved if shard.state == "active")
    standby = tuple(shard for shard in config.resolved if shard.state == "standby")
    zones = dict.fromkeys((*(shard.zone for shard in active), *config.system_zones, *config.balancer_zones))
    shared = tuple(part.name for part in PARTS if part.nodes == "system" and part.zone_loss and part.runs(config))
    return [_loss(config, zone, active=active, standby=standby, shared=shared, today=today) for zone in zones]


def _loss(
    config: StackConfig,
    zone: str,
    *,
    active: tuple[Shard, ...],
    standby: tuple[Shard, ...],
    shared: tuple[str, ...],
    today: date,
) -> ZoneLoss:
    nodes = standing_nodes(config, today)
    lost_nodes, all_nodes = nodes[zone], nodes.total()
    # Without metrics no bridge is added, without further nodes none starts.
    frozen = (zone == config.system_zone and config.metrics.managed) or not adds_nodes(lost_nodes, all_nodes)

    def ends(shard: Shard) -> bool:
        return zone in (shard.zone, shard.signalling_zone or config.system_zone)

    left = tuple(shard for shard in active if not ends(shard))
    # Standby shards take rooms once no active one is left.
    carriers = left or tuple(replace(shard, state="active") for shard in standby if not ends(shard))
    cut = tuple(shard for shard in active if ends(shard))
    running = _running(carriers, today)
    door = zone in config.balancer_zones and len(config.balancer_zones) > 1
    return ZoneLoss(
        zone=zone,
        shards=tuple(shard for shard in config.resolved if ends(shard)),
        participants=_expected(cut, today) if cut else 0,
        carried=running if frozen else offered_participants(carriers),
        running=running,
        expected=_expected(active, today),
        lost_nodes=lost_nodes,
        nodes=all_nodes,
        entrance=config.balancer_zones == (zone,),
        door=door,
        wait=wait(browser.ping_of(len(config.system_zones), config.web.config), room_routing.dead_seconds(), door=door),
        parts=shared if zone == config.system_zone else (),
    )


def _hourly(pool: NodePool) -> float:
    """EUR per hour of one node with its address and root volume; its price is 0 if nobody knows it."""
    price = node_type_of(pool.node_type).hourly_in(pool.zone) or 0.0
    return price + node_extra(pool.root)


def survival(config: StackConfig, losses: list[ZoneLoss]) -> dict[str, Any]:
    """What it costs, in EUR per month, that a lost zone ends only its own meetings.

    `monthly` is on the bill already: system nodes and load balancers of the other zones. `ready` is not: nodes for those people whom the
    bridges that run in the other zones do not carry well, always running, so that nobody waits for a node.
    """
    pools = list(node_pools(config))
    other = [pool for pool in pools if pool.kind == "system" and pool.zone != config.system_zone]
    nodes = sum(nodes_at_rest(config, pool.zone) * _hourly(pool) for pool in other)
    balancers = (len(config.balancer_zones) - 1) * (LOAD_BALANCERS[config.ingress.load_balancer] + IPV4)
    largest = max(losses, key=lambda loss: (loss.expected - loss.running, loss.zone))
    ready = _ready(largest, pools)
    return {
        "participants": max(loss.expected for loss in losses),
        "unplaced": max(loss.unplaced for loss in losses),
        "zone": largest.zone,
        "monthly": round((nodes + balancers) * HOURS_PER_MONTH, 2),
        "ready": {"nodes": ready[0], "monthly": round(ready[1] * HOURS_PER_MONTH, 2)},
    }


def _ready(loss: ZoneLoss, pools: list[NodePool]) -> tuple[int, float]:
    """Nodes in other zones for the people above what runs there, and their EUR per hour; the cheapest for each person."""
    places = [
        (_hourly(pool), pool.shard.bridges.participants * pool.shard.bridges.per_node)
        for pool in pools
        if pool.shard and pool.shard.state != "draining" and pool.shard not in loss.shards
    ]
    if not places:
        return 0, 0.0
    hourly, people = min(places, key=lambda place: place[0] / place[1])
    nodes = -(-max(0, loss.expected - loss.running) // people)
    return nodes, nodes * hourly
