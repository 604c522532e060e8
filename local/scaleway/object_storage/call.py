"""One request to Object Storage on its way to a handler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from starlette.responses import Response

from local.scaleway.object_storage.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.scaleway.object_storage.signature import Signer
    from local.scaleway.records import Bucket, State

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
    def found(self) -> Bucket | None:
        """The bucket, if it is in this region."""
        bucket = self.state.buckets.get(self.name)
        return bucket if bucket is not None and bucket.region == self.region else None

    @property
    def bucket(self) -> Bucket:
        """The bucket; NoSuchBucket otherwise."""
        if self.found is None:
            raise S3Error("NoSuchBucket")
        return self.found


def xml(text: str) -> Response:
    """An XML document."""
    return Response(HEAD + text, media_type="application/xml")


def element(name: str, text: object) -> str:
    """An element with text alone."""
    return f"<{name}>{escape(str(text), {chr(34): '&#34;'})}</{name}>"


def owner(bucket: Bucket, tag: str = "Owner", attributes: str = "") -> str:
    """The bucket's project, twice, as Scaleway writes it."""
    both = f"{bucket.project_id}:{bucket.project_id}"
    return f"<{tag}{attributes}>{element('DisplayName', both)}{element('ID', both)}</{tag}>"
