"""Access as the pods get it: alike on all three, secrets in Secrets alone, and what changes when a part of it does."""

import contextvars
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from access.access_stacks import (
    ACCESS,
    DIRECTORY,
    TOKENS,
    environment_of,
    pods_of,
    resources_of,
    secret_variables_of,
    values_of,
)
from hypothesis import given
from hypothesis import strategies as st

from components.signalling import environment
from components.signalling.access import SECRET_VARIABLES
from config.accounts import MAX_ACCOUNTS, accounts_file, saslprep, users_problems
from config.load import load
from config.passwords import mark_of
from config.read import parse, stack_file
from config.source import Source
from config.visitors import Visitors
from plan.diff.result import diff
from plan.evaluate import evaluate
from plan.findings.check import check
from plan.findings.rule import Subject
from sizing.addresses import ShardNames

DOCS = Path(__file__).parents[2] / "docs" / "access.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
ALIKE = ("ENABLE_AUTH", "AUTH_TYPE", "ENABLE_GUESTS", "ENABLE_LOBBY", "JWT_APP_ID", "JWT_ALLOW_EMPTY")
every_access = pytest.mark.parametrize("name", ACCESS)


@every_access
def test_web_prosody_and_jicofo_are_told_the_same(name):
    told = [
        {key: value for key, value in environment_of(name, component).items() if key in ALIKE}
        for component in ("web", "prosody", "jicofo")
    ]
    assert told[0] == told[1] == told[2]
    assert told[0]["ENABLE_AUTH"] == ("0" if name == "none" else "1")


@every_access
def test_guests_are_held_back_by_jicofo_or_by_prosody_and_never_by_nobody(name):
    """Jicofo without authentication opens a meeting for whoever asks; prosody must then keep guests waiting."""
    prosody, jicofo = environment_of(name), environment_of(name, "jicofo")
    jicofo_asks = jicofo["ENABLE_AUTH"] == "1" and jicofo.get("JICOFO_ENABLE_AUTH", "1") == "1"
    waits = "muc_wait_for_host" in prosody.get("XMPP_MUC_MODULES", "")
    if prosody.get("ENABLE_GUESTS") == "1":
        assert jicofo_asks != waits
    if waits:
        assert (prosody["XMPP_MODULES"], prosody["ENABLE_LOBBY"]) == ("persistent_lobby", "1")
    if jicofo["ENABLE_AUTH"] == "1" and not jicofo_asks:
        assert jicofo["ENABLE_AUTO_OWNER"] == "0", "it would make the first guest a moderator"


@every_access
def test_moderators_by_claim_are_made_by_nothing_but_the_claim(name):
    prosody, jicofo = environment_of(name), environment_of(name, "jicofo")
    if "token_affiliation" in prosody.get("XMPP_MUC_MODULES", ""):
        assert prosody["WAIT_FOR_HOST_DISABLE_AUTO_OWNERS"] == "1"
        assert (jicofo["JICOFO_ENABLE_AUTH"], jicofo["ENABLE_AUTO_OWNER"]) == ("0", "0")
    else:
        assert "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS" not in prosody


@every_access
def test_only_prosody_reads_the_secrets_that_access_needs(name):
    auth = parse(values_of(ACCESS[name])).auth
    expected = {SECRET_VARIABLES[secret] for secret in auth.secrets if secret in SECRET_VARIABLES}
    held = {"JICOFO_AUTH_PASSWORD", "JVB_AUTH_PASSWORD"}
    assert secret_variables_of(name, "prosody") == expected | held
    assert secret_variables_of(name, "web") | secret_variables_of(name, "jicofo") <= held


@pytest.mark.parametrize("name", ["jwt", "internal", "ldap, guests, own authority"])
def test_secrets_stand_in_secrets_alone(name):
    resources = resources_of(name)
    held = {
        key
        for resource in resources
        if resource.properties.get("kind") == "Secret"
        for key in resource.properties["stringData"]
    }
    auth = parse(values_of(ACCESS[name])).auth
    names = {SECRET_VARIABLES.get(secret, "accounts.json") for secret in auth.secrets}
    assert names <= held
    text = json.dumps([resource.properties for resource in resources])
    assert "0" * 64 not in text, "the placeholder of each secret"
    for resource in resources:
        if resource.type.startswith("kubernetes:") and resource.properties.get("kind") != "Secret":
            assert not resource.secret_marks, resource.name


