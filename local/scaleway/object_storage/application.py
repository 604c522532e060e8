"""Which handler answers which request, and who may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.responses import Response

from local.scaleway.object_storage import buckets, objects, rights
from local.scaleway.object_storage.call import StorageCall
from local.scaleway.object_storage.errors import S3Error
from local.scaleway.object_storage.signature import signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from local.scaleway.records import State

    Handler = Callable[[StorageCall], Response]

DOMAIN = ".scw.cloud"
WITHOUT_MEANING = {
    "x-id",
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "marker",
    "start-after",
    "continuation-token",
} | {
    *("encoding-type", "fetch-owner", "versionId", "allow-unordered"),
}
BUCKETS: dict[tuple[str, str], tuple[str, Handler]] = {  # method and sub-resource -> operation, handler
    ("PUT", ""): ("CreateBucket", buckets.create),
    ("HEAD", ""): ("HeadBucket", buckets.head),
    ("DELETE", ""): ("DeleteBucket", buckets.delete),
    ("GET", ""): ("ListObjects", objects.listed),
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
    """Whether a Host header names Object Storage, with a bucket before it or without."""
    name = host.partition(":")[0]
    return name.endswith(DOMAIN) and (name.startswith("s3.") or ".s3." in name)


def _handler(method: str, name: str, key: str, asked: list[str]) -> tuple[str, Handler]:
    made = (OBJECTS if key else BUCKETS).get((method, asked[0] if asked else ""))
    if made is None or len(asked) > 1 or not name:
        raise S3Error("NotImplemented", f"{method} {name}/{key}?{'&'.join(asked)}")
    return made


async def answer(state: State, now: float, request: Request) -> Response:
    """One request to `BUCKET.s3.REGION.scw.cloud/KEY` or `s3.REGION.scw.cloud/BUCKET/KEY`."""
    host = request.headers["host"].partition(":")[0]
    raw_path = request.scope["raw_path"].decode().partition("?")[0]
    before, _, after = host.removesuffix(DOMAIN).rpartition("s3.")
    path = unquote(raw_path).removeprefix("/")
    name, key = (before.removesuffix("."), path) if before else path.partition("/")[::2]
    try:
        query = dict(request.query_params)
        asked = [one for one in query if one not in WITHOUT_MEANING]
        method = request.method
        operation, handler = _handler(method, name, key, asked)
        headers = dict(request.headers)
        who = signer(state, method, raw_path, request.url.query, headers)
        call = StorageCall(state, now, after, name, key, query, headers, await request.body(), who)
        resource = f"{name}/{key}" if key else name
        rights.check(state, who, operation, call.found, resource)
        return handler(call)
    except S3Error as error:
        body = "" if request.method == "HEAD" else error.body(f"/{name}")
        return Response(body, status_code=error.status, media_type="application/xml")
