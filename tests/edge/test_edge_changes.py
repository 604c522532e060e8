"""Shards that die, drain, come and go, and HAProxies that are killed and reloaded, under traffic: rooms stay whole.

A meeting here is what Jitsi's clients make of one: websockets, a request every now and then, and a new websocket when one
is cut. A room is split when its people are on two shards at once, or when any request of it went elsewhere without need.
"""

import asyncio
import contextlib
import random
from dataclasses import replace
from typing import Self

import pytest
from edge.edge_world import Browser, Websocket, World, edge, shard, unshared, until
from edge.rooms import Room, population
from edge.shard_double import JICOFO
from edge.test_edge_rooms import joins

pytestmark = [pytest.mark.tools, pytest.mark.timeout(180)]

THREE = (shard(0), shard(1), shard(2))


class Meetings:
    """People in rooms, each on a websocket through one of the HAProxies, who go on asking while a test changes things."""

    def __init__(self, world: World, rooms: list[Room], people: int = 2) -> None:
        self.world, self.rooms, self.people = world, rooms, people
        self.rng = random.Random(7)
        self.browsers = [Browser(world, number) for number in range(len(world.proxies))]
        self.sockets: dict[tuple[Room, int], tuple[Browser, Websocket]] = {}
        self.cuts: list[tuple[Room, int]] = []
        self.requests = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for room in self.rooms:
            for person in range(self.people):
                await self._enter(room, person)
        self._tasks = [asyncio.ensure_future(self._go_on(part)) for part in (self.rooms[::2], self.rooms[1::2])]
        self._tasks += [asyncio.ensure_future(self._stay(*who)) for who in self.sockets]
        return self

    async def __aexit__(self, *raised: object) -> None:
        for task in self._tasks:
            task.cancel()
        done = await asyncio.gather(*self._tasks, return_exceptions=True)
        for _, socket in self.sockets.values():
            socket.close()
        for browser in self.browsers:
            browser.close()
        failed = [error for error in done if isinstance(error, Exception)]
        if failed:
            raise failed[0]

    async def _enter(self, room: Room, person: int) -> None:
        for _ in range(200):
            browser = self.rng.choice(self.browsers)
            if browser.proxy.process is not None:
                try:
                    socket = await browser.websocket(room.target(self.rng, "xmpp-websocket"))
                except (OSError, asyncio.IncompleteReadError):
                    pass
                else:
                    self.sockets[room, person] = browser, socket
                    return
            await asyncio.sleep(0.2)
        raise AssertionError(f"nobody gets into {room.key}")

    async def _stay(self, room: Room, person: int) -> None:
        while True:
            await self.sockets[room, person][1].end()
            self.cuts.append((room, person))
            await self._enter(room, person)

    async def _go_on(self, rooms: list[Room]) -> None:
        while True:
            for room in rooms:
                browser = self.rng.choice(self.browsers)
                if browser.proxy.process is not None:
                    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                        self.requests += (await browser.get(room.target(self.rng, "xmpp-websocket")))[0] == 200
                await asyncio.sleep(0.002)

    def homes(self) -> dict[str, set[str]]:
        """The shards on which each room's people are now."""
        found: dict[str, set[str]] = {room.key: set() for room in self.rooms}
        for name, double in self.world.shards.items():
            for key, people in double.inside.items():
                if people and key in found:
                    found[key].add(name)
        return found

    def split(self) -> set[str]:
        return {key for key, shards in self.homes().items() if len(shards) > 1}

    async def rounds(self, seconds: float) -> None:
        """Some more of everybody's requests."""
        before = self.requests
        await asyncio.sleep(seconds)
        assert self.requests > before
        for task in self._tasks:
            assert not task.done(), task


def home(meetings: Meetings) -> dict[str, str]:
    found = meetings.homes()
    assert all(len(shards) == 1 for shards in found.values()), {k: v for k, v in found.items() if len(v) != 1}
    return {key: next(iter(shards)) for key, shards in found.items()}


def test_drain_release_and_roll_back_under_traffic_split_and_cut_nothing():
    async def run():
        old = (shard(0, release="a"), shard(1, release="a"))
        async with World(edge(old), spare=1) as world, Meetings(world, population(60, 11)) as meetings:
            before = home(meetings)
            # The new release comes up beside the old one, and takes nothing yet.
            await world.shards["s2"].start()
            await world.change(replace(world.edge, shards=(*old, shard(2, "standby", release="b"))))
            await meetings.rounds(4)
            await joins(world, population(60, 12), 12)
            assert not world.shards["s2"].seen
            # It takes what is new; the old one keeps what is open.
            await world.change(states={"s0": "draining", "s1": "draining", "s2": "active"})
            await meetings.rounds(2)
            fresh = population(60, 13)
            await joins(world, fresh, 13)
            assert {room.key for room in fresh} == set(world.shards["s2"].seen)
            assert home(meetings) == before
            # Roll back: one change of the config.
            await world.change(states={"s0": "active", "s1": "active", "s2": "draining"})
            await meetings.rounds(2)
            await joins(world, fresh, 14)
            assert {room.key for room in fresh} == set(world.shards["s2"].seen), (
                "open rooms stay on the release they have"
            )
            later = population(60, 15)
            await joins(world, later, 15)
            assert {room.key for room in later}.isdisjoint(world.shards["s2"].seen)
            assert home(meetings) == before
            assert meetings.cuts == []
            assert world.split() == set()

    asyncio.run(run())


