"""Rules about rights at Scaleway: IAM, buckets, tokens of Cockpit, and who may reach the API server."""

import json
from collections.abc import Iterator
from typing import Any

from config.recording import DAY
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.resources.needed_rights import LOG_SCOPES, RECORDER_ACTIONS, RECORDER_PERMISSIONS

IAM, STORAGE = "scaleway:iam/", "scaleway:object/"
_PRIVATE = ("private", None, "[unknown]")
_POLICED = ("cilium", "calico", "cilium_native", "[unknown]")


@rule("cloud-right-differs", "error")
def cloud_right_differs(stack: Resources) -> Iterator[Hit]:
    """An IAM policy or key at Scaleway grants more or less than its application needs."""
    keys = stack.of("ApiKey")
    for resource in stack.resources:
        if resource.type.startswith(IAM):
            for fault in _iam_faults(resource, keys):
                yield Hit(
                    resource.name,
                    f"{fault}: whoever gets the key, which every recorder has, may do it in the whole project or organization",
                    "grant the recorders' application reading and writing of objects in the bucket's project, and no more",
                )
    for token in (each for each in stack.resources if each.type == "scaleway:observability/token:Token"):
        scopes = mapping(token.properties, "scopes")
        for name, right in LOG_SCOPES.items():
            if scopes.get(name) is not right:
                yield Hit(
                    f"{token.name}.scopes.{name}",
                    f"is {scopes.get(name, 'not set')}, not {str(right).lower()}: the collector's token writes logs and nothing else",
                    "list every scope: the provider's default also grants metrics and traces",
                )


def _iam_faults(resource: Resource, keys: tuple[Resource, ...]) -> Iterator[str]:
    properties, kind = resource.properties, resource.type.rpartition(":")[2]
    if kind == "Policy":
        owners = {str(each.properties.get("applicationId")) for each in keys}
        if str(properties.get("applicationId")) not in owners:
            yield f"belongs to {properties.get('applicationId') or 'no application'}, which has no key of the stack"
        for principal in ("userId", "groupId", "noPrincipal"):
            if properties.get(principal):
                yield f"belongs to a {principal}"
        granted = set()
        for entry in mappings(properties, "rules"):
            granted |= set(texts(entry, "permissionSetNames"))
            projects = texts(entry, "projectIds")
            if entry.get("organizationId") or not projects:
                yield "is about the whole organization"
            homes = {str(each.properties.get("defaultProjectId")) for each in keys}
            if others := set(projects) - homes:
                yield f"is about the projects {', '.join(sorted(others))}, not about the bucket's"
        if others := granted - RECORDER_PERMISSIONS - {"[unknown]"}:
            yield f"grants {', '.join(sorted(others))}"
        if (missing := RECORDER_PERMISSIONS - granted) and "[unknown]" not in granted:
            yield f"lacks {', '.join(sorted(missing))}, so recordings are not uploaded"
    elif kind == "ApiKey":
        if properties.get("userId") or not properties.get("applicationId"):
            yield "is the key of a user, with all rights of that person"
        if not properties.get("defaultProjectId"):
            yield "has no defaultProjectId, so uploads go to the organization's default project"
    elif kind != "Application":
        yield f"is a {kind}, which no part needs"


@rule("bucket-open", "error")
def bucket_open(stack: Resources) -> Iterator[Hit]:
    """Recordings are readable by others than the recorders and the administrators."""
    recording = stack.config.recording
    administrators = set(recording.administrators) if recording else set()
    policies = [each for each in stack.resources if each.type.startswith(f"{STORAGE}bucketPolicy")]
    for resource in stack.resources:
        if not resource.type.startswith(STORAGE):
            continue
        kind = resource.type.rpartition(":")[2]
        faults: list[str] = []
        if kind in ("Bucket", "BucketAcl"):
            faults += [f"acl is {resource.properties['acl']}"] if resource.properties.get("acl") not in _PRIVATE else []
            faults += ["grants access by accessControlPolicy"] if resource.properties.get("accessControlPolicy") else []
            faults += ["has CORS rules"] if resource.properties.get("corsRules") else []
            if kind == "Bucket" and administrators and not policies:
                faults.append("has no policy, so all keys of the project with rights to objects read it")
        elif kind == "BucketPolicy":
            faults += _policy_faults(stack, resource, administrators)
        else:
            faults.append(f"is a {kind}, by which the bucket is published")
        for fault in faults:
            yield Hit(
                resource.name,
                f"{fault}: recordings of meetings are open to others",
                "keep the bucket private, with a policy that names the recorders and recording.administrators",
            )


