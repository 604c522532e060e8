"""Applications, policies and keys, as the provider asks for them, and what is refused."""

import json

import pytest

from tests.lab.scaleway_emulator.cloud import PROJECT, Cloud

IAM = "/iam/v1alpha1"
RULE = {"permission_set_names": ["ObjectStorageObjectsRead"], "condition": "", "project_ids": [PROJECT]}


def application(cloud: Cloud, **more: object) -> str:
    body = {"name": "recorders", "organization_id": PROJECT, "tags": None, **more}
    return cloud.make(f"{IAM}/applications", body)["id"]


def policy_body(owner: str | None, **more: object) -> dict[str, object]:
    return {"name": "p", "organization_id": PROJECT, "application_id": owner, "rules": [RULE], **more}


def test_a_secret_is_told_once_and_never_again(cloud: Cloud):
    key = cloud.make(f"{IAM}/api-keys", {"application_id": application(cloud), "description": "d"})
    assert key["secret_key"]
    assert len(key["access_key"]) == 20
    assert key["default_project_id"] == PROJECT
    read = cloud.get(f"{IAM}/api-keys/{key['access_key']}")
    assert read == {**key, "secret_key": None}
    assert key["secret_key"] not in json.dumps(cloud.client.get("/emulator/state").json())
    assert key["secret_key"] not in "".join(cloud.lines)


def test_an_application_counts_its_keys_and_takes_them_along(cloud: Cloud):
    owner = application(cloud)
    key = cloud.make(f"{IAM}/api-keys", {"application_id": owner})
    policy = cloud.make(f"{IAM}/policies", policy_body(owner))
    assert cloud.get(f"{IAM}/applications/{owner}")["nb_api_keys"] == 1
    assert cloud.ask("DELETE", f"{IAM}/applications/{owner}").status_code == 204
    gone = cloud.ask("GET", f"{IAM}/api-keys/{key['access_key']}")
    assert (gone.status_code, gone.json()["resource"]) == (404, "access_key")
    left = cloud.get(f"{IAM}/policies/{policy['id']}")
    assert "application_id" not in left
    assert left["no_principal"] is True


def test_a_policy_counts_what_its_rules_say(cloud: Cloud):
    made = cloud.make(f"{IAM}/policies", policy_body(application(cloud)))
    assert (made["nb_rules"], made["tags"]) == (0, [])
    read = cloud.get(f"{IAM}/policies/{made['id']}")
    assert (read["nb_rules"], read["nb_scopes"], read["nb_permission_sets"]) == (1, 1, 1)
    (rule,) = cloud.get(f"{IAM}/rules", policy_id=made["id"])["rules"]
    assert rule == {**RULE, "id": rule["id"], "permission_sets_scope_type": "projects"}


def test_rules_are_replaced_as_a_whole(cloud: Cloud):
    made = cloud.make(f"{IAM}/policies", policy_body(application(cloud)))
    other = {**RULE, "permission_set_names": ["ObjectStorageObjectsWrite"]}
    cloud.make(f"{IAM}/rules", {"policy_id": made["id"], "rules": [other]}, method="PUT")
    (rule,) = cloud.get(f"{IAM}/rules", policy_id=made["id"])["rules"]
    assert rule["permission_set_names"] == ["ObjectStorageObjectsWrite"]


def test_a_new_principal_takes_the_place_of_the_old_one(cloud: Cloud):
    first, second = application(cloud), application(cloud, name="others")
    made = cloud.make(f"{IAM}/policies", policy_body(first))
    cloud.make(f"{IAM}/policies/{made['id']}", {"application_id": second, "name": "q"}, method="PATCH")
    read = cloud.get(f"{IAM}/policies/{made['id']}")
    assert (read["application_id"], read["name"]) == (second, "q")


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"rules": [{**RULE, "organization_id": PROJECT}]}, 400, "embedded message failed validation"),
        ({"rules": [{**RULE, "project_ids": None}]}, 400, "embedded message failed validation"),
        ({"rules": [{**RULE, "permission_set_names": ["ObjectStorageObjectsReed"]}]}, 404, "not found"),
        (
            {"rules": [{**RULE, "permission_set_names": ["ObjectStorageObjectsRead", "IAMManager"]}]},
            400,
            "permission sets must be of the same scope type",
        ),
        ({"application_id": None}, 400, "one of user_id, group_id, application_id, no_principal is required"),
        ({"no_principal": True}, 400, "only one of"),
        ({"application_id": "gone"}, 404, "not found"),
        ({"name": "n" * 65}, 400, "at most 64 characters"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(cloud: Cloud, changed: dict[str, object], status: int, said: str):
    body = policy_body(application(cloud), **changed)
    assert said in cloud.refused("POST", f"{IAM}/policies", body, status=status)


def test_a_key_belongs_to_exactly_one(cloud: Cloud):
    assert "exactly one of" in cloud.refused("POST", f"{IAM}/api-keys", {"description": "d"})
    gone = cloud.ask("POST", f"{IAM}/api-keys", {"application_id": "gone"})
    assert (gone.status_code, gone.json()["resource"]) == (404, "application")


def test_keys_survive_the_emulator(cloud: Cloud):
    key = cloud.make(f"{IAM}/api-keys", {"application_id": application(cloud)})
    with Cloud(cloud.folder) as again:
        assert again.get(f"{IAM}/api-keys/{key['access_key']}")["description"] == ""
