"""Rules about ingress: load balancer, certificates, host names."""

from collections.abc import Iterator

from config.model import format_duration
from plan.findings.bridges import ORDINARY_MEETING
from plan.findings.rule import Hit, Subject, issued_instead, rule
from sizing.capacity import offered_participants, shard_capacity
from sizing.haproxy_size import CONNECTIONS_PER_PARTICIPANT
from sizing.timetable import WEEK, max_participants, monday_of

LOAD_BALANCER_CONNECTIONS = {"LB-S": 20_000, "LB-GP-M": 50_000, "LB-GP-L": 160_000, "LB-GP-XL": 3_000_000}
"""Concurrent connections per Load Balancer (Scaleway, load balancer limitations)."""

PEOPLE_PER_ROOM = 2  # smallest meeting
ROOM_GENERATIONS = 2
"""Room table entries per open room: an entry expires 5 minutes after the last request, and between two lessons
everyone changes rooms within that time."""

REQUESTS_EACH = 50  # per participant who opens a meeting (see `Limits.requests`)
REQUESTS_SECONDS = 10  # period of `limits.requests`
ARRIVAL_SECONDS = 180  # a class joins within three minutes (plan.simulate.traces, `flash`)

_EXAMPLES = ("example", "example.com", "example.net", "example.org", "test", "invalid", "localhost")


def is_placeholder(domain: str) -> bool:
    """Return whether a host name is in a zone reserved for examples and tests (RFC 2606, RFC 6761)."""
    return any(domain == zone or domain.endswith(f".{zone}") for zone in _EXAMPLES)


@rule("load-balancer-too-small", "warning")
def load_balancer_too_small(subject: Subject) -> Iterator[Hit]:
    """The load balancer allows fewer connections than a full stack needs."""
    people = offered_participants(subject.shards)
    needed = people * CONNECTIONS_PER_PARTICIPANT
    chosen = subject.config.ingress.load_balancer
    limit = LOAD_BALANCER_CONNECTIONS[chosen]
    if subject.kapsule and needed > limit:
        larger = [name for name, most in LOAD_BALANCER_CONNECTIONS.items() if most >= needed]
        yield Hit(
            "ingress.loadBalancer",
            f"{people} participants x {CONNECTIONS_PER_PARTICIPANT} connections = {needed}, above the {limit} of {chosen}",
            f"use {larger[0]}" if larger else "spread the participants over more stacks",
        )


@rule("room-table-too-small", "warning")
def room_table_too_small(subject: Subject) -> Iterator[Hit]:
    """The room table is smaller than the rooms a full stack may have open."""
    people = sum(shard_capacity(shard).participants for shard in subject.shards)  # drained shards keep their open rooms
    needed = people // PEOPLE_PER_ROOM * ROOM_GENERATIONS
    size = subject.config.ingress.room_table
    if needed > size:
        yield Hit(
            "ingress.roomTable",
            f"{people} participants / {PEOPLE_PER_ROOM} per room x {ROOM_GENERATIONS} (an entry stays for 5 minutes "
            f"after its last request) = {needed} rooms, above the table's {size}: the least recently used entries "
            "are dropped, and a room whose hash names another shard is then split",
            f"set ingress.roomTable to {needed} or more; 100 000 rooms use about 50 MiB per HAProxy",
        )


@rule("one-replica-edge", "warning")
def one_replica_edge(subject: Subject) -> Iterator[Hit]:
    """With one HAProxy, signalling stops while its pod or node restarts."""
    if subject.config.ingress.replicas == 1:
        yield Hit(
            "ingress.replicas",
            "one HAProxy: while its pod moves to another node, nobody can join and every WebSocket reconnects",
            "set ingress.replicas: 2",
        )


@rule("tls-staging", "info")
def tls_staging(subject: Subject) -> Iterator[Hit]:
    """Browsers reject the certificate."""
    tls = subject.config.ingress.tls
    if tls.staging and tls.mode == "letsEncrypt":
        yield Hit(
            "ingress.tls.staging",
            "browsers and mobile apps reject certificates from Let's Encrypt's staging environment",
            "set staging: false once the first certificate is issued",
        )


@rule("cert-manager-expected", "warning")
def cert_manager_expected(subject: Subject) -> Iterator[Hit]:
    """The certificate needs cert-manager, which this stack does not install."""
    tls = subject.config.ingress.tls
    if tls.mode != "letsEncrypt" or tls.cert_manager != "existing":
        return
    yield Hit(
        "ingress.tls.certManager",
        "a new cluster has no cert-manager; until it is installed, creating the Issuer and the Certificate fails"
        if subject.config.cluster.creates_cluster
        else "the cluster must already run cert-manager; otherwise creating the Issuer and the Certificate fails",
        "set certManager: install, or install cert-manager first",
        None if subject.config.cluster.creates_cluster else "info",
    )


