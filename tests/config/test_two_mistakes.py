"""Every problem at once: any two independent mistakes are both reported."""

import ast
import json
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from mistakes import RECORDING_REFUSALS, REFUSALS
from pydantic import BaseModel

from config.problems import ConfigError
from config.read import engine_values, parse
from config.stack import StackConfig
from config.stand_ins import model_in, stand_ins

GOOD = {"scaleway:region": "fr-par", "jitsi:domain": "meet.example.org"}
GOOD |= {"jitsi:cluster": '{"version": "1.35.3"}', "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]'}
INVALID = sorted((Path(__file__).parents[1] / "stacks" / "invalid").glob("*.yaml"))
CONTRADICTIONS = [
    {"bridges": '{"drain": {"deadline": "1h30"}}'},
    {"bridges": '{"min": 12, "max": 9}'},
    {
        "bridges": '{"schedule": [{"days": ["mon"], "start": "08:00", "end": "9", "timezone": "Europe/Paris", "bridges": 2}]}'
    },
    {"bridges": '{"scaling": {"stress": 3}, "topology": "statik"}'},
    {"images": '{"tag": "a b"}'},
    {"jigasi": '{"sip": {"account": "x", "server": "sip.example.org", "calls": 200, "firstPort": 29999}}'},
    {"jigasi": "{}"},
    {"meetings": '{"codecs": ["AV1", "AV1", "VP8"], "resolution": {"ideal": 2160, "max": 180}}'},
    {"meetings": '{"polls": "yes"}'},
    {"env": '{"jvb": {"JVB_PORT": "1"}}'},
    {"web": '{"branding": {"url": "https://b.example.org/", "data": {"a": 1}}}'},
    {"web": '{"files": {"images/a.svg": {"file": "../a.svg"}, "index.html": {"text": "x"}}}'},
]
DEPENDS = {
    "is not in dnsZone": {"domain"},
    "is the domain itself": {"domain"},
    "no derived password": {"shards"},
    "is not a zone of region": {"region", "cluster.kind"},
    "is not offered in": {"region", "cluster.kind", "bridges.nodeType"},
    "needs a region": {"cluster.kind"},
    "is a minor version": {"cluster.kind"},
    "is above max": {"bridges.topology"},
    "is below perNode": {"bridges.topology", "bridges.layout"},
    "outside Kubernetes' NodePort range": {"bridges.topology"},
    "no effect with type none": {"auth.type"},
    "jicofo keeps logins": {"auth.type"},
    "is for guests": {"auth.guests"},
    "is used only with endpoint": {"recording.endpoint"},
    "is less than one recording": {"recording.longest"},
    "type jwt needs": {"auth.jwt"},
    "type ldap needs": {"auth.ldap"},
}
"""Part of a message -> keys that it depends on: a mistake in one of them makes another stack, without the message."""
RECORDINGS = [{"recording": text} for text, *_ in RECORDING_REFUSALS]
MISTAKES = [changes for changes, _ in REFUSALS] + RECORDINGS + CONTRADICTIONS


def decoded(values):
    plain = {}
    for key, text in values.items():
        try:
            plain[key] = json.loads(text) if text is not None else None
        except ValueError:
            plain[key] = text
    return plain


def leaves(node, above=()):
    """Path -> value of what a mistake sets, without the inner mappings; an empty mapping is a leaf."""
    if isinstance(node, dict) and node:
        return {path: leaf for key, inner in node.items() for path, leaf in leaves(inner, (*above, key)).items()}
    return {above: node}


def meet(first, second):
    """Return whether two mistakes set a key differently, or one sets a key inside what the other sets."""
    return any(
        (a[: len(b)] == b or b[: len(a)] == a) and (a, value) != (b, other)
        for a, value in leaves(decoded(first)).items()
        for b, other in leaves(decoded(second)).items()
    )


def rests_on(message, changes):
    """Return whether a message depends on a key that the other mistake sets."""
    keys = {".".join(path[:2]) for path in leaves(decoded(changes))}
    return any(part in message and keys & on for part, on in DEPENDS.items())


def merge(first, second):
    if isinstance(first, dict) and isinstance(second, dict):
        return first | {key: merge(first.get(key), value) if key in first else value for key, value in second.items()}
    return second


def problems_of(changes):
    values: dict[str, str | None] = dict(GOOD)
    for key, value in changes.items():
        values["scaleway:region" if key == "region" else f"jitsi:{key}"] = (
            value if isinstance(value, str | None) else json.dumps(value)
        )
    try:
        parse({key: value for key, value in values.items() if value is not None})
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


PAIRS = [pair for pair in combinations(MISTAKES, 2) if not meet(*pair)]
WITHIN = [pair for pair in PAIRS if set(pair[0]) & set(pair[1])]
ACROSS = [pair for pair in PAIRS if not set(pair[0]) & set(pair[1])]
problems_of_mistake = cache(lambda number: problems_of(MISTAKES[number]))


@pytest.mark.parametrize("part", range(4))
def test_two_mistakes_are_both_reported(part):
    """All pairs within a section, and every twelfth of the others."""
    hidden = []
    for first, second in [*WITHIN, *ACROSS[::12]][part::4]:
        together = problems_of(merge(decoded(first), decoded(second)))
        for mistake, other in ((first, second), (second, first)):
            alone = problems_of_mistake(MISTAKES.index(mistake))
            assert alone
            hidden += [(m, mistake, other) for m in alone if m not in together and not rests_on(m, other)]
    assert hidden == []


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_stack_file_with_a_mistake_and_a_wrong_key_elsewhere_reports_both(path):
    values = engine_values(yaml.safe_load(path.read_text())["config"])
    for key, wrong in (("jitsi:whiteboard", "3"), ("jitsi:turn", '{"replicas": 9}'), ("jitsi:images", '{"tga": "x"}')):
        with pytest.raises(ConfigError) as before:
            parse(values)
        with pytest.raises(ConfigError) as after:
            parse(values | {key: wrong})
        assert set(before.value.problems) < set(after.value.problems)
        texts = [line.partition("expect: ")[2] for line in path.read_text().splitlines() if "# expect: " in line]
        assert texts
        assert [text for text in texts if text.lower() not in str(after.value).lower()] == []


def test_a_wrong_drain_hides_neither_min_above_max_nor_a_timetable_above_max():
    entry = {"days": ["mon"], "start": "08:00", "end": "09:00", "timezone": "Europe/Paris", "participants": 5000}
    bridges = {"drain": {"deadline": "5m"}, "min": 12, "max": 9, "schedule": [entry]}
    places = [message.partition(": ")[0] for message in problems_of({"bridges": json.dumps(bridges)})]
    assert places == ["bridges.drain.deadline", "bridges.min", "bridges.schedule[0]"]


def test_a_contradiction_with_a_default_that_stands_for_a_wrong_value_is_not_reported():
    assert len(problems_of({"bridges": '{"max": "twenty", "min": 15}'})) == 1
    assert len(problems_of({"bridges": '{"maxx": 20, "min": 15}'})) == 1


def test_every_model_reports_contradictions_through_its_base():
    """A validator that raises would hide the contradictions after it."""
    for file in sorted((Path(__file__).parents[2] / "config").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and any(
                "model_validator" in ast.unparse(each) for each in node.decorator_list
            ):
                raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                assert not raises or file.name == "model.py", f"{file.name}: {node.name}"


def test_every_required_key_has_a_stand_in():
    seen: set[type[BaseModel]] = set()
    models: list[type[BaseModel]] = [StackConfig]
    while models:
        model = models.pop()
        seen.add(model)
        fields = model.model_fields.items()
        models += [inner for _, field in fields if (inner := model_in(field.annotation)) and inner not in seen]
        assert [name for name, field in fields if field.is_required() and not stand_ins(model, name)] == []
    assert len(seen) > 30
