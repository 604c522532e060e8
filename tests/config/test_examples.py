"""The example in a message about a value of another type is one that its key takes, and no message holds a regular expression."""

import pytest
from plan_stacks import values_of
from pydantic import BaseModel

from config.engine_yaml import document
from config.examples import example
from config.problems import ConfigError
from config.read import parse
from config.stack import StackConfig
from config.stand_ins import fits, model_in


def keys_of(model: type[BaseModel], above=()):
    """Path and field of every key; below lists, of their first entry."""
    for name, field in model.model_fields.items():
        path = (*above, field.alias or name)
        yield path, field
        if (inner := model_in(field.annotation)) and "dict" not in str(field.annotation):
            yield from keys_of(inner, (*path, 0) if "tuple" in str(field.annotation) else path)


KEYS = {path: field for path, field in keys_of(StackConfig) if example(StackConfig, path, None)}
FREE = ("[first, second]", "{key: value}", "{NAME: ")
"""What stands for texts and names without a rule."""


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)))
def test_an_example_is_accepted_by_its_key(path):
    written = example(StackConfig, path, None) or ""
    value = document(written.replace("…", "stand-in"), "x")
    field = KEYS[path]
    assert any(free in written for free in FREE) or fits(field.annotation, field.metadata, value), written


def test_there_are_many_keys_with_an_example():
    assert len(KEYS) > 60


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"shards": {"name": "s0", "zone": "fr-par-1"}}, "got a mapping; write - {name: s0, zone: fr-par-1}"),
        ({"shards": ["s4"]}, "shards[0]: a mapping of keys is needed, got 's4'; write - {name: s4, zone: fr-par-1}"),
        ({"meetings": {"lastN": 5}}, "got 5; write {default: 5}"),
        ({"meetings": {"resolution": 720}}, "got 720; write {ideal: 720}"),
        ({"meetings": {"startMuted": True}}, "write {} for its defaults, or keys such as {audio: 10}"),
        ({"turn": True}, "got true; write {} for its defaults, or keys such as {host: meet.example.org}"),
        ({"recording": True}, "got true; write {bucket: …}"),
    ],
)
def test_a_value_of_another_type_is_answered_with_keys_of_its_own_model(changes, expected):
    with pytest.raises(ConfigError) as caught:
        parse(values_of(**changes))
    assert expected in str(caught.value)


def patterns_in(schema):
    """Bare patterns of a core schema: pydantic's message about one is the pattern."""
    if isinstance(schema, dict):
        if schema.get("type") == "str" and "pattern" in schema:
            yield schema["pattern"]
        for inner in schema.values():
            yield from patterns_in(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from patterns_in(inner)


def test_no_message_holds_a_regular_expression():
    assert list(patterns_in(StackConfig.__pydantic_core_schema__)) == []


def test_texts_with_a_rule_are_refused_in_words():
    logs = {"to": "loki", "url": "loki", "user": "a:b", "tenant": "a b"}
    with pytest.raises(ConfigError) as caught:
        parse(values_of(monitoring={"alertmanager": "http://am/api", "logs": logs}))
    assert sorted(problem.what.partition(" ")[2].partition(",")[0] for problem in caught.value.problems) == [
        "base URL begins with http:// or https:// and has no path",
        "push URL begins with http:// or https:// and has a path",
        "tenant is letters",
        "user name has no colon and no space",
    ]
