"""Stack files are read as the engine reads them, and a file that cannot be read never shows what stands in it."""

import pytest

from config.engine_yaml import document, scalar
from config.problems import ConfigError
from config.read import engine_values, parse, stack_file

GOOD = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
}
SECRET = "hunter2-not-so-secret"


def refused(text):
    with pytest.raises(ConfigError) as caught:
        document(text, "Pulumi.x.yaml")
    return [str(problem) for problem in caught.value.problems]


def problems_of(values):
    with pytest.raises(ConfigError) as caught:
        parse(values)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [  # as `pulumi config --json` of 3.228 answers
        *[(word, word) for word in ("yes", "no", "off", "on", "y", "N", "Yes")],
        *[("true", True), ("True", True), ("FALSE", False), ("~", None), ("null", None), ("", None)],
        *[("010", 8), ("0o7", 7), ("08", 8), ("1_000", 1000), ("0x10", 16), ("0b11", 3), ("+1", 1), ("-0", 0)],
        *[("1.", 1), (".5", 0.5), ("6.0", 6), ("0001.5", 1.5), ("1e3", 1000), ("10:00", "10:00"), ("08:00", "08:00")],
        *[("1.5e400", "1.5e400"), ("123456789012345678901234567890", 1.2345678901234568e29)],
        *[("2020-01-01", "2020-01-01 00:00:00 +0000 UTC"), ("2020-13-01", "2020-13-01"), ("1.35.3", "1.35.3")],
        *[("fr-par", "fr-par"), ("-", "-"), ("9" * 400, "9" * 400)],
    ],
)
def test_a_plain_scalar_is_what_the_engine_makes_of_it(written, read):
    found = scalar(written)
    assert (found, type(found)) == (read, type(read))


def test_quotes_and_tags_keep_text_as_it_is():
    found = document("""a: ["010", 'yes', !!str 1, !own x, !!int 3]""", "x")
    assert found == {"a": ["010", "yes", "1", "x", 3]}


def test_aliases_and_merged_mappings_are_followed():
    assert document("a: {x: &a {<<: {q: 1}, q: 2}, y: *a, <<: *a}", "x") == {
        "a": {"q": 2, "x": {"q": 2}, "y": {"q": 2}}
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"config:\n  jitsi:secretSeed: {SECRET}: oops",
            "line 2, column 42: mapping values are not allowed here; quote text that holds a colon",
        ),
        (f"a: *{SECRET}", "found undefined alias …"),
        (f"a: !{SECRET}!x y", "found undefined tag handle …"),
        (f"a: {SECRET}\n\tb: c", "line 2, column 1: found character '\\t' that cannot start any token"),
        (f"a: {SECRET}\x01", "character 25 is not allowed in YAML; remove it"),
        (f"? [{SECRET}]\n: b", "a key is a list or a mapping; keys must be text"),
        (f'a: "{SECRET}', "found unexpected end of stream"),
    ],
)
def test_a_file_that_is_no_yaml_is_refused_by_its_place_and_its_text_is_not_shown(text, expected):
    (problem,) = refused(text)
    assert problem.startswith("Pulumi.x.yaml: is not YAML: ")
    assert expected in problem
    assert SECRET not in problem
    assert "hunter2" not in problem


def test_each_broken_key_is_told_with_its_own_place_and_remedy_and_whole_ones_are_not():
    text = """encryptionsalt: v1:x
config:
  jitsi:domain: meet: example.org
  # a comment
  jitsi:bridges: {min: 2, max: 4
  jitsi:web:
    replicas: 2
     folder: pages
  jitsi:shards:
  - {name: s0, zone: fr-par-1}
  jitsi:meetings: {lastN: 4, lastN: 5}
  jitsi:namespace: "jitsi
"""
    assert refused(text) == [
        "Pulumi.x.yaml: is not YAML: line 3, column 21: mapping values are not allowed here; "
        "quote text that holds a colon and a space or begins with a special character",
        "Pulumi.x.yaml: is not YAML: line 5, column 33: expected ',' or '}', but got '<stream end>'; "
        "close the bracket or brace, or put a comma between its parts",
        "Pulumi.x.yaml: is not YAML: line 8, column 12: mapping values are not allowed here; "
        "quote text that holds a colon and a space or begins with a special character",
        "Pulumi.x.yaml: line 11: the key lastN is already set in line 11; keep one of them",
        "Pulumi.x.yaml: is not YAML: line 13, column 1: found unexpected end of stream; close the quote",
    ]


