"""The bridge's two shell scripts, run against servers that answer as the API server and the bridge do. Needs curl and jq."""

import json
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "components" / "bridges" / "scripts"
pytestmark = pytest.mark.tools


@pytest.fixture(autouse=True)
def _tools():
    for tool in ("curl", "jq"):
        assert shutil.which(tool), f"{tool} is not installed; on Debian: apt-get install {tool}"


class Bridge:
    """Answers /colibri/drain and /colibri/shutdown; `drain_answers` may script crashes and errors."""

    def __init__(self, *, exits_after=None, forgets_at=None, broken=False):
        self.calls = []
        self.draining = False
        self.leaving_since: float | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format, *args):  # noqa: A002 - the name is the base class's
                pass

            def _answer(self, code, body=b""):
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.calls.append((self.path, body.decode()))
                if broken:
                    return self._answer(500)
                if self.path == "/colibri/drain/enable":
                    outer.draining = True
                if self.path == "/colibri/shutdown":
                    outer.leaving_since = time.monotonic()
                return self._answer(200)

            def do_GET(self):
                gone = (
                    outer.leaving_since
                    and exits_after is not None
                    and time.monotonic() - outer.leaving_since > exits_after
                )
                if gone or broken:
                    return self._answer(500)
                if forgets_at and len(outer.calls) == forgets_at:
                    outer.draining = False
                return self._answer(200, json.dumps({"drain": outer.draining}).encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()


def drain(url, deadline):
    env = {
        "BRIDGE": url,
        "DEADLINE": str(deadline),
        "ANNOUNCE": "0",
        "PAUSE": "0.1",
        "SILENT_LIMIT": "3",
        "PATH": "/usr/bin:/bin",
    }
    started = time.monotonic()
    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "drain.sh"], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    return done, time.monotonic() - started


def test_a_leaving_bridge_drains_first_then_asks_to_end_and_waits_until_it_is_gone():
    with Bridge(exits_after=1) as bridge:
        done, took = drain(bridge.url, 30)
    assert done.returncode == 0
    assert [path for path, _ in bridge.calls[:2]] == ["/colibri/drain/enable", "/colibri/shutdown"]
    assert json.loads(bridge.calls[1][1]) == {"graceful-shutdown": True}
    assert 1 <= took < 10


def test_a_bridge_that_never_empties_holds_the_hook_until_the_deadline_and_no_longer():
    with Bridge() as bridge:
        done, took = drain(bridge.url, 3)
    assert done.returncode == 0
    assert 2 <= took < 8


def test_a_bridge_that_restarts_on_the_way_is_told_again():
    with Bridge(forgets_at=2, exits_after=2) as bridge:
        done, _ = drain(bridge.url, 20)
    assert done.returncode == 0
    assert [path for path, _ in bridge.calls].count("/colibri/shutdown") >= 2


def test_a_bridge_whose_rest_is_dead_does_not_hold_the_hook_to_the_deadline():
    with Bridge(broken=True) as bridge:
        done, took = drain(bridge.url, 60)
    assert done.returncode == 0
    assert took < 15


class Nodes:
    """The one request of the init container: GET a Node."""

    def __init__(self, addresses):
        outer = self
        self.headers = []

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format, *args):  # noqa: A002 - the name is the base class's
                pass

            def do_GET(self):
                outer.headers.append((self.path, self.headers.get("Authorization")))
                body = json.dumps({"status": {"addresses": addresses}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def advertise(tmp_path, api, **env):
    (tmp_path / "token").write_text("the-token")
    (tmp_path / "ca.crt").write_text("")
    out = tmp_path / "env"
    settings = {
        "OUT": str(out),
        "READER": str(tmp_path),
        "API": api,
        "NODE_NAME": "node-7",
        "TRIES": "2",
        "PAUSE": "0.1",
        "PATH": "/usr/bin:/bin",
        **env,
    }
    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "advertise.sh"], env=settings, capture_output=True, text=True, check=False, timeout=60
    )
    return done, out.read_text() if out.exists() else ""


def test_a_bridge_advertises_its_nodes_public_address_and_its_own_port(tmp_path):
    nodes = Nodes(
        [
            {"type": "InternalIP", "address": "172.16.0.5"},
            {"type": "ExternalIP", "address": "203.0.113.9"},
            {"type": "ExternalIP", "address": "2001:db8::9"},
        ]
    )
    done, text = advertise(
        tmp_path, f"http://127.0.0.1:{nodes.server.server_port}", FIRST_PORT="30300", ORDINAL="4", ADDRESS_FROM="node"
    )
    nodes.close()
    assert done.returncode == 0, done.stderr
    assert text == "export JVB_PORT=30304\nexport JVB_ADVERTISE_IPS=203.0.113.9\n"
    assert nodes.headers == [("/api/v1/nodes/node-7", "Bearer the-token")]


def test_with_stun_the_bridge_asks_nobody_in_the_cluster(tmp_path):
    done, text = advertise(tmp_path, "http://127.0.0.1:1", FIRST_PORT="10000", ADDRESS_FROM="stun")
    assert done.returncode == 0
    assert text == "export JVB_PORT=10000\n"


def test_a_node_without_a_public_address_is_an_error_that_names_the_two_remedies(tmp_path):
    nodes = Nodes([{"type": "InternalIP", "address": "172.16.0.5"}])
    done, _ = advertise(
        tmp_path, f"http://127.0.0.1:{nodes.server.server_port}", FIRST_PORT="10000", ADDRESS_FROM="node"
    )
    nodes.close()
    assert done.returncode == 1
    assert "node-7" in done.stderr
    assert "publicAddress: stun" in done.stderr
