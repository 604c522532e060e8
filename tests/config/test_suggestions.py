"""Did you mean: values of enumerations, keys in another place, and secrets."""

import pytest
from pydantic import BaseModel

from config.problems import ConfigError
from config.read import engine_values, parse
from config.stack import StackConfig
from config.stand_ins import literals_in, model_in, stand_ins

GOOD = {"scaleway:region": "fr-par", "domain": "meet.example.org", "shards": [{"name": "s0", "zone": "fr-par-1"}]}


def problems_of(keys):
    with pytest.raises(ConfigError) as caught:
        parse(engine_values(GOOD | keys))
    return {problem.where: problem.what for problem in caught.value.problems}


def enumerations(model: type[BaseModel], above=()):
    """Path and alternatives of every key with alternatives; of those that shards override once, as keys of `bridges`."""
    for name, field in model.model_fields.items():
        path = (*above, field.alias or name)
        inner = model_in(field.annotation)
        if inner and path[:2] != ("shards", "bridges"):
            yield from enumerations(inner, path)
        elif literals_in(field.annotation):
            yield path, literals_in(field.annotation)


def section_with(path, value):
    """A stack's top-level key with a value far inside, beside what each section requires."""
    model, models = StackConfig, []
    for key in path[:-1]:
        field = next(f for name, f in model.model_fields.items() if key in (name, f.alias))
        model = model_in(field.annotation) or StackConfig
        models.append((key, model, next((kind for kind in ("tuple", "dict") if kind in str(field.annotation)), "")))
    for key, model, kind in reversed([*models, (path[-1], None, "")]):
        fields = model.model_fields.items() if model else ()
        required = {f.alias or n: stand_ins(model, f.alias or n)[0] for n, f in fields if f.is_required()}
        value = {**required, **value} if model else value
        value = {key: [value] if kind == "tuple" else {"NEW1-S": value} if kind == "dict" else value}
    return value


ENUMERATIONS = [(path, values) for path, values in enumerations(StackConfig) if path[:2] != ("policy", "rules")]


DIGEST = f"sha256:{0:064x}"


@pytest.mark.parametrize(("path", "values"), ENUMERATIONS, ids=lambda value: ".".join(map(str, value)))
def test_every_alternative_is_suggested_for_itself_in_another_spelling(path, values):
    listed = path[-1] in ("days", "codecs")
    for value in map(str, values):
        for other in {value.upper(), value.lower(), value.title(), value.replace("-", "_"), f"{value} "} - {value}:
            wrong = {other: DIGEST} if path[-1] == "digests" else [other] if listed else other
            keys = section_with(path, wrong)
            keys = {"scaleway:region" if key == "region" else key: inner for key, inner in keys.items()}
            messages = problems_of(keys)
            assert any(f"did you mean {value}?" in message for message in messages.values()), (other, messages)


def test_there_are_enumerations_to_test():
    assert len(ENUMERATIONS) > 25


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("ingress.tls.mode", "letsencrypt", "did you mean letsEncrypt?"),
        ("bridges.layout", "hostport", "did you mean hostPort?"),
        ("bridges.layout", "NodePort", "did you mean nodePort?"),
        ("bridges.topology", "daemonSet", "did you mean daemonset?"),
        ("scaleway:region", "fr-par-1", "did you mean fr-par?"),
        (
            "bridges.schedule.days",
            "mon-fri",
            "a list is needed, got 'mon-fri'; did you mean [mon, tue, wed, thu, fri]?",
        ),
        ("bridges.schedule.days", "Monday-Wednesday", "did you mean [mon, tue, wed]?"),
        ("bridges.schedule.days", "mon, thursday", "did you mean [mon, thu]?"),
        ("bridges.schedule.days", "mon", "did you mean [mon]?"),
        ("bridges.schedule.days", "someday", "a list is needed, got 'someday'; write [mon, tue, "),
        ("bridges.schedule.days", ["mon-fri"], "got 'mon-fri'; did you mean mon, tue, wed, thu, fri?"),
        ("bridges.schedule.days", ["monday"], "did you mean mon?"),
        ("meetings.codecs", "vp8", "did you mean [VP8]?"),
        ("cluster.allowedIps", "10.0.0.0/8", "did you mean [10.0.0.0/8]?"),
        ("auth.type", "saml", "one of 'none', 'jwt', 'internal' or 'ldap', got 'saml'; choose one of them"),
    ],
)
def test_a_value_that_is_nearly_right_is_answered_with_the_right_one(path, value, expected):
    keys = {path: value} if ":" in path else section_with(tuple(path.split(".")), value)
    assert any(expected in message for message in problems_of(keys).values()), problems_of(keys)


@pytest.mark.parametrize(
    ("keys", "where", "expected"),
    [
        ({"auth": {"appId": "a"}}, "auth.appId", "did you mean auth.jwt.appId?"),
        ({"layout": "hostPort"}, "layout", "unknown key here; did you mean bridges.layout?"),
        ({"ingress": {"secretName": "x"}}, "ingress.secretName", "did you mean ingress.tls.secretName?"),
        ({"bridges": {"deadline": "1h"}}, "bridges.deadline", "did you mean bridges.drain.deadline"),
        ({"bridges.¹": 1}, "bridges.¹", "write jitsi:bridges: {¹: …}"),
        ({"domian.x": 1}, "domian.x", "did you mean domain?"),
        (
            {"bridges.drain.deadline": "2h"},
            "bridges.drain.deadline",
            "unknown key, as a key is one word; write jitsi:bridges: {drain: {deadline: …}}",
        ),
        ({"bridges": {"drain.deadline": "2h"}}, "bridges.drain.deadline", "write drain: {deadline: …}"),
        ({"shards[0].zone": "fr-par-1"}, "shards[0].zone", "write jitsi:shards: [{zone: …}]"),
        (
            {"shards": [GOOD["shards"][0], {"name": "s1", "zone": "fr-par-2", "max": 3}]},
            "shards[1].max",
            "unknown key here; did you mean shards[1].bridges.max?",
        ),
        (
            {"jitsi": {"domain": "a.example.org", "protect": True}},
            "jitsi",
            "begins the name of each key, and is no section; write jitsi:domain: …, jitsi:protect: …",
        ),
        ({"turn": {"enabled": True}}, "turn.enabled", "write turn: {}, or remove turn to turn it off"),
        ({"recording": {"enabled": True, "bucket": "abc"}}, "recording.enabled", "write recording: {bucket: …}"),
        ({"ingress": {"enabled": False}}, "ingress.enabled", "ingress is always on; remove the key"),
        ({"auth": {"secret": "x"}}, "auth.secret", "run: pulumi config set --secret jitsi:jwtSecret"),
        (
            {"auth": {"type": "jwt", "jwt": {"appId": "a", "secret": "x"}}},
            "auth.jwt.secret",
            "--secret jitsi:jwtSecret",
        ),
        ({"cluster": {"kubeconfig": "x"}}, "cluster.kubeconfig", "--secret jitsi:kubeconfig < kubeconfig.yaml"),
        ({"auth": {"password": "x"}}, "auth.password", "--secret jitsi:ldapPassword"),
        ({"auth": {"zzqq": 1}}, "auth.zzqq", "valid here: guests, jwt, ldap"),
    ],
)
def test_a_key_in_the_wrong_place_is_answered_with_the_right_one(keys, where, expected):
    assert expected in problems_of(keys)[where]


def test_the_keys_below_the_namespace_are_checked_as_if_they_were_written_right():
    found = problems_of({"jitsi": {"domain": "a.example.org", "bridges": {"min": 0}}})
    assert set(found) == {"jitsi", "bridges.min"}
