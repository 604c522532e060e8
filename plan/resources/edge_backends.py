"""Rules about what stands behind the edge and before it: prosody's and nginx's settings, and DNS."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from config.balancer import PROBE_ANSWER, PROBE_PATH
from plan.diff.fleet import component_of, instance_of
from plan.diff.paths import mapping
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.edge import edges, variables
from plan.resources.made import Resources
from sizing.addresses import HTTP_PORT, ShardNames
from sizing.parts import PROSODY, VISITORS, WEB

TRUSTED = tuple(
    ipaddress.ip_network(text)
    for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""Ranges that no browser comes from: loopback, RFC 1918, RFC 6598 (Kapsule's pods), RFC 4193."""
POD_ADDRESS = ipaddress.ip_network("100.64.0.0/15")  # Kapsule's pods, docs/reference of Scaleway
LONGEST_TTL_SECONDS = 3600
_OFF = (None, "", "0", "false")


@rule("edge-backend-trusts-clients", "error")
def edge_backend_trusts_clients(stack: Resources) -> Iterator[Hit]:
    """Prosody takes a client's address from a header of anyone, or not from HAProxy."""
    for workload, spec in stack.workloads:
        text = variables(spec).get("PROSODY_TRUSTED_PROXIES")
        if component_of(workload) not in (PROSODY.name, VISITORS.name) or text == "[unknown]":
            continue
        networks = [_network(part) for part in str(text or "").split(",")]
        public = [str(each) for each in networks if not _is_private(each)]
        if public or (
            stack.of("Cluster")
            and not any(
                each and POD_ADDRESS.version == each.version and POD_ADDRESS.subnet_of(each) for each in networks
            )
        ):  # type: ignore[arg-type]
            yield Hit(
                f"{workload.name}.spec.template.spec.containers",
                f"PROSODY_TRUSTED_PROXIES is {text}: "
                + (
                    f"{', '.join(public)} is not private, so clients choose their address"
                    if public
                    else f"HAProxy in {POD_ADDRESS} is not trusted, so all clients have one address"
                ),
                "trust the cluster's ranges of addresses and no other",
            )


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _is_private(network: Any) -> bool:
    return network is not None and any(each.version == network.version and network.subnet_of(each) for each in TRUSTED)


@rule("edge-page-differs", "error")
def edge_page_differs(stack: Resources) -> Iterator[Hit]:
    """Web or prosody expects another public address, or web handles TLS that HAProxy has ended."""
    url = f"https://{stack.config.domain}"
    for workload, spec in stack.workloads:
        values, component = variables(spec), component_of(workload)
        if component not in (WEB.name, PROSODY.name, VISITORS.name):
            continue
        faults = (
            []
            if values.get("PUBLIC_URL") in (url, "[unknown]")
            else [f"PUBLIC_URL is {values.get('PUBLIC_URL')}, not {url}"]
        )
        if component == WEB.name:
            server = ShardNames(instance_of(workload), stack.config.namespace, stack.config.cluster.domain).xmpp_server
            right = f"http://{server}:{HTTP_PORT}"
            if values.get("XMPP_BOSH_URL_BASE") not in (right, "[unknown]"):
                faults.append(f"XMPP_BOSH_URL_BASE is {values.get('XMPP_BOSH_URL_BASE')}, not {right}")
            if values.get("DISABLE_HTTPS") != "1" and values.get("DISABLE_HTTPS") != "[unknown]":
                faults.append("nginx ends TLS itself (DISABLE_HTTPS), and HAProxy speaks HTTP to it")
            for name in ("ENABLE_HTTP_REDIRECT", "ENABLE_LETSENCRYPT", "ENABLE_COLIBRI_WEBSOCKET_UNSAFE_REGEX"):
                if values.get(name) not in (*_OFF, "[unknown]"):
                    faults.append(f"{name} is {values[name]}: redirects go in a circle, or nginx connects to any host")
        for fault in faults:
            yield Hit(
                f"{workload.name}.spec.template.spec.containers",
                f"{fault}: pages do not open",
                "set it as the edge needs",
            )


