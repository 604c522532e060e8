"""Real prosody gives up the sessions of dead bridges early, and nobody else's."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from access.access_stacks import environment_of, plugins_of
from access.prosody_site import AUTH, HIBERNATION_SECONDS, INTERNAL_MUC
from access.prosody_world import FOCUS_PASSWORD, Prosody, TcpClient, prosody

from sizing.bridge_crash import HIBERNATION_SECONDS as BRIDGE_SECONDS

pytestmark = pytest.mark.tools

BREWERY = f"brewery@{INTERNAL_MUC}"
PASSWORD = "of the test"
LATE = 1.5  # seconds that a busy machine may add; prosody's own timer adds one


class Member(TcpClient):
    """A client in the brewery that can resume its session (XEP-0198)."""

    def __init__(self, server: Prosody, account: str, password: str = PASSWORD) -> None:
        super().__init__(server, f"{account}@{AUTH}", password)
        self.register_plugin("xep_0198")
        self.gone: dict[str, float] = {}
        """Nickname -> when it was seen to leave."""
        self.add_event_handler(f"muc::{BREWERY}::got_offline", self._left)

    def _left(self, presence: Any) -> None:
        self.gone.setdefault(presence["from"].resource, time.monotonic())

    def die(self) -> float:
        """Lose the connection without a goodbye; return when."""
        assert self.transport is not None
        self.transport.abort()
        return time.monotonic()

    async def resume(self) -> None:
        """Connect again, and take up the old session."""
        resumed: Any = self.loop.create_future()
        self.add_event_handler("session_resumed", lambda _: resumed.set_result(None), disposable=True)
        self.connect("127.0.0.1", self._port)
        await asyncio.wait_for(resumed, 5)

    async def until_gone(self, nick: str, since: float) -> float:
        """Return how many seconds after `since` the others saw it leave."""
        while nick not in self.gone:
            assert time.monotonic() < since + 30, f"{nick} never leaves"
            await asyncio.sleep(0.02)
        return self.gone[nick] - since


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prosody")
    with prosody(environment_of("none"), folder, plugins_of("none")) as running:
        for account in ("jvb", "jibri"):
            made = running.ctl("register", account, AUTH, PASSWORD)
            assert made.returncode == 0, made.stdout + made.stderr
        yield running


def in_brewery(server: Prosody, story: Callable[[Member, Callable[..., Any]], Any]) -> Any:
    """Run `story(jicofo, member)`; `member(account, nick)` joins the brewery."""

    async def run() -> Any:
        async def member(account: str, nick: str) -> Member:
            client = Member(server, account)
            await client.enter()
            await client.join(BREWERY, nick)
            return client

        jicofo = Member(server, "focus", FOCUS_PASSWORD)
        await jicofo.enter()
        await jicofo.join(BREWERY, "focus")
        try:
            return await story(jicofo, member)
        finally:
            await jicofo.leave()

    return asyncio.run(run())


def test_a_dead_bridge_is_gone_after_three_seconds_and_a_dead_recorder_after_the_fifteen_of_the_image(server):
    async def story(jicofo, member):
        bridge, recorder = await member("jvb", "jvb-1"), await member("jibri", "jibri-1")
        died = [bridge.die(), recorder.die()]
        return [await jicofo.until_gone(nick, at) for nick, at in zip(("jvb-1", "jibri-1"), died, strict=True)]

    bridge, recorder = in_brewery(server, story)
    assert BRIDGE_SECONDS - 0.2 <= bridge <= BRIDGE_SECONDS + LATE
    assert HIBERNATION_SECONDS - 0.2 <= recorder <= HIBERNATION_SECONDS + 1 + LATE


def test_a_bridge_that_resumes_stays_and_has_its_three_seconds_again_when_it_dies_later(server):
    async def story(jicofo, member):
        bridge = await member("jvb", "jvb-2")
        bridge.die()
        await asyncio.sleep(1.5)
        await bridge.resume()
        await asyncio.sleep(0.5)
        died = bridge.die()
        first = await jicofo.until_gone("jvb-2", died)
        stays = await member("jvb", "jvb-3")
        stays.die()
        await asyncio.sleep(1.5)
        await stays.resume()
        await asyncio.sleep(BRIDGE_SECONDS + LATE)
        assert "jvb-3" not in jicofo.gone
        await stays.leave()
        return first

    assert BRIDGE_SECONDS - 0.2 <= in_brewery(server, story) <= BRIDGE_SECONDS + LATE
