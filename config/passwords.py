"""Internal passwords, derived from the seed: the same on every machine and after upgrades, rotated one by one.

HKDF-SHA256 with one info string per name, as hex, because Jitsi's templates insert values unquoted into Lua, HOCON and JS.
"""

import hmac
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PASSWORD_BYTES = 16  # as many as docker-jitsi-meet's gen-passwords.sh
FINGERPRINT_BYTES = 4
SELF_SIGNED = "self-signed"
TURN = "turn"
DOCUMENT_KEYS = {"APIKEY.txt": "etherpad-api", "SESSIONKEY.txt": "etherpad-sessions"}
"""File that Etherpad reads -> name of its password."""
JIGASI_USERS = {"JIGASI_XMPP_PASSWORD": "jigasi", "JIGASI_TRANSCRIBER_PASSWORD": "transcriber"}
"""Variable of the images -> name of its password; the same on every shard, as jigasi supports one for all."""
RECORDER = "recorder"
"""Account of the recorders' browsers in meetings, on every shard."""
RECORDER_CONTROL = "recorder-control"
"""Account by which recorders register with jicofo, on every shard."""
RECORDER_USERS = {"JIBRI_XMPP_PASSWORD": RECORDER_CONTROL, "JIBRI_RECORDER_PASSWORD": RECORDER}
"""Variable of the images -> name of its password, the same on every shard."""
RECORDER_KEY = "recorder-key"
"""Not a password: raising it creates a new key for the recordings' bucket."""
LOGS = "logs"
"""Salt of the pseudonyms in logs; raising it changes all pseudonyms."""
LOGS_TOKEN = "logs-token"  # noqa: S105
"""Not a password: raising it creates a new token for Cockpit."""


def password_names(shards: Sequence[str]) -> tuple[str, ...]:
    """Return every name that `secretGenerations` may raise."""
    recorders = (RECORDER, RECORDER_CONTROL, RECORDER_KEY)
    return (
        SELF_SIGNED,
        *recorders,
        TURN,
        "grafana",
        LOGS,
        LOGS_TOKEN,
        *DOCUMENT_KEYS.values(),
        *JIGASI_USERS.values(),
        *(f"{shard}-{user}" for shard in shards for user in ("jicofo", "jvb")),
    )


def _derive(seed: str, info: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info.encode()).derive(seed.encode())


def derive_bytes(seed: str, name: str, generations: Mapping[str, int], length: int) -> bytes:
    """Return key material for one name at its generation (1 unless raised)."""
    return _derive(seed, f"jitsi/{name}/{generations.get(name, 1)}", length)


def password(seed: str, name: str, generations: Mapping[str, int]) -> str:
    """Return the password of one name, 32 hex digits."""
    return derive_bytes(seed, name, generations, PASSWORD_BYTES).hex()


def fingerprint(seed: str, names: Sequence[str], generations: Mapping[str, int]) -> str:
    """Return a digest for pod annotations that changes with any of the passwords and reveals none."""
    marks = ",".join(f"{name}/{generations.get(name, 1)}" for name in names)
    return _derive(seed, f"jitsi/fingerprint/{marks}", FINGERPRINT_BYTES).hex()


def mark_of(seed: str, secrets: Sequence[str]) -> str:
    """Return a digest that changes with any of the given secrets and reveals none without the seed."""
    key = _derive(seed, "jitsi/mark", 32)
    return hmac.digest(key, "\0".join(secrets).encode(), "sha256")[:FINGERPRINT_BYTES].hex()