@rule("hosts-certificate-is-yours", "warning")
def hosts_certificate_is_yours(subject: Subject) -> Iterator[Hit]:
    """Your certificate must also cover the further host names."""
    tls, hosts = subject.config.ingress.tls, subject.config.hosts
    if hosts and tls.mode == "secret":
        yield Hit(
            "ingress.tls.secretName",
            f"the Secret {tls.secret_name} must hold a certificate for {', '.join(hosts)}, too: browsers check it before they are led to "
            f"{subject.config.domain}",
            "include these names in the certificate (openssl x509 -noout -ext subjectAltName lists its names), or use "
            f"{issued_instead(subject)}",
        )


@rule("record-to-make", "info")
def record_to_make(subject: Subject) -> Iterator[Hit]:
    """The stack does not create a DNS record."""
    config = subject.config
    for host in config.edge_hosts:
        if config.makes_record(host):
            continue
        zone = f"{host} is outside dnsZone {config.dns_zone}" if config.dns_zone else "no dnsZone"
        yield Hit(
            ("turn.host" if host == config.turn_host else "hosts") if config.dns_zone else "dnsZone",
            f"{zone}: create the record {host}. A <address of the load balancer, from the stack's outputs>"
            + (f", and {host}. AAAA <its address6>" if config.ingress.ipv6 else ""),
            "create it where the zone is managed"
            + (
                f", or {'set turn.host to' if host == config.turn_host else 'choose'} a name in {config.dns_zone}"
                if config.dns_zone
                else ", or set dnsZone for a zone at Scaleway"
            ),
        )
    relay = config.turn_udp_host
    if relay and not (subject.kapsule and config.makes_record(relay)):
        known = "from the stack's outputs" if subject.kapsule else "of the nodes that run coturn-udp pods"
        yield Hit(
            "turn.udp.host",
            f"the stack does not create the records of {relay}: create {relay}. A <public address> for each node, "
            f"{known}, and update them when nodes change",
            "create them where the zone is managed"
            + (
                ""
                if not subject.kapsule
                else f", or set turn.udp.host to a name in {config.dns_zone}"
                if config.dns_zone
                else ", or set dnsZone for a zone at Scaleway"
            ),
        )


@rule("placeholder-domain", "info")
def placeholder_domain(subject: Subject) -> Iterator[Hit]:
    """The host name is reserved for examples."""
    if is_placeholder(subject.config.domain):
        yield Hit(
            "domain",
            f"{subject.config.domain} is in a zone reserved for examples: no certificate authority issues a "
            "certificate for it",
            "set the host name that users open",
        )


@rule("tls-against-domain", "warning")
def tls_against_domain(subject: Subject) -> Iterator[Hit]:
    """The certificate cannot be issued for the host name, or is not trusted."""
    mode, domain = subject.config.ingress.tls.mode, subject.config.domain
    if mode == "letsEncrypt" and is_placeholder(domain):
        yield Hit(
            "ingress.tls.mode",
            f"Let's Encrypt issues no certificate for {domain}, which is in a zone reserved for examples: browsers "
            "see the fallback certificate",
            "set domain to a name you own, or tls.mode: selfSigned for testing",
        )
    elif mode == "selfSigned" and not is_placeholder(domain):
        yield Hit(
            "ingress.tls.mode",
            f"browsers warn about a self-signed certificate for {domain}, and mobile apps reject it",
            f"set tls.mode: letsEncrypt{' and tls.certManager: install' if subject.config.cluster.creates_cluster else ''}, or secret "
            "with your own certificate",
        )


@rule("limits-below-school", "warning")
def limits_below_school(subject: Subject) -> Iterator[Hit]:
    """A class or a whole school may share one address."""
    begin = monday_of(subject.today)
    school = max_participants([shard.bridges for shard in subject.active], begin, begin + WEEK)
    group = min(ORDINARY_MEETING, offered_participants(subject.shards))
    arriving = -(-school * REQUESTS_SECONDS // ARRIVAL_SECONDS)
    limits = subject.config.ingress.limits
    expected = f"the schedules expect {school} at once"
    people, why = max((group, "a class"), (school, expected))
    needed = people * CONNECTIONS_PER_PARTICIPANT
    if needed > limits.connections:
        yield Hit(
            "ingress.limits.connections",
            f"{people} participants ({why}) hold {needed} connections, above the {limits.connections} that one "
            "HAProxy accepts per address: if they share an address, as behind a school's router, the last ones "
            "cannot connect",
            f"raise ingress.limits.connections to {needed} or more",
        )
    people, why = max((group, "a class"), (arriving, f"{expected}, who join within {format_duration(ARRIVAL_SECONDS)}"))
    needed = people * REQUESTS_EACH
    if needed > limits.requests:
        yield Hit(
            "ingress.limits.requests",
            f"{people} participants who open a meeting within {REQUESTS_SECONDS} s ({why}) send {needed} requests, "
            f"above the {limits.requests} that one HAProxy accepts per address: if they share an address, as behind "
            "a school's router, the rest get HTTP 429",
            f"raise ingress.limits.requests to {needed} or more",
        )
