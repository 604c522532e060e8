"""A zone of two loses power at peak and comes back: real HAProxies, and browsers that ping as Jitsi's do.

When shards go, HAProxies need nothing from each other: the hash selects the same shard among those that are left. When shards come
back they do: an HAProxy that does not learn the table `rooms` looks for every room that moved where its hash says. The test takes the
table away, and the play must see it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.edge_world import Websocket, World, edge, shard, until
from edge.rooms import Room, population
from edge.test_edge_changes import Meetings

from config.balancer import CONNECT_SECONDS, until_left
from config.browser import ZONES_PING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from edge.edge_world import Browser, Haproxy, Text

LOST = ("s0", "s2")
KEPT = ("s1", "s3")
LOST_PROXIES, KEPT_PROXIES = (0, 2), (1, 3)
"""Two HAProxies and two shards are in each zone: those that stay could disagree about a room."""
OPENING_SECONDS, RETURN_OPENING_SECONDS = 0.1, 0.02
"""Between two new rooms, whose first two people come at once through different HAProxies; and while the zone returns."""


@dataclass
class Seen:
    """What people noticed."""

    people: int = 0
    rooms: int = 0
    back: list[float] = field(default_factory=list)
    """Seconds from the loss until each person of a lost shard was in a meeting again."""
    reconnected: int = 0
    """People of the other zone whose HAProxy was lost: signalling began anew, on the same shard."""
    cut_elsewhere: int = 0
    """People of the other zone who were cut although their HAProxy lives."""
    moved_elsewhere: int = 0
    """Rooms of the other zone that changed their shard."""
    split: set[str] = field(default_factory=set)
    opened: int = 0
    """Rooms that two people opened at once, from the loss to the end."""
    swung: int = 0
    """Rooms that changed their shard when the zone came back."""
    cut_at_return: int = 0


class People(Meetings):
    """Meetings whose people ping, come through a load balancer that leaves dark HAProxies, and remember when they were cut."""

    lost_at: float | None = None

    def __init__(self, world: World, rooms: list[Room], people: int) -> None:
        super().__init__(world, rooms, people)
        self.entered: dict[tuple[Room, int], float] = {}
        self.watched: list[tuple[float, Room, int, int]] = []
        """When, and whose websocket through which HAProxy ended."""
        self.opened = 0
        self.opening_seconds = OPENING_SECONDS

    def _choice(self) -> Browser:
        """A HAProxy as the load balancer chooses: a dark one, too, until its checks have failed."""
        left = self.lost_at is not None and time.monotonic() - self.lost_at > until_left(CONNECT_SECONDS)
        return self.rng.choice([each for each in self.browsers if not (left and each.proxy.dark)])

    @contextlib.asynccontextmanager
    async def opening(self) -> AsyncIterator[None]:
        """New rooms all the time, each by two people at once through HAProxies that live."""
        task = asyncio.ensure_future(self._open())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _open(self) -> None:
        async with asyncio.TaskGroup() as first_people:
            for room in itertools.count():
                lit = [each for each in self.browsers if not each.proxy.dark and each.proxy.process is not None]
                first_people.create_task(self._meet(Room("", f"new-{room}"), self.rng.sample(lit, 2)))
                await asyncio.sleep(self.opening_seconds)

    async def _meet(self, room: Room, browsers: list[Browser]) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(60):
                statuses = await asyncio.gather(*(each.join(room.target(self.rng)) for each in browsers))
                self.opened += statuses == [200, 200]

    async def _enter(self, room: Room, person: int) -> None:
        while True:
            browser = self._choice()
            try:
                # The balancer gives a node up after this time; here the browser comes again.
                async with asyncio.timeout(CONNECT_SECONDS if browser.proxy.dark else 20):
                    socket = await browser.websocket(room.target(self.rng, "xmpp-websocket"))
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.5)
                continue
            self.sockets[room, person] = browser, socket
            self.entered[room, person] = time.monotonic()
            return

    async def _stay(self, room: Room, person: int) -> None:
        await asyncio.sleep(self.rng.random() * ZONES_PING.interval)
        while True:
            browser, socket = self.sockets[room, person]
            await self._pings(browser, socket)
            self.watched.append((time.monotonic(), room, person, self.browsers.index(browser)))
            socket.close()
            await self._enter(room, person)

    async def _pings(self, browser: Browser, socket: Websocket) -> None:
        """Return when the websocket is cut, or when two pings in a row had no answer; a busy machine's HAProxy gets more time."""
        missed = 0
        while not socket.cut and missed < (ZONES_PING.threshold if browser.proxy.dark else 6 * ZONES_PING.threshold):
            before = socket.heard
            with contextlib.suppress(OSError):
                socket.writer.write(b"ping")
            answered = await _happens(lambda before=before: socket.cut or socket.heard > before, ZONES_PING.timeout)
            missed = 0 if answered else missed + 1
            await _happens(lambda: socket.cut, ZONES_PING.interval - ZONES_PING.timeout)

    async def _go_on(self, rooms: list[Room]) -> None:
        """Requests beside websockets, of people whose HAProxy lives."""
        while True:
            for room in rooms:
                browser = self._choice()
                if browser.proxy.process is not None and not browser.proxy.dark:
                    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                        target = room.target(self.rng, "xmpp-websocket")
                        # Not wait_for, which loses a cancellation that comes with the answer (Python 3.11).
                        async with asyncio.timeout(20):
                            self.requests += (await browser.get(target))[0] == 200
                await asyncio.sleep(0.01)


