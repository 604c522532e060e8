"""`probe call` with UDP blocked in the browser: real browsers meet through a real coturn, over TCP."""

import contextlib
import json
import shutil
import socket
import subprocess
import time

import pytest
from stand_in import Site
from test_call import call

pytestmark = [pytest.mark.tools, pytest.mark.timeout(280)]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def coturn(tmp_path):
    """URL of a relay on loopback, for the account call:check."""
    port = free_port()
    binary = shutil.which("turnserver") or "turnserver"
    ways = ["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--allow-loopback-peers"]
    account = ["--lt-cred-mech", "--user=call:check", "--realm=example.org"]
    rest = [
        "-n",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--no-udp",
        f"--userdb={tmp_path}/turndb",
        f"--pidfile={tmp_path}/pid",
    ]
    with (tmp_path / "coturn.log").open("wb") as log:
        process = subprocess.Popen([binary, *rest, *ways, *account], stdout=log, stderr=log, cwd=tmp_path)
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.1)
    yield f"turn:127.0.0.1:{port}?transport=tcp"
    process.kill()
    process.wait()


def test_two_browsers_without_udp_meet_through_a_relay(tmp_path, capsys, coturn):
    servers = [{"urls": [coturn], "username": "call", "credential": "check"}]
    with Site(tmp_path, servers=servers) as site:
        status = call(tmp_path, site, "--path", "turn", turn_host="turn.meet.example.org")
    report = json.loads(capsys.readouterr().out)
    assert (status, report["failed"]) == (0, 0), report
    for seen in report["participants"]:
        assert seen["via"] == "relay tcp"
        assert seen["audio_kbps"] > 0
        assert seen["video_kbps"] > 0
