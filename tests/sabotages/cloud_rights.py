"""Sabotages of rights at Scaleway: IAM, the recordings' bucket, tokens and access to the API server."""

import json
from typing import Any

from sabotages import Patch, Sabotage, resource

BUCKET, RIGHTS, KEY = "scaleway-recordings-bucket", "scaleway-recordings-rights", "scaleway-recordings-key"


def statement(number: int, **keys: Any) -> Patch:
    """Change a statement of the bucket's policy."""

    def patch(properties: dict[str, Any]) -> None:
        policy = json.loads(properties["policy"])
        policy["Statement"][number].update(keys)
        properties["policy"] = json.dumps(policy)

    return patch


CLOUD: list[Sabotage] = [
    Sabotage(
        "Recorders write objects.",
        RIGHTS,
        lambda p: p["rules"][0]["permissionSetNames"].append("AllProductsFullAccess"),
        "cloud-right-differs",
        "AllProductsFullAccess",
    ),
    Sabotage(
        "Recorders write objects.",
        RIGHTS,
        lambda p: p["rules"][0].update(permissionSetNames=["ObjectStorageFullAccess"]),
        "cloud-right-differs",
    ),
    Sabotage(
        "Recorders write objects.",
        RIGHTS,
        lambda p: p["rules"][0]["permissionSetNames"].pop(),
        "cloud-right-differs",
        "lacks",
    ),
    Sabotage(
        "Recorders have one project.",
        RIGHTS,
        lambda p: p["rules"][0].update(projectIds=None, organizationId="x"),
        "cloud-right-differs",
        "organization",
    ),
    Sabotage(
        "Recorders have one project.",
        RIGHTS,
        lambda p: p["rules"][0]["projectIds"].append("other"),
        "cloud-right-differs",
        "other",
    ),
    Sabotage(
        "Rights are the application's.", RIGHTS, lambda p: p.update(groupId="admins"), "cloud-right-differs", "groupId"
    ),
    Sabotage(
        "The key is the application's.",
        KEY,
        lambda p: p.update(userId=p.pop("applicationId")),
        "cloud-right-differs",
        "user",
    ),
    Sabotage(
        "No other rights.",
        KEY,
        lambda _: None,
        "cloud-right-differs",
        adds=(resource("scaleway:iam/groupMembership:GroupMembership", "extra", {"groupId": "admins"}),),
    ),
    Sabotage("The bucket is private.", BUCKET, lambda p: p.update(acl="public-read"), "bucket-open", "public-read"),
    Sabotage(
        "The bucket is private.",
        BUCKET,
        lambda _: None,
        "bucket-open",
        adds=(resource("scaleway:object/bucketAcl:BucketAcl", "extra", {"acl": "public-read-write"}),),
    ),
    Sabotage(
        "The bucket is no site.",
        BUCKET,
        lambda _: None,
        "bucket-open",
        adds=(resource("scaleway:object/bucketWebsiteConfiguration:BucketWebsiteConfiguration", "extra", {}),),
    ),
    Sabotage(
        "The policy names people.", "scaleway-recordings-policy", statement(0, Principal="*"), "bucket-open", "names *"
    ),
    Sabotage(
        "The policy names people.",
        "scaleway-recordings-policy",
        statement(0, Principal={"SCW": ["user_id:other"]}),
        "bucket-open",
        "other",
    ),
    Sabotage(
        "Recorders do not delete.", "scaleway-recordings-policy", statement(1, Action=["s3:*"]), "bucket-open", "s3:*"
    ),
    Sabotage("The policy is the bucket's.", "scaleway-recordings-policy", statement(1, Resource=["*"]), "bucket-open"),
    Sabotage("The bucket has its policy.", "scaleway-recordings-policy", None, "bucket-open", "no policy"),
]
RETENTION: list[Sabotage] = [
    Sabotage(
        "Recordings go in time.", BUCKET, lambda p: p["lifecycleRules"].pop(), "bucket-retention-differs", "no days"
    ),
    Sabotage(
        "Recordings stay long enough.",
        BUCKET,
        lambda p: p["lifecycleRules"][1]["expiration"].update(days=9),
        "bucket-retention-differs",
        "9",
    ),
    Sabotage(
        "Recordings go in time.",
        BUCKET,
        lambda p: p["lifecycleRules"][1].update(enabled=False),
        "bucket-retention-differs",
    ),
    Sabotage(
        "Cut uploads go.", BUCKET, lambda p: p["lifecycleRules"].pop(0), "bucket-retention-differs", "cut uploads"
    ),
]
SABOTAGES: list[Sabotage] = [
    *(
        Sabotage(each.promise, each.of, each.patch, each.rule, each.says, "recorded", each.adds)
        for each in (*CLOUD, *RETENTION)
    ),
    Sabotage(
        "The token writes logs.",
        "scaleway-logs-token",
        lambda p: p["scopes"].update(queryLogs=True),
        "cloud-right-differs",
        stack="scaling-schedules",
    ),
    Sabotage(
        "Scopes are listed.",
        "scaleway-logs-token",
        lambda p: p["scopes"].pop("writeMetrics"),
        "cloud-right-differs",
        "default",
        stack="scaling-schedules",
    ),
    Sabotage(
        "The API server has a list.",
        "scaleway-kapsule-api-access",
        None,
        "api-access-differs",
        "internet",
        stack="many-ports-per-node",
    ),
    Sabotage(
        "The API server has a list.",
        "scaleway-kapsule-api-access",
        lambda p: p["aclRules"].append({"ip": "0.0.0.0/0"}),
        "api-access-differs",
        "0.0.0.0/0",
        stack="many-ports-per-node",
    ),
    Sabotage(
        "The API server has a list.",
        "scaleway-kapsule-api-access",
        lambda p: p["aclRules"][0].update(scalewayRanges=True),
        "api-access-differs",
        "Scaleway",
        stack="many-ports-per-node",
    ),
    Sabotage(
        "Operators are let in.",
        "scaleway-kapsule-api-access",
        lambda p: p["aclRules"][0].update(ip="203.0.113.0/25"),
        "api-access-differs",
        "locks out",
        stack="many-ports-per-node",
    ),
    Sabotage(
        "Network policies work.",
        "scaleway-kapsule-cluster",
        lambda p: p.update(cni="none"),
        "api-access-differs",
        "none",
    ),
]
