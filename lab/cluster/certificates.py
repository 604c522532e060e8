"""Certificates, keys and tokens of one embedded control plane.

Generated once per state folder; nothing here is shared between checkouts or leaves the machine.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFETIME = dt.timedelta(days=3650)
SERVICE_IP = "10.96.0.1"  # first address of the service range: the API server's for pods

USERS = {
    # name of the kubeconfig: (user, groups). The two system users have their RBAC bindings from the API server itself.
    "admin": ("local:admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kwok": ("local:kwok", "system:masters"),
    "volumes": ("local:volumes", "system:masters"),
    "scaleway": ("local:scaleway", "system:masters"),
}
"""Clients of the API server. Each has its own user, so that the audit log tells their writes apart."""


@dataclass(frozen=True, slots=True)
class Pki:
    """The files of a control plane's identity, all in one folder (mode 700)."""

    folder: Path

    def file(self, name: str) -> str:
        """Absolute path of a file."""
        return str(self.folder / name)

    @property
    def ca(self) -> str:
        """The CA certificate (PEM) of the API server, etcd and clients."""
        return (self.folder / "ca.crt").read_text()

    def token(self, who: str) -> str:
        """Bearer token of one of `USERS`."""
        return (self.folder / f"{who}.token").read_text().strip()


def ensure(folder: Path) -> Pki:
    """The identity in `folder`, created atomically if there is none."""
    if folder.is_dir():
        return Pki(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".pki."))  # mkdtemp makes it mode 700
    try:
        _generate(draft)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Pki(folder)


def _generate(folder: Path) -> None:
    ca = Authority("jitsi-local")
    front_proxy = Authority("jitsi-local-front-proxy")
    store(folder, "ca", ca.key, ca.certificate)
    store(folder, "front-proxy-ca", front_proxy.key, front_proxy.certificate)
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    store(folder, "apiserver", *ca.issue("kube-apiserver", names=names, addresses=["127.0.0.1", "::1", SERVICE_IP]))
    # One certificate for etcd as server, as peer and for the API server as its client.
    store(folder, "etcd", *ca.issue("etcd", names=["localhost"], addresses=["127.0.0.1"]))
    store(folder, "front-proxy", *front_proxy.issue("front-proxy-client"))
    store(folder, "service-accounts", ec.generate_private_key(ec.SECP256R1()))
    rows: list[str] = []
    for who, (user, group) in USERS.items():
        token = secrets.token_urlsafe(32)
        (folder / f"{who}.token").write_text(token)
        rows.append(f'{token},{user},{user},"{group}"')
    (folder / "tokens.csv").write_text("\n".join(rows) + "\n")
    for file in folder.iterdir():
        file.chmod(0o600)


class Authority:
    """A self-signed certificate authority."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        self.certificate = (
            _builder(self.name, self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue(
        self, name: str, names: Sequence[str] = (), addresses: Sequence[str] = ()
    ) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """A key and its certificate for server and client authentication."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            _builder(subject, self.name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(both), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        alternatives = [x509.DNSName(n) for n in names] + [x509.IPAddress(ipaddress.ip_address(a)) for a in addresses]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return key, builder.sign(self.key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # tolerates a clock that is set back
        .not_valid_after(now + LIFETIME)
    )


def store(
    folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate | None = None
) -> None:
    """Write `name.key`, and `name.crt` or, without a certificate, the public key `name.pub`."""
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / f"{name}.key").touch(mode=0o600)
    (folder / f"{name}.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    if certificate is not None:
        (folder / f"{name}.crt").write_bytes(certificate.public_bytes(pem))
    else:
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pub").write_bytes(public)
