"""advertise.sh, run against a server that answers as the API server does. Needs curl and jq."""

import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "components" / "bridges" / "scripts"
pytestmark = pytest.mark.tools


@pytest.fixture(autouse=True)
def _tools():
    for tool in ("curl", "jq"):
        assert shutil.which(tool), f"{tool} is not installed; on Debian: apt-get install {tool}"


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
        "ACCOUNT": str(tmp_path),
        "API": api,
        "NODE_NAME": "node-7",
        "TRIES": "2",
        "PAUSE": "0.1",
        "INET6": "/nowhere",
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


DUAL = [
    {"type": "ExternalIP", "address": "203.0.113.9"},
    {"type": "ExternalIP", "address": "2001:db8::9"},
]
LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo\n"
LINK = "fe80000000000000042a8bfffe9d1c01 02 40 20 80     eth0\n"
GLOBAL = "fd000010024400010000000000000017 02 80 00 80     eth0\n"


@pytest.mark.parametrize(
    ("table", "advertised"),
    [
        (LOOPBACK + LINK + GLOBAL, "203.0.113.9,2001:db8::9"),
        (LOOPBACK + LINK, "203.0.113.9"),
        (LOOPBACK + GLOBAL.replace("eth0", "lo"), "203.0.113.9"),
        ("", "203.0.113.9"),
    ],
    ids=["dual", "link-local only", "loopback only", "none"],
)
def test_the_nodes_ipv6_address_is_advertised_where_the_pod_has_one_too(tmp_path, table, advertised):
    (tmp_path / "if_inet6").write_text(table)
    nodes = Nodes(DUAL)
    url = f"http://127.0.0.1:{nodes.server.server_port}"
    done, text = advertise(tmp_path, url, FIRST_PORT="10000", ADDRESS_FROM="node", INET6=str(tmp_path / "if_inet6"))
    nodes.close()
    assert done.returncode == 0, done.stderr
    assert text == f"export JVB_PORT=10000\nexport JVB_ADVERTISE_IPS={advertised}\n"


def test_a_pod_with_ipv6_on_a_node_with_ipv6_alone_advertises_that(tmp_path):
    (tmp_path / "if_inet6").write_text(GLOBAL)
    nodes = Nodes(DUAL[1:])
    url = f"http://127.0.0.1:{nodes.server.server_port}"
    done, text = advertise(tmp_path, url, FIRST_PORT="10000", ADDRESS_FROM="node", INET6=str(tmp_path / "if_inet6"))
    nodes.close()
    assert done.returncode == 0, done.stderr
    assert text.endswith("JVB_ADVERTISE_IPS=2001:db8::9\n")


SOME = [
    {"type": "InternalIP", "address": "192.168.7.5"},
    {"type": "ExternalIP", "address": "203.0.113.9"},
    {"type": "InternalIP", "address": "fd00::5"},
]


@pytest.mark.parametrize(
    ("wanted", "advertised"),
    [
        ("internal", "192.168.7.5"),
        ("internal,198.51.100.7", "192.168.7.5,198.51.100.7"),
        ("node,internal", "203.0.113.9,192.168.7.5"),
        ("198.51.100.7,2001:db8::7", "198.51.100.7,2001:db8::7"),
    ],
)
def test_a_bridge_advertises_what_the_list_says_in_its_order(tmp_path, wanted, advertised):
    nodes = Nodes(SOME)
    url = f"http://127.0.0.1:{nodes.server.server_port}"
    done, text = advertise(tmp_path, url, FIRST_PORT="10000", ADDRESS_FROM=wanted)
    nodes.close()
    assert done.returncode == 0, done.stderr
    assert text == f"export JVB_PORT=10000\nexport JVB_ADVERTISE_IPS={advertised}\n"


def test_a_list_is_not_advertised_in_part(tmp_path):
    nodes = Nodes([{"type": "InternalIP", "address": "192.168.7.5"}])
    url = f"http://127.0.0.1:{nodes.server.server_port}"
    done, text = advertise(tmp_path, url, FIRST_PORT="10000", ADDRESS_FROM="internal,node")
    nodes.close()
    assert done.returncode == 1
    assert "has no ExternalIP" in done.stderr
    assert "JVB_ADVERTISE_IPS" not in text


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
    assert "publicAddress: internal for people in the nodes' network, stun for" in done.stderr
