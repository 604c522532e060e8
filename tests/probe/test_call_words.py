"""What a call reports, from the figures of its pages: in words, as a table, as JSON, and what a load cost."""

import json

import pytest

from probe.__main__ import main
from probe.call import kubectl
from probe.call.figures import MEANS, Seen, path_of, problem, rates, works
from probe.call.report import as_json, failed, table
from probe.cluster import Bridge

MEDIA = {"streams": 1, "packets": 100, "bytes": 10_000, "lost": 0, "frames": 30}
GOOD = {
    "problems": [],
    "joined": 0.8,
    "session": True,
    "ice": "connected",
    "dtls": "connected",
    "servers": ["turns:turn.example.org:443?transport=tcp"],
    "offered": [["100.64.1.7", 10000], ["203.0.113.9", 10000]],
    "remote": ["203.0.113.9", 10000, "srflx"],
    "local": ["host", "udp", ""],
    "rtt": 0.0123,
    "channel": True,
    "visitor": "",
    **dict.fromkeys(("audioIn", "videoIn", "audioOut", "videoOut"), MEDIA),
}
BRIDGE = Bridge(shard="s0", pod="jvb-s0-0-x", address="203.0.113.9", port=10000)
SILENT = MEDIA | {"packets": 0, "frames": 0}


def said(path="udp", **changed):
    return problem(GOOD | changed, path, "turn.example.org")


def test_a_call_that_works_says_nothing():
    assert said() == ""


def test_a_visitor_need_not_send():
    assert said(visitor="v0", audioOut=SILENT, videoOut=SILENT) == ""
    assert "hears nobody" in said(visitor="v0", audioIn=SILENT)


def test_a_call_without_cameras_works_without_pictures():
    silent = GOOD | {"videoIn": SILENT, "videoOut": SILENT}
    assert works(silent, ["audio"])
    assert not works(silent)
    assert not works(GOOD | {"videoIn": MEDIA | {"frames": 0}})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"problems": [{"stage": "connection", "reason": "connection.passwordRequired", "detail": ""}]},
            "JITSI_CALL_TOKEN",
        ),
        (
            {"problems": [{"stage": "conference", "reason": "conference.connectionError.notAllowed", "detail": "exp"}]},
            "the token is refused",
        ),
        ({"problems": [{"stage": "conference", "reason": "something.new", "detail": "why"}]}, "something.new (why)"),
        ({"joined": None}, "not joined in time"),
        ({"session": False}, "jicofo offers no media"),
        ({"ice": "checking"}, "no UDP path; the bridge offers 100.64.1.7:10000, 203.0.113.9:10000"),
        ({"ice": "checking", "offered": []}, "the bridge offers no address"),
        ({"dtls": "connecting"}, "encryption does not"),
        ({"audioIn": SILENT}, "hears nobody"),
        ({"audioOut": SILENT, "videoOut": SILENT}, "sends no audio and sends no video"),
        ({"videoIn": MEDIA | {"frames": 0}}, "no picture can be decoded"),
        ({"channel": False}, "the data channel does not open"),
    ],
)
def test_the_first_step_that_failed_is_named(changed, words):
    assert words in said(**changed)


def test_a_failed_path_is_told_by_the_path_and_not_by_the_librarys_word_for_it():
    failure = {"problems": [{"stage": "conference", "reason": "conference.iceFailed", "detail": ""}], "ice": "failed"}
    assert "no UDP path" in said(**failure)


def test_a_call_that_broke_off_is_told_by_its_path_and_else_by_itself():
    broke = {"problems": [{"stage": "media", "reason": "interrupted", "detail": ""}]}
    assert "no UDP path" in said(**broke, ice="disconnected")
    assert said(**broke) == "media broke off in the middle of the call"


def test_an_address_that_several_media_offer_is_told_once():
    assert said(ice="new", offered=[["203.0.113.9", 10000]] * 5).count("203.0.113.9:10000") == 1


def test_without_udp_the_relay_is_named_or_its_absence():
    assert "no path over turns:turn.example.org:443" in said(path="turn", ice="failed")
    assert "prosody announces no TURN server, though the stack has turn.example.org" in said(
        path="turn", ice="failed", servers=["stun:stun.example.org"]
    )


def test_every_reason_says_what_to_look_at():
    assert all(len(text) > 20 for text in MEANS.values())


