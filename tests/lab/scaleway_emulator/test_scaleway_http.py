"""The server itself: keys, errors, pages, the log, and what is left after a kill."""

import json

import pytest

from tests.lab.scaleway_emulator.cloud import DNS, INSTANCE, K8S, LB, PROJECT, VPC, Cloud


def test_a_request_without_a_key_is_not_answered(cloud: Cloud):
    response = cloud.anonymous(f"{VPC}/vpcs")
    assert (response.status_code, response.json()["type"]) == (401, "denied_authentication")


def test_what_was_deleted_is_not_found_in_scaleways_words(cloud: Cloud):
    vpc = cloud.make(f"{VPC}/vpcs", {"name": "v"})
    assert cloud.ask("DELETE", f"{VPC}/vpcs/{vpc['id']}").status_code == 204
    response = cloud.ask("GET", f"{VPC}/vpcs/{vpc['id']}")
    assert response.status_code == 404
    assert response.json() == {
        "type": "not_found",
        "resource": "vpc",
        "resource_id": vpc["id"],
        "message": "resource is not found",
    }


def test_a_vpc_of_another_region_is_not_found(cloud: Cloud):
    vpc = cloud.make(f"{VPC}/vpcs", {"name": "v"})
    assert cloud.ask("GET", f"/vpc/v2/regions/nl-ams/vpcs/{vpc['id']}").status_code == 404


def test_an_unknown_region_is_refused(cloud: Cloud):
    assert "unknown region" in cloud.refused("GET", "/vpc/v2/regions/mars/vpcs")


def test_an_unknown_zone_is_refused(cloud: Cloud):
    assert "unknown zone" in cloud.refused("GET", "/lb/v1/zones/mars-1/ips")


def test_a_path_that_is_not_emulated_says_so_instead_of_pretending(cloud: Cloud):
    response = cloud.ask("GET", "/rdb/v1/regions/fr-par/instances")
    assert (response.status_code, "not emulated" in response.json()["message"]) == (501, True)


def test_every_wrong_field_is_named(cloud: Cloud):
    response = cloud.ask("POST", f"{K8S}/clusters", {"name": 1, "cni": "cilium"})
    named = {detail["argument_name"]: detail["reason"] for detail in response.json()["details"]}
    assert named == {"name": "format", "version": "required"}


def test_a_body_that_is_not_json_is_refused(cloud: Cloud):
    response = cloud.client.request("POST", f"{VPC}/vpcs", content=b"{")
    assert (response.status_code, response.json()["type"]) == (400, "invalid_arguments")


def test_lists_come_in_pages_with_the_count_of_all(cloud: Cloud):
    for index in range(5):
        cloud.make(f"{VPC}/vpcs", {"name": f"v{index}"})
    first, last = (cloud.get(f"{VPC}/vpcs", page=page, page_size=2) for page in (1, 3))
    assert (first["total_count"], len(first["vpcs"]), [vpc["name"] for vpc in last["vpcs"]]) == (5, 2, ["v4"])


def test_the_instance_api_also_counts_in_a_header(cloud: Cloud):
    response = cloud.ask("GET", f"{INSTANCE}/products/servers", page=2, per_page=10)
    assert response.headers["x-total-count"] == str(response.json()["total_count"])
    assert len(response.json()["servers"]) == 10


def test_the_log_has_keys_of_bodies_and_never_their_values(cloud: Cloud):
    cloud.make(f"{VPC}/vpcs", {"name": "hush"})
    log = cloud.client.get("/emulator/log").json()["requests"]
    assert log == [{"method": "POST", "path": f"{VPC}/vpcs", "status": 200, "body": ["name"]}]
    assert cloud.lines == [f"POST {VPC}/vpcs 200"]


def test_health_needs_no_key(cloud: Cloud):
    assert cloud.anonymous("/healthz").json() == {"status": "ok"}


def test_another_emulator_on_the_same_folder_finds_everything(cloud: Cloud):
    cluster = cloud.cluster()
    cloud.pool(cluster)
    before = cloud.client.get("/emulator/state").json()
    with Cloud(cloud.folder) as again:  # nobody told the first one to stop: what was answered is on disk
        assert again.client.get("/emulator/state").json() == before


def test_a_half_written_state_does_not_take_the_place_of_the_whole_one(cloud: Cloud):
    cloud.make(f"{VPC}/vpcs", {"name": "v"})
    (cloud.folder / "scaleway.new").write_text('{"vpcs": {"x"')
    with Cloud(cloud.folder) as again:
        assert again.get(f"{VPC}/vpcs")["total_count"] == 1


