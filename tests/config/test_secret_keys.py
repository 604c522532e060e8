"""Which secrets a stack needs: the plan finds missing what the program refuses to run without."""

import json

import pytest

from config.read import parse, stack_file
from config.secret_keys import SECRET_COMMANDS, SECRET_KEYS, needed_secrets
from plan.source import read

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
    "sipPassword": {"jigasi": {"sip": SIP}},
    "googleCredentials": {"jigasi": {"transcription": {"backend": "google"}}},
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
    assert tuple(NEEDS) == SECRET_KEYS == tuple(SECRET_COMMANDS)


@pytest.mark.parametrize("name", SECRET_KEYS)
def test_a_secret_is_missing_where_the_program_reads_it_and_only_while_it_is_not_set(name, tmp_path):
    sealed = {other: {"secure": "v1:a"} for other in SECRET_KEYS if other != name}
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
