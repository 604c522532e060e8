"""Where recordings go, and the key that recorders have for it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumiverse_scaleway import iam
from pulumiverse_scaleway import object as storage

from components.children import child_options
from config.recording import DAY, Recording

PERMISSIONS = ("ObjectStorageObjectsRead", "ObjectStorageObjectsWrite")
"""Write, and read back what was written. No right to delete, to list buckets or to change one."""
ACTIONS = ("s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
LEFT_PARTS_DAYS = 2  # of uploads that were cut; each is paid for until then
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


class RecordingsBucket(pulumi.ComponentResource):
    """A private bucket whose recordings end with `retention`, and an application with a key that can write and read objects.

    The bucket outlives the stack with all that is in it unless `emptyOnDestroy` is set.
    """

    access_key: pulumi.Output[str]
    secret_key: pulumi.Output[str]
    """Secret."""

    def __init__(self, name: str, args: RecordingsBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jitsi:cloud:RecordingsBucket", name, None, opts)
        child = child_options(self, opts)
        recording = args.recording
        bucket = storage.Bucket(
            f"{name}-bucket",
            name=recording.bucket,
            region=args.region,
            force_destroy=recording.empty_on_destroy,
            lifecycle_rules=_rules(recording),
            tags={"jitsi": args.instance},
            opts=pulumi.ResourceOptions.merge(
                child,
                pulumi.ResourceOptions(
                    protect=args.protect or None,
                    # CRITICAL: a bucket that is taken out of the stack would else be deleted, or fail the whole update.
                    retain_on_delete=not recording.empty_on_destroy,
                    # One that stayed is taken back with `pulumi import`, which knows no parents.
                    aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)],
                ),
            ),
        )
        application = iam.Application(
            f"{name}-recorders",
            name=f"jitsi-{args.instance}-recorders",
            description="Uploads recordings of Jitsi Meet",
            tags=list(args.tags),
            opts=child,
        )
        policy = iam.Policy(
            f"{name}-rights",
            name=f"jitsi-{args.instance}-recorders",
            application_id=application.id,
            rules=[iam.PolicyRuleArgs(permission_set_names=list(PERMISSIONS), project_ids=[bucket.project_id])],
            tags=list(args.tags),
            opts=child,
        )
        key = iam.ApiKey(
            f"{name}-key",
            application_id=application.id,
            default_project_id=bucket.project_id,
            description=f"Recorders of Jitsi Meet, stack {args.instance}, generation {args.key_generation}",
            opts=pulumi.ResourceOptions.merge(
                child_options(self, opts, policy),
                pulumi.ResourceOptions(
                    replace_on_changes=["description"],  # secretGenerations makes a new key
                    additional_secret_outputs=["secretKey"],
                ),
            ),
        )
        if recording.administrators:
            storage.BucketPolicy(
                f"{name}-policy",
                bucket=bucket.name,
                region=args.region,
                project_id=bucket.project_id,
                policy=pulumi.Output.all(bucket.name, application.id).apply(
                    lambda made: bucket_policy(str(made[0]), str(made[1]), recording.administrators)
                ),
                opts=child,
            )
        self.access_key = key.access_key
        self.secret_key = pulumi.Output.secret(key.secret_key)
        self.register_outputs({"bucket": bucket.name})


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
    """Who is not named has no right on the bucket any more, whatever their own policies say."""
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
