"""Self-signed certificates derived from the seed, without clock or randomness, so that an update never changes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.passwords import SELF_SIGNED, derive_bytes

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SP 800-186, curve P-256
KEY_BYTES = 48  # 128 bits more than the order, so that the bias of the remainder is negligible (FIPS 186-5, A.2.1)
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2046, 1, 1, tzinfo=UTC)
FALLBACK_NAME = "fallback.invalid"
"""Host of the certificate with which HAProxy starts while there is no other; no client requests this name."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Certificate and key in PEM."""

    certificate: str
    key: str


def self_signed(seed: str, host: str, generations: Mapping[str, int], others: Sequence[str] = ()) -> KeyPair:
    """Return a P-256 certificate for `host` and `others`, valid from 2026 to 2046.

    The serial number derives from all names, because browsers refuse two certificates of an issuer with the same number.
    """
    of_host = f"{SELF_SIGNED}/{host}"
    generation = {of_host: generations.get(SELF_SIGNED, 1)}
    material = int.from_bytes(derive_bytes(seed, of_host, generation, KEY_BYTES))
    key = ec.derive_private_key(material % (P256_ORDER - 1) + 1, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    serial = int.from_bytes(derive_bytes(seed, "/".join((of_host, *others, "serial")), {}, 16)) >> 1 | 1
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in (host, *others)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return KeyPair(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )
