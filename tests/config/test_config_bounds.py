"""Numbers and durations: every one has an end, and a message that says limit, value and remedy."""

import json
from typing import get_args

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BaseModel

from config.model import Bounds, format_duration
from config.problems import ConfigError
from config.read import parse
from config.stack import StackConfig

GOOD = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
}
LESSON = {"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris", "bridges": 2}


def problems_of(**keys):
    with pytest.raises(ConfigError) as caught:
        parse(GOOD | {f"jitsi:{key}": json.dumps(value) for key, value in keys.items()})
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"bridges": {"max": 10_000_000}}, "bridges.max: at most 10000, got 10000000; lower it"),
        (
            {"bridges": {"participants": 10**399}},
            "bridges.participants: at most 10000, got a number of more than 20 digits; lower it",
        ),
        (
            {"cluster": {"system": {"max": 10**399}}},
            "cluster.system.max: at most 500, got a number of more than 20 digits; lower it",
        ),
        ({"bridges": {"min": 0}}, "bridges.min: at least 1, got 0; raise it"),
        (
            {"bridges": {"schedule": [LESSON | {"lead": "999999d"}]}},
            "bridges.schedule[0].lead: at least 0s and at most 1d (86400 s), got 999999d; lower it",
        ),
        (
            {"bridges": {"schedule": [LESSON | {"lead": "9999999999d"}]}},
            'bridges.schedule[0].lead: a duration is a whole number with a unit, such as "90s", "10m" or "4h"; got \'9999999999d\'',
        ),
        (
            {"auth": {"type": "internal", "loginLifetime": -5}},
            "auth.loginLifetime: a duration is a whole number with a unit",
        ),
        ({"metrics": {"retention": -5}}, "metrics.retention: a duration is a whole number with a unit"),
        ({"metrics": {"interval": 30}}, '"4h"; got 30'),
        ({"bridges": {"scaling": {"bootTime": -100}}}, "bridges.scaling.bootTime: a duration is a whole number"),
        (
            {"shards": [{"name": "s0", "zone": "fr-par-1", "bridges": {"scaling": {"bootTime": -100}}}]},
            "shards[0].bridges.scaling.bootTime: a duration is a whole number",
        ),
        (
            {"shards": [{"name": "s0", "zone": "fr-par-1", "bridges": {"drain": {"deadline": "8d"}}}]},
            "shards[0].bridges.drain.deadline: at least 1s and at most 7d (604800 s), got 8d; lower it",
        ),
        ({"turn": {"drain": "10s"}}, "turn.drain: at least 1m and at most 7d (604800 s), got 10s; raise it"),
        (
            {"metrics": {"storage": "1000000Gi"}},
            "metrics.storage: a size is a whole number of Mi, Gi or Ti, at most 999999",
        ),
    ],
)
def test_what_is_out_of_bounds_is_told_with_the_limit_and_the_remedy(keys, expected):
    (problem,) = problems_of(**keys)
    assert expected in problem
    assert "pydantic" not in problem


def numbers(model, seen):
    """(key, what bounds it) of every whole number in a model and those below it."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield from numbers_in(f"{model.__name__}.{name}", field.annotation, tuple(field.metadata), seen)


def numbers_in(where, annotation, metadata, seen):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from numbers(annotation, seen)
    elif annotation is int:
        yield where, [inner for each in metadata for inner in getattr(each, "metadata", [each])]
    for part in get_args(annotation):
        own = getattr(part, "__metadata__", ())
        yield from numbers_in(where, part.__origin__ if own else part, own, seen)


def test_every_whole_number_of_a_stack_has_a_least_and_a_most():
    found = dict(numbers(StackConfig, set()))
    assert len(found) > 60
    checked = (Bounds, AfterValidator)
    free = [
        where
        for where, metadata in found.items()
        if not any(isinstance(each, (Le, Lt)) for each in metadata)
        or not any(isinstance(each, (Ge, Gt)) for each in metadata)
        if not any(isinstance(each, checked) for each in metadata)
    ]
    assert free == [f"Env.{name}" for name in ("web", "prosody", "jicofo", "jvb")], "texts of the images, of any form"


def test_a_duration_of_a_shard_is_merged_as_it_was_written():
    text = '[{"name": "s0", "zone": "fr-par-1", "bridges": {"drain": {"deadline": "2h"}}}]'
    shard = parse(GOOD | {"jitsi:shards": text, "jitsi:bridges": '{"drain": {"migrateAfter": "5m"}}'}).resolved[0]
    assert (format_duration(shard.bridges.drain.deadline), shard.bridges.drain.migrate_after) == ("2h", 300)
