"""Tokens of the suite's stacks, as docs/access.md describes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "of-the-live-suite-only" * 2
APP = "school"


def token(secret: Any = SECRET, **claims: Any) -> str:
    """A token that lets its holder in for ten minutes, but for other `claims`; one that is None is left out."""
    all_claims = {"iss": APP, "aud": APP, "sub": "meet.jitsi", "room": "*", "exp": int(time.time()) + 600, **claims}
    parts = ({"alg": "HS256", "typ": "JWT"}, {name: value for name, value in all_claims.items() if value is not None})
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()