def test_what_is_not_set_costs_nothing():
    pod = pods_of("none")["prosody"]["spec"]["template"]["spec"]
    assert {volume["name"] for volume in pod["volumes"]} == {"run", "tmp", "data", "access"}


def test_the_accounts_are_mounted_as_a_whole_so_that_they_change_in_a_running_pod():
    pod = pods_of("internal")["prosody"]["spec"]["template"]["spec"]
    mounts = {mount["mountPath"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts["/accounts"] == {"name": "accounts", "mountPath": "/accounts", "readOnly": True}
    assert "subPath" in mounts["/prosody-plugins-custom/mod_storage_jitsi_accounts.lua"]


def changed_by(before: dict[str, Any], after: dict[str, Any], *secrets: str) -> dict[str, str]:
    old, new = evaluate(values_of(before), "test"), evaluate(values_of(after), "test", changed_secrets=secrets)
    return {
        verdict.change.resource.name: verdict.effect.disruption for verdict in diff("test", "before", old, new).verdicts
    }


@pytest.mark.tools  # whole programs are evaluated
def test_other_accounts_throw_nobody_out():
    assert changed_by(ACCESS["internal"], ACCESS["internal"], "users") == {"s0-prosody-accounts": "none"}


@pytest.mark.tools
@pytest.mark.parametrize(("name", "secret"), [("jwt", "jwtSecret"), ("ldap, guests, own authority", "ldapPassword")])
def test_another_secret_restarts_prosody_which_reads_it_at_its_start(name, secret):
    assert changed_by(ACCESS[name], ACCESS[name], secret) == {"s0-passwords": "none", "s0-prosody": "drops"}


def test_another_kind_of_access_restarts_all_three_and_is_said_to_drop_calls():
    found = changed_by(ACCESS["none"], ACCESS["internal, guests wait"])
    assert found == {
        "s0-prosody": "drops",
        "s0-jicofo": "drops",
        "s0-web": "none",
        "s0-prosody-accounts": "none",
        "s0-prosody-config": "none",
    }


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_each_example_of_the_documentation_is_a_stack_that_no_rule_complains_of(text, tmp_path):
    path = tmp_path / "Pulumi.example.yaml"
    document = yaml.safe_load(text)
    base = {
        "scaleway:region": "fr-par",
        "jitsi:domain": "meet.school.eu",
        "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
    }
    path.write_text(yaml.safe_dump({"config": base | document["config"]}))
    values = stack_file(path)
    config = parse(values)
    assert config.auth.type != "none"
    findings = check(Subject("example", config, date(2026, 3, 18)))
    assert [finding for finding in findings if finding.where.startswith("auth") and finding.severity != "info"] == []


@pytest.mark.tools  # whole programs are evaluated
@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_each_example_of_the_documentation_is_rendered(text):
    auth = yaml.safe_load(text)["config"]["jitsi:auth"]
    assert any(resource.name == "s0-prosody" for resource in evaluate(values_of(auth), "example"))


def test_the_documentation_has_an_example_of_every_type():
    assert len(EXAMPLES) >= 5
    types = {yaml.safe_load(text)["config"]["jitsi:auth"]["type"] for text in EXAMPLES}
    assert types == {"jwt", "internal", "ldap"}


def refused(auth: dict[str, Any], **secrets: str) -> str:
    """What `load` says of a stack whose secrets are these."""
    values = {**values_of(auth), "jitsi:secretSeed": "0" * 64} | {
        f"jitsi:{name}": text for name, text in secrets.items()
    }

    def run() -> str:
        pulumi.runtime.set_all_config(values, ["jitsi:secretSeed", *(f"jitsi:{name}" for name in secrets)])
        with pytest.raises(pulumi.RunError) as caught:
            load()
        return str(caught.value)

    return contextvars.copy_context().run(run)


@pytest.mark.parametrize(
    ("auth", "secrets", "says"),
    [
        (
            {"type": "internal"},
            {},
            "users: required secret, not set; run: pulumi config set --secret jitsi:users < users.json",
        ),
        ({"type": "ldap", "ldap": DIRECTORY | {"bindDn": "cn=a"}}, {}, "ldapPassword: required secret"),
        ({"type": "jwt", "jwt": TOKENS}, {}, "jwtSecret: required secret"),
        (
            {"type": "jwt", "jwt": TOKENS},
            {"jwtSecret": 'hunter"2'},
            "jwtSecret: has a quote, a backslash, a line break",
        ),
        ({"type": "jwt", "jwt": TOKENS}, {"jwtSecret": "hunter2\n"}, "jwtSecret: has"),
        (
            {"type": "ldap", "ldap": DIRECTORY | {"bindDn": "cn=a"}},
            {"ldapPassword": "hunter2\nldap_filter: uid=*"},
            "ldapPassword: has",
        ),
        ({"type": "internal"}, {"users": "hunter2"}, "users: a JSON object that maps names to passwords is needed"),
        ({"type": "internal"}, {"users": "{}"}, "users: has no account"),
        (
            {"type": "internal"},
            {"users": '{"anna": "hunter2"}'},
            "users.anna: its password needs at least 8 characters, got 7",
        ),
        ({"type": "internal"}, {"users": '{"anna@school.eu": "hunter2hunter2"}'}, "use the part before the @"),
        (
            {"type": "internal"},
            {"users": '{"Anna": "hunter2hunter2"}'},
            "users.Anna: an account's name is at most 64 lower-case",
        ),
        ({"type": "internal"}, {"users": '{"anna": 12345678}'}, "users.anna: a password is text"),
        ({"type": "internal"}, {"users": '{"anna": "hunter2\\u0007hunter2"}'}, "prohibited character"),
    ],
)
def test_a_secret_that_cannot_work_is_refused_and_never_repeated(auth, secrets, says):
    message = refused(auth, **secrets)
    assert says in message
    assert "hunter2" not in message


def test_more_accounts_than_a_secret_should_hold_are_sent_to_a_directory():
    many = json.dumps({f"u{number}": "long enough" for number in range(MAX_ACCOUNTS + 1)})
    (problem,) = users_problems(many)
    assert "ldap" in str(problem)
    assert len(accounts_file(json.dumps({"a" * 64: "long enough"}), "seed")) * MAX_ACCOUNTS < 2**20


@pytest.mark.parametrize(
    ("text", "prepared"), [("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX")]
)
def test_passwords_are_normalised_as_the_standard_says(text, prepared):
    """The examples of RFC 4013 §3."""
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["\u0007", "\u0627\u0031"])
def test_what_the_standard_prohibits_is_refused(text):
    with pytest.raises(ValueError, match=r"prohibited character|mixes"):
        saslprep(text)


def test_the_same_accounts_make_the_same_file_and_another_seed_another_salt():
    first, again, other = (
        json.loads(accounts_file('{"anna": "correct horse"}', seed))["anna"] for seed in ("a", "a", "b")
    )
    assert first == again
    assert {first["salt"], first["stored_key"], first["server_key"]}.isdisjoint(other.values())


@given(st.text(min_size=8), st.text(min_size=1), st.text(min_size=1))
def test_a_mark_follows_its_secret_and_does_not_show_it(seed, one, other):
    assert (mark_of(seed, [one]) == mark_of(seed, [other])) == (one == other)
    assert re.fullmatch(r"[0-9a-f]{8}", mark_of(seed, [one]))


def test_accounts_set_one_at_a_time_count_as_encrypted(tmp_path):
    path = tmp_path / "Pulumi.s.yaml"
    path.write_text(
        yaml.safe_dump(
            {"config": {"jitsi:users": {"anna": {"secure": "v1:a"}, "ben": {"secure": "v1:b"}}, "jitsi:domain": "a.eu"}}
        )
    )
    values = stack_file(path)
    config = parse(values_of({}))
    assert values["jitsi:users"] == ""
    assert Source("s", path, values, config).plain_secrets == ()
    path.write_text(yaml.safe_dump({"config": {"jitsi:users": {"anna": {"secure": "v1:a"}, "ben": "open"}}}))
    assert Source("s", path, stack_file(path), config).plain_secrets == ("users",)


def test_a_visitor_prosody_asks_no_directory_and_holds_no_accounts():
    for name in ("internal, guests wait", "ldap, guests, own authority"):
        config = parse(values_of(ACCESS[name]))
        told = environment.visitors("a.eu", ShardNames("s0", "jitsi"), config.auth, Visitors(), "512kb/s")
        assert not {"XMPP_CONFIGURATION", "XMPP_MUC_MODULES", "XMPP_MODULES", "LDAP_URL", "LDAP_BINDDN"} & set(told)
        assert told["ENABLE_GUESTS"] is True