async def _happens(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        await asyncio.sleep(0.1)
    return False


async def play(rooms: int, people: int, patience: float = 240, text: Text | None = None) -> Seen:
    """Lose the zone of two shards and two HAProxies, let people come back, and give it back."""
    seen = Seen(rooms=rooms, people=rooms * people)
    shards = tuple(shard(number) for number in range(4))
    world = World(edge(shards, replicas=4), text=text)
    async with world, People(world, population(rooms, 17), people) as meetings:
        await meetings.rounds(3)
        before = {key: next(iter(homes)) for key, homes in meetings.homes().items()}
        assert set(before.values()) == {*LOST, *KEPT}
        through = {who: meetings.browsers.index(browser) for who, (browser, _) in meetings.sockets.items()}
        world.forget()
        lost = meetings.lost_at = time.monotonic()
        for name in LOST:
            world.shards[name].lose_power()
        for number in LOST_PROXIES:
            world.proxies[number].lose_power()

        of_lost = {who for who in meetings.sockets if before[who[0].key] in LOST}

        def again() -> bool:
            seen.split |= meetings.split()
            noticed = not any(browser.proxy.dark for browser, _ in meetings.sockets.values())
            return noticed and all(meetings.entered[who] > lost and not meetings.sockets[who][1].cut for who in of_lost)

        async with meetings.opening():
            await until(again, "everybody is in a meeting, and nobody behind a dark HAProxy", patience)
            seen.back = sorted(meetings.entered[who] - lost for who in of_lost)
            during = {key: homes for key, homes in meetings.homes().items() if homes}
            assert all(homes <= set(KEPT) for homes in during.values()), during
            seen.moved_elsewhere = sum(before[key] in KEPT and homes != {before[key]} for key, homes in during.items())
            for _, room, person, proxy in meetings.watched:
                if before[room.key] in KEPT:
                    seen.reconnected += proxy in LOST_PROXIES
                    seen.cut_elsewhere += proxy in KEPT_PROXIES and through[room, person] in KEPT_PROXIES
            watched = len(meetings.watched)
            meetings.opening_seconds = RETURN_OPENING_SECONDS
            await _comes_back(world)
            meetings.lost_at = None
            await meetings.rounds(15)
        # Requests beside websockets, too: each HAProxy that came back must know where the open rooms are.
        seen.split |= meetings.split() | world.split()
        after = {key: homes for key, homes in meetings.homes().items() if homes}
        seen.swung = sum(after.get(key, homes) != homes for key, homes in during.items())
        seen.cut_at_return = len(meetings.watched) - watched
        seen.opened = meetings.opened
    return seen


async def _comes_back(world: World) -> None:
    """One HAProxy, then the shards, then the other HAProxy, which finds them ready and knows no room of its own."""
    early, late = LOST_PROXIES
    await _returns(world, early)
    for name in LOST:
        await world.shards[name].return_power()
    await until(lambda: _all_see_every_shard(world), "every HAProxy sees every shard", 60)
    await _returns(world, late)
    await until(lambda: _all_see_every_shard(world), "every HAProxy sees every shard", 60)


def _all_see_every_shard(world: World) -> bool:
    return all({*LOST, *KEPT} <= proxy.up() & proxy.up("focus") for proxy in world.proxies if not proxy.dark)


async def _returns(world: World, number: int) -> None:
    proxy = world.proxies[number]
    proxy.return_power()
    await until((proxy.folder / "admin.sock").exists, "HAProxy starts", 30)
    await until(lambda: _settled(proxy), "HAProxy knows the open rooms", 60)


def _settled(proxy: Haproxy) -> bool:
    with contextlib.suppress(OSError):
        return proxy.settled()
    return False
