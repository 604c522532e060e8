"""Bad stack files: every problem at once, each with its place, limit, value and remedy."""

import pytest
from mistakes import RECORDING_REFUSALS, REFUSALS

from config.cluster import CLOUDS, Cloud
from config.problems import ConfigError
from config.read import parse, stack_file

GOOD = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:cluster": '{"version": "1.35.3"}',
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
}


def problems_of(**changes):
    values = dict(GOOD)
    for key, value in changes.items():
        name = "scaleway:region" if key == "region" else f"jitsi:{key}"
        if value is None:
            values.pop(name)
        else:
            values[name] = value
    with pytest.raises(ConfigError) as caught:
        parse(values)
    return [str(problem) for problem in caught.value.problems]


def test_a_small_stack_is_accepted():
    assert parse(GOOD).resolved[0].first_port == 10000


@pytest.mark.parametrize(("changes", "expected"), REFUSALS)
def test_each_rule_names_the_place_the_limit_and_the_remedy(changes, expected):
    message = "\n".join(problems_of(**changes))
    for part in expected:
        assert part in message


def test_problems_in_different_places_are_reported_together():
    found = problems_of(
        domain=None,
        cluster='{"privateNetwork": "172.16.0.0/24"}',
        bridges='{"layuot": "hostPort"}',
        shards="[]",
    )
    assert {line.split(":")[0] for line in found} == {"domain", "cluster.privateNetwork", "bridges.layuot", "shards"}


def test_contradictions_between_keys_are_reported_beside_a_key_that_is_wrong_by_itself():
    found = problems_of(domain="UPPER", shards='[{"name": "s0", "zone": "nl-ams-1"}]')
    assert [line.split(":")[0] for line in found] == ["domain", "shards[0].zone"]


def test_all_contradictions_of_one_section_are_reported():
    found = problems_of(
        bridges='{"min": 12, "max": 10, "firstPort": 30000, "schedule": [{"days": ["mon"], "start": "08:00", "end": "09:00",'
        ' "timezone": "Europe/Paris", "bridges": 11}]}'
    )
    assert [line.split(": ")[0] for line in found] == ["bridges.min", "bridges.firstPort", "bridges.schedule[0]"]


def test_a_shard_whose_override_contradicts_the_defaults_is_named():
    found = problems_of(
        bridges='{"min": 5, "max": 10}', shards='[{"name": "s0", "zone": "fr-par-1", "bridges": {"max": 4}}]'
    )
    assert found == ["shards[0].bridges.min: min 5 is above max 4; raise max or lower min"]


def test_two_shards_that_want_the_same_node_port_are_both_named():
    (message,) = problems_of(
        bridges='{"layout": "nodePort", "max": 20}',
        shards='[{"name": "s0", "zone": "fr-par-1", "bridges": {"firstPort": 30300}},'
        ' {"name": "s1", "zone": "fr-par-2", "bridges": {"firstPort": 30310}}]',
    )
    assert "s0" in message
    assert "s1" in message
    assert "30310" in message
    assert "30320" in message


def test_a_node_port_of_the_edge_among_those_of_the_bridges_is_refused():
    (message,) = problems_of(
        bridges='{"layout": "nodePort", "max": 20, "firstPort": 30070}', ingress='{"nodePorts": {"health": 30095}}'
    )
    assert message.startswith("ingress.nodePorts.http: 30080 is one of UDP 30070-30089 of shard s0")


def test_a_shard_that_is_named_like_another_ones_bridge_is_refused():
    (message,) = problems_of(
        shards='[{"name": "s0", "zone": "fr-par-1"}, {"name": "s0-1", "zone": "fr-par-2", "slot": 7}]'
    )
    assert "shards[1].name: s0-1 beside shard s0: bridge 1 of s0 is named jvb-s0-1" in message


def test_an_unknown_time_zone_is_answered_with_the_nearest_one():
    (message,) = problems_of(
        bridges='{"schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "Europe/Berln", "bridges": 2}]}'
    )
    assert "Europe/Berln" in message
    assert "did you mean Europe/Berlin?" in message


def test_a_timetable_that_asks_for_more_than_max_says_how_much_max_would_do():
    (message,) = problems_of(
        bridges='{"max": 10, "schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00",'
        ' "timezone": "Europe/Paris", "participants": 3000}]}'
    )
    assert "3000" in message
    assert "38 bridges" in message
    assert "raise max to 38" in message


def test_a_timetable_beside_a_number_that_never_changes_names_the_key_that_says_the_number():
    (message,) = problems_of(
        bridges='{"topology": "static", "min": 2, "max": 20, "schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00",'
        ' "timezone": "Europe/Paris", "bridges": 12}]}'
    )
    assert (
        "the entry asks for 12 bridges, above min 2; raise min to 12 or more, or remove the schedule: topology static ignores it"
        in message
    )


def test_values_of_wrong_type_are_not_echoed_with_their_neighbours():
    assert all("meet.example.org" not in line for line in problems_of(bridges='{"min": "two"}'))


@pytest.mark.parametrize("text", ["[", "config: []", "a: b", "\tconfig:", ""])
def test_a_file_that_is_no_stack_file_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        stack_file(path)
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


def test_encrypted_values_stay_closed(tmp_path):
    path = tmp_path / "Pulumi.x.yaml"
    path.write_text("config:\n  jitsi:secretSeed:\n    secure: v1:abc\n  domain: a.example.org\n")
    assert stack_file(path) == {"jitsi:secretSeed": "", "jitsi:domain": "a.example.org"}


@pytest.mark.parametrize(("recording", "where", "says"), RECORDING_REFUSALS)
def test_what_cannot_be_recorded_is_told(recording, where, says):
    (problem,) = problems_of(recording=recording)
    assert problem.startswith(f"{where}: ")
    assert says in problem


def test_an_existing_cluster_must_say_where_recordings_go():
    (problem,) = problems_of(recording='{"bucket": "abc"}', cluster='{"kind": "existing"}')
    assert problem.startswith("recording.endpoint: required with cluster kind existing, which creates no bucket")


def test_kube_metrics_adapter_cannot_keep_more_idle_recorders_than_stand_anyway():
    (problem,) = problems_of(recording='{"bucket": "abc", "idle": 2}', metrics='{"adapter": "kubeMetrics"}')
    assert problem.startswith("recording.min: with metrics.adapter kubeMetrics")


@pytest.fixture
def onprem(monkeypatch):
    """A second cloud with nodes of its own: kind existing with other facts."""
    monkeypatch.setitem(CLOUDS, "existing", Cloud(creates_cluster=False, owns_nodes=True))
    return {
        "cluster": '{"kind": "existing", "system": {"nodeType": "PRO2-XXS"}}',
        "bridges": '{"nodeType": "DEV1-M"}',
    }


def test_any_cloud_with_nodes_of_its_own_must_offer_them_in_their_zones(onprem):
    shards = '[{"name": "s0", "zone": "pl-waw-3"}, {"name": "s1", "zone": "hall-a"}]'
    problems = problems_of(**onprem, shards=shards)
    assert [problem.partition(";")[0] for problem in problems] == [
        "shards[0].zone: DEV1-M is not offered in pl-waw-3",
        "shards[1].zone: DEV1-M is not offered in hall-a",
    ]


def test_a_broken_list_of_shards_brings_no_problem_of_the_nodes_that_follow_its_zones(onprem):
    cluster = '{"kind": "existing", "system": {"nodeType": "STANDARD2-A4C-16G"}}'
    problems = problems_of(**onprem | {"cluster": cluster}, region="pl-waw", shards="[]")
    assert [problem.partition(":")[0] for problem in problems] == ["shards"]