def test_killed_restarted_and_reloaded_haproxies_split_no_room_and_cut_only_their_own():
    async def run():
        async with World(edge(THREE)) as world:
            first, second = world.proxies
            async with Meetings(world, population(80, 21)) as meetings:
                before = home(meetings)
                # From here on the hash says something else about every room of s0 and s1.
                await world.change(states={"s0": "draining", "s1": "draining"})
                for _ in range(2):
                    await world.change()
                assert meetings.cuts == []
                own = {who for who, (browser, _) in meetings.sockets.items() if browser.proxy is first}
                first.kill()
                await until(lambda: set(meetings.cuts) == own, "its people notice")
                await meetings.rounds(2)
                assert set(meetings.cuts) == own
                (first.folder / "admin.sock").unlink(missing_ok=True)
                first.start()
                await world.ready(first)
                await meetings.rounds(3)
                assert set(meetings.cuts) == own
                assert second.process
                assert home(meetings) == before
                assert world.split() == set()

    asyncio.run(run())


def test_rooms_of_a_dead_shard_move_together_and_do_not_return():
    async def run():
        async with World(edge(THREE)) as world, Meetings(world, population(90, 31), people=3) as meetings:
            before = home(meetings)
            lost = {key for key, name in before.items() if name == "s1"}
            world.forget()
            world.shards["s1"].die()
            await asyncio.sleep(0.5)
            await until(lambda: all(len(meetings.homes()[key]) == 1 for key in lost), "rooms come together again", 40)
            await meetings.rounds(3)
            after = home(meetings)
            assert {key for key in before if before[key] != after[key]} == lost
            assert {after[key] for key in lost} == {"s0", "s2"}, "the lost rooms spread over those that are left"
            assert {room.key for room, _ in meetings.cuts} == lost
            assert world.split() == set()
            cuts = len(meetings.cuts)
            await world.shards["s1"].start()
            await until(lambda: all("s1" in proxy.up() for proxy in world.proxies), "the shard is back", 20)
            await meetings.rounds(4)
            assert home(meetings) == after
            assert len(meetings.cuts) == cuts
            fresh = population(60, 32)
            await joins(world, fresh, 32)
            assert world.shards["s1"].seen, "it takes new rooms"
            assert world.split() == set()

    asyncio.run(run())


def test_a_shard_without_bridges_takes_no_new_rooms_and_keeps_its_own_for_a_while():
    async def run():
        async with World(edge(THREE, unstaffed_seconds=12)) as world, Meetings(world, population(60, 41)) as meetings:
            before = home(meetings)
            world.shards["s2"].bridges = 0
            await until(lambda: all("s2" not in proxy.up("focus") for proxy in world.proxies), "noticed", 20)
            await asyncio.sleep(1.5)
            fresh = population(90, 42)
            seen = set(world.shards["s2"].seen)
            await joins(world, fresh, 42)
            assert set(world.shards["s2"].seen) == seen
            assert home(meetings) == before
            assert meetings.cuts == []
            # For longer, its rooms are given up: all are cut, and meet elsewhere.
            lost = {key for key, name in before.items() if name == "s2"}
            await until(lambda: {room.key for room, _ in meetings.cuts} == lost, "given up", 60)
            await until(lambda: all(len(shards) == 1 for shards in meetings.homes().values()), "together again", 40)
            await meetings.rounds(3)
            after = home(meetings)
            assert "s2" not in after.values()
            assert {key for key in before if before[key] != after[key]} == lost

    asyncio.run(run())


def test_meetings_stay_while_every_bridge_of_one_shard_or_of_all_leaves():
    async def run():
        async with World(edge(THREE, unstaffed_seconds=6)) as world, Meetings(world, population(60, 43)) as meetings:
            before = home(meetings)
            world.shards["s2"].leaving = 2
            await until(lambda: all("s2" not in proxy.up("focus") for proxy in world.proxies), "noticed", 20)
            await asyncio.sleep(9)
            await meetings.rounds(3)
            seen = set(world.shards["s2"].seen)
            await joins(world, population(90, 44), 44)
            assert set(world.shards["s2"].seen) == seen, "no new room opens where nothing takes it"
            for double in world.shards.values():
                double.leaving = 2
            await until(lambda: not any(proxy.up("focus") for proxy in world.proxies), "noticed by all", 20)
            await asyncio.sleep(9)
            await meetings.rounds(3)
            assert home(meetings) == before
            assert meetings.cuts == []
            world.shards["s2"].bridges = world.shards["s2"].leaving = 0
            lost = {key for key, name in before.items() if name == "s2"}
            await until(lambda: {room.key for room, _ in meetings.cuts} == lost, "the last bridge is gone", 40)

    asyncio.run(run())


