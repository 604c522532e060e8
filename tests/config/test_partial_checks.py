"""Every problem at once: what is right is checked beside what is wrong, and nothing is said that only setting aside has made."""

import json
import re

import pytest
from sample_stacks import FILES, OWN

from config.problems import ConfigError
from config.read import engine_values, parse, stack_file

SEALED = {"secure": "v1:a"}
LESSON = {"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris", "bridges": 2}
S0 = {"name": "s0", "zone": "fr-par-1"}


def problems_of(**keys):
    stack = {"scaleway:region": "fr-par", "domain": "meet.example.org", "shards": [S0]} | keys
    with pytest.raises(ConfigError) as caught:
        parse(engine_values({key: value for key, value in stack.items() if value is not None}))
    return [str(problem) for problem in caught.value.problems]


def places(found):
    return [line.split(": ")[0] for line in found]


def test_five_kinds_of_mistakes_are_told_in_one_round():
    found = problems_of(
        dnsZone="other.fr",
        bridges={"min": 9, "max": 2},
        shards=[S0 | {"zone": "nl-ams-1"}, S0 | {"wieght": 3}],
        secretGenerations={"nope": 2},
    )
    assert places(found) == [
        "bridges.min",
        "shards[1].wieght",
        "shards[1].name",
        "shards[1].slot",
        "shards[0].zone",
        "secretGenerations.nope",
        "domain",
    ]


@pytest.mark.parametrize(
    ("keys", "only"),
    [
        ({"shards": [S0 | {"name": "S 0"}]}, "shards[0].name"),
        ({"shards": [3]}, "shards[0]"),
        ({"shards": [S0, {"zone": "fr-par-2"}], "secretGenerations": {"s1-jvb": 2}}, "shards[1].name"),
        ({"bridges": {"schedule": [LESSON | {"days": ["monday"]}]}}, "bridges.schedule[0].days[0]"),
        (
            {
                "scaleway:region": None,
                "cluster": {"kind": "existing", "privateNetwork": "x"},
                "shards": [S0 | {"zone": "zone-1"}],
            },
            "cluster.privateNetwork",
        ),
        (
            {"scaleway:region": None, "cluster": {"kind": "exsting"}, "shards": [S0 | {"zone": "zone-1"}]},
            "cluster.kind",
        ),
        (
            {"bridges": {"layout": "nodePort", "max": 20}, "shards": [S0 | {"bridges": {"maxx": 2}}]},
            "shards[0].bridges.maxx",
        ),
        (
            {"shards": [S0, {"name": "a", "zone": "fr-par-1", "slot": 99}, {"name": "s1", "zone": "fr-par-1"}]},
            "shards[1].slot",
        ),
        ({"bridges": {"nodeType": "PRO2_XSS"}, "shards": [S0 | {"zone": "fr-par-3"}]}, "bridges.nodeType"),
    ],
)
def test_one_mistake_is_one_line(keys, only):
    assert places(problems_of(**keys)) == [only]


def test_a_list_without_shards_hides_nothing_else():
    assert places(problems_of(shards=[], dnsZone="example.com")) == ["shards", "domain"]


STACKS = {**OWN, **{name: stack_file(path) for name, path in FILES.items()}}


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, values in STACKS.items() for key in values if key.startswith("jitsi:") and values[key]],
)
def test_a_broken_key_of_a_stack_that_is_right_brings_no_problem_elsewhere(name, key):
    right = json.loads(STACKS[name][key]) if STACKS[name][key].startswith("{") else {}
    for broken in (json.dumps(right | {"nonsense": 1}), '["non sense"]'):
        with pytest.raises(ConfigError) as caught:
            parse(STACKS[name] | {key: broken})
        roots = {re.split(r"[.\[]", problem.where)[0] for problem in caught.value.problems}
        assert roots == {key.removeprefix("jitsi:")}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"protect": "yes"}, "protect: true or false is needed, got 'yes'; write true or false, without quotes"),
        ({"whiteboard": 1}, "whiteboard: true or false is needed, got 1; write true or false, without quotes"),
        (
            {"bridges": {"min": "two"}},
            "bridges.min: a whole number is needed, got 'two'; write it without quotes, unit or fraction",
        ),
        ({"bridges": [1]}, "bridges: a mapping of keys is needed, got a list; write {layout: hostPort}"),
        (
            {"cluster": {"allowedIps": []}},
            "cluster.allowedIps: at least 1 entry is needed, got none; add one, or remove the key",
        ),
        ({"cluster": {"version": 1.35}}, "cluster.version: text is needed, got 1.35; put it in quotes"),
        (
            {"env": {"jvb": {"ENABLE_VLA": [1]}}},
            "env.jvb.ENABLE_VLA: text is needed, got a list; write one value, without brackets",
        ),
        (
            {"env": {"jvb": {"ENABLE_VLA": "x" * 5000}}},
            "env.jvb.ENABLE_VLA: at most 4096 characters are allowed, got 5000; shorten it",
        ),
        (
            {"bridges": {"layout": "host"}},
            "bridges.layout: one of 'hostPort' or 'nodePort', got 'host'; did you mean hostPort?",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_with_what_is_needed_what_was_got_and_what_to_do(keys, expected):
    assert problems_of(**keys) == [expected]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"web": SEALED}, ["web"]),
        ({"recording": SEALED}, ["recording"]),
        ({"domain": SEALED, "shards": SEALED}, ["domain", "shards"]),
        ({"bridges": {"min": 2, "drain": SEALED, "relays": SEALED}}, ["bridges.drain", "bridges.relays"]),
    ],
)
def test_what_is_encrypted_and_no_secret_is_told_to_be_encrypted(keys, expected):
    found = problems_of(**keys)
    assert places(found) == expected
    assert all("is encrypted, but only secrets may be" in line and "without --secret" in line for line in found)


def test_keys_beside_one_that_is_no_yaml_are_checked_whatever_it_should_be(tmp_path):
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text(
        "config:\n"
        "  scaleway:region: fr-par\n"
        "  jitsi:domain: meet.example.org\n"
        "  jitsi:bridges: {min: 2, max: 4\n"
        "  jitsi:web: {replicas: 0}\n"
        "  jitsi:meetings: {lastn: 4}\n"
        "  jitsi:shards: [{name: s0, zone: nl-ams-1}]\n"
    )
    with pytest.raises(ConfigError) as caught:
        stack_file(file)
    found = [str(problem) for problem in caught.value.problems]
    assert found[0].startswith("Pulumi.x.yaml: is not YAML: line 4, column 33: expected ',' or '}'")
    assert sorted(places(found[1:])) == ["meetings.lastn", "shards[0].zone", "web.replicas"]


@pytest.mark.parametrize(
    "broken",
    [
        "  jitsi:domain: meet: example.org\n  jitsi:shards: [{name: s0, zone: fr-par-1}]\n",
        "  ? [a\n",
        "  jitsi:shards: [\n",
    ],
)
def test_nothing_is_said_of_a_key_that_is_no_yaml_but_its_place(broken, tmp_path):
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text(
        f"config:\n  scaleway:region: fr-par\n  jitsi:domain: meet.example.org\n{broken}".replace(
            "  jitsi:domain: meet.example.org\n  jitsi:domain", "  jitsi:domain"
        )
    )
    with pytest.raises(ConfigError) as caught:
        stack_file(file)
    assert [problem.where for problem in caught.value.problems] == ["Pulumi.x.yaml"]