def test_a_mistake_that_no_key_has_by_itself_is_told_once():
    text = "config:\n  jitsi:domain: a.example.org\n   jitsi:web: {}\n"
    assert len(refused(text)) == 1
    (problem,) = refused("- a\nb: c")
    assert "line 2, column 1: expected <block end>" in problem
    assert problem.endswith("begin the keys of one mapping, and the dashes of one list, in the same column")


def test_an_alias_across_keys_is_no_mistake_of_one_of_them():
    text = "config:\n  jitsi:web: &w {}\n  jitsi:meetings: *w\n  jitsi:domain: a: b\n"
    (problem,) = refused(text)
    assert "line 4" in problem


def test_every_key_that_stands_twice_is_told_with_both_lines():
    assert refused("config:\n  jitsi:bridges: {min: 1, min: 2}\n  jitsi:domain: a\n  jitsi:domain: b\n") == [
        "Pulumi.x.yaml: line 2: the key min is already set in line 2; keep one of them",
        "Pulumi.x.yaml: line 4: the key jitsi:domain is already set in line 3; keep one of them",
    ]


def test_a_key_too_long_to_be_one_is_not_repeated():
    secret = "f00d" * 16
    (problem,) = refused(f"{secret}: 1\n{secret}: 2")
    assert problem == "Pulumi.x.yaml: line 2: a key is already set in line 1; keep one of them"


def test_an_anchor_inside_of_itself_is_refused():
    (problem,) = refused("config: {jitsi:web: &w {config: *w}}")
    assert "line 1, column 21: an anchor (&) contains an alias (*) of itself" in problem


def test_a_file_nested_without_end_is_refused():
    assert refused("[" * 1000) == ["Pulumi.x.yaml: is nested too deeply for the engine; nest it less"]


@pytest.mark.parametrize(
    ("written", "found"),
    [(".inf", "the number is infinite"), ("-.INF", "the number is infinite"), (".nan", ".nan is not a number")],
)
def test_a_number_that_the_engine_cannot_pass_is_refused_by_what_it_is(written, found):
    assert refused(f"config: {{jitsi:bridges: {{min: {written}}}}}") == [
        f"Pulumi.x.yaml: line 1, column 31: {found}, and the engine cannot pass it to a program; write a number"
    ]


def test_a_file_in_another_encoding_is_refused_by_its_first_bad_character(tmp_path):
    path = tmp_path / "Pulumi.x.yaml"
    path.write_bytes("config:\r\n  é: 1\n  jitsi:domain: é".encode() + "é".encode("latin-1") + b"\n")
    with pytest.raises(ConfigError) as caught:
        stack_file(path)
    assert str(caught.value) == "Pulumi.x.yaml: line 3, column 18: a character is not UTF-8; save the file as UTF-8"


def test_a_key_with_and_without_its_namespace_is_refused():
    with pytest.raises(ConfigError) as caught:
        engine_values({"domain": "a.example.org", "jitsi:domain": "b.example.org"})
    assert str(caught.value) == "jitsi:domain: is set twice, as domain and as jitsi:domain; keep one of them"


def test_the_word_yes_is_no_truth_value_to_the_engine_and_so_not_to_the_plan(tmp_path):
    path = tmp_path / "Pulumi.x.yaml"
    path.write_text("config:\n  domain: meet.example.org\n  jitsi:protect: yes\n")
    assert stack_file(path)["jitsi:protect"] == "yes"
    assert any(line.startswith("protect: ") for line in problems_of({**GOOD, "jitsi:protect": "yes"}))


def test_a_day_without_quotes_ends_a_lesson_as_one_with_quotes_does():
    lesson = (
        '{"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris", "bridges": 2, "until": "%s"}'
    )
    ends = [
        parse({**GOOD, "jitsi:bridges": f'{{"schedule": [{lesson % scalar(text)}]}}'}).bridges.schedule[0].until
        for text in ("2040-07-01", "2040-07-01 00:00:00 +0000 UTC")
    ]
    assert [str(day) for day in ends] == ["2040-07-01", "2040-07-01"]


def test_the_region_has_one_key():
    assert problems_of({**GOOD, "jitsi:region": "nl-ams"}) == [
        "jitsi:region: unknown key; set the region with scaleway:region"
    ]


@pytest.mark.parametrize("namespace", ["jisti", "Jitsi", "jits"])
def test_a_misspelt_namespace_is_told(namespace):
    assert problems_of({**GOOD, f"{namespace}:bridges": '{"min": 3}'}) == [
        f"{namespace}:bridges: unused namespace {namespace}; did you mean jitsi:bridges?"
    ]


def test_namespaces_of_providers_are_left_to_them():
    assert parse({**GOOD, "kubernetes:context": "x", "scaleway:projectId": "y", "tls:proxy": "z", "pulumi:tags": "{}"})
