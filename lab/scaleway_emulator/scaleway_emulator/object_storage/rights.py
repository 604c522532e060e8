"""Authorization: permission sets of IAM, and bucket policies.

Sources: Scaleway's pages on S3 actions and permission sets and on bucket policies, both read 2026-11. Without a bucket policy IAM
alone decides. A policy of version 2023-04-17 must allow the request as well, except that the organization's owner can always put,
read and delete the policy.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scaleway_emulator.object_storage.errors import S3Error

if TYPE_CHECKING:
    from scaleway_emulator.object_storage.signature import Signer
    from scaleway_emulator.state import Bucket, State

OPERATIONS: dict[str, tuple[str, str]] = {  # operation -> narrowest permission set, action in bucket policies
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
    """Check the rights of a signer on `BUCKET` or `BUCKET/KEY`.

    Raises:
        S3Error: AccessDenied.
    """
    project = bucket.project_id if bucket else signer.project
    if signer.application_id is not None and not _by_iam(state, signer.application_id, operation, project):
        raise S3Error("AccessDenied")
    if bucket is None or bucket.policy is None:
        return
    if signer.application_id is None and operation in POLICY_OPERATIONS:
        return
    policy = json.loads(bucket.policy)
    if policy["Version"] != CLOSED_VERSION:  # recorded: the older version takes no right of IAM away
        return
    if not _by_policy(policy, signer, OPERATIONS[operation][1], resource):
        raise S3Error("AccessDenied")


def _by_iam(state: State, application_id: str, operation: str, project: str) -> bool:
    sets = {OPERATIONS[operation][0]}
    if operation not in POLICY_OPERATIONS:
        sets |= {"ObjectStorageFullAccess", "AllProductsFullAccess"}
        if operation.startswith(READ_ONLY):
            sets |= {"ObjectStorageReadOnly", "AllProductsReadOnly"}
    return any(
        sets & set(rule.permission_set_names) and (rule.organization_id or project in (rule.project_ids or []))
        for policy in state.policies.values()
        if policy.application_id == application_id
        for rule in policy.rules
    )


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _by_policy(policy: dict[str, Any], signer: Signer, action: str, resource: str) -> bool:
    allowed = False
    for statement in policy["Statement"]:
        principal = statement["Principal"]
        principals = _as_list(principal if isinstance(principal, str) else principal["SCW"])
        if not ({"*", signer.principal, f"project_id:{signer.project}"} & set(principals)):
            continue
        if not any(fnmatchcase(action, pattern) for pattern in _as_list(statement["Action"])):
            continue
        if not any(fnmatchcase(resource, pattern) for pattern in _as_list(statement["Resource"])):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def checked_policy(text: str, bucket: str) -> str:
    """A bucket policy in the form that the real API answers: actions sorted, a single one as a string.

    Raises:
        S3Error: MalformedPolicy, with the reason.
    """
    try:
        policy = json.loads(text)
        if policy["Version"] not in POLICY_VERSIONS:
            raise S3Error("MalformedPolicy", f"Version is one of {', '.join(POLICY_VERSIONS)}")
        for statement in policy["Statement"]:
            if statement["Effect"] not in ("Allow", "Deny"):
                raise S3Error("MalformedPolicy", "Effect is Allow or Deny")
            principal = statement["Principal"]
            for name in _as_list(principal if isinstance(principal, str) else principal["SCW"]):
                kind, _, value = name.partition(":")
                if name != "*" and not (kind in ("user_id", "application_id", "project_id") and value):
                    raise S3Error("MalformedPolicy", f"no principal: {name}")
            actions = _as_list(statement["Action"])
            if not all(action.startswith("s3:") for action in actions):
                raise S3Error("MalformedPolicy", "every Action begins with s3:")
            if not all(resource.partition("/")[0] == bucket for resource in _as_list(statement["Resource"])):
                raise S3Error("MalformedPolicy", f"every Resource is {bucket} or below it")
            statement["Action"] = sorted(actions) if len(actions) > 1 else actions[0]
    except (ValueError, KeyError, TypeError) as error:
        raise S3Error("MalformedPolicy", str(error)) from None
    return json.dumps(policy, separators=(",", ":"), sort_keys=True)
