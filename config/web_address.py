"""URLs in pages, of characters that templates and nginx use unchanged."""

import re
from typing import Annotated

from config.model import matching

_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~%/?&=+,:@!-]*)?(#[A-Za-z0-9._~%/?&=+,:@!-]*)?")


HttpsAddress = Annotated[
    str,
    matching(
        _HTTPS,
        "an address begins with https:// (a page loaded over TLS loads nothing else), with special characters percent-encoded",
    ),
]