def test_a_silent_jicofo_keeps_its_rooms_for_a_while_only():
    async def run():
        async with World(edge(THREE, unstaffed_seconds=6)) as world, Meetings(world, population(60, 45)) as meetings:
            lost = {key for key, name in home(meetings).items() if name == "s1"}
            world.shards["s1"].die(JICOFO)
            await until(lambda: all("s1" not in proxy.up("bridges") for proxy in world.proxies), "noticed", 20)
            await asyncio.sleep(3)
            assert meetings.cuts == []
            await until(lambda: {room.key for room, _ in meetings.cuts} == lost, "given up", 40)

    asyncio.run(run())


def test_one_more_shard_takes_its_part_of_new_rooms_and_no_open_one():
    async def run():
        rooms = population(900, 51)
        async with World(edge(THREE), spare=1) as world, Meetings(world, population(40, 52)) as meetings:
            before = home(meetings)
            await joins(world, rooms, 51)
            old = world.where()
            await world.shards["s3"].start()
            await world.change(replace(world.edge, shards=(*THREE, shard(3))))
            await joins(world, rooms, 53)
            assert world.where() == old, "open rooms stay"
            for proxy in world.proxies:
                proxy.admin("clear table rooms")  # as if all those meetings had ended
            world.forget()
            await joins(world, rooms, 54)
            new = world.where()
            moved = {room.key for room in rooms if new[room.key] != old[room.key]}
            assert {new[key] for key in moved} == {"s3"}
            assert len(moved) / len(rooms) == pytest.approx(1 / 4, abs=0.05)
            assert before.keys() == home(meetings).keys()
            assert meetings.cuts == []

    asyncio.run(run())


def test_haproxies_with_different_configurations_agree_on_new_rooms():
    """The kubelets of two nodes bring a changed ConfigMap a minute apart."""

    async def run():
        async with World(edge((shard(0), shard(1))), spare=1) as world:
            await _one_knows_a_third_shard(world)
            assert not world.shards["s2"].seen, "only what both know takes rooms"
            await world.change(only=1)
            await asyncio.sleep(1.5)
            await _race(world, population(200, 62))
            assert world.shards["s2"].seen
            await world.change(only=0, states={"s0": "draining"})
            await asyncio.sleep(1.5)
            world.forget()
            await _race(world, population(200, 63))
            assert not world.shards["s0"].seen, "a drain counts as soon as one of them knows"
            await world.change(only=1)
            # Blue and green change places at once: the two agree on nothing, and still must not split a room.
            await world.change(only=0, states={"s0": "active", "s1": "draining", "s2": "draining"})
            await asyncio.sleep(1.5)
            world.forget()
            await _race(world, population(200, 64))

    asyncio.run(run())


async def _one_knows_a_third_shard(world: World) -> None:
    await world.shards["s2"].start()
    await world.change(replace(world.edge, shards=THREE), only=0)
    await _race(world, population(200, 61))


def test_haproxies_that_do_not_share_which_shards_they_would_choose_split_new_rooms():
    async def run():
        async with World(edge((shard(0), shard(1))), spare=1, text=unshared("takers")) as world:
            with pytest.raises(AssertionError):
                await _one_knows_a_third_shard(world)
            assert len(world.split()) > 0

    asyncio.run(run())


def test_first_joiners_meet_while_a_shard_comes_back():
    async def run():
        async with World(edge(THREE)) as world:
            world.shards["s1"].die()
            await until(lambda: all("s1" not in proxy.up() for proxy in world.proxies), "dead", 30)
            await asyncio.sleep(6)  # nobody vouches for it any more
            racing = asyncio.ensure_future(_race(world, population(4000, 71)))
            await world.shards["s1"].start()
            await racing
            assert world.shards["s1"].seen, "it came back while rooms were opened"

    asyncio.run(run())


async def _race(world: World, rooms: list[Room]) -> None:
    """Two first joiners of each room at once, through two HAProxies."""
    rng = random.Random(1)
    browsers = [Browser(world, 0), Browser(world, 1)]
    for double in world.shards.values():
        double.delay = 0.005
    for first in range(0, len(rooms), 5):
        together = [browser.join(room.target(rng)) for room in rooms[first : first + 5] for browser in browsers]
        assert set(await asyncio.gather(*together)) == {200}
    assert world.split() == set()
