"""Rules about the edge: load balancer, certificates, host name."""

from collections.abc import Iterator

from config.model import format_duration
from plan.capacity import offered_participants, shard_capacity
from plan.edge_size import CONNECTIONS_PER_PARTICIPANT
from plan.findings.bridges import ORDINARY_MEETING
from plan.findings.rule import Found, Subject, rule
from plan.timetable import WEEK, monday_of, most_people

LOAD_BALANCER_CONNECTIONS = {"LB-S": 20_000, "LB-GP-M": 50_000, "LB-GP-L": 160_000, "LB-GP-XL": 3_000_000}
"""Connections that a Load Balancer holds at once (Scaleway, load balancer limitations)."""

PEOPLE_PER_ROOM = 2  # the fewest that are a meeting
ROOM_GENERATIONS = 2
"""Rooms that the edge remembers for each that is open: an entry stays for 5 minutes after the last request, and between two
lessons everybody changes rooms within as long."""

REQUESTS_EACH = 50  # of a person who opens a meeting (see `Limits.requests`)
REQUESTS_SECONDS = 10  # what `limits.requests` counts
ARRIVAL_SECONDS = 180  # a lesson's people come within three minutes (plan.simulate.traces, `flash`)

_EXAMPLES = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost")


def is_placeholder(domain: str) -> bool:
    """Whether a host name lies in a zone that is reserved for examples and tests (RFC 2606, RFC 6761)."""
    return any(domain == zone or domain.endswith(f".{zone}") for zone in _EXAMPLES)


@rule("load-balancer-too-small", "warning")
def load_balancer_too_small(subject: Subject) -> Iterator[Found]:
    """The load balancer holds fewer connections than a full stack brings."""
    people = offered_participants(subject.shards)
    needed = people * CONNECTIONS_PER_PARTICIPANT
    chosen = subject.config.ingress.load_balancer
    limit = LOAD_BALANCER_CONNECTIONS[chosen]
    if subject.kapsule and needed > limit:
        larger = [name for name, most in LOAD_BALANCER_CONNECTIONS.items() if most >= needed]
        yield Found(
            "ingress.loadBalancer",
            f"{people} participants x {CONNECTIONS_PER_PARTICIPANT} connections = {needed}, above the {limit} of {chosen}",
            f"take {larger[0]}" if larger else "spread the participants over more stacks",
        )


@rule("room-table-too-small", "warning")
def room_table_too_small(subject: Subject) -> Iterator[Found]:
    """The edge remembers fewer rooms than a full stack may have open."""
    people = sum(shard_capacity(shard).participants for shard in subject.shards)  # drained shards keep their open rooms
    needed = people // PEOPLE_PER_ROOM * ROOM_GENERATIONS
    size = subject.config.ingress.room_table
    if needed > size:
        yield Found(
            "ingress.roomTable",
            f"{people} participants / {PEOPLE_PER_ROOM} a room x {ROOM_GENERATIONS} (a room stays in the table for 5 minutes "
            f"after its last request) = {needed} rooms, above the {size} of the table: those unused longest are forgotten, and "
            "split where they are not on the shard that their hash names",
            f"set ingress.roomTable to {needed} or more; 100 000 rooms take some 50 MiB of each HAProxy",
        )


@rule("one-replica-edge", "warning")
def one_replica_edge(subject: Subject) -> Iterator[Found]:
    """One HAProxy: no signalling while its pod or node restarts."""
    if subject.config.ingress.replicas == 1:
        yield Found(
            "ingress.replicas",
            "one HAProxy: while its pod moves to another node, nobody can join and every websocket reconnects",
            "set ingress.replicas: 2",
        )


@rule("tls-staging", "info")
def tls_staging(subject: Subject) -> Iterator[Found]:
    """Browsers refuse the certificate."""
    tls = subject.config.ingress.tls
    if tls.staging and tls.mode == "letsEncrypt":
        yield Found(
            "ingress.tls.staging",
            "certificates of Let's Encrypt's staging servers are refused by browsers and by the mobile apps",
            "set staging: false once the first certificate has come",
        )


