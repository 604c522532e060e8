"""Messages of the protocols: STUN (RFC 8489), WebSocket frames (RFC 6455), BOSH (XEP-0124) and XMPP framing (RFC 7395)."""

import base64
import hashlib
import os
import re
import struct
from xml.sax.saxutils import quoteattr

COOKIE = 0x2112A442
BINDING, ALLOCATE = 0x0001, 0x0003
ERROR = 0x0110
_ERROR_CODE, _TRANSPORT = 0x0009, 0x0019
_WEBSOCKET_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 0x1, 0x8


def stun_request(method: int, transaction: bytes) -> bytes:
    """A request without credentials; `transaction` has 12 bytes. Allocate requests UDP, as the RFC demands."""
    body = struct.pack(">HHBxxx", _TRANSPORT, 4, 17) if method == ALLOCATE else b""
    return struct.pack(">HHI", method, len(body), COOKIE) + transaction + body


def stun_answer(data: bytes, transaction: bytes) -> tuple[int, int] | None:
    """Type and error code (0 without one) of the answer to that transaction; None for anything else."""
    if len(data) < 20:
        return None
    kind, length, cookie = struct.unpack(">HHI", data[:8])
    if cookie != COOKIE or data[8:20] != transaction or len(data) < 20 + length:
        return None
    code, rest = 0, data[20 : 20 + length]
    while len(rest) >= 4:
        name, size = struct.unpack(">HH", rest[:4])
        if name == _ERROR_CODE and size >= 4:
            code = (rest[6] & 7) * 100 + rest[7]
        rest = rest[4 + size + (-size % 4) :]
    return kind, code


def websocket_key() -> tuple[str, str]:
    """A fresh `Sec-WebSocket-Key`, and the `Sec-WebSocket-Accept` that the server must answer."""
    key = base64.b64encode(os.urandom(16)).decode()
    digest = hashlib.sha1((key + _WEBSOCKET_ID).encode(), usedforsecurity=False).digest()
    return key, base64.b64encode(digest).decode()


def frame(text: str, opcode: int = TEXT) -> bytes:
    """A frame from client to server, so masked."""
    data, mask = text.encode(), os.urandom(4)
    size = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
    return bytes([0x80 | opcode]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def first_frame(data: bytes) -> tuple[str, bytes] | None:
    """Text of the first frame from a server, and the bytes after it; None while the frame is incomplete."""
    if len(data) < 2:
        return None
    size, at = data[1] & 0x7F, 2
    if size == 126:
        size, at = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, at = int.from_bytes(data[2:10], "big"), 10
    if len(data) < at + size:
        return None
    return data[at : at + size].decode("utf-8", "replace"), data[at + size :]


def bosh_session(xmpp_domain: str, rid: int) -> str:
    """Request of a session (XEP-0124, XEP-0206)."""
    return (
        f"<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0' "
        f"xml:lang='en' ver='1.6' hold='1' wait='5' content='text/xml; charset=utf-8' rid='{rid}' to={quoteattr(xmpp_domain)}/>"
    )


def bosh_end(rid: int, sid: str) -> str:
    """End of the session."""
    return f"<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' rid='{rid}' sid={quoteattr(sid)}/>"


def attribute(text: str, name: str) -> str | None:
    """The attribute of the first element that has it; None without one."""
    match = re.search(rf"\s{name}=(?:'([^']*)'|\"([^\"]*)\")", text)
    return None if match is None else match[1] or match[2] or ""


def xmpp_open(xmpp_domain: str) -> str:
    """Opening of a stream over a WebSocket (RFC 7395)."""
    return f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0' to={quoteattr(xmpp_domain)}/>"


XMPP_CLOSE = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"
