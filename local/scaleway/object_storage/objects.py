"""Objects: written whole, read, listed, deleted."""

from __future__ import annotations

import base64
import hashlib
from email.utils import formatdate
from itertools import islice

from starlette.responses import Response

from local.scaleway.object_storage.call import XMLNS, StorageCall, element, owner, xml
from local.scaleway.object_storage.errors import S3Error
from local.scaleway.record import stamp
from local.scaleway.records import StoredObject

MOST_KEYS = 1000
LARGEST = 16 * 2**20  # bytes; all of it is kept in the emulator's one state file
KEPT = ("content-type", "content-encoding", "cache-control")


def _object(call: StorageCall) -> StoredObject:
    if call.key not in call.bucket.objects:
        raise S3Error("NoSuchKey")
    return call.bucket.objects[call.key]


def put(call: StorageCall) -> Response:
    """PUT /KEY."""
    bucket = call.bucket
    content = call.content
    if "x-amz-copy-source" in call.headers:
        raise S3Error("NotImplemented", "copies of objects")
    if call.headers.get("x-amz-content-sha256", "").startswith("STREAMING"):
        content = _unchunked(content)
    if len(content) > LARGEST:
        raise S3Error("NotImplemented", f"objects above {LARGEST} bytes")
    bucket.objects[call.key] = StoredObject(
        content=base64.b64encode(content).decode(),
        etag=hashlib.md5(content).hexdigest(),  # noqa: S324 - what the protocol says
        modified=call.now,
        metadata={
            name: value
            for name, value in call.headers.items()
            if (name in KEPT and value != "aws-chunked") or name.startswith("x-amz-meta-")
        },
    )
    return Response(headers={"ETag": f'"{bucket.objects[call.key].etag}"'})


def _unchunked(content: bytes) -> bytes:
    whole, rest = b"", content
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        whole, rest = whole + rest[:size], rest[size + 2 :]
    return whole


def read(call: StorageCall) -> Response:
    """GET and HEAD /KEY; the server leaves out the body of the latter."""
    found = _object(call)
    headers = {
        **found.metadata,
        "ETag": f'"{found.etag}"',
        "Last-Modified": formatdate(found.modified, usegmt=True),
        "Accept-Ranges": "bytes",
    }
    content = base64.b64decode(found.content)
    unit, _, span = call.headers.get("range", "").partition("=")
    if unit == "bytes":
        first, _, last = span.partition("-")
        start = int(first) if first else len(content) - int(last)
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return Response(content[start : end + 1], status_code=206, headers=headers)
    return Response(content, headers=headers)


def delete(call: StorageCall) -> Response:
    """DELETE /KEY; there or not."""
    call.bucket.objects.pop(call.key, None)
    return Response(status_code=204)


def listed(call: StorageCall) -> Response:
    """GET /: both versions of the list."""
    bucket, query = call.bucket, call.query
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    second = query.get("list-type") == "2"
    after = query.get("continuation-token") or query.get("start-after") or query.get("marker") or ""
    entries: dict[str, str] = {}  # what is listed, by what decides its place
    for key in sorted(bucket.objects):
        if not key.startswith(prefix):
            continue
        folder, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        place = prefix + folder + delimiter if found else key
        if place > after and place not in entries:
            entries[place] = (
                f"<CommonPrefixes>{element('Prefix', place)}</CommonPrefixes>"
                if found
                else f"<Contents>{_entry(call, key)}</Contents>"
            )
    most = min(int(query.get("max-keys", MOST_KEYS)), MOST_KEYS)
    page = list(islice(entries, most))
    more = len(entries) > most
    told = [element("Name", bucket.name), element("Prefix", prefix), element("MaxKeys", most)]
    told += [element("Delimiter", delimiter)] if delimiter else []
    told += [element("KeyCount", len(page))] if second else [element("Marker", query.get("marker", ""))]
    told += [element("NextContinuationToken" if second else "NextMarker", page[-1])] if more else []
    told += [element("IsTruncated", str(more).lower()), *(entries[place] for place in page)]
    return xml(f"<ListBucketResult {XMLNS}>{''.join(told)}</ListBucketResult>")


def _entry(call: StorageCall, key: str, *more: str) -> str:
    found = call.bucket.objects[key]
    return "".join(
        [
            element("Key", key),
            element("LastModified", stamp(found.modified)[:-4] + "Z"),
            element("ETag", f'"{found.etag}"'),
            element("Size", len(base64.b64decode(found.content))),
            owner(call.bucket),
            element("StorageClass", "STANDARD"),
            *more,
        ]
    )


def versions(call: StorageCall) -> Response:
    """GET ?versions: without versioning each object has one, called null."""
    bucket = call.bucket
    keys = sorted(bucket.objects)[:MOST_KEYS]
    found = "".join(
        f"<Version>{_entry(call, key, element('IsLatest', 'true'), element('VersionId', 'null'))}</Version>"
        for key in keys
    )
    told = [element("Name", bucket.name), element("Prefix", ""), element("KeyMarker", "")]
    told += [element("MaxKeys", MOST_KEYS), element("IsTruncated", str(len(bucket.objects) > MOST_KEYS).lower())]
    return xml(f"<ListVersionsResult {XMLNS}>{''.join(told)}{found}</ListVersionsResult>")
