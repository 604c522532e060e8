"""Real prosody lets jicofo see no room on bridges that take no meetings."""

import asyncio

import pytest
from access.access_stacks import environment_of, plugins_of
from access.prosody_site import AUTH, INTERNAL_MUC
from access.prosody_world import FOCUS_PASSWORD, TcpClient, prosody

from sizing.bridge_load import LEAVING_STRESS

pytestmark = pytest.mark.tools

BREWERY = f"brewery@{INTERNAL_MUC}"
PASSWORD = "of the test"
COLIBRI = "http://jitsi.org/protocol/colibri"
RUNNING = {"drain": "false", "graceful_shutdown": "false", "shutting_down": "false", "healthy": "true"}
CASES = {
    "runs": ({}, "0.31", "0.31"),
    "drains": ({"drain": "true"}, "0.31", f"{LEAVING_STRESS}"),
    "is in graceful shutdown": ({"graceful_shutdown": "true"}, "0.31", f"{LEAVING_STRESS}"),
    "shuts down": ({"shutting_down": "true"}, "0.0", f"{LEAVING_STRESS}"),
    "is unhealthy": ({"healthy": "false"}, "0.0", f"{LEAVING_STRESS}"),
    "drains under more load": ({"drain": "true"}, "0.95", "0.95"),
}
"""What a bridge does -> how its presence differs, the stress that it reports, and that which jicofo sees."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prosody")
    with prosody(environment_of("none"), folder, plugins_of("none")) as running:
        for account in ("jvb", "jibri"):
            made = running.ctl("register", account, AUTH, PASSWORD)
            assert made.returncode == 0, made.stdout + made.stderr
        yield running


def seen(server, account, reported, stress):
    """The stress of a member of the brewery in the presence that jicofo receives."""

    async def run():
        jicofo, member = (
            TcpClient(server, f"focus@{AUTH}", FOCUS_PASSWORD),
            TcpClient(server, f"{account}@{AUTH}", PASSWORD),
        )
        told = jicofo.loop.create_future()

        def presence(stanza):
            found = {each.get("name"): each.get("value") for each in stanza.xml.iter(f"{{{COLIBRI}}}stat")}
            if found and not told.done():
                told.set_result(found["stress_level"])

        jicofo.add_event_handler(f"muc::{BREWERY}::presence", presence)
        for client, nick in ((jicofo, "focus"), (member, account)):
            await client.enter()
            await client.join(BREWERY, nick)
        stats = {"stress_level": stress, **RUNNING, **reported}
        entries = "".join(f"<stat name='{name}' value='{value}'/>" for name, value in stats.items())
        member.send_raw(f"<presence to='{BREWERY}/{account}'><stats xmlns='{COLIBRI}'>{entries}</stats></presence>")
        try:
            return await asyncio.wait_for(told, 30)
        finally:
            await member.leave()
            await jicofo.leave()

    return asyncio.run(run())


@pytest.mark.parametrize("does", CASES)
def test_jicofo_sees_a_full_bridge_where_one(server, does):
    reported, stress, expected = CASES[does]
    assert seen(server, "jvb", reported, stress) == expected


def test_the_presence_of_others_is_left_alone(server):
    assert seen(server, "jibri", {"drain": "true"}, "0.31") == "0.31"
