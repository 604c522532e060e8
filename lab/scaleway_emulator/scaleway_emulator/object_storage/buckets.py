"""Buckets and their configuration."""

from __future__ import annotations

import re

from starlette.responses import Response

from scaleway_emulator.object_storage import lifecycle, rights
from scaleway_emulator.object_storage.call import XMLNS, StorageCall, element, owner, xml
from scaleway_emulator.object_storage.errors import S3Error
from scaleway_emulator.state import Bucket

NAME = re.compile(r"[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]")  # the S3 rules


def create(call: StorageCall) -> Response:
    """PUT /: the project of the key owns it."""
    if not NAME.fullmatch(call.name) or ".." in call.name:
        raise S3Error("InvalidBucketName")
    bucket = call.state.buckets.get(call.name)
    if bucket is not None:
        raise S3Error("BucketAlreadyOwnedByYou" if bucket.project_id == call.signer.project else "BucketAlreadyExists")
    call.state.buckets[call.name] = Bucket(name=call.name, region=call.region, project_id=call.signer.project)
    return Response(headers={"Location": f"/{call.name}"})


def head(call: StorageCall) -> Response:
    """HEAD /."""
    return Response(headers={"x-amz-bucket-region": call.bucket.region})


def delete(call: StorageCall) -> Response:
    """DELETE /: refused while there are objects."""
    if call.bucket.objects:
        raise S3Error("BucketNotEmpty")
    del call.state.buckets[call.name]
    return Response(status_code=204)


def read_acl(call: StorageCall) -> Response:
    """GET ?acl: the owner alone."""
    attributes = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"'
    grantee = owner(call.bucket, "Grantee", attributes)
    grant = f"<Grant>{grantee}{element('Permission', 'FULL_CONTROL')}</Grant>"
    return xml(
        f"<AccessControlPolicy {XMLNS}>{owner(call.bucket)}<AccessControlList>{grant}</AccessControlList></AccessControlPolicy>"
    )


def set_acl(call: StorageCall) -> Response:
    """PUT ?acl: private, which is what a bucket is."""
    _ = call.bucket
    if call.headers.get("x-amz-acl") != "private":
        raise S3Error("NotImplemented", "grants to others")
    return Response()


def read_tags(call: StorageCall) -> Response:
    """GET ?tagging."""
    if not call.bucket.tags:
        raise S3Error("NoSuchTagSet")
    tags = "".join(f"<Tag>{element('Key', k)}{element('Value', v)}</Tag>" for k, v in call.bucket.tags.items())
    return xml(f"<Tagging><TagSet>{tags}</TagSet></Tagging>")


def set_tags(call: StorageCall) -> Response:
    """PUT ?tagging."""
    tags = lifecycle.document(call.content, "Tagging").findall("TagSet/Tag")
    call.bucket.tags = {tag.findtext("Key") or "": tag.findtext("Value") or "" for tag in tags}
    return Response()


def delete_tags(call: StorageCall) -> Response:
    """DELETE ?tagging."""
    call.bucket.tags = {}
    return Response(status_code=204)


def read_cors(call: StorageCall) -> Response:
    """GET ?cors: no bucket has any."""
    _ = call.bucket
    raise S3Error("NoSuchCORSConfiguration")


def read_lock(call: StorageCall) -> Response:
    """GET ?object-lock: no bucket has one."""
    _ = call.bucket
    raise S3Error("ObjectLockConfigurationNotFoundError")


def read_versioning(call: StorageCall) -> Response:
    """GET ?versioning: never enabled."""
    _ = call.bucket
    return xml(f"<VersioningConfiguration {XMLNS}><Status></Status></VersioningConfiguration>")


def read_lifecycle(call: StorageCall) -> Response:
    """GET ?lifecycle: the rules, in an element that the real one calls Configuration."""
    if not call.bucket.lifecycle:
        raise S3Error("NoSuchLifecycleConfiguration")
    return xml(f"<Configuration>{''.join(call.bucket.lifecycle)}</Configuration>")


def set_lifecycle(call: StorageCall) -> Response:
    """PUT ?lifecycle."""
    call.bucket.lifecycle = lifecycle.parse(call.content)
    return Response()


def delete_lifecycle(call: StorageCall) -> Response:
    """DELETE ?lifecycle."""
    call.bucket.lifecycle = []
    return Response(status_code=204)


def read_policy(call: StorageCall) -> Response:
    """GET ?policy."""
    if call.bucket.policy is None:
        raise S3Error("NoSuchBucketPolicy")
    return Response(call.bucket.policy, media_type="application/json")


def set_policy(call: StorageCall) -> Response:
    """PUT ?policy."""
    call.bucket.policy = rights.checked_policy(call.content.decode(), call.name)
    return Response()


def delete_policy(call: StorageCall) -> Response:
    """DELETE ?policy."""
    call.bucket.policy = None
    return Response(status_code=204)