@rule("edge-record-differs", "error")
def edge_record_differs(stack: Resources) -> Iterator[Hit]:
    """A host name of the stack has no DNS record of the load balancer's address, or of its IPv6 address."""
    zone, addresses = stack.config.dns_zone, stack.of("Ip")
    if not zone or not addresses:
        return
    every = [each for each in stack.of("Record") if each.parent == addresses[0].parent]
    for kind in ("A", "AAAA") if stack.config.ingress.ipv6 else ("A",):
        others = {"A", "AAAA"} - {kind} if stack.config.ingress.ipv6 else set[str]()
        records = [each for each in every if each.properties.get("type") not in others]
        yield from _record_faults(stack, addresses[0], kind, records)


def _probe_faults(stack: Resources, kind: str, records: list[Resource]) -> Iterator[Hit]:
    """Whether each record lists the addresses of all load balancers, and asks whether HAProxy answers there."""
    count = len(stack.config.balancer_zones)
    for record in records:
        probe = mapping(record.properties.get("httpService"))
        listed, url = probe.get("ips"), str(probe.get("url"))
        right = (PROBE_ANSWER, "all", True)
        asks = (probe.get("mustContain"), probe.get("strategy"), url.startswith("http://") and url.endswith(PROBE_PATH))
        if not isinstance(listed, list) or len(listed) != count or asks != right:
            yield Hit(
                record.name,
                f"does not list {count} {kind} addresses with a question to each: browsers are led to the load balancer of a lost zone",
                f"list the address of each load balancer in httpService, with http://HOST{PROBE_PATH}, {PROBE_ANSWER!r} and strategy all",
            )


@rule("edge-probe-unanswered", "error")
def edge_probe_unanswered(stack: Resources) -> Iterator[Hit]:
    """HAProxy does not answer what name servers ask before they give out an address."""
    several = stack.config.cluster.creates_cluster and len(stack.config.balancer_zones) > 1
    for edge in edges(stack) if several else ():
        lines = [line for section in edge.public_frontends for line in section.after("http-request")]
        told = next((number for number, line in enumerate(lines) if line.endswith(f"{{ path {PROBE_PATH} }}")), None)
        redirect = next((number for number, line in enumerate(lines) if line.startswith("redirect ")), len(lines))
        if (
            told is None
            or told > redirect
            or f'string "{PROBE_ANSWER}"' not in lines[told]
            or "status 200" not in lines[told]
        ):
            yield Hit(
                edge.where,
                f"answers nothing at {PROBE_PATH} over HTTP: name servers take every load balancer for lost",
                f"return status 200 with {PROBE_ANSWER!r} there, before any redirect",
            )
            return


def _record_faults(stack: Resources, address: Resource, kind: str, records: list[Resource]) -> Iterator[Hit]:
    """Whether every host name has a record of this kind, and all lead to one address."""
    zone = stack.config.dns_zone
    names = {
        f"{each.properties.get('name', '')}.{each.properties.get('dnsZone')}".lstrip("."): each for each in records
    }
    hosts = [
        host
        for host in (stack.config.domain, stack.config.turn_host, *stack.config.hosts)
        if host and stack.config.makes_record(host)
    ]
    for host in hosts:
        record = names.get(host)
        if record is None and not any("[unknown]" in name for name in names):
            yield Hit(
                address.name,
                f"{host} has no {kind} record in {zone}: browsers find no server",
                f"add an {kind} record for {host}",
            )
    if len(stack.config.balancer_zones) > 1:
        yield from _probe_faults(stack, kind, records)
    shared = {str(each.properties.get("data")) for each in records}
    for record in records:
        ttl = record.properties.get("ttl", LONGEST_TTL_SECONDS)
        if (
            record.properties.get("type") not in (kind, "[unknown]")
            or len(shared) > 1
            or not isinstance(ttl, int)
            or ttl > LONGEST_TTL_SECONDS
        ):
            yield Hit(
                record.name,
                f"is {record.properties.get('type')} {record.properties.get('data')} for {ttl} s, not {kind} of the load balancer's "
                f"address for at most {LONGEST_TTL_SECONDS} s",
                "point each host name of the edge to the reserved address",
            )
