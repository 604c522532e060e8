"""Real prosody gives up the sessions of dead bridges at once, and nobody else's."""

import asyncio
import itertools
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from access.access_stacks import environment_of, plugins_of
from access.prosody_site import AUTH, HIBERNATION_SECONDS, INTERNAL_MUC
from access.prosody_world import FOCUS_PASSWORD, Prosody, TcpClient, free_port, prosody
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from config.bridges import Bridges
from sizing.parts import JVB

pytestmark = [pytest.mark.tools, pytest.mark.timeout(180)]

PASSWORD = "of the test"
REQUEST = "{jabber:client}iq/{jitsi:colibri2}conference-modify"
SILENT_SECONDS = Bridges().silent_after
LEARN_SECONDS = 1  # after which the module knows where a bridge answers
LATE = 1.5  # seconds that a busy machine may add; prosody's own timer adds one
NUMBERS = itertools.count(2)
AT_ONCE = SILENT_SECONDS - 1  # and far later than it takes here: 0.1 s


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose connections come from each member's own address."""

    async def create_connection(self, factory: Any, *arguments: Any, **more: Any) -> Any:  # type: ignore[override]
        return await super().create_connection(factory, *arguments, local_addr=(factory().own_address, 0), **more)


class Member(TcpClient):
    """A client in the brewery that can resume its session (XEP-0198)."""

    def __init__(
        self, server: Prosody, room: str, account: str, password: str = PASSWORD, address: str = "127.0.0.1"
    ) -> None:
        super().__init__(server, f"{account}@{AUTH}", password)
        self.own_address = address
        self.register_plugin("xep_0198")
        self.room_nick = ""
        self.seen: list[tuple[str, str, float]] = []
        """(came or left, nickname, when)."""
        self.add_event_handler(f"muc::{room}::got_offline", lambda presence: self._note("left", presence))
        self.add_event_handler(f"muc::{room}::got_online", lambda presence: self._note("came", presence))
        self._listener: socket.socket | None = None

    def _note(self, what: str, presence: Any) -> None:
        self.seen.append((what, presence["from"].resource, time.monotonic()))

    def answer(self, port: int, backlog: int = 50) -> None:
        """Listen as a process does that may be busy: its kernel takes connections, and nobody reads them."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.own_address, port))
        self._listener.listen(backlog)

    def stop_answering(self) -> None:
        """Have the kernel refuse connections, as it does for a process that has ended."""
        assert self._listener is not None
        self._listener.close()

    def be_silent(self, port: int) -> list[socket.socket]:
        """Have the kernel drop connections: a node that is dead. Return what fills its queue."""
        self.stop_answering()
        self.answer(port, 0)
        fill = [socket.socket() for _ in range(3)]
        for each in fill:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect((self.own_address, port))
        return fill

    def hang(self) -> float:
        """Read nothing any more, with an open connection; return when."""
        assert self.transport is not None
        self.transport.pause_reading()
        return time.monotonic()

    def die(self) -> float:
        """Lose the connection without a goodbye; return when."""
        assert self.transport is not None
        self.transport.abort()
        return time.monotonic()

    async def resume(self) -> None:
        """Connect again, and take up the old session."""
        resumed: Any = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_resumed", lambda _: resumed.set_result(None), disposable=True)
        self.connect("127.0.0.1", self._port)
        await asyncio.wait_for(resumed, 5)

    def left(self, nick: str, since: float) -> float | None:
        """How many seconds after `since` the others saw it leave; None if it stays."""
        return next((at - since for what, who, at in self.seen if (what, who) == ("left", nick) and at > since), None)


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory, port):
    folder = tmp_path_factory.mktemp("prosody")
    environment = environment_of("none")
    own = f"bridge_port = {JVB.port('rest')}"
    assert own in environment["GLOBAL_CONFIG"]
    config = environment["GLOBAL_CONFIG"].replace(own, f"bridge_port = {port}")
    with prosody(environment | {"GLOBAL_CONFIG": config}, folder, plugins_of("none")) as running:
        for account in ("jvb", "jibri"):
            made = running.ctl("register", account, AUTH, PASSWORD)
            assert made.returncode == 0, made.stdout + made.stderr
        yield running


def in_brewery(server: Prosody, story: Callable[[Member, Callable[..., Any]], Any]) -> Any:
    """Run `story(jicofo, member)`; `member(nick)` joins the brewery, each from an address of its own. Each story has a room of its own."""
    members: list[Member] = []
    room = f"brewery{next(NUMBERS)}@{INTERNAL_MUC}"

    async def run() -> Any:
        async def member(nick: str, account: str = "jvb", **more: Any) -> Member:
            asked = more.pop("before", [])
            client = Member(server, room, account, **{"address": f"127.0.7.{next(NUMBERS)}"} | more)
            client.register_handler(Callback("requests", MatchXPath(REQUEST), asked.append))
            await client.enter()
            await client.join(room, nick)
            client.room_nick = f"{room}/{nick}"
            members.append(client)
            return client

        jicofo = await member("focus", "focus", password=FOCUS_PASSWORD)
        try:
            return await story(jicofo, member)
        finally:
            for each in members:
                each.abort()

    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(run())


@pytest.fixture(scope="module")
def left(server, port):
    """Nickname -> seconds from the loss of its connection until jicofo saw it leave, for members of every fate."""

    async def story(jicofo, member):
        bridges = {nick: await member(nick) for nick in ("killed", "busy", "killed later", "node", "resumes")}
        for bridge in bridges.values():
            bridge.answer(port)
        bridges["elsewhere"] = await member("elsewhere")  # behind an address where nothing ever answers
        others = {"recorder": await member("recorder", "jibri")}
        others["second focus"] = await member("second focus", "focus", password=FOCUS_PASSWORD)
        await asyncio.sleep(LEARN_SECONDS + LATE)
        silence = bridges["node"].be_silent(port)
        bridges["killed"].stop_answering()
        since = {nick: member.die() for nick, member in (bridges | others).items()}
        await asyncio.sleep(2)
        bridges["killed later"].stop_answering()
        since["killed later"] = time.monotonic()
        await asyncio.sleep(6)
        await bridges["resumes"].resume()
        await asyncio.sleep(HIBERNATION_SECONDS - 8 + 1 + LATE)
        found = {nick: jicofo.left(nick, at) for nick, at in since.items()}
        for each in silence:
            each.close()
        return found

    return in_brewery(server, story)


def test_a_bridge_whose_process_was_killed_is_gone_at_once(left):
    assert left["killed"] is not None
    assert left["killed"] < AT_ONCE


def test_a_bridge_that_is_killed_while_it_is_missed_is_gone_at_once_too(left):
    assert left["killed later"] is not None
    assert left["killed later"] < AT_ONCE


def test_a_bridge_that_only_lost_its_connection_may_take_the_image_s_time_to_come_back(left):
    assert left["resumes"] is None
    assert left["busy"] > HIBERNATION_SECONDS - 0.2


def test_a_bridge_whose_node_is_dead_is_gone_after_the_stack_s_time(left):
    assert SILENT_SECONDS - 0.2 <= left["node"] <= SILENT_SECONDS + LATE


def test_a_refusal_proves_nothing_of_a_bridge_that_never_answered(left):
    assert SILENT_SECONDS - 0.2 <= left["elsewhere"] <= SILENT_SECONDS + LATE


def test_recorders_and_jicofo_keep_the_image_s_time(left):
    for nick in ("recorder", "second focus"):
        assert HIBERNATION_SECONDS - 0.2 <= left[nick] <= HIBERNATION_SECONDS + 1 + LATE


def test_a_bridge_that_has_started_again_leaves_before_it_comes(server, port):
    async def story(jicofo, member):
        first = await member("again", address="127.0.7.99")
        first.answer(port)  # its restart listens already, so no port refuses
        first.die()
        await asyncio.sleep(0.5)
        await member("again", address="127.0.7.99")
        await asyncio.sleep(1)
        return [what for what, nick, _ in jicofo.seen if nick == "again"]

    assert in_brewery(server, story)[:3] == ["came", "left", "came"]


def test_two_living_bridges_under_one_nickname_do_not_end_each_other(server):
    async def story(jicofo, member):
        await member("twin")
        await member("twin")
        await asyncio.sleep(1)
        return [what for what, nick, _ in jicofo.seen if nick == "twin"]

    assert in_brewery(server, story) == ["came"]


def test_a_bridge_that_resumes_is_given_up_when_it_dies_later(server, port):
    async def story(jicofo, member):
        bridge = await member("later")
        bridge.answer(port)
        bridge.die()
        await asyncio.sleep(1)
        await bridge.resume()
        await asyncio.sleep(0.5)
        bridge.stop_answering()
        died = bridge.die()
        await asyncio.sleep(AT_ONCE)
        return jicofo.left("later", died)

    assert in_brewery(server, story) < AT_ONCE


def lost(server, port, hanging, dropping):
    """Who is gone of four connected bridges after a while in which some hang, and the ports of some drop what is sent to them."""

    async def story(jicofo, member):
        bridges = {nick: await member(nick) for nick in ("first", "second", "third", "fourth")}
        for bridge in bridges.values():
            bridge.answer(port)
        await asyncio.sleep(LEARN_SECONDS + LATE)
        silence = [bridges[nick].be_silent(port) for nick in dropping]
        since = {nick: bridges[nick].hang() for nick in hanging}
        await asyncio.sleep(SILENT_SECONDS + 1 + 2 * LATE)
        seconds = {what: at - since.get(what, at) for kind, what, at in jicofo.seen if kind == "left"}
        for each in itertools.chain(*silence):
            each.close()
        return seconds

    return in_brewery(server, story)


def test_a_connected_bridge_whose_node_is_dead_is_gone_after_the_stack_s_time(server, port):
    gone = lost(server, port, hanging={"first", "second"}, dropping={"first", "third"})
    assert set(gone) == {"first"}, "the second's port answers, the third's connection does"
    assert SILENT_SECONDS - 0.2 <= gone["first"] <= SILENT_SECONDS + 1 + LATE


def test_nobody_is_gone_when_most_bridges_fall_silent_at_once(server, port):
    silent = {"first", "second", "third"}
    assert lost(server, port, hanging=silent, dropping=silent) == {}


def test_each_bridge_is_asked_once_for_a_meeting_that_ends_at_once_and_nobody_else_is(server):
    async def story(_, member):
        asked = []
        members = [await member("new", before=asked), await member("recorder", "jibri", before=asked)]
        members[0].send_presence(pto=members[0].room_nick)
        await asyncio.sleep(1)
        return asked

    (request,) = in_brewery(server, story)
    assert request["to"].user == "jvb"
    assert request["from"].bare.startswith("brewery"), "bridges refuse requests that do not come from their brewery"
    (wanted,) = request.xml
    assert wanted.tag == "{jitsi:colibri2}conference-modify"
    assert (wanted.get("create"), wanted.get("expire")) == ("true", "true")
