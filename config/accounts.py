"""Accounts of auth type internal: turns the secret `jitsi:users` into what prosody checks passwords against.

Only salted verifiers (SCRAM-SHA-1, RFC 5802) leave this module, so no password reaches the cluster.
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
MIN_PASSWORD_LENGTH = 8  # characters; NIST SP 800-63B §5.1.1.1
MAX_ACCOUNTS = 2000
"""A Secret holds 1 MiB and an account takes about 250 bytes; each account costs 3 ms of every run."""
ITERATIONS = 10_000  # prosody's default_iteration_count; browsers compute as many to log in
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
    """Normalise a password as both ends of a login do (RFC 4013).

    Raises:
        ValueError: it has prohibited characters; the message does not repeat it.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char)
    )
    prepared = unicodedata.normalize("NFKC", mapped)
    if any(table(char) for char in prepared for table in _PROHIBITED):
        raise ValueError("has a prohibited character, such as a control or private-use character")
    right_to_left = [char for char in prepared if stringprep.in_table_d1(char)]
    if right_to_left:
        mixed = any(stringprep.in_table_d2(char) for char in prepared)
        if mixed or not (stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1])):
            raise ValueError("mixes right-to-left and left-to-right letters")
    return prepared


def users_problems(text: str) -> list[Problem]:
    """Return the problems of the secret `users`, without repeating passwords."""
    try:
        users = json.loads(text)
    except json.JSONDecodeError:
        users = None
    if not isinstance(users, dict):
        return [
            Problem(
                KEY, 'a JSON object that maps names to passwords is needed, such as {"anna": "…"}; got something else'
            )
        ]
    if not users:
        return [Problem(KEY, "has no account, so nobody could open meetings; add one, or set another auth.type")]
    if len(users) > MAX_ACCOUNTS:
        return [
            Problem(
                KEY,
                f"at most {MAX_ACCOUNTS} accounts, got {len(users)}; use a directory instead (auth.type: ldap)",
            )
        ]
    return [
        Problem(f"{KEY}.{name}", what) for name, password in users.items() for what in _account_problems(name, password)
    ]


def _account_problems(name: str, password: object) -> list[str]:
    problems = []
    if not _LOCAL_PART.fullmatch(name):
        problems.append(
            "an account's name is at most 64 lower-case letters and digits, with . _ + - between them; of a mail address use the "
            "part before the @"
        )
    if not isinstance(password, str):
        return [*problems, "a password is text; quote it"]
    try:
        length = len(saslprep(password))
    except ValueError as error:
        return [*problems, f"its password {error}; choose another"]
    if length < MIN_PASSWORD_LENGTH:
        problems.append(
            f"its password needs at least {MIN_PASSWORD_LENGTH} characters, got {length}; choose a longer one"
        )
    return problems


def accounts_file(text: str, seed: str) -> str:
    """Return JSON that maps each account to what prosody's `internal_hashed` stores for it, always the same for the same input."""
    return json.dumps(
        {name: _verifier(password, _salt(seed, name)) for name, password in sorted(json.loads(text).items())},
        separators=(",", ":"),
    )


def _salt(seed: str, name: str) -> str:
    """Derive the salt one way from the seed, since prosody sends it to everyone who tries to log in."""
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
