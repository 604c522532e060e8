"""A request to Object Storage as handlers see it, and XML answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from starlette.responses import Response

from scaleway_emulator.object_storage.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaleway_emulator.object_storage.signature import Signer
    from scaleway_emulator.state import Bucket, State

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(frozen=True, slots=True)
class StorageCall:
    """A request about a bucket or an object in it."""

    state: State
    now: float
    region: str
    name: str
    """The bucket's."""
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    signer: Signer

    @property
    def bucket_or_none(self) -> Bucket | None:
        """The bucket, or None if this region has none of that name."""
        bucket = self.state.buckets.get(self.name)
        return bucket if bucket is not None and bucket.region == self.region else None

    @property
    def bucket(self) -> Bucket:
        """The bucket.

        Raises:
            S3Error: there is none.
        """
        bucket = self.bucket_or_none
        if bucket is None:
            raise S3Error("NoSuchBucket")
        return bucket


def xml(text: str) -> Response:
    """An XML document."""
    return Response(HEAD + text, media_type="application/xml")


def element(name: str, text: object) -> str:
    """An element that holds text only."""
    return f"<{name}>{escape(str(text), {chr(34): '&#34;'})}</{name}>"


def owner(bucket: Bucket, tag: str = "Owner", attributes: str = "") -> str:
    """The bucket's owner: Scaleway writes its project twice."""
    both = f"{bucket.project_id}:{bucket.project_id}"
    return f"<{tag}{attributes}>{element('DisplayName', both)}{element('ID', both)}</{tag}>"
