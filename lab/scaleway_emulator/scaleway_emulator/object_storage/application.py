"""The handler of each S3 request, and its authorization."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import Response

from scaleway_emulator.object_storage import buckets, objects, rights
from scaleway_emulator.object_storage.call import StorageCall
from scaleway_emulator.object_storage.errors import S3Error
from scaleway_emulator.object_storage.signature import signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from scaleway_emulator.state import State

    Handler = Callable[[StorageCall], Response]

DOMAIN = ".scw.cloud"
PARAMETERS = {
    *("x-id", "list-type", "prefix", "delimiter", "max-keys", "marker", "start-after", "continuation-token"),
    *("encoding-type", "fetch-owner", "versionId", "allow-unordered"),
}
"""Query parameters that name no sub-resource."""
BUCKETS: dict[tuple[str, str], tuple[str, Handler]] = {  # method and sub-resource -> operation, handler
    ("PUT", ""): ("CreateBucket", buckets.create),
    ("HEAD", ""): ("HeadBucket", buckets.head),
    ("DELETE", ""): ("DeleteBucket", buckets.delete),
    ("GET", ""): ("ListObjects", objects.list_objects),
    ("GET", "versions"): ("ListObjectVersions", objects.versions),
    ("GET", "acl"): ("GetBucketAcl", buckets.read_acl),
    ("PUT", "acl"): ("PutBucketAcl", buckets.set_acl),
    ("GET", "tagging"): ("GetBucketTagging", buckets.read_tags),
    ("PUT", "tagging"): ("PutBucketTagging", buckets.set_tags),
    ("DELETE", "tagging"): ("DeleteBucketTagging", buckets.delete_tags),
    ("GET", "cors"): ("GetBucketCors", buckets.read_cors),
    ("GET", "object-lock"): ("GetObjectLockConfiguration", buckets.read_lock),
    ("GET", "versioning"): ("GetBucketVersioning", buckets.read_versioning),
    ("GET", "lifecycle"): ("GetBucketLifecycle", buckets.read_lifecycle),
    ("PUT", "lifecycle"): ("PutBucketLifecycle", buckets.set_lifecycle),
    ("DELETE", "lifecycle"): ("DeleteBucketLifecycle", buckets.delete_lifecycle),
    ("GET", "policy"): ("GetBucketPolicy", buckets.read_policy),
    ("PUT", "policy"): ("PutBucketPolicy", buckets.set_policy),
    ("DELETE", "policy"): ("DeleteBucketPolicy", buckets.delete_policy),
}
OBJECTS: dict[tuple[str, str], tuple[str, Handler]] = {
    ("PUT", ""): ("PutObject", objects.put),
    ("GET", ""): ("GetObject", objects.read),
    ("HEAD", ""): ("GetObject", objects.read),
    ("DELETE", ""): ("DeleteObject", objects.delete),
}


def is_for_storage(host: str) -> bool:
    """Whether a Host header names Object Storage, with or without a bucket before it."""
    name = host.partition(":")[0]
    return name.endswith(DOMAIN) and (name.startswith("s3.") or ".s3." in name)


def _handler(method: str, name: str, key: str, resources: list[str]) -> tuple[str, Handler]:
    handler = (OBJECTS if key else BUCKETS).get((method, resources[0] if resources else ""))
    if handler is None or len(resources) > 1 or not name:
        raise S3Error("NotImplemented", f"{method} {name}/{key}?{'&'.join(resources)}")
    return handler


async def answer(state: State, now: float, request: Request) -> Response:
    """Answer a request to `BUCKET.s3.REGION.scw.cloud/KEY` or `s3.REGION.scw.cloud/BUCKET/KEY`."""
    host = request.headers["host"].partition(":")[0]
    raw_path = request.scope["raw_path"].decode().partition("?")[0]
    bucket, _, region = host.removesuffix(DOMAIN).rpartition("s3.")
    path = unquote(raw_path).removeprefix("/")
    name, key = (bucket.removesuffix("."), path) if bucket else path.partition("/")[::2]
    try:
        query = dict(request.query_params)
        method = request.method
        operation, handler = _handler(method, name, key, [each for each in query if each not in PARAMETERS])
        headers = dict(request.headers)
        caller = signer(state, method, raw_path, request.url.query, headers)
        call = StorageCall(state, now, region, name, key, query, headers, await request.body(), caller)
        rights.check(state, caller, operation, call.bucket_or_none, f"{name}/{key}" if key else name)
        return handler(call)
    except S3Error as error:
        body = "" if request.method == "HEAD" else error.body(f"/{name}")
        return Response(body, status_code=error.status, media_type="application/xml")
