"""Where a part sends to beside other parts: the API server, services of the operator, and addresses outside of the cluster.

What it sends to other parts follows from their ports (`sizing.flows`).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from config.stack import StackConfig

LAST_PORT = 65535
DEFAULT_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80, "ldaps": 636, "ldap": 389}
API_SERVICE_PORT = 443
"""Port of the Service `kubernetes`, for network plugins that judge a connection before it is translated."""
RTMP_PORT = 1935
_URL = re.compile(r"(\w+)://(?:[^/@]*@)?(\[[^]/]*\]|[^/:?#]+)(?::(\d+))?.*")
_IN_CLUSTER = re.compile(r"[^.]+\.([a-z0-9-]+)(\.svc(\..+)?)?")


@dataclass(frozen=True, slots=True)
class Outward:
    """Ports of destinations that are no part of the stack: of everyone, or of the pods of one namespace."""

    protocol: Literal["TCP", "UDP"]
    first: int = 1
    last: int = LAST_PORT
    namespace: str = ""


Sends = Callable[[StackConfig], Iterable[Outward]]
ANY_UDP = Outward("UDP")
"""Media and STUN: a client's port is whatever its router chose."""
HTTPS = Outward("TCP", 443, 443)


def nothing(config: StackConfig) -> Iterator[Outward]:  # noqa: ARG001 - as the others
    """Other parts only."""
    yield from ()


def api_server(config: StackConfig) -> Iterator[Outward]:
    """The API server, at its Service's port and at its own."""
    for port in sorted({API_SERVICE_PORT, config.cluster.api_port}):
        yield Outward("TCP", port, port)


def web_address(url: str | None) -> Iterator[Outward]:
    """What a URL names: its port, or any port of a namespace's pods, since a Service's port may lead to another one."""
    if match := _URL.fullmatch(url or ""):
        port = int(match[3] or DEFAULT_PORTS.get(match[1], 0))
        yield from server(match[2], port) if 0 < port <= LAST_PORT else ()


def server(host: str, port: int, protocol: Literal["TCP", "UDP"] = "TCP") -> Iterator[Outward]:
    """A server by host and port. `name.namespace` may be a Service of the cluster or a host outside."""
    inside = _IN_CLUSTER.fullmatch(host)
    if inside:
        yield Outward(protocol, namespace=inside[1])
    if not inside or not inside[2]:
        yield Outward(protocol, port, port)


def of_bridges(config: StackConfig) -> Iterator[Outward]:
    """Media to clients and relays, and each bridge's own pod and node at the API server."""
    yield from api_server(config)
    yield ANY_UDP


def of_prosody(config: StackConfig) -> Iterator[Outward]:
    """Where tokens' keys, or names and passwords, are checked."""
    if config.auth.jwt:
        yield from web_address(config.auth.jwt.key_server)
    for directory in config.auth.ldap.servers if config.auth.ldap else ():
        yield from web_address(directory)


def of_browsers(config: StackConfig) -> Iterator[Outward]:  # noqa: ARG001
    """The stack's own public address, and media."""
    yield HTTPS
    yield ANY_UDP


def of_recorders(config: StackConfig) -> Iterator[Outward]:
    """A browser in a meeting, the bucket, and servers of live streams."""
    yield from of_browsers(config)
    if config.recording:
        yield from web_address(config.recording.endpoint)
        if config.recording.streaming:
            yield Outward("TCP", RTMP_PORT, RTMP_PORT)


def of_gateways(config: StackConfig) -> Iterator[Outward]:
    """A browser in a meeting, and the telephone provider, whose media is UDP."""
    yield from of_browsers(config)
    sip = config.jigasi.sip if config.jigasi else None
    if sip and sip.transport != "UDP":
        yield from server(sip.server, sip.port)


def of_transcribers(config: StackConfig) -> Iterator[Outward]:
    """A browser in a meeting, and the speech service."""
    yield from of_browsers(config)
    if config.jigasi and config.jigasi.transcription:
        yield from web_address(config.jigasi.transcription.url)


def of_prometheus(config: StackConfig) -> Iterator[Outward]:
    """The API server, which lists pods, and Alertmanager."""
    yield from api_server(config)
    yield from web_address(config.monitoring.alertmanager)


def of_metrics_readers(config: StackConfig) -> Iterator[Outward]:
    """An existing Prometheus."""
    yield from web_address(config.metrics.url)


def of_adapters(config: StackConfig) -> Iterator[Outward]:
    """The API server, and an existing Prometheus."""
    yield from api_server(config)
    yield from of_metrics_readers(config)


def of_collectors(config: StackConfig) -> Iterator[Outward]:
    """The API server, which has the logs, and Loki or Cockpit."""
    yield from api_server(config)
    yield from web_address(config.monitoring.logs.url)
    yield HTTPS


def of_probes(config: StackConfig) -> Iterator[Outward]:
    """What clients reach, and the API server, which lists bridges."""
    yield from api_server(config)
    yield from of_browsers(config)