def _policy_faults(stack: Resources, resource: Resource, administrators: set[str]) -> Iterator[str]:
    policy, text = {}, resource.properties.get("policy")
    if not isinstance(text, str) or text.startswith("["):
        return
    try:
        policy = json.loads(text)
    except ValueError:
        yield "the policy is no JSON"
    names = {str(each.properties.get("name")) for each in stack.of("Bucket")}
    applications = {f"application_id:{each.properties.get('applicationId')}" for each in stack.of("ApiKey")}
    given: dict[str, set[str]] = {}
    for statement in mappings(policy, "Statement"):
        resources = set(_listed(statement.get("Resource")))
        if others := {each for each in resources if each.removesuffix("/*") not in names}:
            yield f"the policy is about {', '.join(sorted(others))}"
        if statement.get("Effect") != "Allow":
            continue
        principals = statement.get("Principal")
        for who in _listed(principals.get("SCW") if isinstance(principals, dict) else principals):
            given.setdefault(who, set()).update(_listed(statement.get("Action")))
    for who, actions in sorted(given.items()):
        if who in applications and actions != RECORDER_ACTIONS:
            yield f"the policy gives the recorders {', '.join(sorted(actions ^ RECORDER_ACTIONS))} too much or too little"
        elif who not in applications and who not in administrators:
            yield f"the policy names {who}"
    if missing := (administrators | applications) - set(given):
        yield f"the policy does not name {', '.join(sorted(missing))}"


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


@rule("bucket-retention-differs", "error")
def bucket_retention_differs(stack: Resources) -> Iterator[Hit]:
    """Recordings are deleted sooner or later than `recording.retention` and `emptyOnDestroy` say."""
    recording = stack.config.recording
    for bucket in stack.of("Bucket") if recording else ():
        entries = [each for each in mappings(bucket.properties, "lifecycleRules") if each.get("enabled") is True]
        days = {at(each, "expiration", "days") for each in entries} - {None}
        right = {recording.retention // DAY} if recording and recording.retention else set()
        if days != right or any(each.get("prefix") for each in entries):
            yield Hit(
                f"{bucket.name}.lifecycleRules",
                f"deletes recordings after {', '.join(map(str, sorted(days, key=str))) or 'no'} days, and recording.retention is "
                f"{', '.join(map(str, right)) or 'not set'}",
                "expire all objects after recording.retention",
            )
        if recording and bucket.properties.get("forceDestroy", False) not in (recording.empty_on_destroy, "[unknown]"):
            yield Hit(
                f"{bucket.name}.forceDestroy",
                f"is {bucket.properties.get('forceDestroy')}, and recording.emptyOnDestroy {recording.empty_on_destroy}: `pulumi "
                "destroy` deletes every recording, or stops at the bucket",
                "let it follow recording.emptyOnDestroy",
            )
        if not any(each.get("abortIncompleteMultipartUploadDays") for each in entries):
            yield Hit(
                f"{bucket.name}.lifecycleRules",
                "parts of cut uploads are kept and paid for ever",
                "abort incomplete uploads",
            )


@rule("api-access-differs", "error")
def api_access_differs(stack: Resources) -> Iterator[Hit]:
    """The API server's list of addresses is not `cluster.allowedIps`."""
    clusters, lists = stack.of("Cluster"), stack.of("Acl")
    if not clusters:
        return
    allowed = set(map(str, stack.config.cluster.allowed_ips or ()))
    opened: set[str] = set()
    for each in lists:
        for entry in mappings(each.properties, "aclRules"):
            opened |= {str(entry["ip"])} if entry.get("ip") else set()
            opened |= {"all of Scaleway"} if entry.get("scalewayRanges") else set()
    where = lists[0].name if lists else clusters[0].name
    if allowed and not lists:
        yield _access(where, "has no list, so the API server answers the whole internet")
    if others := opened - allowed - {"[unknown]"}:
        yield _access(where, f"admits {', '.join(sorted(others))}")
    if lists and (missing := allowed - opened) and "[unknown]" not in opened:
        yield _access(where, f"locks out {', '.join(sorted(missing))}")
    homes = {str(at(each.properties, "clusterId")) for each in stack.of("Pool")}
    for each in lists:
        if homes and str(each.properties.get("clusterId")) not in homes:
            yield _access(each.name, f"belongs to the cluster {each.properties.get('clusterId')}")
    for cluster in clusters:
        if cluster.properties.get("cni") not in _POLICED:
            yield Hit(
                cluster.name,
                f"cni is {cluster.properties.get('cni') or 'not set'}, which enforces no network policy: every pod reaches prosody's and the bridges' ports",
                "set cni to cilium",
            )


def _access(where: str, fault: str) -> Hit:
    return Hit(where, f"{fault}: that is not cluster.allowedIps", "list exactly the addresses of cluster.allowedIps")
