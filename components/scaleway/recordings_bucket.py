"""The bucket for recordings, and the access key of the recorders."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import iam
from pulumiverse_scaleway import object as storage

from components.kubernetes.component import Component
from config.recording import DAY, Recording
from config.stack_name import IAM_LENGTH, fitted

PERMISSIONS = ("ObjectStorageObjectsRead", "ObjectStorageObjectsWrite")
"""Write objects and read them back; no right to delete, or to list or change buckets."""
ACTIONS = ("s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
LEFT_PARTS_DAYS = 2  # of interrupted uploads, which cost storage until then
POLICY_VERSION = "2023-04-17"  # Scaleway's own, which names users and applications


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingsBucketArgs:
    """Inputs of `RecordingsBucket`."""

    recording: Recording
    instance: str
    region: str
    key_generation: int
    protect: bool
    tags: tuple[str, ...]


class RecordingsBucket(Component):
    """A private bucket that deletes recordings after `retention`, and an application whose key reads and writes objects.

    The bucket and its content outlive the stack unless `emptyOnDestroy` is set.
    """

    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]
    """Secret."""

    def __init__(self, name: str, args: RecordingsBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:RecordingsBucket", name, opts)
        recording = args.recording
        bucket = self._bucket(name, args)
        application = iam.Application(
            f"{name}-recorders",
            name=fitted(f"jitsi-{args.instance}-recorders", IAM_LENGTH),
            description="Uploads recordings of Jitsi Meet",
            tags=list(args.tags),
            opts=self.child(),
        )
        key = self._key(name, args, bucket, application)
        if recording.administrators:
            storage.BucketPolicy(
                f"{name}-policy",
                bucket=bucket.name,
                region=args.region,
                project_id=bucket.project_id,
                policy=pulumi.Output.all(bucket.name, application.id).apply(
                    lambda names: bucket_policy(str(names[0]), str(names[1]), recording.administrators)
                ),
                opts=self.child(),
            )
        self.access_key = key.access_key
        self.secret_key = pulumi.Output.secret(key.secret_key)
        self.register_outputs({"bucket": bucket.name})

    def _bucket(self, name: str, args: RecordingsBucketArgs) -> storage.Bucket:
        recording = args.recording
        return storage.Bucket(
            f"{name}-bucket",
            name=recording.bucket,
            region=args.region,
            force_destroy=recording.empty_on_destroy,
            lifecycle_rules=_rules(recording),
            tags={"jitsi": args.instance},
            opts=pulumi.ResourceOptions.merge(
                self.child(protect=args.protect),
                pulumi.ResourceOptions(
                    # CRITICAL: otherwise a bucket that leaves the stack is deleted, or fails the whole update.
                    retain_on_delete=not recording.empty_on_destroy,
                    # `pulumi import` brings a retained bucket back without a parent.
                    aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)],
                ),
            ),
        )

    def _key(
        self, name: str, args: RecordingsBucketArgs, bucket: storage.Bucket, application: iam.Application
    ) -> iam.ApiKey:
        policy = iam.Policy(
            f"{name}-rights",
            name=fitted(f"jitsi-{args.instance}-recorders", IAM_LENGTH),
            application_id=application.id,
            rules=[iam.PolicyRuleArgs(permission_set_names=list(PERMISSIONS), project_ids=[bucket.project_id])],
            tags=list(args.tags),
            opts=self.child(),
        )
        return iam.ApiKey(
            f"{name}-key",
            application_id=application.id,
            default_project_id=bucket.project_id,
            description=f"Recorders of Jitsi Meet, stack {args.instance}, generation {args.key_generation}",
            opts=pulumi.ResourceOptions.merge(
                self.child(policy),
                pulumi.ResourceOptions(
                    replace_on_changes=["description"],  # a raised secretGenerations makes a new key
                    additional_secret_outputs=["secretKey"],
                ),
            ),
        )


def _rules(recording: Recording) -> list[storage.BucketLifecycleRuleArgs]:
    rules = [
        storage.BucketLifecycleRuleArgs(
            id="parts-of-cut-uploads", enabled=True, abort_incomplete_multipart_upload_days=LEFT_PARTS_DAYS
        )
    ]
    if recording.retention:
        expiration = storage.BucketLifecycleRuleExpirationArgs(days=recording.retention // DAY)
        rules.append(storage.BucketLifecycleRuleArgs(id="retention", enabled=True, expiration=expiration))
    return rules


def bucket_policy(bucket: str, application: str, administrators: Sequence[str]) -> str:
    """Return a bucket policy. It denies every principal that it does not name, regardless of IAM policies."""
    resources = [bucket, f"{bucket}/*"]
    statements = [
        ("administrators", list(administrators), ["s3:*"]),
        ("recorders", [f"application_id:{application}"], list(ACTIONS)),
    ]
    return json.dumps(
        {
            "Version": POLICY_VERSION,
            "Id": "jitsi-recordings",
            "Statement": [
                {"Sid": sid, "Effect": "Allow", "Principal": {"SCW": who}, "Action": actions, "Resource": resources}
                for sid, who, actions in statements
            ],
        },
        sort_keys=True,
    )
