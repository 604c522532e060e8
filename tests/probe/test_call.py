"""`probe call` with real browsers: they meet over real WebRTC, on a site whose client library is a stand-in."""

import json
import subprocess

import pytest
from stand_in import DOMAIN, Site

from probe.__main__ import main
from probe.call.browser import NO_UDP, Browser, find
from probe.targets import Targets

CANDIDATES = """(async () => {
    const pc = new RTCPeerConnection(), gathered = new Promise(done => (pc.onicecandidate = event => event.candidate || done()));

    pc.createDataChannel('any');
    await pc.setLocalDescription();
    await gathered;

    return pc.localDescription.sdp.includes('a=candidate');
})()"""
"""Whether the browser finds an address at which it may be reached."""

pytestmark = [pytest.mark.tools, pytest.mark.timeout(280)]


def call(tmp_path, site, *options, turn_host=None):
    """Exit status, and the JSON report."""
    targets = Targets(
        domain=DOMAIN, xmpp_domain="meet.jitsi", shards={"s0": (1, 1)}, self_signed=True, turn_host=turn_host
    )
    (tmp_path / "targets.json").write_text(targets.as_json())
    words = ["call", "--targets", str(tmp_path / "targets.json"), "--address", "127.0.0.1", "--port", str(site.port)]
    words += ["--bridges", "none", "--json", "--patience", "60", *options]
    return main(words)


@pytest.fixture
def meets(tmp_path, capsys):
    def run(*options, turn_host=None, **site):
        with Site(tmp_path, **site) as served:
            status = call(tmp_path, served, *options, turn_host=turn_host)
        said = capsys.readouterr()
        assert said.out, said.err
        return status, json.loads(said.out), served

    return run


def browsers():
    """Folders of browsers that were not removed."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if "--user-data-dir=/tmp/jitsi-call-" in line]


def test_two_browsers_meet_hear_and_see_each_other_and_leave_nothing_behind(meets):
    status, report, site = meets()
    assert (status, report["failed"]) == (0, 0), report
    first, second = report["participants"]
    for seen in (first, second):
        assert (seen["shard"], seen["path"]) == ("s0", "udp")
        assert seen["ice"] in ("connected", "completed")
        assert seen["via"].endswith("udp")
        assert seen["audio_kbps"] > 0
        assert seen["video_kbps"] > 0
        assert seen["channel"]
        assert seen["joined_seconds"] > 0
        assert seen["rtt_ms"] is not None
    assert len(site.left) == 2
    assert browsers() == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("no bridge", "jicofo has no bridge for the room"),
        ("no audio", "hears nobody"),
        ("no video", "sees nobody"),
        ("no channel", "the data channel does not open"),
        ("no path", "no UDP path"),
    ],
)
def test_what_fails_is_said_in_words_that_an_operator_can_act_on(meets, fault, says):
    status, report, _ = meets("--patience", "40", fault=fault)
    assert status == 1
    assert any(says in seen["problem"] for seen in report["participants"]), report


def test_a_site_without_the_library_is_named(meets):
    status, report, _ = meets(library="")
    assert status == 1
    assert "/libs/lib-jitsi-meet.min.js cannot be loaded" in report["participants"][0]["problem"]


def test_a_room_that_wants_a_login_says_how_to_give_one_and_takes_it(meets, monkeypatch):
    status, report, _ = meets(login="eyJ0.token")
    assert status == 1
    assert "JITSI_CALL_TOKEN" in report["participants"][0]["problem"]
    monkeypatch.setenv("JITSI_CALL_TOKEN", "eyJ0.token")
    status, report, _ = meets(login="eyJ0.token")
    assert (status, report["failed"]) == (0, 0), report


def test_an_account_is_given_by_its_name_alone(meets, monkeypatch):
    monkeypatch.setenv("JITSI_CALL_USER", "anna")
    monkeypatch.setenv("JITSI_CALL_PASSWORD", "correct horse")
    status, report, _ = meets(login="correct horse")
    assert (status, report["failed"]) == (0, 0), report


def test_guests_ask_jicofo_where_it_is(meets):
    status, report, _ = meets(guests=True)
    assert (status, report["failed"]) == (0, 0), report


def test_whom_jicofo_sends_to_a_visitor_node_hears_and_sees_there(meets):
    _, report, _ = meets("--patience", "40", fault="one speaker")
    (visitor,) = [seen for seen in report["participants"] if seen["visitor"]]
    assert (visitor["visitor"], visitor["problem"]) == ("v0", "")
    assert visitor["media_seconds"] > 0


@pytest.mark.parametrize(("flags", "finds"), [((), True), (NO_UDP, False)])
def test_a_browser_without_udp_finds_no_way_of_its_own(flags, finds):
    """A relay that is asked for anyway would hide that the browser still has UDP."""
    with Browser(find(), flags) as browser:
        page = browser.page()
        page.open("data:text/html,page")
        assert page.run(CANDIDATES) is finds


def test_with_udp_blocked_nobody_meets_without_a_relay(meets):
    """The other way is proved in test_call_turn.py, with a real coturn."""
    status, report, _ = meets("--path", "turn", "--patience", "30", turn_host="turn.meet.example.org")
    assert status == 1
    assert "prosody announces no TURN server" in report["participants"][0]["problem"]


def test_a_stack_without_turn_says_that_turn_was_not_run(meets):
    status, report, _ = meets("--path", "turn")
    assert status == 0
    (row,) = report["participants"]
    assert row["skipped"]
    assert "no TURN" in row["problem"]


def test_a_site_that_does_not_answer_is_named(tmp_path, capsys):
    with Site(tmp_path) as closed:
        pass
    assert call(tmp_path, closed) == 1
    assert "ERR_CONNECTION_REFUSED" in json.loads(capsys.readouterr().out)["participants"][0]["problem"]
