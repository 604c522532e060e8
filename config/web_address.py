"""Addresses in pages: their characters are those that templates and nginx take as they are."""

import re
from typing import Annotated

from config.model import of_form

_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~%/?&=+,:@!-]*)?(#[A-Za-z0-9._~%/?&=+,:@!-]*)?")


HttpsAddress = Annotated[
    str,
    of_form(
        _HTTPS,
        "an address begins with https:// (a page loaded over TLS loads nothing else) and has other characters percent-encoded",
    ),
]