def test_a_bridge_is_found_by_any_address_that_it_offers():
    relayed = GOOD | {"remote": ["100.64.1.7", 10000, "host"], "local": ["relay", "tls", "turns:…"]}
    assert path_of(relayed, [BRIDGE])["bridge"] == BRIDGE.pod
    assert path_of(relayed, [BRIDGE])["via"] == "relay tls"
    assert path_of(GOOD | {"offered": []}, [BRIDGE])["bridge"] == ""
    assert path_of(GOOD | {"remote": None, "local": None, "rtt": None}, [])["address"] == ""


def test_rates_are_of_the_time_between_two_looks():
    after = GOOD | {
        "audioIn": MEDIA | {"packets": 195, "bytes": 20_000, "lost": 5},
        "videoIn": MEDIA | {"packets": 200, "bytes": 60_000},
    }
    found = rates(GOOD, after, 2.0)
    assert (found["audio_kbps"], found["video_kbps"], found["streams"]) == (40.0, 200.0, 2)
    assert found["loss_percent"] == 2.5
    assert rates(after, GOOD, 2.0)["audio_kbps"] == 0.0, "a new connection counts from 0"


def test_the_table_has_a_row_for_each_participant_and_says_what_failed_below():
    seen = [
        Seen(shard="s0", path="udp", participant=1, joined_seconds=0.8, via="host udp", bridge="jvb-a", channel=True),
        Seen(shard="s0", path="udp", participant=2, problem="hears nobody"),
        Seen(shard="s1", path="turn", participant=0, problem="this stack has no TURN", skipped=True),
    ]
    text = table(seen, ["jvb-b (udp)"])
    assert "s0, udp, participant 2: hears nobody" in text
    assert "s1, turn, not run: this stack has no TURN" in text
    assert "no room was led to: jvb-b (udp)" in text
    assert text.endswith("2 participants, 1 failed")
    assert [each.participant for each in failed(seen)] == [2]
    document = json.loads(as_json(seen, ["jvb-b (udp)"], {"s0 udp": {"cores": 0.1}}))
    assert (document["failed"], document["bridgesNotMet"]) == (1, ["jvb-b (udp)"])
    assert document["load"]["s0 udp"]["cores"] == 0.1


def test_what_a_load_cost_the_bridge_is_read_from_its_cgroup_and_its_rates():
    text = (
        "usage_usec {}\nuser_usec 1\njitsi_jvb_packets_sent_total 0\njitsi_jvb_incoming_packet_rate {}\n"
        "jitsi_jvb_outgoing_packet_rate {}\njitsi_jvb_outgoing_bitrate{{}} {}\nuptime {}\n"
    )
    before = kubectl.parsed(text.format(2_000_000, 200, 400, 100_000, 50.0))
    after = kubectl.parsed(text.format(8_000_000, 220, 500, 300_000, 110.0))
    document = kubectl.as_document(kubectl.over([before, after]), 12)
    assert document["cores"] == 0.1
    assert document["coresPerStream"] == 0.00833
    assert document["mbitsSent"] == 0.2
    assert document["microsecondsPerPacket"] == 151.5
    assert "0.100 cores over 60 s for 12 forwarded streams" in kubectl.as_text(document)
    with pytest.raises(ValueError, match="no jitsi_jvb_outgoing_bitrate"):
        kubectl.parsed("usage_usec 1\nuptime 1\njitsi_jvb_incoming_packet_rate 1\njitsi_jvb_outgoing_packet_rate 1\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--shard", "s9"], "active shards are s0"),
        (["--people", "1"], "a call needs 2"),
        (["--every-bridge", "--bridges", "none"], "needs to know the bridges"),
        (["--bridges", "none", "--browser", "/nowhere/chromium"], "apt-get install chromium"),
    ],
)
def test_what_cannot_be_tried_says_so(tmp_path, capsys, words, says):
    file = tmp_path / "targets.json"
    file.write_text(json.dumps({"domain": "meet.example.org", "xmpp_domain": "meet.jitsi", "shards": {"s0": [1, 1]}}))
    assert main(["call", "--targets", str(file), *words]) == 2
    assert says in capsys.readouterr().err


def test_the_local_stack_has_nobody_to_call(capsys):
    assert main(["call", "--stack", "local"]) == 2
    assert "kwok plays the pods" in capsys.readouterr().err
