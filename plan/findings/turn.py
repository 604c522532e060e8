"""Rules about TURN."""

from collections.abc import Iterator

from config.turn import Turn
from plan.findings.rule import Hit, Subject, issued_instead, largest, rule
from sizing.capacity import offered_participants, shard_capacity
from sizing.ports import open_ports

RELAYED_SHARE = 0.1
"""Share of participants whose network allows only outgoing TCP 443. A school network may block all of its users, so a
stack may need more."""

LOAD_BALANCER_MBPS = {"LB-S": 200, "LB-GP-M": 500, "LB-GP-L": 1000, "LB-GP-XL": 4000}
"""Bandwidth of a Load Balancer (Scaleway, load balancer limitations)."""


@rule("turn-certificate-is-yours", "warning")
def turn_certificate_is_yours(subject: Subject) -> Iterator[Hit]:
    """Your certificate must also cover the TURN host name."""
    tls, host = subject.config.ingress.tls, subject.config.turn_host
    if host and tls.mode == "secret":
        yield Hit(
            "ingress.tls.secretName",
            f"the Secret {tls.secret_name} must hold a certificate for {subject.config.domain} and {host}: otherwise "
            "browsers silently reject coturn, and participants behind firewalls have no audio or video",
            f"include {host} in the certificate (openssl x509 -noout -ext subjectAltName lists its names), or use "
            f"{issued_instead(subject)}",
        )


@rule("turn-too-small", "warning")
def turn_too_small(subject: Subject) -> Iterator[Hit]:
    """Coturn refuses clients before the bridges are full."""
    turn = subject.config.coturn
    if turn is None:
        return
    people, room = offered_participants(subject.shards), turn.sessions * turn.max_replicas
    needed = int(people * RELAYED_SHARE)
    if needed > room:
        yield Hit(
            "turn.maxReplicas",
            f"{turn.max_replicas} pods x {turn.sessions} sessions = {room}, below a tenth ({needed}) of the {people} "
            "participants that the bridges carry: later clients that need TURN are refused",
            _more_sessions(turn, needed),
        )


def _more_sessions(turn: Turn, needed: int) -> str:
    """Return the keys that alone reach `needed` sessions within their limits, otherwise both."""
    max_pods, max_sessions = largest(Turn, "max_replicas"), largest(Turn, "sessions")
    pods, sessions = -(-needed // turn.sessions), -(-needed // turn.max_replicas)
    ways = [f"turn.maxReplicas to {pods}"] if pods <= max_pods else []
    ways += [f"turn.sessions to {sessions}"] if sessions <= max_sessions else []
    both = -(-needed // max_pods)
    if not ways and both <= max_sessions:
        ways = [f"turn.maxReplicas to {max_pods} and turn.sessions to {both}"]
    return f"raise {', or '.join(ways)}" if ways else "spread the participants over more stacks"


@rule("turn-above-load-balancer", "warning")
def turn_above_load_balancer(subject: Subject) -> Iterator[Hit]:
    """Relayed media passes through the load balancer."""
    if subject.config.coturn is None or not subject.kapsule:
        return
    needed = (
        sum(shard_capacity(shard).participants * shard.bridges.bitrate_kbps for shard in subject.active)
        * RELAYED_SHARE
        / 1000
    )
    chosen = subject.config.ingress.load_balancer
    if needed > LOAD_BALANCER_MBPS[chosen]:
        larger = [name for name, most in LOAD_BALANCER_MBPS.items() if most >= needed]
        yield Hit(
            "ingress.loadBalancer",
            f"a tenth of the participants through TURN needs {needed:g} Mbit/s, above the "
            f"{LOAD_BALANCER_MBPS[chosen]} Mbit/s of {chosen}: pages and signalling slow down too",
            f"use {larger[0]} if that many participants are behind firewalls"
            if larger
            else "spread the participants over more stacks",
        )


@rule("turn-one-replica", "warning")
def turn_one_replica(subject: Subject) -> Iterator[Hit]:
    """With one coturn pod, clients behind firewalls lose TURN while it restarts."""
    turn = subject.config.coturn
    if turn and turn.replicas == 1:
        yield Hit(
            "turn.replicas",
            "one coturn: while its pod moves to another node, everyone behind a firewall is disconnected",
            "set turn.replicas: 2",
        )


@rule("turn-needs-network-policies", "info")
def turn_needs_network_policies(subject: Subject) -> Iterator[Hit]:
    """On an existing cluster, its network plugin must confine coturn to the bridges."""
    turn = subject.config.coturn
    if turn and not subject.kapsule:
        yield Hit(
            "turn.peers",
            f"coturn relays to {', '.join(turn.allowed_peers)}; a network policy limits it to the bridges' ports "
            "there, and not every network plugin enforces it",
            "use a network plugin that enforces policies (Cilium, Calico); docs/turn.md shows how to test it",
        )


@rule("turn-drain-is-cut", "info")
def turn_drain_is_cut(subject: Subject) -> Iterator[Hit]:
    """HAProxy ends relayed sessions before coturn's drain does."""
    turn = subject.config.coturn
    if turn and turn.drain > LONGEST_DRAIN:
        yield Hit(
            "turn.drain",
            f"drain {turn.drain_text}: relayed sessions pass through HAProxy, which keeps those of a replaced "
            "configuration for at most 4h",
            "set turn.drain: 4h or less",
        )


@rule("turn-udp-address-follows-updates", "info")
def turn_udp_address_follows_updates(subject: Subject) -> Iterator[Hit]:
    """A replaced TURN node has a new address, which only an update publishes."""
    host = subject.config.turn_udp_host
    if host and subject.kapsule and subject.config.makes_record(host):
        yield Hit(
            "turn.udp",
            f"{host} points to the nodes of the last update; a node that Kapsule repairs or upgrades gets another "
            "address, and until the next update clients behind such firewalls use TCP 443",
            "run pulumi up --refresh after nodes are replaced; meanwhile clients that can use TCP 443 stay connected",
        )


@rule("turn-udp-on-others-port", "info")
def turn_udp_on_others_port(subject: Subject) -> Iterator[Hit]:
    """The TURN port is also a bridge port."""
    udp = subject.config.turn.udp if subject.config.turn else None
    if udp is None:
        return
    for shard in subject.shards:
        if any(first <= udp.port <= last for first, last in open_ports(shard)):
            yield Hit(
                "turn.udp.port",
                f"UDP {udp.port} is also a port of the bridges of {shard.name}: clients that reach it reach the "
                "bridge itself, so these nodes relay nothing",
                "use 3478 or 443, or remove turn.udp",
            )
            return


LONGEST_DRAIN = 4 * 3600  # hard-stop-after in haproxy.cfg
