"""Who signs a request: AWS Signature Version 4, with the signature in the header `Authorization`."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from local.engine_settings import ACCESS_KEY, NAMESPACE
from local.scaleway.object_storage.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.scaleway.records import State

OWNER_ID = str(uuid.uuid5(NAMESPACE, "user"))
"""The organization's owner, whose key the engine has."""
OWNER_SECRET = str(uuid.uuid5(NAMESPACE, "secret key"))
OWNER_PROJECT = str(uuid.uuid5(NAMESPACE, "project"))
_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/@]+)(@(?P<project>[^/]+))?/(?P<scope>(?P<date>\d{8})/(?P<region>[^/]+)/s3/aws4_request), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key it is, and the project that the request is about."""

    project: str
    application_id: str | None
    """None: the organization's owner."""

    @property
    def principal(self) -> str:
        """As bucket policies name it."""
        return f"application_id:{self.application_id}" if self.application_id else f"user_id:{OWNER_ID}"


def signer(state: State, method: str, raw_path: str, query: str, headers: Mapping[str, str]) -> Signer:
    """Whoever signed this; refused if nobody did, the key is unknown or the signature another.

    A key may name the project it is used for, as `KEY@PROJECT`; otherwise it is the key's default project.
    """
    found = _FORM.fullmatch(headers.get("authorization", ""))
    if not found:
        raise S3Error("AccessDenied")
    access_key = found["key"]
    key = state.api_keys.get(access_key)
    if key is not None:
        secret, project, application = key.secret_key, key.default_project_id, key.application_id
    elif access_key == ACCESS_KEY:
        secret, project, application = OWNER_SECRET, OWNER_PROJECT, None
    else:
        raise S3Error("InvalidAccessKeyId")
    signed = found["headers"].split(";")
    request = "\n".join(
        [
            method,
            raw_path,
            _canonical(query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed),
            "",
            found["headers"],
            headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ]
    )
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            headers.get("x-amz-date", ""),
            found["scope"],
            hashlib.sha256(request.encode()).hexdigest(),
        ]
    )
    derived = f"AWS4{secret}".encode()
    for part in found["scope"].split("/"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.digest(derived, text.encode(), "sha256").hex(), found["signature"]):
        raise S3Error("SignatureDoesNotMatch")
    return Signer(found["project"] or project, application)


def _canonical(query: str) -> str:
    pairs = [
        (unquote(name), unquote(value)) for name, _, value in (one.partition("=") for one in query.split("&")) if name
    ]
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))
