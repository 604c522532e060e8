"""How clients that have `https://s3.REGION.scw.cloud` built in come to the emulator: an HTTPS proxy on loopback.

It opens tunnels to Object Storage alone, ends their TLS with certificates of an authority of its own, and hands what is inside
to the emulator. A client is told `HTTPS_PROXY` and `SSL_CERT_FILE`; nothing is sent to the real one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.node_types import ZONES
from local.scaleway.object_storage.application import DOMAIN, is_for_storage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

VALID = timedelta(days=90)  # a new authority is made at every start
CHUNK = 65536


def _certificate(
    names: list[str], issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issued_by, signs_with = issuer or (subject, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issued_by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return builder.sign(signs_with, hashes.SHA256()), key


def context(authority: Path) -> ssl.SSLContext:
    """A server's, for every name of Object Storage; the authority that vouches for it is written to `authority`, its key nowhere."""
    of_authority, signs_with = _certificate(["Emulated Scaleway"], None)
    names = [f"{front}s3.{region}{DOMAIN}" for region in ZONES for front in ("", "*.")]
    certificate, key = _certificate(names, (of_authority.subject, signs_with))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder, "both.pem")
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        both.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        made.load_cert_chain(both)
    authority.parent.mkdir(parents=True, exist_ok=True)
    authority.write_bytes(of_authority.public_bytes(serialization.Encoding.PEM))
    return made


def serve(port: int, api_port: int, authority: Path) -> Callable[[], Awaitable[None]]:
    """A loop that listens on TCP `port` of loopback until it is cancelled; `api_port` is the emulator's own."""
    server_side = context(authority)

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
                if method != "CONNECT" or not is_for_storage(target):
                    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await writer.drain()
                await writer.start_tls(server_side)
                to_api, of_api = await asyncio.open_connection("127.0.0.1", api_port)
                await asyncio.gather(_pump(reader, of_api), _pump(to_api, writer))
            finally:
                writer.close()

    async def listen() -> None:
        server = await asyncio.start_server(tunnel, "127.0.0.1", port)
        async with server:
            await server.serve_forever()

    return listen


async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while chunk := await source.read(CHUNK):
            to.write(chunk)
            await to.drain()
    to.close()
