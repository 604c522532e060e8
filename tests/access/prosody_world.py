"""A prosody that runs here with the configuration of a stack, and clients that log in to it."""

import asyncio
import base64
import ipaddress
import itertools
import os
import shutil
import socket
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import slixmpp
from access.prosody_site import AUTH, DOMAIN, OWN_PLUGINS, Places, Site, site
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from slixmpp.exceptions import XMPPError

START_SECONDS = 20
LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
FOCUS_PASSWORD = "focus-of-the-test"
_BODY = "{http://jabber.org/protocol/httpbind}"
_MUC = "http://jabber.org/protocol/muc"


def tool(name: str, package: str) -> str:
    """The path of a program of Debian's."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert path, f"{name} is not installed; on Debian: apt-get install {package}"
    return path


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[Any]", log: Path | None = None) -> None:
    """Until somebody listens, or the process has ended."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(
        f"{process.args!r} does not listen on {port}; {log.read_text() if log and log.exists() else ''}"
    )


@contextmanager
def running(command: list[Any], **more: Any) -> Iterator["subprocess.Popen[Any]"]:
    """A process that ends with the block."""
    process: subprocess.Popen[Any] = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate `name.crt` with its `name.key`; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(LOOPBACK)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    private = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    (folder / f"{name}.key").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    path = folder / f"{name}.crt"
    path.write_bytes(made.public_bytes(pem))
    return path


