"""The guard refuses what drops calls, says whom and what to do, and is passed once by the name of that very change."""

from diff_changes import diff_of

from config.policy import GUARD
from plan.guard import blind, fingerprint, guard

RELEASE = "Jitsi release of one shard"


def test_a_change_that_drops_calls_is_refused_with_the_way_out():
    (refusal,) = guard(diff_of(RELEASE), None)
    assert (refusal.rule, refusal.severity) == (GUARD, "error")
    assert "drops calls on 2..4 bridges of s1" in refusal.message
    assert "update s1-prosody: prosody restarts" in refusal.message
    assert "state: draining" in refusal.remedy
    assert f"pulumi config set jitsi:allowDisruption {fingerprint(diff_of(RELEASE))} --stack local" in refusal.remedy


def test_a_change_that_only_drains_is_let_through():
    assert fingerprint(diff_of("drain")) is None
    assert list(guard(diff_of("drain"), None)) == []


def test_a_change_that_an_api_refuses_is_stopped_before_it_fails_half_way():
    (refusal,) = guard(diff_of("nothing", "Kubernetes version"), None)
    assert refusal.severity == "error"
    assert "update scaleway-kapsule-cluster: Kapsule refuses a lower version" in refusal.message


def test_the_change_that_was_named_is_let_through():
    assert list(guard(diff_of(RELEASE), fingerprint(diff_of(RELEASE)))) == []


def test_what_allows_one_change_allows_no_other():
    (refusal,) = guard(diff_of("Jitsi release"), fingerprint(diff_of(RELEASE)))
    assert "allows another change, not this one" in refusal.message


def test_the_way_back_has_another_name_than_the_way_there():
    back = diff_of("nothing", RELEASE)
    there = diff_of(RELEASE)
    assert {verdict.change.resource.urn for verdict in back.verdicts} == {
        verdict.change.resource.urn for verdict in there.verdicts
    }
    assert fingerprint(back) != fingerprint(there)


def test_a_permission_that_is_left_is_called_to_mind():
    (reminder,) = guard(diff_of("drain"), "drops-0123456789ab")
    assert reminder.severity == "warning"
    assert reminder.remedy == "pulumi config rm jitsi:allowDisruption --stack local"


def test_a_long_refusal_names_the_first_changes_and_counts_the_rest():
    (refusal,) = guard(diff_of("namespace"), None)
    assert refusal.message.splitlines()[-1].startswith("  and ")
    assert len(refusal.message.splitlines()) == 10


def test_a_stack_whose_state_cannot_be_read_is_refused_too():
    finding = blind("prod", "no passphrase")
    assert finding.severity == "error"
    assert "no passphrase" in finding.message
    assert "jitsi:policy.rules.drops-calls disabled --stack prod" in finding.remedy
