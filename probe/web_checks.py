"""Checks of the HTTPS side, TCP 443: certificate, page, config.js, and signalling of every shard."""

import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from probe import messages
from probe.results import CERTIFICATE, Result
from probe.room_names import room_for
from probe.targets import Targets

TIMEOUT_SECONDS = 8.0  # for each step; browsers give up later
MAX_BYTES = 1 << 20  # of a response that are read
SHARD_HEADER = "X-Jitsi-Shard"
PAGE_MARKER = "lib-jitsi-meet"
"""A script that every page of Jitsi Meet loads, and no other page."""


class ProbeError(Exception):
    """A failed check; the message says what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Host name of a service, and the address and TCP port to connect to; `address` None: that of the name."""

    host: str
    address: str | None = None
    port: int = 443

    def connect(self) -> socket.socket:
        """A TCP connection."""
        return socket.create_connection((self.address or self.host, self.port), timeout=TIMEOUT_SECONDS)

    def tls(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A TLS connection with the host as server name."""
        raw = self.connect()
        try:
            return context.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise


def accept_any_certificate() -> ssl.SSLContext:
    """A context for any certificate: a check of its own verifies it, and nothing secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def described(error: BaseException) -> str:
    """The error in words for people."""
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT_SECONDS:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"not trusted: {error.verify_message}"
    return str(error) or type(error).__name__


def measured(check: str, of: str, attempt: Callable[[], Result | str]) -> Result:
    """The attempt's result, with the time it took: a text means success, an error failure."""
    start = time.monotonic()
    try:
        result = attempt()
    except (ProbeError, OSError, http.client.HTTPException, ValueError) as error:
        result = Result(check=check, of=of, status="failed", detail=described(error))
    if isinstance(result, str):
        result = Result(check=check, of=of, status="ok", detail=result)
    return replace(result, seconds=time.monotonic() - start)


def certificate(place: Place, *, self_signed: bool, now: float) -> Result:
    """The certificate is trusted and fits the host name; the result says for how many days."""

    def attempt() -> Result:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self_signed:
            with place.tls(accept_any_certificate()) as connection:
                own = connection.getpeercert(binary_form=True) or b""
            context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(own))
        else:
            context.load_default_certs()
        with place.tls(context) as connection:
            trusted = connection.getpeercert() or {}
        expires = ssl.cert_time_to_seconds(str(trusted["notAfter"]))
        days = int((expires - now) // 86400)
        return Result(check=CERTIFICATE, of=place.host, status="ok", detail=f"{days} days left", days=days)

    return measured(CERTIFICATE, place.host, attempt)


def exchange(
    connection: socket.socket, host: str, method: str, target: str, body: str = "", **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    """Status, headers and the first MAX_BYTES of the body."""
    fields = {"Host": host, "User-Agent": "jitsi-probe", "Connection": "close", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return response.status, response.headers, response.read(MAX_BYTES).decode("utf-8", "replace")


def _request(
    place: Place, method: str, target: str, body: str = "", **headers: str
) -> tuple[http.client.HTTPMessage, str]:
    with place.tls(accept_any_certificate()) as connection:
        status, received, text = exchange(connection, place.host, method, target, body, **headers)
    if status != http.client.OK:
        raise ProbeError(f"answered {status}")
    return received, text


def page(place: Place) -> Result:
    """The page of a room is Jitsi Meet's."""

    def attempt() -> str:
        _, text = _request(place, "GET", f"/probe-{secrets.token_hex(4)}", Accept="text/html")
        if PAGE_MARKER not in text:
            raise ProbeError(f"answered 200, but the page is not Jitsi's: it lacks {PAGE_MARKER}")
        return "Jitsi's page"

    return measured("page", place.host, attempt)


def settings(place: Place, xmpp_domain: str) -> Result:
    """config.js exists and names the XMPP domain."""

    def attempt() -> str:
        _, text = _request(place, "GET", "/config.js")
        if "config" not in text or xmpp_domain not in text:
            raise ProbeError(f"answered 200, but it is no config.js for {xmpp_domain}")
        return "config.js for the XMPP domain"

    return measured("config.js", place.host, attempt)


def _routed(targets: Targets, shard: str, answered: str | None) -> str:
    """Addition to the detail if the edge does not name the shard.

    Raises:
        ProbeError: another shard answered.
    """
    if not targets.told:
        return "; the shard is unknown (monitoring.probe is off)"
    if answered != shard:
        raise ProbeError(
            f"a new room of {shard} came to {answered or 'an unknown shard'}: {shard} takes no rooms, or the edge has an older config"
        )
    return ""


def bosh(place: Place, targets: Targets, shard: str) -> Result:
    """A BOSH session for a new room of the shard is created, offers logins, and is ended."""

    def attempt() -> str:
        target = f"/http-bind?room={quote(room_for(shard, targets.shards))}"
        rid = secrets.randbelow(1 << 40)
        kind = {"Content_Type": "text/xml; charset=utf-8"}
        headers, text = _request(place, "POST", target, messages.bosh_session(targets.xmpp_domain, rid), **kind)
        sid = messages.attribute(text, "sid")
        if not sid:
            condition = messages.attribute(text, "condition")
            raise ProbeError(f"no session: {condition or 'not a BOSH response'}")
        _request(place, "POST", target, messages.bosh_end(rid + 1, sid), **kind)
        return "session created and ended" + _routed(targets, shard, headers.get(SHARD_HEADER))

    return measured("bosh", shard, attempt)


def websocket(place: Place, targets: Targets, shard: str) -> Result:
    """A WebSocket for a new room of the shard opens, with an XMPP stream that offers logins."""

    def attempt() -> str:
        key, accepted = messages.websocket_key()
        target = f"/xmpp-websocket?room={quote(room_for(shard, targets.shards))}"
        with place.tls(accept_any_certificate()) as connection:
            fields = [
                f"GET {target} HTTP/1.1",
                *(f"{n}: {v}" for n, v in {"Host": place.host, "Origin": f"https://{place.host}"}.items()),
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp",
                f"Sec-WebSocket-Key: {key}\r\nUser-Agent: jitsi-probe\r\n\r\n",
            ]
            connection.sendall("\r\n".join(fields).encode())
            head, rest = _until(connection, b"", _split_head)
            status, headers = _parsed(head)
            if status != http.client.SWITCHING_PROTOCOLS:
                raise ProbeError(f"answered {status} instead of 101")
            if headers.get("sec-websocket-accept") != accepted:
                raise ProbeError("wrong Sec-WebSocket-Accept: no WebSocket server")
            connection.sendall(messages.frame(messages.xmpp_open(targets.xmpp_domain)))
            opened, rest = _until(connection, rest, messages.first_frame)
            if not opened.startswith("<open"):
                raise ProbeError(f"no XMPP stream: {opened[:80]}")
            offered, _ = _until(connection, rest, messages.first_frame)
            if "mechanism" not in offered:
                raise ProbeError("the XMPP stream offers no login")
            connection.sendall(messages.frame(messages.XMPP_CLOSE) + messages.frame("", messages.CLOSE))
        return "XMPP stream opened" + _routed(targets, shard, headers.get(SHARD_HEADER.lower()))

    return measured("websocket", shard, attempt)


def _split_head(data: bytes) -> tuple[str, bytes] | None:
    head, end, rest = data.partition(b"\r\n\r\n")
    return (head.decode("latin-1"), rest) if end else None


def _parsed(head: str) -> tuple[int, dict[str, str]]:
    first, *lines = head.split("\r\n")
    parts = first.split(" ")
    if len(parts) < 2 or not parts[1].isdigit():
        raise ProbeError("not an HTTP response")
    return int(parts[1]), {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _until(
    connection: socket.socket, data: bytes, split: Callable[[bytes], tuple[str, bytes] | None]
) -> tuple[str, bytes]:
    while (parts := split(data)) is None:
        part = connection.recv(65536)
        if not part or len(data) > MAX_BYTES:
            raise ProbeError("the connection closed in the middle of a response")
        data += part
    return parts


def checks(targets: Targets, place: Place, now: float) -> Iterator[Result]:
    """All checks, one after the other."""
    yield certificate(place, self_signed=targets.self_signed, now=now)
    yield page(place)
    yield settings(place, targets.xmpp_domain)
    for shard in sorted(targets.shards):
        yield bosh(place, targets, shard)
        yield websocket(place, targets, shard)
