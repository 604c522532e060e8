"""Accounts of auth type internal: from the secret `jitsi:users` to what prosody checks a password against.

Only salted verifiers (SCRAM-SHA-1, RFC 5802) leave this module: no password reaches the cluster, and none can be read from it.
"""

import hashlib
import hmac
import json
import re
import stringprep
import unicodedata
from collections.abc import Mapping

from config.passwords import derive_bytes
from config.problems import Problem

KEY = "users"
LEAST_PASSWORD = 8  # characters; NIST SP 800-63B §5.1.1.1
MOST_ACCOUNTS = 2000
"""A Secret holds 1 MiB, of which an account takes about 250 bytes; and each costs the program 3 ms whenever it runs."""
ITERATIONS = 10_000  # prosody's default_iteration_count; a browser computes as many when it logs in
SALT_BYTES = 16

_LOCAL_PART = re.compile(r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?")
_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(text: str) -> str:
    """A password as both ends of a login normalise it (RFC 4013).

    Raises:
        ValueError: it has characters that no login may have; the message does not repeat it.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    if any(table(char) for char in prepared for table in _PROHIBITED):
        raise ValueError("has a character that no login may have, such as a control character or a private one")
    right_to_left = [char for char in prepared if stringprep.in_table_d1(char)]
    if right_to_left:
        mixed = any(stringprep.in_table_d2(char) for char in prepared)
        if mixed or not (stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1])):
            raise ValueError("mixes right-to-left and left-to-right letters")
    return prepared


def users_problems(text: str) -> list[Problem]:
    """What is wrong with the secret; passwords are never repeated."""
    try:
        users = json.loads(text)
    except json.JSONDecodeError:
        users = None
    if not isinstance(users, dict):
        return [
            Problem(KEY, 'a JSON object of names and passwords is needed, such as {"anna": "…"}; got something else')
        ]
    if not users:
        return [Problem(KEY, "holds no account, so nobody could open a meeting; add one, or set another auth.type")]
    if len(users) > MOST_ACCOUNTS:
        return [
            Problem(
                KEY,
                f"holds {len(users)} accounts, above {MOST_ACCOUNTS}; keep so many people in a directory (auth.type ldap)",
            )
        ]
    return [Problem(f"{KEY}.{name}", what) for name, password in users.items() for what in _wrong(name, password)]


def _wrong(name: str, password: object) -> list[str]:
    found = []
    if not _LOCAL_PART.fullmatch(name):
        found.append(
            "an account's name is lower-case letters, digits and . _ + - between them, at most 64; of a mail address take what "
            "stands before the @"
        )
    if not isinstance(password, str):
        return [*found, "a password is text; quote it"]
    try:
        length = len(saslprep(password))
    except ValueError as error:
        return [*found, f"its password {error}; take another"]
    if length < LEAST_PASSWORD:
        found.append(f"its password has {length} characters; at least {LEAST_PASSWORD}")
    return found


def accounts_file(text: str, seed: str) -> str:
    """JSON: account name -> what prosody's `internal_hashed` stores of it; the same text for the same input."""
    return json.dumps(
        {name: _verifier(password, _salt(seed, name)) for name, password in sorted(json.loads(text).items())},
        separators=(",", ":"),
    )


def _salt(seed: str, name: str) -> str:
    """Told to whoever tries to log in, so it comes from the seed one way."""
    return derive_bytes(seed, f"account-salt/{name}", {}, SALT_BYTES).hex()


def _verifier(password: str, salt: str) -> Mapping[str, str | int]:
    salted = hashlib.pbkdf2_hmac("sha1", saslprep(password).encode(), salt.encode(), ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha1")
    return {
        "salt": salt,
        "iteration_count": ITERATIONS,
        "stored_key": hashlib.sha1(client_key, usedforsecurity=False).hexdigest(),
        "server_key": hmac.digest(salted, b"Server Key", "sha1").hex(),
    }
