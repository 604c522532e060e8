"""Authentication: AWS Signature Version 4 in the header `Authorization`."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from scaleway_emulator.credentials import ACCESS_KEY, OWNER, PROJECT, SECRET_KEY
from scaleway_emulator.object_storage.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaleway_emulator.state import State

_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/@]+)(@(?P<project>[^/]+))?/(?P<scope>(?P<date>\d{8})/(?P<region>[^/]+)/s3/aws4_request), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """The owner of a key, and the project of the request."""

    project: str
    application_id: str | None
    """None for the organization's owner."""

    @property
    def principal(self) -> str:
        """The signer's name in bucket policies."""
        return f"application_id:{self.application_id}" if self.application_id else f"user_id:{OWNER}"


def signer(state: State, method: str, raw_path: str, query: str, headers: Mapping[str, str]) -> Signer:
    """The signer of a request. `KEY@PROJECT` names the project; otherwise it is the key's default project.

    Raises:
        S3Error: there is no signature, the key is unknown or the signature does not match.
    """
    header = _FORM.fullmatch(headers.get("authorization", ""))
    if not header:
        raise S3Error("AccessDenied")
    access_key = header["key"]
    key = state.api_keys.get(access_key)
    if key is not None:
        secret, project, application = key.secret_key, key.default_project_id, key.application_id
    elif access_key == ACCESS_KEY:
        secret, project, application = SECRET_KEY, PROJECT, None
    else:
        raise S3Error("InvalidAccessKeyId")
    signed = header["headers"].split(";")
    request = "\n".join(
        [
            method,
            raw_path,
            _canonical(query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed),
            "",
            header["headers"],
            headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ]
    )
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            headers.get("x-amz-date", ""),
            header["scope"],
            hashlib.sha256(request.encode()).hexdigest(),
        ]
    )
    derived = f"AWS4{secret}".encode()
    for part in header["scope"].split("/"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(derived, text.encode(), "sha256").hex(), header["signature"]):
        raise S3Error("SignatureDoesNotMatch")
    return Signer(header["project"] or project, application)


def _canonical(query: str) -> str:
    pairs = [
        (unquote(name), unquote(value)) for name, _, value in (pair.partition("=") for pair in query.split("&")) if name
    ]
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))