@rule("cert-manager-expected", "warning")
def cert_manager_expected(subject: Subject) -> Iterator[Found]:
    """The certificate needs a cert-manager that this stack does not bring."""
    tls = subject.config.ingress.tls
    if tls.mode != "letsEncrypt" or tls.cert_manager != "existing":
        return
    yield Found(
        "ingress.tls.certManager",
        "a new cluster has no cert-manager; until someone installs it, creating the Issuer and the Certificate fails"
        if subject.kapsule
        else "the cluster must run cert-manager already; else creating the Issuer and the Certificate fails",
        "set certManager: install, or install cert-manager before",
        None if subject.kapsule else "info",
    )


@rule("record-to-make", "info")
def record_to_make(subject: Subject) -> Iterator[Found]:
    """A DNS record that the stack does not make itself."""
    config = subject.config
    for host in config.hosts:
        if config.makes_record(host):
            continue
        zone = f"{host} lies outside dnsZone {config.dns_zone}" if config.dns_zone else "no dnsZone"
        yield Found(
            "turn.host" if config.dns_zone else "dnsZone",
            f"{zone}: make the record {host}. A <address of the load balancer, from the stack's outputs>",
            "make it where the zone is managed, or set dnsZone for a zone at Scaleway",
        )
    relay = config.turn_udp_host
    if relay and not (subject.kapsule and config.makes_record(relay)):
        known = "from the stack's outputs" if subject.kapsule else "of the nodes where pods of coturn-udp run"
        yield Found(
            "turn.udp.host",
            f"nobody makes the records of {relay}: make {relay}. A <public address> for each node, {known}, and again when nodes change",
            "make them where the zone is managed"
            + (", or set dnsZone for a zone at Scaleway" if subject.kapsule else ""),
        )


@rule("placeholder-domain", "info")
def placeholder_domain(subject: Subject) -> Iterator[Found]:
    """The host name is one that nobody can own."""
    if is_placeholder(subject.config.domain):
        yield Found(
            "domain",
            f"{subject.config.domain} lies in a zone reserved for examples: no certificate authority signs it",
            "set the host name that people will open",
        )


@rule("tls-against-domain", "warning")
def tls_against_domain(subject: Subject) -> Iterator[Found]:
    """A certificate that cannot be had for the host name, or that nobody trusts."""
    mode, domain = subject.config.ingress.tls.mode, subject.config.domain
    if mode == "letsEncrypt" and is_placeholder(domain):
        yield Found(
            "ingress.tls.mode",
            f"Let's Encrypt signs nothing for {domain}, in a zone reserved for examples: browsers see the fallback certificate",
            "set domain to a name of your own, or tls.mode: selfSigned for trying out",
        )
    elif mode == "selfSigned" and not is_placeholder(domain):
        yield Found(
            "ingress.tls.mode",
            f"browsers warn of a self-signed certificate for {domain}, and the mobile apps refuse it",
            "set tls.mode: letsEncrypt, or secret with a certificate of your own",
        )


@rule("limits-below-school", "warning")
def limits_below_school(subject: Subject) -> Iterator[Found]:
    """A class, or a whole school, may stand behind one address."""
    begin = monday_of(subject.today)
    school = most_people([shard.bridges for shard in subject.active], begin, begin + WEEK)
    group = min(ORDINARY_MEETING, offered_participants(subject.shards))
    arriving = -(-school * REQUESTS_SECONDS // ARRIVAL_SECONDS)
    limits = subject.config.ingress.limits
    expected = f"the timetables expect {school} at once"
    people, why = max((group, "a class"), (school, expected))
    needed = people * CONNECTIONS_PER_PARTICIPANT
    if needed > limits.connections:
        yield Found(
            "ingress.limits.connections",
            f"{people} people ({why}) hold {needed} connections, above the {limits.connections} that one HAProxy takes from one address: "
            "if they share one, as behind a school's router, the last stay outside",
            f"raise ingress.limits.connections to {needed} or more",
        )
    people, why = max((group, "a class"), (arriving, f"{expected}, who come within {format_duration(ARRIVAL_SECONDS)}"))
    needed = people * REQUESTS_EACH
    if needed > limits.requests:
        yield Found(
            "ingress.limits.requests",
            f"{people} people who open a meeting within {REQUESTS_SECONDS} s ({why}) make {needed} requests, above the {limits.requests} that "
            "one HAProxy takes from one address: if they share one, as behind a school's router, the others get 429 in place of the page",
            f"raise ingress.limits.requests to {needed} or more",
        )
