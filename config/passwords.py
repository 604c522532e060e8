"""Internal passwords, derived from the stack's one seed: stable over machines and upgrades, rotated one by one.

HKDF-SHA256 with one info string per name; hex, because Jitsi's templates interpolate values raw into Lua, HOCON and JS.
"""

import hmac
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PASSWORD_BYTES = 16  # docker-jitsi-meet's gen-passwords.sh makes 16 random bytes, too
FINGERPRINT_BYTES = 4
SELF_SIGNED = "self-signed"
TURN = "turn"
DOCUMENT_KEYS = {"APIKEY.txt": "etherpad-api", "SESSIONKEY.txt": "etherpad-sessions"}
"""File that Etherpad reads -> name of the password in it."""
JIGASI_USERS = {"JIGASI_XMPP_PASSWORD": "jigasi", "JIGASI_TRANSCRIBER_PASSWORD": "transcriber"}
"""Variable of the images -> name of the password in it; the same on every shard, as jigasi knows one for all."""
RECORDER = "recorder"
"""The account with which a recorder's browser enters a meeting, on every shard."""
RECORDER_CONTROL = "recorder-control"
"""The account with which recorders tell jicofo that they are there, on every shard."""
RECORDER_USERS = {"JIBRI_XMPP_PASSWORD": RECORDER_CONTROL, "JIBRI_RECORDER_PASSWORD": RECORDER}
"""Variable of the images -> name of the password in it, alike on every shard."""
RECORDER_KEY = "recorder-key"
"""No password: raising it makes a new key for the recordings' bucket."""
LOGS = "logs"
"""Salt of the pseudonyms in logs: raised, the same room has another one from then on."""
LOGS_TOKEN = "logs-token"  # noqa: S105
"""No password: raising it makes a new token for Cockpit."""


def password_names(shards: Sequence[str]) -> tuple[str, ...]:
    """Every name that `secretGenerations` may raise."""
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
    """Key material of one name at its generation (1 unless raised)."""
    return _derive(seed, f"jitsi/{name}/{generations.get(name, 1)}", length)


def password(seed: str, name: str, generations: Mapping[str, int]) -> str:
    """The password of one name, 32 hex digits."""
    return derive_bytes(seed, name, generations, PASSWORD_BYTES).hex()


def fingerprint(seed: str, names: Sequence[str], generations: Mapping[str, int]) -> str:
    """Changes whenever one of the passwords does, and tells nothing about them: fit for a pod annotation."""
    marks = ",".join(f"{name}/{generations.get(name, 1)}" for name in names)
    return _derive(seed, f"jitsi/fingerprint/{marks}", FINGERPRINT_BYTES).hex()


def mark_of(seed: str, secrets: Sequence[str]) -> str:
    """Changes whenever one of secrets from elsewhere does, and tells nothing about them without the seed."""
    key = _derive(seed, "jitsi/mark", 32)
    return hmac.digest(key, "\0".join(secrets).encode(), "sha256")[:FINGERPRINT_BYTES].hex()
