"""The check against what it meets: real HAProxy before real prosodies, and servers that are wrong in one thing each."""

import asyncio
import contextlib
import datetime as dt
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from edge.edge_world import World, edge, shard
from edge.shard_double import PROSODY, WEB

from components.ingress.edge_settings import HTTPS_BIND_PORT
from components.self_signed import self_signed
from probe import media_checks, web_checks
from probe.cluster import Bridge
from probe.run import round_of
from probe.serve import Served, server
from probe.targets import Targets
from probe.web_checks import Place

pytestmark = pytest.mark.tools

DOMAIN = "meet.example.org"
CONFIG = """
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
run_as_root = true
modules_enabled = {{ "http", "bosh", "websocket", "saslauth", "disco" }}
modules_disabled = {{ "s2s" }}
http_ports = {{ 5280 }}
http_interfaces = {{ "{address}" }}
https_ports = {{}}
c2s_ports = {{}}
authentication = "anonymous"
consider_websocket_secure = true
consider_bosh_secure = true
log = {{ {{ levels = {{ min = "warn" }}, to = "console" }} }}
VirtualHost "meet.jitsi"
"""
PAGES = {"/config.js": "var config = {}; config.hosts = {domain: 'meet.jitsi'};"}
PAGE = '<html><script src="libs/lib-jitsi-meet.min.js?v=1"></script></html>'


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        text = PAGES.get(self.path, PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with contextlib.suppress(OSError):  # a health check has read enough
            self.wfile.write(text)

    def log_message(self, format, *args):  # noqa: A002
        pass


class Meeting:
    """Two shards with real prosodies, one HAProxy. Use as a context manager."""

    def __init__(self, folder):
        self.folder = folder
        self.world = World(edge((shard(0), shard(1, weight=50)), replicas=1, tells_shard=True))
        self.world.issued = self_signed("seed-of-the-test", DOMAIN, {})
        self.targets = Targets(
            domain=DOMAIN,
            xmpp_domain="meet.jitsi",
            shards={"s0": (1, 2), "s1": (2, 1)},
            self_signed=True,
            told=True,
        )
        self._close = contextlib.ExitStack()
        self.prosodies = {}

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        thread.start()
        self._close.callback(self.loop.call_soon_threadsafe, self.loop.stop)
        try:
            self._do(self.world.__aenter__())
            self._close.callback(lambda: self._do(self.world.__aexit__(None, None, None)))
            for name, double in self.world.shards.items():
                self.loop.call_soon_threadsafe(double.die, PROSODY, WEB)
                self._real(name, double.host)
            self.wait_for({"s0", "s1"})
        except BaseException:
            self._close.close()
            raise
        return self

    def __exit__(self, *_):
        self._close.close()

    def _do(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    def _real(self, name, host):
        folder = self.folder / name
        folder.mkdir()
        (folder / "prosody.cfg.lua").write_text(CONFIG.format(folder=folder, address=host))
        time.sleep(0.2)
        self.start(name)
        self._close.callback(lambda: self.kill(name))
        pages = ThreadingHTTPServer((host, WEB), Pages)
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        self._close.callback(pages.shutdown)

    def start(self, name):
        command = [shutil.which("prosody") or "prosody", "--config", self.folder / name / "prosody.cfg.lua", "-F"]
        with (self.folder / name / "log").open("w") as log:
            self.prosodies[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, name):
        self.prosodies[name].kill()
        self.prosodies[name].wait()

    def wait_for(self, names):
        end = time.monotonic() + 30
        while self.world.proxies[0].up() != names:
            assert time.monotonic() < end, (
                names,
                [(self.folder / name / "log").read_text() for name in self.prosodies],
            )
            time.sleep(0.2)
        time.sleep(1.5)  # the takers are told once a second

    def round(self, **changes):
        found = round_of(
            self.targets if not changes else changes["targets"],
            None,
            address=self.world.proxies[0].address,
            port=HTTPS_BIND_PORT,
        )
        return {(r.check, r.of): r for r in found}


@pytest.fixture(scope="module")
def meeting(tmp_path_factory):
    with Meeting(tmp_path_factory.mktemp("probe")) as made:
        yield made


def test_everything_passes_where_everything_is_well_and_every_shard_is_met(meeting):
    found = meeting.round()
    assert {key: r.detail for key, r in found.items() if r.status != "ok"} == {}
    assert set(found) == {
        *(("certificate", DOMAIN), ("page", DOMAIN), ("config.js", DOMAIN)),
        *((check, name) for check in ("bosh", "websocket") for name in ("s0", "s1")),
    }
    assert (found["certificate", DOMAIN].days or 0) > 14
    assert all(r.seconds < 3 for r in found.values())


def test_room_names_go_where_haproxy_sends_them_whatever_the_weights(meeting):
    place = Place(host=DOMAIN, address=meeting.world.proxies[0].address, port=HTTPS_BIND_PORT)
    for name in ["s0", "s1"] * 15:
        found = web_checks.bosh(place, meeting.targets, name)
        assert found.status == "ok", found.detail


def test_a_page_of_somebody_else_and_foreign_settings_are_failures(meeting, monkeypatch):
    monkeypatch.setitem(globals(), "PAGE", "<html>Welcome to nginx!</html>")
    monkeypatch.setitem(PAGES, "/config.js", "<html>not found</html>")
    found = meeting.round()
    assert "not Jitsi's" in found["page", DOMAIN].detail
    assert found["config.js", DOMAIN].status == "failed"
    assert found["websocket", "s0"].status == "ok"


def test_an_xmpp_domain_that_prosody_does_not_serve_is_a_failure(meeting):
    found = meeting.round(targets=replace(meeting.targets, xmpp_domain="other.jitsi"))
    assert found["bosh", "s0"].detail.startswith("no session: ")
    assert found["websocket", "s0"].status == "failed"


def test_a_shard_that_is_gone_fails_though_the_edge_answers_from_another(meeting):
    meeting.kill("s1")
    meeting.wait_for({"s0"})
    found = meeting.round()
    meeting.start("s1")
    meeting.wait_for({"s0", "s1"})
    assert found["bosh", "s0"].status == "ok"
    assert "came to s0" in found["bosh", "s1"].detail
    assert "came to s0" in found["websocket", "s1"].detail


def issued(name, days):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=60))
        .not_valid_after(now + dt.timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM) + private


