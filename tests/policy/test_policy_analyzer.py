"""The service that the engine asks, asked as the engine does, without one."""

import inspect
import json

import pytest
import yaml
from deployed_state import export
from diff_changes import CHANGES, FILE, config_of, made_by
from google.protobuf import struct_pb2
from pulumi.runtime import proto
from pulumi_policy.policy import _PolicyAnalyzerServicer

from config.policy import GUARD, RULE_NAMES
from lab.paths import PROJECT
from plan.findings import check as config_rules
from plan.resources import check as resource_rules
from plan.tokens import STACK_TYPE
from policy import update
from policy.analyzer import ABOUT, VERSION, Analyzer
from policy.state import StateError, qualified

SEED = "0" * 64
OPEN_FIREWALL = {"inboundDefaultPolicy": "accept"}
FAULTY = {"participants": 300}
"""More than the node's network carries: a finding of severity error."""


def values(name="nothing", **keys):
    config = config_of(name) | {f"jitsi:{key}": value for key, value in keys.items()}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return {"jitsi:secretSeed": SEED} | texts


def configured(preview=False, secret=("jitsi:secretSeed",), name="nothing", **keys):
    analyzer = Analyzer()
    request = proto.AnalyzerStackConfigureRequest(
        stack="local",
        project="jitsi",
        organization="organization",
        dry_run=preview,
        config=values(name, **keys),
        config_secret_keys=secret,
    )
    analyzer.ConfigureStack(request, None)
    return analyzer


def before(analyzer):
    """Rule -> level of what is said before anything is made."""
    request = proto.AnalyzeRequest(type=STACK_TYPE, urn="urn:pulumi:local::jitsi::pulumi:pulumi:Stack::jitsi-local")
    return analyzer.Analyze(request, None).diagnostics


def after(analyzer, **changed):
    """What is said of the registered resources; `changed` are properties that differ, by the resource's name."""
    request = proto.AnalyzeStackRequest()
    for made in made_by("nothing"):
        properties = struct_pb2.Struct()
        properties.update(made.properties | changed.get(made.name, {}))
        request.resources.append(
            proto.AnalyzerResource(
                urn=made.urn, type=made.type, name=made.name, parent=made.parent or "", properties=properties
            )
        )
    return analyzer.AnalyzeStack(request, None).diagnostics


def levels(diagnostics):
    words = {proto.MANDATORY: "mandatory", proto.ADVISORY: "advisory"}
    return {diagnostic.policyName: words[diagnostic.enforcementLevel] for diagnostic in diagnostics}


def test_errors_refuse_and_warnings_are_printed_and_infos_are_not_told():
    bridges = {**config_of("nothing")["jitsi:bridges"], **FAULTY, "scaling": {"participants": 301}}
    said = before(configured(preview=True, bridges=bridges))
    assert levels(said)["bridge-network-too-small"] == "mandatory"
    assert levels(said)["target-above-capacity"] == "advisory"
    assert "mutualized-control-plane" not in levels(said)
    refusal = next(each for each in said if each.enforcementLevel == proto.MANDATORY)
    assert refusal.message.startswith("bridges.participants: 300 participants x 2500 kbit/s")
    assert "lower participants to" in refusal.message


def test_a_stack_weighs_severities_and_single_rules_by_its_config():
    policy = {
        "errors": "advisory",
        "infos": "advisory",
        "rules": {"api-server-open": "disabled", "single-shard": "mandatory"},
    }
    bridges = {**config_of("nothing")["jitsi:bridges"], **FAULTY}
    said = levels(before(configured(preview=True, bridges=bridges, policy=policy)))
    assert said["bridge-network-too-small"] == "advisory"
    assert said["mutualized-control-plane"] == "advisory"
    assert "api-server-open" not in said


def test_a_pack_configured_on_the_command_line_wins_over_the_stack():
    analyzer = configured(preview=True, bridges={**config_of("nothing")["jitsi:bridges"], **FAULTY})
    request = proto.ConfigureAnalyzerRequest()
    request.policyConfig["bridge-network-too-small"].enforcementLevel = proto.ADVISORY
    request.policyConfig["target-above-capacity"].enforcementLevel = proto.ADVISORY
    analyzer.Configure(request, None)
    assert levels(before(analyzer))["bridge-network-too-small"] == "advisory"


def test_a_policy_that_is_off_says_nothing():
    off = {"errors": "disabled", "warnings": "disabled"}
    analyzer = configured(bridges={**config_of("nothing")["jitsi:bridges"], **FAULTY}, policy=off)
    assert list(before(analyzer)) == []
    assert list(after(analyzer, **{"scaleway-s0-firewall": OPEN_FIREWALL})) == []


def test_a_config_that_the_program_refuses_is_left_to_the_program():
    analyzer = configured(bridges={"layuot": "hostPort"})
    assert list(before(analyzer)) == []
    assert list(after(analyzer)) == []


