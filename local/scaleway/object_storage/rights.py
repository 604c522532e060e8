"""Who may do what: permission sets of IAM, and the bucket's own policy.

Sources: Scaleway's page on S3 actions and permission sets, and its page on bucket policies, both read 2026-11. Without a bucket
policy IAM alone decides. With one of version 2023-04-17 only who is named in it as well has a right, and the organization's owner
may still put, read and delete it.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from local.scaleway.object_storage.errors import S3Error

if TYPE_CHECKING:
    from local.scaleway.object_storage.signature import Signer
    from local.scaleway.records import Bucket, State

OPERATIONS: dict[str, tuple[str, str]] = {  # operation -> its narrowest permission set, what a bucket policy calls it
    "AbortMultipartUpload": ("ObjectStorageObjectsDelete", "s3:AbortMultipartUpload"),
    "CreateBucket": ("ObjectStorageBucketsWrite", "s3:CreateBucket"),
    "DeleteBucket": ("ObjectStorageBucketsDelete", "s3:DeleteBucket"),
    "DeleteBucketLifecycle": ("ObjectStorageBucketsWrite", "s3:PutLifecycleConfiguration"),
    "DeleteBucketPolicy": ("ObjectStorageBucketPolicyFullAccess", "s3:DeleteBucketPolicy"),
    "DeleteBucketTagging": ("ObjectStorageBucketsWrite", "s3:PutBucketTagging"),
    "DeleteObject": ("ObjectStorageObjectsDelete", "s3:DeleteObject"),
    "GetBucketAcl": ("ObjectStorageBucketsRead", "s3:GetBucketAcl"),
    "GetBucketCors": ("ObjectStorageBucketsRead", "s3:GetBucketCORS"),
    "GetBucketLifecycle": ("ObjectStorageBucketsRead", "s3:GetLifecycleConfiguration"),
    "GetBucketPolicy": ("ObjectStorageBucketPolicyFullAccess", "s3:GetBucketPolicy"),
    "GetBucketTagging": ("ObjectStorageBucketsRead", "s3:GetBucketTagging"),
    "GetBucketVersioning": ("ObjectStorageBucketsRead", "s3:GetBucketVersioning"),
    "GetObject": ("ObjectStorageObjectsRead", "s3:GetObject"),
    "GetObjectLockConfiguration": ("ObjectStorageObjectsRead", "s3:GetBucketObjectLockConfiguration"),
    "HeadBucket": ("ObjectStorageBucketsRead", "s3:ListBucket"),
    "ListObjectVersions": ("ObjectStorageObjectsRead", "s3:ListBucketVersions"),
    "ListObjects": ("ObjectStorageObjectsRead", "s3:ListBucket"),
    "PutBucketAcl": ("ObjectStorageBucketsWrite", "s3:PutBucketAcl"),
    "PutBucketLifecycle": ("ObjectStorageBucketsWrite", "s3:PutLifecycleConfiguration"),
    "PutBucketPolicy": ("ObjectStorageBucketPolicyFullAccess", "s3:PutBucketPolicy"),
    "PutBucketTagging": ("ObjectStorageBucketsWrite", "s3:PutBucketTagging"),
    "PutObject": ("ObjectStorageObjectsWrite", "s3:PutObject"),
}
POLICY_OPERATIONS = ("DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")
READ_ONLY = ("Get", "Head", "List")
CLOSED_VERSION = "2023-04-17"
POLICY_VERSIONS = ("2012-10-17", CLOSED_VERSION)


def check(state: State, signer: Signer, operation: str, bucket: Bucket | None, resource: str) -> None:
    """Refuse what the signer may not do; `resource` is `BUCKET` or `BUCKET/KEY`."""
    project = bucket.project_id if bucket else signer.project
    if signer.application_id is not None and not _by_iam(state, signer.application_id, operation, project):
        raise S3Error("AccessDenied")
    if bucket is None or bucket.policy is None:
        return
    if signer.application_id is None and operation in POLICY_OPERATIONS:
        return
    policy = json.loads(bucket.policy)
    if policy["Version"] != CLOSED_VERSION:  # recorded: the older one takes nothing from who has rights by IAM
        return
    if not _by_policy(policy, signer, OPERATIONS[operation][1], resource):
        raise S3Error("AccessDenied")


def _by_iam(state: State, application_id: str, operation: str, project: str) -> bool:
    enough = {OPERATIONS[operation][0]}
    if operation not in POLICY_OPERATIONS:
        enough |= {"ObjectStorageFullAccess", "AllProductsFullAccess"}
        if operation.startswith(READ_ONLY):
            enough |= {"ObjectStorageReadOnly", "AllProductsReadOnly"}
    return any(
        enough & set(rule.permission_set_names) and (rule.organization_id or project in (rule.project_ids or []))
        for policy in state.policies.values()
        if policy.application_id == application_id
        for rule in policy.rules
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _by_policy(policy: dict[str, Any], signer: Signer, action: str, resource: str) -> bool:
    allowed = False
    for statement in policy["Statement"]:
        principal = statement["Principal"]
        who = _listed(principal if isinstance(principal, str) else principal["SCW"])
        if not ({"*", signer.principal, f"project_id:{signer.project}"} & set(who)):
            continue
        if not any(fnmatchcase(action, pattern) for pattern in _listed(statement["Action"])):
            continue
        if not any(fnmatchcase(resource, pattern) for pattern in _listed(statement["Resource"])):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def checked_policy(text: str, bucket: str) -> str:
    """A bucket policy as it is kept: a refusal names what is wrong; actions come back sorted, a single one alone, as from the real one."""
    try:
        policy = json.loads(text)
        if policy["Version"] not in POLICY_VERSIONS:
            raise S3Error("MalformedPolicy", f"Version is one of {', '.join(POLICY_VERSIONS)}")
        for statement in policy["Statement"]:
            if statement["Effect"] not in ("Allow", "Deny"):
                raise S3Error("MalformedPolicy", "Effect is Allow or Deny")
            principal = statement["Principal"]
            for who in _listed(principal if isinstance(principal, str) else principal["SCW"]):
                kind, _, value = who.partition(":")
                if who != "*" and not (kind in ("user_id", "application_id", "project_id") and value):
                    raise S3Error("MalformedPolicy", f"no principal: {who}")
            actions = _listed(statement["Action"])
            if not all(action.startswith("s3:") for action in actions):
                raise S3Error("MalformedPolicy", "every Action begins with s3:")
            if not all(one.partition("/")[0] == bucket for one in _listed(statement["Resource"])):
                raise S3Error("MalformedPolicy", f"every Resource is {bucket} or below it")
            statement["Action"] = sorted(actions) if len(actions) > 1 else actions[0]
    except (ValueError, KeyError, TypeError) as error:
        raise S3Error("MalformedPolicy", str(error)) from None
    return json.dumps(policy, separators=(",", ":"), sort_keys=True)
