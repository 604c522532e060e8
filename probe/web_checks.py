"""Checks of what browsers reach on TCP 443: certificate, page, settings, and signalling of every shard."""

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

SECONDS = 8.0  # for each step; browsers of people give up later
LARGEST = 1 << 20  # bytes of an answer that are read
SHARD_HEADER = "X-Jitsi-Shard"
MARK_OF_PAGE = "lib-jitsi-meet"
"""A script that every page of Jitsi Meet loads, and no other."""


class ProbeError(Exception):
    """What is wrong, in words for people."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the service is asked: the domain's own address, or another one."""

    host: str
    address: str | None = None
    port: int = 443

    def connect(self) -> socket.socket:
        """TCP alone."""
        return socket.create_connection((self.address or self.host, self.port), timeout=SECONDS)

    def tls(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """TLS for the host's name."""
        raw = self.connect()
        try:
            return context.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise


def unchecked() -> ssl.SSLContext:
    """Takes any certificate: that it is good is a check of its own, and nothing secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def said(error: BaseException) -> str:
    """An error in words that are worth reading."""
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"not trusted: {error.verify_message}"
    return str(error) or type(error).__name__


def measured(check: str, of: str, attempt: Callable[[], Result | str]) -> Result:
    """The attempt's own result, or its words as success, or its failure; with the time it took."""
    began = time.monotonic()
    try:
        found = attempt()
    except (ProbeError, OSError, http.client.HTTPException, ValueError) as error:
        found = Result(check=check, of=of, status="failed", detail=said(error))
    if isinstance(found, str):
        found = Result(check=check, of=of, status="ok", detail=found)
    return replace(found, seconds=time.monotonic() - began)


def certificate(place: Place, *, self_signed: bool, now: float) -> Result:
    """Trusted, of this name, and for how long yet."""

    def attempt() -> Result:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self_signed:
            with place.tls(unchecked()) as connection:
                own = connection.getpeercert(binary_form=True) or b""
            context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(own))
        else:
            context.load_default_certs()
        with place.tls(context) as connection:
            found = connection.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(str(found["notAfter"]))
        days = int((ends - now) // 86400)
        return Result(check=CERTIFICATE, of=place.host, status="ok", detail=f"{days} days left", days=days)

    return measured(CERTIFICATE, place.host, attempt)


def exchange(
    connection: socket.socket, host: str, method: str, target: str, body: str = "", **headers: str
) -> tuple[int, http.client.HTTPMessage, str]:
    """Status, headers and the beginning of the body."""
    fields = {"Host": host, "User-Agent": "jitsi-probe", "Connection": "close", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    return answer.status, answer.headers, answer.read(LARGEST).decode("utf-8", "replace")


def _ask(place: Place, method: str, target: str, body: str = "", **headers: str) -> tuple[http.client.HTTPMessage, str]:
    with place.tls(unchecked()) as connection:
        status, got, text = exchange(connection, place.host, method, target, body, **headers)
    if status != http.client.OK:
        raise ProbeError(f"answered {status}")
    return got, text


def page(place: Place) -> Result:
    """The page of a room is Jitsi's."""

    def attempt() -> str:
        _, text = _ask(place, "GET", f"/probe-{secrets.token_hex(4)}", Accept="text/html")
        if MARK_OF_PAGE not in text:
            raise ProbeError(f"answered 200, and the page is not Jitsi's: no {MARK_OF_PAGE} in it")
        return "Jitsi's page"

    return measured("page", place.host, attempt)


def settings(place: Place, xmpp_domain: str) -> Result:
    """config.js is there and names the XMPP domain."""

    def attempt() -> str:
        _, text = _ask(place, "GET", "/config.js")
        if "config" not in text or xmpp_domain not in text:
            raise ProbeError(f"answered 200, and it is no config.js for {xmpp_domain}")
        return "settings for browsers"

    return measured("config.js", place.host, attempt)


def _told(targets: Targets, shard: str, answered: str | None) -> str:
    """Which shard it was, as far as the edge says."""
    if not targets.told:
        return "; which shard answered is not told (monitoring.probe is off)"
    if answered != shard:
        raise ProbeError(
            f"a new room of {shard} came to {answered or 'nobody who says so'}: {shard} takes no rooms, or the stack file is newer than the edge"
        )
    return ""


def bosh(place: Place, targets: Targets, shard: str) -> Result:
    """A BOSH session for a new room of the shard is made, offers logins, and is given back."""

    def attempt() -> str:
        target = f"/http-bind?room={quote(room_for(shard, targets.shards))}"
        rid = secrets.randbelow(1 << 40)
        kind = {"Content_Type": "text/xml; charset=utf-8"}
        headers, text = _ask(place, "POST", target, messages.bosh_session(targets.xmpp_domain, rid), **kind)
        sid = messages.attribute(text, "sid")
        if not sid:
            condition = messages.attribute(text, "condition")
            raise ProbeError(f"no session: {condition or 'not an answer of BOSH'}")
        _ask(place, "POST", target, messages.bosh_end(rid + 1, sid), **kind)
        return "session made and given back" + _told(targets, shard, headers.get(SHARD_HEADER))

    return measured("bosh", shard, attempt)


def websocket(place: Place, targets: Targets, shard: str) -> Result:
    """A websocket for a new room of the shard opens, and XMPP on it: the stream, and the logins that it offers."""

    def attempt() -> str:
        key, accepted = messages.websocket_key()
        target = f"/xmpp-websocket?room={quote(room_for(shard, targets.shards))}"
        with place.tls(unchecked()) as connection:
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
                raise ProbeError(f"answered {status} in place of 101")
            if headers.get("sec-websocket-accept") != accepted:
                raise ProbeError("the handshake's answer does not fit the question: no websocket server")
            connection.sendall(messages.frame(messages.xmpp_open(targets.xmpp_domain)))
            opened, rest = _until(connection, rest, messages.first_frame)
            if not opened.startswith("<open"):
                raise ProbeError(f"no XMPP stream: {opened[:80]}")
            offered, _ = _until(connection, rest, messages.first_frame)
            if "mechanism" not in offered:
                raise ProbeError("an XMPP stream that offers no login")
            connection.sendall(messages.frame(messages.XMPP_CLOSE) + messages.frame("", messages.CLOSE))
        return "XMPP stream opened" + _told(targets, shard, headers.get(SHARD_HEADER.lower()))

    return measured("websocket", shard, attempt)


def _split_head(data: bytes) -> tuple[str, bytes] | None:
    head, end, rest = data.partition(b"\r\n\r\n")
    return (head.decode("latin-1"), rest) if end else None


def _parsed(head: str) -> tuple[int, dict[str, str]]:
    first, *lines = head.split("\r\n")
    parts = first.split(" ")
    if len(parts) < 2 or not parts[1].isdigit():
        raise ProbeError("not an answer of HTTP")
    return int(parts[1]), {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _until(
    connection: socket.socket, data: bytes, whole: Callable[[bytes], tuple[str, bytes] | None]
) -> tuple[str, bytes]:
    while (found := whole(data)) is None:
        part = connection.recv(65536)
        if not part or len(data) > LARGEST:
            raise ProbeError("the connection ended in the middle of an answer")
        data += part
    return found


def checks(targets: Targets, place: Place, now: float) -> Iterator[Result]:
    """All of them, one after the other."""
    yield certificate(place, self_signed=targets.self_signed, now=now)
    yield page(place)
    yield settings(place, targets.xmpp_domain)
    for shard in sorted(targets.shards):
        yield bosh(place, targets, shard)
        yield websocket(place, targets, shard)
