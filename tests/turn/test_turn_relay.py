"""Real coturn behind real HAProxy: who may relay where, how TURN and HTTPS share a port, and how a relay leaves."""

import json
import shutil
import subprocess
import sys

import pytest
from sample_stacks import ROOT
from turn.turn_world import BRIDGE, CLIENT, COTURN, COTURN_UDP, DOMAIN, HOST, OTHERS

from components.ingress.turn_split import HEAD_START_MS
from lab.network_namespace import isolated, why_not

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    for tool, package in (("turnserver", "coturn"), ("haproxy", "haproxy"), ("curl", "curl")):
        assert shutil.which(tool) or shutil.which(tool, path="/usr/sbin"), f"{tool}: apt-get install {package}"
    assert not (reason := why_not()), reason
    folder = tmp_path_factory.mktemp("turn")
    command = isolated(["env", "PYTHONPATH=.:tests", sys.executable, "-m", "turn.turn_world", str(folder)])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "seen.json").read_text())


def test_an_ephemeral_credential_relays_to_a_bridge_and_back(seen):
    assert seen["relayed"] == COTURN
    sender, back, got = seen["bridge"]
    assert (tuple(sender), back, got) == (BRIDGE, "back:media", ["media"])


def test_nothing_but_bridges_is_relayed_to(seen):
    assert seen["refused"] == dict.fromkeys(OTHERS, 403)
    assert seen["knocked"] == []


def test_the_check_from_outside_tells_a_relay_from_pages(seen):
    assert seen["probed"][HOST] == ["ok", "asks for credentials"]
    assert seen["probed"][DOMAIN][0] == "failed"


def test_bad_and_expired_credentials_are_refused_and_so_is_tcp_to_peers(seen):
    assert seen["credentials"] == {"good": 200, "bad": 401, "expired": 401, "other secret": 401, "tcp to peers": 442}


def test_coturn_sees_the_address_of_the_client(seen):
    assert seen["mapped"] == [CLIENT, 4711]


def test_over_udp_the_same_credential_relays_to_a_bridge_and_back(seen):
    udp = seen["udp"]
    assert udp["relayed"] == COTURN_UDP
    sender, back, got = udp["bridge"]
    assert (tuple(sender), back, got) == (BRIDGE, "back:datagram", ["datagram"])


def test_over_udp_nothing_but_bridges_is_relayed_to_and_nobody_without_a_credential(seen):
    udp = seen["udp"]
    assert udp["refused"] == dict.fromkeys(OTHERS, 403)
    assert udp["knocked"] == []
    assert udp["credentials"] == {"bad": 401, "expired": 401, "none": 401, "tcp to peers": 442}
    assert udp["tcp"] == "ConnectionRefusedError"


def test_over_udp_everybody_learns_the_own_address(seen):
    assert seen["udp"]["mapped"] == CLIENT


def test_a_handshake_that_comes_in_pieces_still_finds_the_relay(seen):
    assert seen["in pieces"] == "0101"  # a STUN Binding response


def test_a_relay_answers_after_direct_paths_could(seen):
    assert seen["head start"] >= HEAD_START_MS / 1000


def test_pages_on_the_same_port_keep_http_2_and_the_clients_address(seen):
    assert seen["page"] == "HTTP/1.1 200 OK"
    assert seen["forwarded"] == [CLIENT, CLIENT]
    assert seen["http2"] == "2 200"


def test_who_tells_no_server_name_gets_pages(seen):
    assert seen["no name"] == "200"


def test_pages_go_on_without_coturn(seen):
    assert seen["without coturn"] == "HTTP/1.1 200 OK"


def test_an_idle_relay_leaves_at_once_and_a_busy_one_keeps_its_session_until_it_ends(seen):
    assert seen["drain"]["idle"] == 0
    assert seen["drain"]["held"] is None
    assert seen["drain"]["during"] == "back:during"
    assert seen["drain"]["after"] == 0


def test_the_drain_has_an_end_and_says_whom_it_cuts(seen):
    assert seen["drain"]["deadline"].startswith("1 sessions are still relayed after 1 s")


def test_a_session_outlives_a_reload_of_the_edge(seen):
    assert seen["reload"] == ["back:before", "back:after", COTURN]