class Prosody:
    """A running prosody."""

    def __init__(self, places: Places, made: Site) -> None:
        self.places = places
        self.site = made
        self.config = places.folder / "prosody.cfg.lua"
        self.authority = places.folder / "certs" / f"{DOMAIN}.crt"

    @property
    def log(self) -> str:
        """What it has written so far."""
        path = self.places.folder / "prosody.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def ctl(self, *words: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        """One prosodyctl command with this configuration."""
        command = [tool("prosodyctl", "prosody"), "--root", "--config", str(self.config), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, input=text, timeout=30)


@contextmanager
def prosody(
    env: Mapping[str, str], folder: Path, plugins: Mapping[str, str] | None = None, lines: str = ""
) -> Iterator[Prosody]:
    """Prosody as the image would configure it for `env`; `plugins` are files of /prosody-plugins-custom.

    `lines` come first: what stands elsewhere on this machine than in the pod.
    """
    custom = folder / "prosody-plugins-custom"
    custom.mkdir()
    for name, text in (plugins or {}).items():
        (custom / name).write_text(text)
    places = Places(folder, free_port(), free_port(), (custom, OWN_PLUGINS))
    made = Prosody(places, site(env, places))
    made.config.write_text(lines + made.site.text)
    (folder / "data").mkdir()
    for name in (DOMAIN, AUTH):
        certificate(folder / "certs", name)
    # As the image does: jicofo's account, which is prosody's admin, before anybody comes.
    created = made.ctl("register", "focus", AUTH, FOCUS_PASSWORD)
    assert created.returncode == 0, created.stdout + created.stderr
    command = [tool("prosody", "prosody"), "-F", "--config", str(made.config)]
    sasl = folder / "sasl"  # stands for the image's /etc/sasl, which its cyrus_application_name xmpp reads
    sasl.mkdir()
    (sasl / "xmpp.conf").write_text(f"pwcheck_method: saslauthd\nmech_list: PLAIN\nsaslauthd_path: {sasl}/mux\n")
    with running(command, env=os.environ | {"SASL_CONF_PATH": str(sasl)}) as server:
        wait_for_port(places.c2s, server, folder / "prosody.log")
        wait_for_port(places.http, server, folder / "prosody.log")
        # It listens while it still loads, and answers once all is loaded: only then has it complained of everything.
        httpx.get(f"http://127.0.0.1:{places.http}/http-bind", timeout=START_SECONDS)
        yield made


class RefusedError(Exception):
    """The server did not let the client in; the message is its condition."""


class TcpClient(slixmpp.ClientXMPP):
    """slixmpp, as jicofo and bridges log in: TCP, TLS with a checked certificate, a password."""

    def __init__(self, server: Prosody, jid: str, password: str) -> None:
        super().__init__(jid, password)
        self.ca_certs = server.places.folder / "certs" / f"{jid.partition('@')[2]}.crt"
        self._port = server.places.c2s
        self.register_plugin("xep_0045")

    async def enter(self) -> "TcpClient":
        """Log in.

        Raises:
            RefusedError: wrong name or password.
        """
        ended: Any = self.loop.create_future()

        def done(outcome: object) -> None:
            if not ended.done():
                ended.set_result(outcome)

        self.add_event_handler("session_start", lambda _: done(None))
        self.add_event_handler("failed_auth", lambda stanza: done(stanza["condition"]))
        self.connect("127.0.0.1", self._port)
        condition = await asyncio.wait_for(ended, 15)
        if condition is not None:
            await self.leave()
            raise RefusedError(str(condition))
        return self

    async def leave(self) -> None:
        """Close the connection."""
        await self.disconnect(wait=0.2)

    async def join(self, room: str, nick: str) -> None:
        """Enter a room.

        Raises:
            RefusedError: the room does not take us; the condition says why.
        """
        try:
            await self.plugin["xep_0045"].join_muc_wait(slixmpp.JID(room), nick, maxstanzas=0, timeout=10)
        except XMPPError as error:
            raise RefusedError(error.condition) from None


class WebClient:
    """A client as browsers are: BOSH (XEP-0124), the token in the address, SASL ANONYMOUS or PLAIN over HTTP."""

    def __init__(self, server: Prosody, host: str, token: str | None = None) -> None:
        parameters = {"room": "lesson"} | ({"token": token} if token is not None else {})
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{server.places.http}", params=parameters, timeout=15)
        self._host = host
        self._rid = itertools.count(1)
        self._sid = ""
        self._inbox: list[ET.Element] = []
        self.jid = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(httpx.HTTPError):
            self._post("", type="terminate")
        self._http.close()

    def _post(self, stanzas: str, **attributes: str) -> list[ET.Element]:
        known = {"rid": str(next(self._rid)), **({"sid": self._sid} if self._sid else {}), **attributes}
        written = " ".join(f"{name.replace('_', ':')}='{value}'" for name, value in known.items())
        text = (
            f"<body {written} xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'>{stanzas}</body>"
        )
        answer = self._http.post("/http-bind", content=text, headers={"Content-Type": "text/xml"})
        body = ET.fromstring(answer.text)  # noqa: S314 - our own server wrote it
        self._sid = body.get("sid") or self._sid
        if body.get("type") == "terminate" and attributes.get("type") != "terminate":
            raise RefusedError(body.get("condition") or "terminated")
        return list(body)

    def enter(self, name: str | None = None, password: str = "") -> "WebClient":
        """Log in: with a password, or without one (SASL ANONYMOUS, which is what tokens are checked at).

        Raises:
            RefusedError: the server's condition, and its own words.
        """
        self._post("", to=self._host, wait="5", hold="1", ver="1.6", xmpp_version="1.0", xml_lang="en")
        secret = base64.b64encode(f"\0{name}\0{password}".encode()).decode() if name else ""
        mechanism = "PLAIN" if name else "ANONYMOUS"
        answers = self._post(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{secret}</auth>")
        verdict = self._first(answers, "success", "failure")
        if verdict.tag.endswith("failure"):
            words = [(part.text or part.tag.rpartition("}")[2]) for part in verdict]
            raise RefusedError(": ".join(words))
        self._post("", xmpp_restart="true", to=self._host)
        bound = self._iq("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        self.jid = next(element.text or "" for element in bound.iter() if element.tag.endswith("}jid"))
        self._iq("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>")
        return self

    def join(self, room: str, nick: str) -> str:
        """Enter a room; the affiliation there.

        Raises:
            RefusedError: the room does not take us; the condition says why.
        """
        presence = f"<presence xmlns='jabber:client' to='{room}/{nick}'><x xmlns='{_MUC}'/></presence>"
        pending = self._post(presence)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            for stanza in pending:
                if not stanza.tag.endswith("presence") or stanza.get("from", "").lower() != f"{room}/{nick}".lower():
                    continue
                if stanza.get("type") == "error":
                    error = next(part for part in stanza if part.tag.endswith("error"))
                    raise RefusedError(": ".join(part.text or part.tag.rpartition("}")[2] for part in error))
                item = next(element for element in stanza.iter() if element.tag.endswith("#user}item"))
                return item.get("affiliation", "")
            pending = self._post("")
        raise AssertionError(f"no answer from {room}")

    def ask(self, to: str, child: str) -> str:
        """Send an IQ that sets something; `result` or `error`."""
        return self._iq(child, to).get("type", "")

    def configure(self, room: str, fields: Mapping[str, str]) -> None:
        """Change settings of a room that is ours."""
        shown = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in fields.items())
        kind = f"<field var='FORM_TYPE' type='hidden'><value>{_MUC}#roomconfig</value></field>"
        form = f"<x xmlns='jabber:x:data' type='submit'>{kind}{shown}</x>"
        assert self.ask(room, f"<query xmlns='{_MUC}#owner'>{form}</query>") == "result"

    def affiliate(self, room: str, jid: str, affiliation: str) -> None:
        """Let somebody in, as a moderator does who admits them from the lobby."""
        item = f"<item affiliation='{affiliation}' jid='{jid}'/>"
        assert self.ask(room, f"<query xmlns='{_MUC}#admin'>{item}</query>") == "result"

    def _iq(self, child: str, to: str = "") -> ET.Element:
        address = f" to='{to}'" if to else ""
        answers = self._post(f"<iq xmlns='jabber:client' type='set' id='q'{address}>{child}</iq>")
        return self._first(answers, "iq")

    def _first(self, answers: list[ET.Element], *names: str) -> ET.Element:
        for _ in range(5):
            for element in answers:
                if element.tag.rpartition("}")[2] in names:
                    return element
            answers = self._post("")
        raise AssertionError(f"no {' or '.join(names)} came")
