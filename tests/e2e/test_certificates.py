"""A stack's certificate from a real ACME server, by cert-manager's own controllers, through a real HAProxy; see certificate_story."""

import json
import shutil
import subprocess
import sys

import pytest
from e2e.certificate_story import AT_LEAST, WEBSOCKETS
from e2e.certificate_world import ALIAS, BALANCER, DOMAIN, SHORT, TURN
from sample_stacks import ROOT

from components.self_signed import FALLBACK_NAME
from lab.network_namespace import isolated, why_no_forwarding

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
OWN = {host: [host] for host in (DOMAIN, TURN, ALIAS)}


@pytest.fixture(scope="module")
def seen(toolchain, tmp_path_factory):
    """What the story saw; where it cannot be played the tests fail and say why, as nothing was shown."""
    assert {"cert-manager", "acmesolver", "pebble", "kube-proxy"} <= toolchain.tools.keys()
    assert shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin"), "apt-get install haproxy"
    if reason := why_no_forwarding():
        pytest.fail(f"the story was not played: {reason}")
    folder = tmp_path_factory.mktemp("certificates")
    command = isolated(["env", "PYTHONPATH=.:tests", sys.executable, "-m", "e2e.certificate_story", str(folder)])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=800)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return json.loads((folder / "seen.json").read_text())


def test_pages_are_served_before_there_is_a_certificate(seen):
    assert seen["fallback"] == [FALLBACK_NAME]


def test_a_name_without_a_record_is_waited_for_and_its_reason_is_told(seen):
    state, reason, issuing = seen["unknown name"]
    assert (state, issuing) == ("pending", "True"), "no order failed, so none counts against a limit"
    assert "no such host" in reason


def test_a_name_that_is_not_proved_keeps_no_other_from_its_certificate(seen):
    assert seen["meanwhile"] == {DOMAIN: [DOMAIN], TURN: [TURN]}


def test_names_that_shared_a_certificate_get_their_own_without_a_moment_without(seen):
    """As an update from 0.1.0 does."""
    assert seen["unfit"] == []


def test_a_name_that_only_the_cluster_reaches_is_refused_and_tried_again(seen):
    state, reason = seen["refused"]
    assert state == "invalid"
    assert ALIAS in reason
    assert seen["staging"]["names"][ALIAS] == [ALIAS], "it was issued once the record had come"


def test_domain_turn_host_and_further_name_are_proved_through_haproxy_and_served(seen):
    assert seen["staging"]["names"] == OWN
    assert seen["staging"]["days"] == [90]


def test_haproxy_passes_challenges_of_the_load_balancer_and_of_pods(seen):
    """One comes with a PROXY header, the other without, as kube-proxy leads cert-manager's own check past the load balancer."""
    assert BALANCER in seen["asked by"]
    assert any(each.startswith("100.64.") for each in seen["asked by"])


def test_under_a_limit_the_old_certificate_stays_and_cert_manager_asks_again_by_itself(seen):
    assert all("429" in limit or "rateLimited" in limit for limit in seen["limit"])
    assert seen["served under the limit"]
    assert seen["orders under the limit"] >= 1


def test_leaving_staging_orders_a_certificate_of_the_production_environment(seen):
    assert seen["production"]["names"] == OWN
    assert not set(seen["production"]["serials"]) & set(seen["staging"]["serials"])


@pytest.mark.parametrize("host", [DOMAIN, TURN])
def test_a_certificate_is_renewed_before_it_expires_with_a_new_key_whatever_other_names_do(seen, host):
    renewed = seen["renewed"][host]
    assert renewed["renewal"] <= renewed["begun"] < renewed["expires"], f"valid for {SHORT} s"
    assert renewed["another key"]
    assert renewed["names"] == [host]
    assert seen["not renewed"][0] == "pending", "the further name has lost its record"


def test_haproxy_takes_each_certificate_without_dropping_a_websocket_or_a_connection(seen):
    assert seen["served"][DOMAIN] >= AT_LEAST
    assert seen["alive"] == WEBSOCKETS
    assert seen["unanswered"] == []


def test_nothing_of_the_challenges_stays_and_nothing_else_went_wrong(seen):
    """The story goes on once they are gone."""
    assert seen["problems"] == []
