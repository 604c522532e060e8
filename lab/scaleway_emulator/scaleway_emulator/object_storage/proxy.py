"""An HTTPS proxy on loopback for clients that have `https://s3.REGION.scw.cloud` built in.

It opens tunnels to Object Storage only, terminates their TLS with a certificate of its own authority, and forwards the requests
to the emulator. Clients set `HTTPS_PROXY` and `SSL_CERT_FILE`.
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

from scaleway_emulator.catalogue import ZONES
from scaleway_emulator.object_storage.application import DOMAIN, is_for_storage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

VALID = timedelta(days=90)  # every start creates a new authority
CHUNK = 65536


def _certificate(
    names: list[str], issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer_name, signing_key = issuer or (subject, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
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
    return builder.sign(signing_key, hashes.SHA256()), key


def context(authority: Path) -> ssl.SSLContext:
    """A TLS context for every name of Object Storage.

    The certificate of its authority is written to `authority`; the private key is not stored.
    """
    authority_certificate, authority_key = _certificate(["Emulated Scaleway"], None)
    names = [f"{front}s3.{region}{DOMAIN}" for region in ZONES for front in ("", "*.")]
    certificate, key = _certificate(names, (authority_certificate.subject, authority_key))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder, "server.pem")
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        server.load_cert_chain(pem)
    authority.parent.mkdir(parents=True, exist_ok=True)
    authority.write_bytes(authority_certificate.public_bytes(serialization.Encoding.PEM))
    return server


def serve(port: int, api_port: int, authority: Path) -> Callable[[], Awaitable[None]]:
    """A loop that listens on loopback (`port`, TCP) until cancelled, and forwards to the emulator's `api_port`."""
    tls = context(authority)

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
                await writer.start_tls(tls)
                from_api, to_api = await asyncio.open_connection("127.0.0.1", api_port)
                await asyncio.gather(_pump(reader, to_api), _pump(from_api, writer))
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
