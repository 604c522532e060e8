"""Rules about the TURN relay."""

from collections.abc import Iterator

from config.turn import Turn
from plan.capacity import offered_participants, shard_capacity
from plan.findings.rule import Found, Subject, largest, rule
from plan.ports import open_ports

RELAYED_SHARE = 0.1
"""Of the people in calls: those whose network lets nothing out but TCP 443. Whole schools are, so a stack may need more."""

LOAD_BALANCER_MBPS = {"LB-S": 200, "LB-GP-M": 500, "LB-GP-L": 1000, "LB-GP-XL": 4000}
"""Bandwidth of a Load Balancer (Scaleway, load balancer limitations)."""


@rule("turn-certificate-is-yours", "warning")
def turn_certificate_is_yours(subject: Subject) -> Iterator[Found]:
    """Your own certificate must cover the relay's name too."""
    tls, host = subject.config.ingress.tls, subject.config.turn_host
    if host and tls.mode == "secret":
        yield Found(
            "ingress.tls.secretName",
            f"the Secret {tls.secret_name} must hold a certificate for {subject.config.domain} and for {host}: with one that does "
            "not, browsers refuse the relay in silence, and people behind firewalls hear and see nobody",
            f"have {host} in the certificate (openssl x509 -noout -ext subjectAltName shows its names), or take tls mode letsEncrypt",
        )


@rule("turn-too-small", "warning")
def turn_too_small(subject: Subject) -> Iterator[Found]:
    """The relay refuses people before the bridges are full."""
    turn = subject.config.turn
    if turn is None:
        return
    people, room = offered_participants(subject.shards), turn.sessions * turn.max_replicas
    needed = int(people * RELAYED_SHARE)
    if needed > room:
        yield Found(
            "turn.maxReplicas",
            f"{turn.max_replicas} pods x {turn.sessions} sessions = {room}, below a tenth ({needed}) of the {people} participants that "
            "the bridges carry: who comes later and needs the relay is refused",
            _more_sessions(turn, needed),
        )


def _more_sessions(turn: Turn, needed: int) -> str:
    """By which keys alone so many sessions are reached within their limits, else by both."""
    most_pods, most_sessions = largest(Turn, "max_replicas"), largest(Turn, "sessions")
    pods, sessions = -(-needed // turn.sessions), -(-needed // turn.max_replicas)
    ways = [f"turn.maxReplicas to {pods}"] if pods <= most_pods else []
    ways += [f"turn.sessions to {sessions}"] if sessions <= most_sessions else []
    both = -(-needed // most_pods)
    if not ways and both <= most_sessions:
        ways = [f"turn.maxReplicas to {most_pods} and turn.sessions to {both}"]
    return f"raise {', or '.join(ways)}" if ways else "spread the participants over more stacks"


@rule("turn-above-load-balancer", "warning")
def turn_above_load_balancer(subject: Subject) -> Iterator[Found]:
    """Relayed media passes the load balancer, which is made for pages."""
    if subject.config.turn is None or not subject.kapsule:
        return
    needed = (
        sum(shard_capacity(shard).participants * shard.bridges.bitrate_kbps for shard in subject.active)
        * RELAYED_SHARE
        / 1000
    )
    chosen = subject.config.ingress.load_balancer
    if needed > LOAD_BALANCER_MBPS[chosen]:
        larger = [name for name, most in LOAD_BALANCER_MBPS.items() if most >= needed]
        yield Found(
            "ingress.loadBalancer",
            f"a tenth of the participants through the relay is {needed:g} Mbit/s, above the {LOAD_BALANCER_MBPS[chosen]} Mbit/s of {chosen}: "
            "pages and signalling slow down with it",
            f"take {larger[0]} if that many people are behind firewalls"
            if larger
            else "spread the participants over more stacks",
        )


@rule("turn-one-replica", "warning")
def turn_one_replica(subject: Subject) -> Iterator[Found]:
    """One coturn: while it restarts nobody behind a firewall joins."""
    turn = subject.config.turn
    if turn and turn.replicas == 1:
        yield Found(
            "turn.replicas",
            "one coturn: while its pod moves to another node, everybody behind a firewall is cut off and waits for it",
            "set turn.replicas: 2",
        )


@rule("turn-needs-network-policies", "info")
def turn_needs_network_policies(subject: Subject) -> Iterator[Found]:
    """On another's cluster it is another's network that holds the relay to the bridges."""
    turn = subject.config.turn
    if turn and not subject.kapsule:
        yield Found(
            "turn.peers",
            f"coturn relays to {', '.join(turn.allowed_peers)}; that it reaches the bridges' ports there and nothing else is the network "
            "policy's doing, which not every network plugin enforces",
            "use a network plugin that does (Cilium, Calico), and see docs/turn.md how to try it",
        )


@rule("turn-drain-is-cut", "info")
def turn_drain_is_cut(subject: Subject) -> Iterator[Found]:
    """The edge lets go of relayed sessions earlier than the relay does."""
    turn = subject.config.turn
    if turn and turn.drain > LONGEST_DRAIN:
        yield Found(
            "turn.drain",
            f"drain {turn.drain_text}: relayed sessions pass HAProxy, which keeps those of a replaced configuration for 4h at most",
            "set turn.drain: 4h or less",
        )


@rule("turn-udp-address-follows-updates", "info")
def turn_udp_address_follows_updates(subject: Subject) -> Iterator[Found]:
    """A node that is made anew has another address, which only an update tells."""
    host = subject.config.turn_udp_host
    if host and subject.kapsule and subject.config.makes_record(host):
        yield Found(
            "turn.udp",
            f"{host} leads to the nodes that were there at the last update; a node that Kapsule repairs or upgrades comes back with "
            "another address, and until it is told people behind such firewalls take TCP 443",
            "run pulumi up --refresh after nodes were replaced; in between nobody is cut off who can use TCP 443",
        )


@rule("turn-udp-on-others-port", "info")
def turn_udp_on_others_port(subject: Subject) -> Iterator[Found]:
    """A port that bridges have too is let out by the same firewalls."""
    udp = subject.config.turn.udp if subject.config.turn else None
    if udp is None:
        return
    for shard in subject.shards:
        if any(first <= udp.port <= last for first, last in open_ports(shard)):
            yield Found(
                "turn.udp.port",
                f"UDP {udp.port} is also a port of the bridges of {shard.name}: whoever reaches it reaches the bridge itself, so these "
                "nodes relay for nobody",
                "take 3478 or 443, or leave turn.udp out",
            )
            return


LONGEST_DRAIN = 4 * 3600  # hard-stop-after in haproxy.cfg
