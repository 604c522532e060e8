"""Which secrets a stack needs: the plan finds missing what the program refuses to run without."""

import json

import pytest

from config.problems import ConfigError
from config.read import engine_values, parse, stack_file
from config.secret_keys import SECRETS, needed_secrets
from config.secret_problems import secret_problems
from config.source import read

STACK = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
}
SIP = {"account": "a@sip.example.org", "server": "sip.example.org"}
LOKI = {"to": "loki", "url": "https://loki.example.org/push", "user": "school"}
LDAP = {"servers": ["ldaps://ldap.example.org"], "base": "dc=example", "bindDn": "cn=reader"}
NEEDS = {
    "secretSeed": {},
    "jwtSecret": {"auth": {"type": "jwt", "jwt": {"appId": "school"}}},
    "ldapPassword": {"auth": {"type": "ldap", "ldap": LDAP}},
    "users": {"auth": {"type": "internal"}},
    "turnSecret": {"turn": {"servers": [{"host": "turn.example.net", "transport": "udp"}]}},
    "sipPassword": {"jigasi": {"sip": SIP}},
    "googleCredentials": {"jigasi": {"transcription": {"backend": "google"}}},
    "whisperKey": {
        "jigasi": {"transcription": {"backend": "whisper", "url": "wss://w.example.org/ws", "keyName": "jitsi/default"}}
    },
    "registryPassword": {"images": {"mirror": "r.example.org", "login": {"server": "r.example.org", "user": "robot"}}},
    "kubeconfig": {"cluster": {"kind": "existing"}},
    "recordingAccessKey": {"recording": {"bucket": "meetings", "endpoint": "https://s3.example.org"}},
    "recordingSecretKey": {"recording": {"bucket": "meetings", "endpoint": "https://s3.example.org"}},
    "lokiPassword": {"monitoring": {"logs": LOKI}},
}


def missing(folder, keys, secrets):
    """Of a stack file with these keys and secrets, as `plan report` sees it."""
    path = folder / "Pulumi.x.yaml"
    config = STACK | {f"jitsi:{key}": value for key, value in (keys | secrets).items()}
    path.write_text(json.dumps({"config": config}), encoding="utf-8")
    return read(None, str(path)).missing_secrets


def test_every_secret_is_needed_by_some_stack_and_has_a_command():
    assert tuple(NEEDS) == tuple(SECRETS)
    assert all(f"pulumi config set --secret jitsi:{name}" in secret.command for name, secret in SECRETS.items())


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_missing_where_the_program_reads_it_and_only_while_it_is_not_set(name, tmp_path):
    sealed = {other: {"secure": "v1:a"} for other in SECRETS if other != name}
    assert missing(tmp_path, NEEDS[name], sealed) == (name,)
    assert missing(tmp_path, NEEDS[name], sealed | {name: {"secure": "v1:b"}}) == ()
    if name != "secretSeed":
        assert missing(tmp_path, {}, {"secretSeed": {"secure": "v1:a"}}) == ()


@pytest.mark.parametrize("empty", ["", None])
def test_a_secret_that_is_set_to_nothing_is_missing(empty, tmp_path):
    assert missing(tmp_path, {}, {"secretSeed": empty}) == ("secretSeed",)


def test_a_small_stack_needs_its_seed_alone(tmp_path):
    missing(tmp_path, {}, {})
    assert needed_secrets(parse(stack_file(tmp_path / "Pulumi.x.yaml"))) == ("secretSeed",)


def refusal(**keys):
    """What an invalid stack file says, and the secrets that it surely needs."""
    stack = {"scaleway:region": "fr-par", "domain": "meet.example.org", "shards": [{"name": "s0", "zone": "fr-par-1"}]}
    values = engine_values({key: value for key, value in (stack | keys).items() if value is not None})
    with pytest.raises(ConfigError) as caught:
        parse(values)
    return values, caught.value


@pytest.mark.parametrize(
    ("keys", "needed"),
    [
        ({"bridges": {"min": 0}}, ["secretSeed"]),
        ({"bridges": {"min": 0}, "auth": {"type": "jwt", "jwt": {"appId": "x"}}}, ["secretSeed", "jwtSecret"]),
        ({"scaleway:region": None, "cluster": {"kind": "existing"}, "web": {"x": 1}}, ["secretSeed", "kubeconfig"]),
        ({"cluster": {"kind": "exsting"}}, ["secretSeed"]),  # which kind it will be is open
        (
            {"bridges": {"min": 9, "max": 2}, "auth": {"type": "jwt", "jwt": {"appId": "x"}}},
            ["secretSeed", "jwtSecret"],
        ),
        ({"jitsi:region": "fr-par", "auth": {"type": "jwt", "jwt": {"appId": "x"}}}, ["secretSeed", "jwtSecret"]),
    ],
)
def test_an_invalid_file_still_says_which_secrets_it_needs_in_any_case(keys, needed):
    values, error = refusal(**keys)
    assert sorted(error.secrets) == sorted(needed)
    missing = [str(problem) for problem in secret_problems(values, (), error.secrets, is_certain=False)]
    assert sorted(line.split(": ")[0] for line in missing) == sorted(needed)
    assert all("required secret, not set; run: " in line for line in missing)


def test_a_secret_in_plain_text_is_removed_only_where_it_is_surely_not_needed():
    plain = {"jitsi:kubeconfig": "text"}
    (certain,) = secret_problems(plain, (), ())
    assert str(certain).endswith("run: pulumi config rm jitsi:kubeconfig")
    (open_,) = secret_problems(plain, (), (), is_certain=False)
    assert "pulumi config set --secret jitsi:kubeconfig" in str(open_)
    assert list(secret_problems(plain, ("jitsi:kubeconfig",), ("kubeconfig",))) == []