@contextlib.contextmanager
def tls_server(folder, pem):
    (folder / "pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    yield Place(host=DOMAIN, address="127.0.0.1", port=listener.getsockname()[1])
    listener.close()


@pytest.mark.parametrize(
    ("name", "days", "trusts_itself", "said"),
    [
        (DOMAIN, 9, True, "9 days left"),
        (DOMAIN, -2, True, "expired"),
        ("other.example.org", 30, True, "mismatch"),
        (DOMAIN, 30, False, "self-signed|self signed"),
    ],
)
def test_a_certificate_is_judged_as_a_browser_would(tmp_path, name, days, trusts_itself, said):
    with tls_server(tmp_path, issued(name, days)) as place:
        found = web_checks.certificate(place, self_signed=trusts_itself, now=time.time())
    assert any(word in found.detail.lower() for word in said.split("|")), found
    assert (found.status, found.days) == (("ok", days) if "left" in said else ("failed", None))


@contextlib.contextmanager
def udp(answer):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    data, sender = port.recvfrom(2048)
                    if reply := answer(data):
                        port.sendto(reply, sender)

        threading.Thread(target=serve, daemon=True).start()
        yield Bridge(shard="s0", pod="jvb", address="127.0.0.1", port=port.getsockname()[1])


def test_an_answer_proves_a_bridges_port_and_silence_proves_nothing():
    with udp(lambda data: b"\x01\x01\x00\x00" + data[4:20]) as bridge:
        assert media_checks.bridge(bridge).status == "ok"
    with udp(lambda _: None) as bridge:
        found = media_checks.bridge(bridge)
    assert (found.status, "firewall" in found.detail) == ("silent", True)
    with udp(lambda _: b"\x01\x01\x00\x00" + bytes(16)) as bridge:
        assert media_checks.bridge(bridge).status == "silent", "an answer to somebody else's question"


def test_a_port_at_which_nobody_listens_is_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
    found = media_checks.bridge(Bridge(shard="s0", pod="jvb", address="127.0.0.1", port=number))
    assert (found.status, found.of) == ("failed", f"s0/{number}")
    assert "nothing listens" in found.detail
    nowhere = media_checks.bridge(Bridge(shard="s0", pod="jvb-x", address="", port=10000))
    assert (nowhere.status, "no public address" in nowhere.detail) == ("failed", True)


def test_an_edge_that_does_not_answer_fails_in_words(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    found = web_checks.page(Place(host=DOMAIN, address="127.0.0.1", port=port))
    assert (found.status, "refused" in found.detail.lower()) == ("failed", True)


def test_prometheus_is_given_the_last_round_and_nothing_before_the_first():
    looks = iter([[media_checks.Result(check="page", of=DOMAIN, status="ok", detail="")]])
    served = Served(lambda: next(looks), 60)
    http = server(served, ("127.0.0.1", 0))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{http.server_address[1]}"
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"{url}/metrics", timeout=5)
    assert urllib.request.urlopen(f"{url}/healthz", timeout=5).read() == b"ok\n"
    served.once()
    text = urllib.request.urlopen(f"{url}/metrics", timeout=5).read().decode()
    assert f'jitsi_probe_success{{check="page",of="{DOMAIN}"}} 1\n' in text
    http.shutdown()
