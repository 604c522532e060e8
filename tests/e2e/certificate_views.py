"""A stack's certificate as browsers see it, and as cert-manager's objects tell it."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from components.kubernetes.document import Document
    from lab.cluster.api import Api


def served_paths(namespace: str) -> tuple[str, str]:
    """Paths of the lists of Certificates and Challenges."""
    return (
        f"/apis/cert-manager.io/v1/namespaces/{namespace}/certificates",
        f"/apis/acme.cert-manager.io/v1/namespaces/{namespace}/challenges",
    )


def until(true: Callable[[], Any], what: str, seconds: float = 180) -> Any:
    """Wait for a condition and return its value; a connection that fails is not yet true."""
    deadline = time.monotonic() + seconds
    last: object = None
    while True:
        try:
            if value := true():
                return value
        except OSError as error:
            last = error
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s; last: {last}"
        time.sleep(0.2)


@dataclass(frozen=True, slots=True)
class Browser:
    """Connections through the load balancer at `address`."""

    address: str
    domain: str

    def served(self, host: str = "") -> x509.Certificate:
        """The certificate that a browser gets for a host, by default the domain."""
        with self.dial(host or self.domain) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")

    def dial(self, host: str) -> ssl.SSLSocket:
        """A TLS connection, whatever certificate it is answered with."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection((self.address, 443), timeout=20), server_hostname=host)

    def websocket(self, room: str) -> ssl.SSLSocket | None:
        """An open websocket of a room, which gives back what is sent; None if it was refused."""
        connection = self.dial(self.domain)
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        upgrade = f"Host: {self.domain}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}"
        connection.sendall(f"GET /xmpp-websocket?room={room} HTTP/1.1\r\n{upgrade}\r\n".encode())
        return connection if b" 101 " in connection.recv(4096) else None


@dataclass(frozen=True, slots=True)
class Orders:
    """cert-manager's objects of a stack."""

    api: Api
    namespace: str

    def certificate(self, host: str) -> Document:
        """The Certificate of a host."""
        certificates = self.api.items(served_paths(self.namespace)[0])
        return next(each for each in certificates if each["spec"]["dnsNames"] == [host])

    def condition(self, host: str, kind: str) -> Mapping[str, str]:
        """A condition of a host's Certificate; empty if it has none."""
        conditions = self.certificate(host).get("status", {}).get("conditions") or []
        return next((each for each in conditions if each["type"] == kind), {})

    def failure(self, host: str) -> str:
        """Why the last order failed; empty if none did or a new one has begun."""
        condition = self.condition(host, "Issuing")
        return condition.get("message", "") if condition.get("reason") == "Failed" else ""

    def challenges(self) -> dict[str, tuple[str, str]]:
        """Host -> state and reason of its challenge."""
        return {
            each["spec"]["dnsName"]: (each.get("status", {}).get("state", ""), each.get("status", {}).get("reason", ""))
            for each in self.api.items(served_paths(self.namespace)[1])
        }

    def issued(self, host: str) -> tuple[str, int] | None:
        """Issuer and serial number of the certificate in a host's Secret; None before the first."""
        secret = self.certificate(host)["spec"]["secretName"]
        answer = self.api.http.get(f"/api/v1/namespaces/{self.namespace}/secrets/{secret}")
        if answer.status_code != httpx.codes.OK or not answer.json().get("data", {}).get("tls.crt"):
            return None
        secret = answer.json()
        certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
        return secret["metadata"]["annotations"]["cert-manager.io/issuer-name"], certificate.serial_number


def names(certificate: x509.Certificate) -> list[str]:
    """DNS names of a certificate."""
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return sorted(extension.value.get_values_for_type(x509.DNSName))


def key_of(certificate: x509.Certificate) -> bytes:
    """Its public key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return certificate.public_key().public_bytes(serialization.Encoding.DER, form)
