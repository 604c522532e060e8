"""Buckets, their configuration, small objects, and who may do what with them."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from scaleway_emulator.credentials import ACCESS_KEY, OWNER, PROJECT, SECRET_KEY

from components.scaleway.recordings_bucket import PERMISSIONS, bucket_policy

if TYPE_CHECKING:
    import httpx

    from tests.lab.scaleway_emulator.cloud import Cloud

BUCKET = "school"
RULE = "<Rule><ID>a</ID><Filter></Filter><Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>"


@dataclass
class Client:
    """Somebody with a key, who signs each request (AWS Signature Version 4)."""

    cloud: Cloud
    access_key: str = ACCESS_KEY
    secret: str = SECRET_KEY
    region: str = "fr-par"

    def ask(self, method: str, key: str = "", query: str = "", content: str = "", **headers: str) -> httpx.Response:
        host = f"{BUCKET}.s3.{self.region}.scw.cloud"
        digest = hashlib.sha256(content.encode()).hexdigest()
        signed = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": "20261121T120000Z", **headers}
        names = sorted(signed)
        asked = f"{query}=" if query and "=" not in query else query
        request = "\n".join(
            [method, f"/{key}", asked, *(f"{n}:{signed[n]}" for n in names), "", ";".join(names), digest]
        )
        scope = f"20261121/{self.region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n20261121T120000Z\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        derived = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            derived = hmac.digest(derived, part.encode(), "sha256")
        signature = hmac.digest(derived, text.encode(), "sha256").hex()
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        path = f"/{key}?{query}" if query else f"/{key}"
        return self.cloud.client.request(method, path, content=content.encode(), headers=signed)

    def code(self, *arguments: str, **headers: str) -> str:
        """The code of the refusal, or the status."""
        answer = self.ask(*arguments, **headers)
        found = re.search("<Code>(.*)</Code>", answer.text)
        return found[1] if found else str(answer.status_code)


@pytest.fixture
def owner(cloud: Cloud) -> Client:
    client = Client(cloud)
    assert client.ask("PUT").status_code == 200
    return client


def recorder(cloud: Cloud, *sets: str, project: str = PROJECT) -> tuple[Client, str]:
    body: dict[str, Any] = {"name": "recorders", "organization_id": PROJECT}
    application = cloud.make("/iam/v1alpha1/applications", body)["id"]
    rule = {"permission_set_names": list(sets), "project_ids": [project]}
    cloud.make("/iam/v1alpha1/policies", {**body, "application_id": application, "rules": [rule]})
    made = cloud.make("/iam/v1alpha1/api-keys", {"application_id": application, "default_project_id": PROJECT})
    return Client(cloud, made["access_key"], made["secret_key"]), application


def test_a_bucket_belongs_to_the_keys_project(owner: Client):
    assert f"<ID>{PROJECT}:{PROJECT}</ID>" in owner.ask("GET", "", "acl").text


def test_what_a_new_bucket_does_not_have_is_said_by_its_code(owner: Client):
    codes = {query: owner.code("GET", "", query) for query in ("object-lock", "tagging", "cors", "lifecycle", "policy")}
    assert codes == {
        "object-lock": "ObjectLockConfigurationNotFoundError",
        "tagging": "NoSuchTagSet",
        "cors": "NoSuchCORSConfiguration",
        "lifecycle": "NoSuchLifecycleConfiguration",
        "policy": "NoSuchBucketPolicy",
    }


def test_a_bucket_is_in_one_region_and_its_name_in_all(owner: Client):
    elsewhere = Client(owner.cloud, region="nl-ams")
    assert elsewhere.code("GET", "", "acl") == "NoSuchBucket"
    assert elsewhere.code("PUT") == "BucketAlreadyOwnedByYou"
    assert owner.code("PUT") == "BucketAlreadyOwnedByYou"


def test_a_lifecycle_is_answered_as_it_was_set(owner: Client):
    namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    assert (
        owner.code("PUT", "", "lifecycle", f"<LifecycleConfiguration {namespace}>{RULE}</LifecycleConfiguration>")
        == "200"
    )
    read = owner.ask("GET", "", "lifecycle").text
    assert "<Configuration><Rule><ID>a</ID>" in read
    assert "<Expiration><Days>30</Days></Expiration>" in read
    assert owner.code("DELETE", "", "lifecycle") == "204"
    assert owner.code("GET", "", "lifecycle") == "NoSuchLifecycleConfiguration"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", "1 to 1000 rules"),
        (RULE + RULE, "two rules have the same ID"),
        (RULE.replace("Enabled", "On"), "Status is Enabled or Disabled"),
        (RULE.replace("30", "0"), "Days is a number above 0"),
        (RULE.replace("<Filter></Filter>", ""), "a rule has a Filter, or a Prefix"),
        (RULE.replace("Expiration", "Expiry"), "a rule has an action"),
    ],
)
def test_a_lifecycle_that_means_nothing_is_refused(owner: Client, rules: str, said: str):
    answer = owner.ask("PUT", "", "lifecycle", f"<LifecycleConfiguration>{rules}</LifecycleConfiguration>")
    assert (answer.status_code, said in answer.text) == (400, True)


def test_a_bucket_with_objects_is_not_deleted(owner: Client):
    assert owner.code("PUT", "a/b.mp4", "", "film") == "200"
    assert owner.code("DELETE") == "BucketNotEmpty"
    assert "<Key>a/b.mp4</Key>" in owner.ask("GET", "", "versions").text
    assert owner.code("DELETE", "a/b.mp4", "versionId=null") == "204"
    assert owner.code("DELETE") == "204"
    assert owner.code("GET") == "NoSuchBucket"


def test_a_list_has_folders_and_pages(owner: Client):
    for key in ("a/1", "a/2", "b/1", "c"):
        owner.ask("PUT", key, "", key)
    folders = owner.ask("GET", "", "delimiter=%2F&max-keys=2").text
    assert re.findall("<CommonPrefixes><Prefix>(.*?)</Prefix>", folders) == ["a/", "b/"]
    assert "<IsTruncated>true</IsTruncated>" in folders
    assert "<NextMarker>b/</NextMarker>" in folders
    rest = owner.ask("GET", "", "delimiter=%2F&marker=b%2F&max-keys=2").text
    assert re.findall("<Key>(.*?)</Key>", rest) == ["c"]


def test_an_object_is_read_back_whole_or_in_part(owner: Client):
    owner.ask("PUT", "film", "", "0123456789", **{"x-amz-meta-mtime": "5"})
    whole, part = owner.ask("GET", "film"), owner.ask("GET", "film", range="bytes=2-4")
    assert (whole.text, whole.headers["x-amz-meta-mtime"]) == ("0123456789", "5")
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "234", "bytes 2-4/10")


def test_a_request_without_a_good_signature_is_refused(owner: Client):
    cloud = owner.cloud
    assert Client(cloud, secret="another").code("GET") == "SignatureDoesNotMatch"
    assert Client(cloud, access_key="SCW00000000000000000").code("GET") == "InvalidAccessKeyId"
    plain = cloud.client.request("GET", "/", headers={"host": f"{BUCKET}.s3.fr-par.scw.cloud"})
    assert plain.status_code == 403


def test_the_recorders_key_writes_and_reads_back_and_does_nothing_else(owner: Client):
    key, _ = recorder(owner.cloud, *PERMISSIONS)
    assert key.code("PUT", "film", "", "film") == "200"
    assert key.ask("GET", "film").text == "film"
    assert key.code("GET") == "200"
    refused = [
        ("DELETE", "film"),
        ("DELETE",),
        ("PUT", "", "lifecycle", ""),
        ("DELETE", "", "policy"),
        ("GET", "", "tagging"),
    ]
    assert {key.code(*request) for request in refused} == {"AccessDenied"}


def test_a_policy_for_another_project_opens_nothing(owner: Client):
    key, _ = recorder(owner.cloud, *PERMISSIONS, project="22222222-2222-2222-2222-222222222222")
    assert key.code("GET", "film") == "AccessDenied"


def test_with_a_bucket_policy_nobody_else_has_a_right(owner: Client):
    key, application = recorder(owner.cloud, *PERMISSIONS)
    other, _ = recorder(owner.cloud, "ObjectStorageFullAccess")
    assert other.code("PUT", "film", "", "film") == "200"
    policy = bucket_policy(BUCKET, application, [f"user_id:{OWNER}"])
    assert owner.code("PUT", "", "policy", policy) == "200"
    assert json.loads(owner.ask("GET", "", "policy").text)["Statement"][0]["Action"] == "s3:*"
    assert other.code("GET", "film") == "AccessDenied"
    assert key.code("PUT", "film", "", "film") == "200"
    assert key.code("DELETE", "film") == "AccessDenied"
    assert owner.code("GET", "", "lifecycle") == "NoSuchLifecycleConfiguration"


def test_an_owner_who_names_others_alone_can_still_take_the_policy_away(owner: Client):
    _, application = recorder(owner.cloud, *PERMISSIONS)
    owner.ask("PUT", "", "policy", bucket_policy(BUCKET, application, [f"application_id:{application}"]))
    assert owner.code("GET", "", "lifecycle") == "AccessDenied"
    assert owner.code("DELETE", "", "policy") == "204"
    assert owner.code("GET", "", "lifecycle") == "NoSuchLifecycleConfiguration"


@pytest.mark.parametrize(
    "replaced", [("2023-04-17", "2023"), ("user_id", "user"), ("s3:*", "PutObject"), (BUCKET, "other")]
)
def test_a_bucket_policy_that_means_nothing_is_refused(owner: Client, replaced: tuple[str, str]):
    policy = bucket_policy(BUCKET, "a", ["user_id:b"]).replace(*replaced)
    assert owner.code("PUT", "", "policy", policy) == "MalformedPolicy"


def test_what_is_not_emulated_says_so(owner: Client):
    assert owner.code("POST", "film", "uploads") == "NotImplemented"
    assert owner.code("PUT", "", "versioning", "<VersioningConfiguration/>") == "NotImplemented"
    assert owner.code("PUT", "", "acl", **{"x-amz-acl": "public-read"}) == "NotImplemented"