def test_the_state_for_tests_has_no_credentials(cloud: Cloud):
    cloud.cluster()
    text = json.dumps(cloud.client.get("/emulator/state").json())
    assert "token" not in text


def test_a_reserved_ip_is_released(cloud: Cloud):
    ip = cloud.make(f"{LB}/ips", {"project_id": PROJECT, "tags": ["a"]})
    assert cloud.get(f"{LB}/ips/{ip['id']}")["ip_address"] == "192.0.2.1"
    assert cloud.ask("DELETE", f"{LB}/ips/{ip['id']}").status_code == 204
    assert cloud.ask("GET", f"{LB}/ips/{ip['id']}").json() == {"message": "ips not Found"}


def test_an_ip_in_use_by_a_load_balancer_is_not_released(cloud: Cloud):
    ip = cloud.make(f"{LB}/ips", {})
    cloud.emulator.store.state.addresses[ip["id"]].lb_id = "lb"
    assert "in use by load balancer" in cloud.refused("DELETE", f"{LB}/ips/{ip['id']}", status=412)


def _record(**changes: object) -> dict[str, object]:
    record = {"name": "meet", "type": "A", "data": "192.0.2.1", "ttl": 300, **changes}
    return {"changes": [{"add": {"records": [record]}}]}


def test_a_record_can_be_read_changed_and_deleted(cloud: Cloud):
    path = f"{DNS}/example.org/records"
    added = cloud.make(path, _record(), "PATCH")["records"][0]
    change = {"changes": [{"set": {"id": added["id"], "records": [{**added, "data": "192.0.2.9"}]}}]}
    cloud.make(path, change, "PATCH")
    (record,) = cloud.get(path, name="meet", type="A")["records"]
    assert (record["id"], record["data"]) == (added["id"], "192.0.2.9"), "a record that is set keeps its id"
    cloud.make(path, {"changes": [{"delete": {"id": added["id"]}}]}, "PATCH")
    assert cloud.get(path)["total_count"] == 0


def test_a_dynamic_record_keeps_what_it_asks_and_refuses_what_it_cannot_ask(cloud: Cloud):
    path = f"{DNS}/example.org/records"
    asked = {
        "ips": ["192.0.2.1", "192.0.2.2"],
        "must_contain": "up",
        "url": "http://meet.example.org/",
        "strategy": "all",
    }
    sent = {**asked, "user_agent": None}  # as the provider sends what is not set
    (record,) = cloud.make(path, _record(http_service_config=sent), "PATCH")["records"]
    assert {key: record["http_service_config"][key] for key in asked} == asked
    for wrong in ({"ips": []}, {"ips": ["2001:db8::1"]}, {"url": "meet.example.org"}, {"strategy": "nearest"}):
        cloud.refused("PATCH", path, _record(name="other", http_service_config={**asked, **wrong}), status=400)


def test_a_zone_of_somebody_else_is_refused(cloud: Cloud):
    assert cloud.refused("PATCH", f"{DNS}/jitsi.dev/records", _record(), status=403) == "domain not found"


def test_a_zone_named_on_the_command_line_is_the_accounts(tmp_path):
    with Cloud(tmp_path, dns_zones=("jitsi.dev",)) as cloud:
        cloud.make(f"{DNS}/eu.jitsi.dev/records", _record(), "PATCH")
        zone = cloud.get(DNS, dns_zones="eu.jitsi.dev")["dns_zones"][0]
        assert (zone["domain"], zone["subdomain"]) == ("jitsi.dev", "eu")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"data": "meet.example.org"}, "is not an IPv4 address"),
        ({"type": "NONSENSE"}, "unknown record type"),
        ({"ttl": 5}, "greater than or equal to 60"),
    ],
)
def test_a_record_that_cannot_be_is_refused(cloud: Cloud, record: dict[str, object], message: str):
    assert message in cloud.refused("PATCH", f"{DNS}/example.org/records", _record(**record))


def test_the_same_record_twice_is_a_conflict_and_changes_nothing(cloud: Cloud):
    path = f"{DNS}/example.org/records"
    cloud.make(path, _record(), "PATCH")
    both = {"changes": [*_record(name="other")["changes"], *_record()["changes"]]}  # type: ignore[misc]
    assert "exists already" in cloud.refused("PATCH", path, both, status=409)
    assert cloud.get(path)["total_count"] == 1, "all changes of a request, or none"
