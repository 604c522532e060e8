"""Objects: put, get, list, delete."""

from __future__ import annotations

import base64
import hashlib
from email.utils import formatdate
from itertools import islice

from starlette.responses import Response

from scaleway_emulator.object_storage.call import XMLNS, StorageCall, element, owner, xml
from scaleway_emulator.object_storage.errors import S3Error
from scaleway_emulator.resource import stamp
from scaleway_emulator.state import StoredObject

MAX_KEYS = 1000
MAX_BYTES = 16 * 2**20  # objects are kept in the emulator's state file
KEPT_HEADERS = ("content-type", "content-encoding", "cache-control")


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
    if len(content) > MAX_BYTES:
        raise S3Error("NotImplemented", f"objects above {MAX_BYTES} bytes")
    bucket.objects[call.key] = StoredObject(
        content=base64.b64encode(content).decode(),
        etag=hashlib.md5(content).hexdigest(),  # noqa: S324 - what the protocol says
        modified=call.now,
        metadata={
            name: value
            for name, value in call.headers.items()
            if (name in KEPT_HEADERS and value != "aws-chunked") or name.startswith("x-amz-meta-")
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
    """GET and HEAD /KEY; the server drops the body of a HEAD."""
    stored = _object(call)
    headers = {
        **stored.metadata,
        "ETag": f'"{stored.etag}"',
        "Last-Modified": formatdate(stored.modified, usegmt=True),
        "Accept-Ranges": "bytes",
    }
    content = base64.b64decode(stored.content)
    unit, _, span = call.headers.get("range", "").partition("=")
    if unit == "bytes":
        first, _, last = span.partition("-")
        start = int(first) if first else len(content) - int(last)
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return Response(content[start : end + 1], status_code=206, headers=headers)
    return Response(content, headers=headers)


def delete(call: StorageCall) -> Response:
    """DELETE /KEY; a missing object is no error."""
    call.bucket.objects.pop(call.key, None)
    return Response(status_code=204)


def list_objects(call: StorageCall) -> Response:
    """GET /: the list, in both of its versions."""
    bucket, query = call.bucket, call.query
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    second = query.get("list-type") == "2"
    after = query.get("continuation-token") or query.get("start-after") or query.get("marker") or ""
    entries: dict[str, str] = {}  # XML by its sort key
    for key in sorted(bucket.objects):
        if not key.startswith(prefix):
            continue
        folder, separator, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        entry = prefix + folder + delimiter if separator else key
        if entry > after and entry not in entries:
            entries[entry] = (
                f"<CommonPrefixes>{element('Prefix', entry)}</CommonPrefixes>"
                if separator
                else f"<Contents>{_entry(call, key)}</Contents>"
            )
    limit = min(int(query.get("max-keys", MAX_KEYS)), MAX_KEYS)
    page = list(islice(entries, limit))
    more = len(entries) > limit
    parts = [element("Name", bucket.name), element("Prefix", prefix), element("MaxKeys", limit)]
    parts += [element("Delimiter", delimiter)] if delimiter else []
    parts += [element("KeyCount", len(page))] if second else [element("Marker", query.get("marker", ""))]
    parts += [element("NextContinuationToken" if second else "NextMarker", page[-1])] if more else []
    parts += [element("IsTruncated", str(more).lower()), *(entries[entry] for entry in page)]
    return xml(f"<ListBucketResult {XMLNS}>{''.join(parts)}</ListBucketResult>")


def _entry(call: StorageCall, key: str, *more: str) -> str:
    stored = call.bucket.objects[key]
    return "".join(
        [
            element("Key", key),
            element("LastModified", stamp(stored.modified)[:-4] + "Z"),
            element("ETag", f'"{stored.etag}"'),
            element("Size", len(base64.b64decode(stored.content))),
            owner(call.bucket),
            element("StorageClass", "STANDARD"),
            *more,
        ]
    )


def versions(call: StorageCall) -> Response:
    """GET ?versions: one version of each object, called null."""
    bucket = call.bucket
    keys = sorted(bucket.objects)[:MAX_KEYS]
    entries = "".join(
        f"<Version>{_entry(call, key, element('IsLatest', 'true'), element('VersionId', 'null'))}</Version>"
        for key in keys
    )
    parts = [element("Name", bucket.name), element("Prefix", ""), element("KeyMarker", "")]
    parts += [element("MaxKeys", MAX_KEYS), element("IsTruncated", str(len(bucket.objects) > MAX_KEYS).lower())]
    return xml(f"<ListVersionsResult {XMLNS}>{''.join(parts)}{entries}</ListVersionsResult>")
