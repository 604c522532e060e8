"""Real prosody with the configuration of each kind of access, and real clients that are let in or refused.

What decides on tokens stands in for Jitsi's own module, which no package has (`prosody_site.STAND_INS`).
"""

import asyncio
import base64
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from access.access_stacks import ACCESS, environment_of, plugins_of
from access.prosody_site import AUTH, DOMAIN, GUEST, MUC, OWN_PLUGINS, STAND_INS, Places, site
from access.prosody_world import FOCUS_PASSWORD, Prosody, RefusedError, TcpClient, WebClient, prosody

from components.signalling import accounts
from config.accounts import accounts_file

pytestmark = pytest.mark.tools

DOCS = Path(__file__).parents[2] / "docs" / "access.md"
PROGRAM_PLUGINS = Path(accounts.__file__).parent / "plugins"
SECRET, SEED = "s" * 48, "seed of the test"
USERS = {"anna": "correct horse", "j.doe-2": "pässword \u00bd\u2460", "b+c": 'quote " and \\ slash'}
ROOM = f"lesson@{MUC}"


REQUIRED = ("iss", "aud", "sub", "exp", "room")


def token(secret: str = SECRET, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A signed token as docs/access.md says that it must be; a claim that is None is left out."""
    told = {"iss": "portal", "aud": "meetings", "sub": DOMAIN, "room": "*", "exp": int(time.time()) + 86400} | claims
    parts = [header or {"alg": "HS256", "typ": "JWT"}, {key: value for key, value in told.items() if value is not None}]
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256")).decode().rstrip("=")
    return f"{signed}.{mac}"


@contextmanager
def access_of(name: str, folder: Path) -> Iterator[Prosody]:
    """A prosody for one kind of access, with its accounts where the pod would have them mounted."""
    accounts = folder / "accounts.json"
    accounts.write_text(accounts_file(json.dumps(USERS), SEED))
    env = environment_of(name) | {"JWT_APP_SECRET": SECRET}
    with prosody(env, folder, plugins_of(name), f'jitsi_accounts_file = "{accounts}"\n') as server:
        yield server


@pytest.fixture(scope="module")
def server_of(tmp_path_factory) -> Iterator[Callable[[str], Prosody]]:
    """One prosody for each kind of access, started when it is first asked for."""
    running: dict[str, Prosody] = {}
    with ExitStack() as stack:

        def started(name: str) -> Prosody:
            if name not in running:
                running[name] = stack.enter_context(access_of(name, tmp_path_factory.mktemp("prosody")))
            return running[name]

        yield started


@contextmanager
def entered(server: Prosody, host: str, *login: str, token: str | None = None) -> Iterator[WebClient]:
    with WebClient(server, host, token) as client:
        yield client.enter(*login)


def refusal(server: Prosody, host: str, *login: str, token: str | None = None) -> str:
    with WebClient(server, host, token) as client, pytest.raises(RefusedError) as caught:
        client.enter(*login)
    return str(caught.value)


def over_tcp(server: Prosody, name: str, password: str) -> str:
    """What slixmpp is known as after it has logged in with the strongest mechanism that both have."""

    async def login() -> str:
        client = await TcpClient(server, f"{name}@{DOMAIN}", password).enter()
        jid = client.boundjid.bare
        await client.leave()
        return jid

    return asyncio.run(login())


@contextmanager
def open_room(server: Prosody) -> Iterator[WebClient]:
    """A meeting that runs: jicofo, prosody's admin, has made the room and is in it."""
    with entered(server, AUTH, "focus", FOCUS_PASSWORD) as focus:
        assert focus.join(ROOM, "focus") == "owner"
        yield focus


@pytest.mark.parametrize("name", ACCESS)
def test_prosody_loads_what_each_kind_of_access_sets_and_complains_of_nothing(name, server_of):
    server = server_of(name)
    checked = server.ctl("check", "config")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.findall(r".*\t(?:error|warn)\t.*", server.log) == []
    assert f"{DOMAIN}:" in server.log or f"{DOMAIN}\t" in server.log


def test_a_line_that_prosody_cannot_read_is_found_by_the_same_look(tmp_path):
    env = environment_of("internal") | {"XMPP_CONFIGURATION": 'storage = { accounts = "no_such_driver" }'}
    with prosody(env, tmp_path) as server:
        assert "no_such_driver" in "".join(re.findall(r".*\t(?:error|warn)\t.*", server.log))


def test_the_documentation_names_every_module_that_could_not_be_loaded(tmp_path, record_property):
    made = [site(environment_of(name), Places(tmp_path, 0, 0, (OWN_PLUGINS, PROGRAM_PLUGINS))) for name in ACCESS]
    wanted = set().union(*(resource.wanted for resource in made))
    absent = set().union(*(resource.absent for resource in made))
    record_property("modules of the image not loaded here", f"{len(absent)} of {len(wanted)}")
    text = DOCS.read_text()
    assert f"{len(absent)} of {len(wanted)}" in text
    assert set(re.findall(r"`mod_([a-z_-]+)`", text)) >= absent
    assert set(STAND_INS) <= absent


def test_with_a_key_server_prosody_is_told_where_it_is_and_no_shared_secret_opens_anything(tmp_path):
    env = environment_of("jwt, key server")
    with prosody(env, tmp_path, plugins_of("jwt, key server")) as server:
        assert "JWT_APP_SECRET" not in env
        known = token("", header={"alg": "HS256", "typ": "JWT", "kid": "portal/1"})
        assert "no key of https://keys.example.org/jitsi is asked for here" in refusal(server, DOMAIN, token=known)
        assert "token required" in refusal(server, DOMAIN)


def test_a_right_token_opens_the_door(server_of):
    with entered(server_of("jwt"), DOMAIN, token=token()) as client:
        assert client.jid.endswith(f"@{DOMAIN}/{client.jid.rpartition('/')[2]}")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (token(secret="x" * 48), "signature-mismatch"),
        (token(exp=int(time.time()) - 1), "Not acceptable by exp"),
        (token(nbf=int(time.time()) + 86400), "Not acceptable by nbf"),
        (token(iss="school"), "Invalid issuer"),
        (token(aud="school"), "Invalid audience"),
        (token(room=None), "'room' claim is missing"),
        (token(header={"alg": "none"}), "unsupported-algorithm"),
        ("not-a-token", "invalid-encoding"),
        (None, "token required"),
    ],
    ids=[
        "another secret",
        "expired",
        "too early",
        "issuer",
        "audience",
        "no room",
        "alg none",
        "no token at all",
        "none",
    ],
)
def test_a_wrong_token_is_refused_with_its_reason(wrong, says, server_of):
    assert says in refusal(server_of("jwt"), DOMAIN, token=wrong)


