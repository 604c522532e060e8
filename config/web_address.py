"""Addresses in pages: their characters are those that templates and nginx take as they are."""

import re
from typing import Annotated

from pydantic import AfterValidator

_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~%/?&=+,:@!-]*)?(#[A-Za-z0-9._~%/?&=+,:@!-]*)?")


def _https(text: str) -> str:
    if not _HTTPS.fullmatch(text):
        raise ValueError(
            "an address begins with https:// (a page loaded over TLS loads nothing else) and has other characters "
            f"percent-encoded; got {text!r}"
        )
    return text


HttpsAddress = Annotated[str, AfterValidator(_https)]