def test_what_the_engine_registered_is_judged_and_what_was_said_before_is_not_said_twice():
    analyzer = configured(preview=True)
    assert levels(after(analyzer)) == {}
    (refusal,) = after(analyzer, **{"scaleway-s0-firewall": OPEN_FIREWALL})
    assert refusal.policyName == "firewall-open-by-default"
    assert refusal.urn.endswith("::scaleway-s0-firewall")
    assert refusal.enforcementLevel == proto.MANDATORY


def test_a_resource_is_judged_by_its_inputs_since_outputs_carry_the_defaults_of_server_and_provider():
    analyzer = configured(preview=False)
    firewall = next(made for made in made_by("nothing") if made.name == "scaleway-s0-firewall")
    properties = struct_pb2.Struct()
    properties.update(firewall.properties)
    analyzer.Analyze(proto.AnalyzeRequest(type=firewall.type, urn=firewall.urn, properties=properties), None)
    assert levels(after(analyzer, **{"scaleway-s0-firewall": OPEN_FIREWALL})) == {}


def test_only_the_stack_itself_is_answered_before_the_end():
    analyzer = configured(preview=True, bridges={**config_of("nothing")["jitsi:bridges"], **FAULTY})
    assert list(analyzer.Analyze(proto.AnalyzeRequest(type="scaleway:network/vpc:Vpc"), None).diagnostics) == []


def test_a_secret_that_is_no_secret_to_the_engine_refuses():
    assert levels(before(configured(preview=True, secret=())))["secret-in-plain-text"] == "mandatory"


RELEASE = "Jitsi release of one shard"


@pytest.mark.parametrize("preview", [pytest.param(True, marks=pytest.mark.tools), False])
def test_a_protected_stack_is_guarded_in_previews_and_updates(monkeypatch, preview):
    monkeypatch.setattr(update, "state", lambda _: export())
    (refusal,) = before(configured(preview, name=RELEASE, protect=True))
    assert refusal.policyName == "drops-calls"
    assert "s1-prosody" in refusal.message
    name = refusal.message.partition("allowDisruption ")[2].split()[0]
    assert list(before(configured(preview, name=RELEASE, protect=True, allowDisruption=name))) == []
    assert levels(before(configured(preview, protect=True, allowDisruption=name))) == {"drops-calls": "advisory"}


def test_a_stack_that_is_not_protected_has_no_guard(monkeypatch):
    monkeypatch.setattr(update, "state", lambda _: pytest.fail("nobody asked"))
    assert list(before(configured(name=RELEASE))) == []


def test_the_guard_is_weighed_by_its_own_name_alone(monkeypatch):
    monkeypatch.setattr(update, "state", lambda _: export())
    off = {"errors": "disabled", "warnings": "disabled"}
    assert levels(before(configured(name=RELEASE, protect=True, policy=off))) == {"drops-calls": "mandatory"}
    spoken = {**off, "rules": {"drops-calls": "advisory"}}
    assert levels(before(configured(name=RELEASE, protect=True, policy=spoken))) == {"drops-calls": "advisory"}
    silent = {**off, "rules": {"drops-calls": "disabled"}}
    assert levels(before(configured(name=RELEASE, protect=True, policy=silent))) == {}


def test_a_first_deployment_drops_nobody(monkeypatch):
    monkeypatch.setattr(update, "state", lambda _: {"deployment": None})
    assert list(before(configured(protect=True))) == []


def test_a_guard_that_sees_nothing_lets_nothing_through(monkeypatch):
    def fails(stack):
        raise StateError("error: incorrect passphrase")

    monkeypatch.setattr(update, "state", fails)
    (refusal,) = before(configured(protect=True))
    assert "incorrect passphrase" in refusal.message
    assert refusal.enforcementLevel == proto.MANDATORY


def test_every_rule_is_announced_with_its_usual_level():
    info = Analyzer().GetAnalyzerInfo(None, None)
    assert {policy.name for policy in info.policies} == set(ABOUT)
    assert all(policy.description for policy in info.policies)
    assert levels_of(info)["udp-on-load-balancer"] == proto.MANDATORY
    assert levels_of(info)["api-server-open"] == proto.DISABLED


def levels_of(info):
    return {policy.name: policy.enforcementLevel for policy in info.policies}


def test_the_service_answers_every_call_that_the_official_one_does():
    calls = {
        name for name, method in vars(_PolicyAnalyzerServicer).items() if inspect.isfunction(method) and name[0] != "_"
    }
    assert "AnalyzeStack" in calls
    assert calls <= set(vars(Analyzer))


def test_the_version_is_that_of_the_pack():
    project = yaml.safe_load((PROJECT / "policy/PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert project["version"] == VERSION


def test_a_stack_is_named_with_its_owner_where_there_are_owners():
    assert qualified("organization", "jitsi", "local") == "local"
    assert qualified("school", "jitsi", "prod") == "school/jitsi/prod"


def test_the_changes_of_this_file_are_those_of_the_diff():
    assert {RELEASE} <= set(CHANGES)
    assert FILE.exists()


def test_the_names_that_a_stack_file_may_weigh_are_those_of_the_rules():
    rules = [rule.name for rule in (*config_rules.RULES, *resource_rules.RULES)]
    assert sorted(RULE_NAMES) == sorted([*rules, GUARD])