@pytest.mark.parametrize("claim", REQUIRED)
def test_a_token_needs_each_claim_that_the_page_lists(claim, server_of):
    assert refusal(server_of("jwt"), DOMAIN, token=token(**dict[str, Any]({claim: None})))


def test_the_page_lists_the_claims_that_a_token_needs():
    text = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
    table = text.partition("It must carry these claims:")[2].partition("\n\n**")[0].partition("\n\nThe portal")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    needed = {
        name
        for cell, value in rows
        if not value.strip().startswith("optional")
        for name in re.findall("`([a-z.]+)`", cell)
    }
    assert needed == set(REQUIRED)


def test_each_accepted_issuer_is_accepted(server_of):
    for issuer in ("portal", "library"):
        with entered(server_of("jwt"), DOMAIN, token=token(iss=issuer)):
            pass


def test_a_token_opens_the_room_that_it_names_and_no_other(server_of):
    server = server_of("jwt")
    with open_room(server), entered(server, DOMAIN, token=token(room="lesson")) as right:
        assert right.join(ROOM, "right") == "none"
        with (
            entered(server, DOMAIN, token=token(room="staff")) as wrong,
            pytest.raises(RefusedError, match="mismatched"),
        ):
            wrong.join(ROOM, "wrong")


def test_where_tokens_are_optional_a_wrong_one_is_still_refused(server_of):
    server = server_of("jwt, optional")
    with entered(server, DOMAIN):
        pass
    assert "signature-mismatch" in refusal(server, DOMAIN, token=token(secret="x" * 48))


@pytest.mark.parametrize("name", ["none", "jwt", "internal", "ldap"])
def test_without_guests_there_is_no_host_for_them(name, server_of):
    assert refusal(server_of(name), GUEST) == "improper-addressing"


@pytest.mark.parametrize("name", ["jwt, guests ask", "internal, guests wait", "ldap, guests, own authority"])
def test_a_guest_joins_a_meeting_that_runs_and_opens_none(name, server_of):
    server = server_of(name)
    with entered(server, GUEST) as guest:
        with pytest.raises(RefusedError, match="not-allowed"):
            guest.join(ROOM, "early")
        with open_room(server):
            assert guest.join(ROOM, "guest") == "none"
    assert "required" in refusal(server, DOMAIN) or "invalid-mechanism" in refusal(server, DOMAIN)


def test_with_type_none_everybody_is_let_in_but_only_jicofo_makes_rooms(server_of):
    server = server_of("none")
    with entered(server, DOMAIN) as somebody:
        with pytest.raises(RefusedError, match="not-allowed"):
            somebody.join(ROOM, "early")
        with open_room(server):
            assert somebody.join(ROOM, "somebody") == "none"


def test_a_locked_room_sends_guests_to_the_lobby_until_a_moderator_lets_them_in(server_of):
    """The rules under Jitsi's lobby: a members-only room (XEP-0045). The lobby itself is Jitsi's own module."""
    server = server_of("internal, guests wait")
    with open_room(server) as focus, entered(server, GUEST) as guest:
        focus.configure(ROOM, {"muc#roomconfig_membersonly": "1"})
        with pytest.raises(RefusedError, match="registration-required"):
            guest.join(ROOM, "guest")
        focus.affiliate(ROOM, guest.jid.partition("/")[0], "member")
        assert guest.join(ROOM, "guest") == "member"


@pytest.mark.parametrize("name", USERS)
def test_an_account_logs_in_with_its_password(name, server_of):
    server = server_of("internal")
    assert over_tcp(server, name, USERS[name]) == f"{name}@{DOMAIN}"
    with entered(server, DOMAIN, name, USERS[name]) as client:
        assert client.jid.startswith(f"{name}@{DOMAIN}/")


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "correct horsf"), ("anna", "Correct horse"), ("nobody", "correct horse"), ("focus", FOCUS_PASSWORD)],
)
def test_a_wrong_password_or_name_is_refused(name, password, server_of):
    server = server_of("internal")
    with pytest.raises(RefusedError, match="not-authorized"):
        over_tcp(server, name, password)
    assert "not-authorized" in refusal(server, DOMAIN, name, password)


def test_changed_accounts_hold_from_the_next_login_on_and_nobody_is_thrown_out(tmp_path):
    path = tmp_path / "accounts.json"
    with (
        access_of("internal", tmp_path) as server,
        entered(server, DOMAIN, "anna", USERS["anna"]) as anna,
        open_room(server),
    ):
        changed = server.places.folder / "next.json"
        changed.write_text(accounts_file(json.dumps({"anna": "another one", "zoe": "new in town"}), SEED))
        changed.replace(path)  # as the kubelet does: a new file under the old name
        assert anna.join(ROOM, "anna") == "none", "who is in stays in"
        assert over_tcp(server, "zoe", "new in town") == f"zoe@{DOMAIN}"
        assert over_tcp(server, "anna", "another one") == f"anna@{DOMAIN}"
        for name, password in USERS.items():
            with pytest.raises(RefusedError, match="not-authorized"):
                over_tcp(server, name, password)
        path.write_text("{ half a file")
        assert over_tcp(server, "zoe", "new in town") == f"zoe@{DOMAIN}"
        assert "are not JSON" in server.log
        path.unlink()
        assert over_tcp(server, "zoe", "new in town") == f"zoe@{DOMAIN}"


def test_nobody_changes_an_account_from_inside(server_of):
    server = server_of("internal")
    with entered(server, DOMAIN, "anna", USERS["anna"]) as anna:
        name = "<username>anna</username><password>taken over</password>"
        assert anna.ask(DOMAIN, f"<query xmlns='jabber:iq:register'>{name}</query>") == "error"
    made = server.ctl("register", "eve", DOMAIN, "made by hand")
    assert made.returncode != 0, made.stdout
    with pytest.raises(RefusedError, match="not-authorized"):
        over_tcp(server, "eve", "made by hand")
    assert over_tcp(server, "anna", USERS["anna"])
