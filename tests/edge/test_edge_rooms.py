"""Every room on one shard, on real HAProxies: however it is spelt, through whichever it comes, whenever it comes."""

import asyncio
import random

import pytest
from edge import peer_config
from edge.edge_world import Browser, Haproxy, World, edge, shard, until
from edge.rooms import Room, population

from components.ingress import haproxy_cfg

pytestmark = pytest.mark.tools

THREE = (shard(0), shard(1), shard(2))


async def joins(world: World, rooms: list[Room], seed: int, at_once: int = 40, **options: bool) -> set[int]:
    """One join of each room, in random order, spelling and HAProxy; the statuses that came back."""
    rng = random.Random(seed)
    browsers = [Browser(world, number, **options) for number in range(len(world.proxies))]
    waiting = list(rooms)
    rng.shuffle(waiting)
    got: set[int] = set()

    async def client() -> None:
        while waiting:
            room = waiting.pop()
            got.add(await rng.choice(browsers).join(room.target(rng)))

    await asyncio.gather(*(client() for _ in range(at_once)))
    for browser in browsers:
        browser.close()
    return got


async def _spread(rooms: int, seed: int, world: World) -> None:
    people = population(rooms, seed)
    for turn in range(4):
        assert await joins(world, people, seed + turn) == {200}
    # A spelling that the double understood as another room would hide a split.
    assert set(world.where()) <= {room.key for room in people}
    assert sum(sum(double.seen.values()) for double in world.shards.values()) == 4 * rooms


def test_rooms_in_any_spelling_and_through_any_haproxy_lie_on_one_shard():
    async def run():
        async with World(edge(THREE)) as world:
            await _spread(1500, 1, world)
            assert world.split() == set()
            assert len(world.where()) == 1500
            sizes = [len(double.seen) for double in world.shards.values()]
            assert max(sizes) < 1.2 * min(sizes), sizes

    asyncio.run(run())


def test_the_known_configuration_splits_the_same_rooms():
    """Even of one spelling, once there are more rooms than its table holds."""

    async def run():
        async with World(edge(THREE), text=peer_config.text, settle=False) as world:
            await asyncio.sleep(1)
            await _spread(1500, 1, world)
            spelt = len(world.split()) / 1500
            world.forget()
            plain = [Room("", f"room-{n}") for n in range(4000)]
            for _ in range(2):
                await _in_order(world, plain)
            return spelt, len(world.split()) / 4000

    spelt, full = asyncio.run(run())
    assert spelt > 0.1
    assert full > 0.01, "how many depends on how busy the machine is; the program's own configuration splits none"


async def _in_order(world: World, rooms: list[Room]) -> None:
    browsers = [Browser(world, 0), Browser(world, 1)]
    for first in range(0, len(rooms), 40):
        together = [
            b.join(f"/http-bind?room={r.name}") for r, b in zip(rooms[first : first + 40], browsers * 20, strict=False)
        ]
        await asyncio.gather(*together)


def test_first_joiners_who_race_through_two_haproxies_meet():
    async def run():
        async with World(edge(THREE)) as world:
            rng = random.Random(3)
            browsers = [Browser(world, 0), Browser(world, 1)]
            for double in world.shards.values():
                double.delay = 0.02  # nothing is stored before the answer is back, in configurations that store then
            rooms = population(600, 3)
            for first in range(0, len(rooms), 10):
                together = [
                    browser.join(room.target(rng)) for room in rooms[first : first + 10] for browser in browsers * 2
                ]
                assert set(await asyncio.gather(*together)) == {200}
            assert world.split() == set()
            assert len(world.where()) == 600

    asyncio.run(run())


def test_new_rooms_follow_the_weights():
    async def run():
        weighted = (shard(0, weight=100), shard(1, weight=50), shard(2, weight=50))
        async with World(edge(weighted)) as world:
            await joins(world, population(1200, 5), 5)
            shares = {name: len(double.seen) / 1200 for name, double in world.shards.items()}
            assert shares["s0"] == pytest.approx(0.5, abs=0.06)
            assert shares["s1"] == pytest.approx(0.25, abs=0.05)

    asyncio.run(run())


def test_requests_without_a_room_stay_together_and_are_not_remembered():
    async def run():
        async with World(edge(THREE)) as world:
            browsers = [Browser(world, 0), Browser(world, 1)]
            served = {(await browser.get("/http-bind"))[2] for browser in browsers * 5}
            assert len(served) == 1
            assert (await browsers[0].get("/http-bind?room="))[2] in served
            assert "used:0" in world.proxies[0].admin("show table rooms")

    asyncio.run(run())


def test_a_name_that_cannot_be_decoded_is_still_one_room():
    async def run():
        async with World(edge(THREE)) as world:
            browsers = [Browser(world, 0), Browser(world, 1)]
            for n in range(30):
                served = set()
                for spelling in (f"100%25zz{n}", f"100%25ZZ{n}", f"100%2525zz{n}"):
                    served |= {(await browser.get(f"/http-bind?room={spelling}"))[2] for browser in browsers}
                assert len(served) == 1, n

    asyncio.run(run())


def test_an_open_websocket_holds_its_room_when_the_table_is_full():
    async def run():
        async with World(edge(THREE, room_table=1000)) as world:
            browser = Browser(world, 0)
            sockets = [await browser.websocket(f"/xmpp-websocket?room=long-{n}") for n in range(20)]
            homes = world.where()
            # Draining makes the hash say something else: only the table can keep these rooms where they are.
            drained = homes["/long-0"]
            held = [room for room, home in homes.items() if home == drained]
            await world.change(states={drained: "draining"})
            for n in range(20):
                sockets.append(await browser.websocket(f"/xmpp-websocket?room=long-{n}"))
            await joins(world, population(3000, 8), 8)
            world.forget()
            for n in range(20):
                assert (await browser.get(f"/http-bind?room=long-{n}"))[0] == 200
            now = world.where()
            assert [now[room] for room in held] == [drained] * len(held)
            assert not any(socket.cut for socket in sockets)
            for socket in sockets:
                socket.close()

    asyncio.run(run())


def without_shared_rooms(world: World, proxy: Haproxy) -> str:
    """A broken configuration on one of two: another hash, and a table of rooms that it keeps for itself."""
    text = haproxy_cfg.render(world.edge, world.endpoints(proxy))
    if proxy.name == "haproxy-1":
        size = f"backend rooms\n    stick-table type binary len 20 size {world.edge.room_table} expire 5m store gpt0"
        assert f"{size} peers haproxies" in text
        text = text.replace(f"{size} peers haproxies", size).replace("xxh32(", "xxh32(7")
    return text


def counted(proxy: Haproxy, table: str) -> int:
    return int(proxy.admin(f"show table {table}").partition("used:")[2].split()[0])


def test_rooms_that_are_split_are_counted_by_every_haproxy_and_others_are_not():
    people = population(60, 9)

    async def run(broken: bool) -> tuple[int, set[int], int]:
        text = without_shared_rooms if broken else None
        async with World(edge(THREE), text=text) as world:
            for turn in range(3):
                await joins(world, people, turn)
                await asyncio.sleep(0.5)
            counts = {counted(proxy, "split") for proxy in world.proxies}
            return len(world.split()), counts, counted(world.proxies[0], "seats")

    truly, counts, seats = asyncio.run(run(broken=True))
    assert truly > 20
    assert counts == {truly}
    assert seats == 60 + truly
    assert asyncio.run(run(broken=False)) == (0, {0}, 60)


def test_a_room_that_its_shards_death_moved_is_not_taken_for_split():
    async def run() -> None:
        async with World(edge((shard(0), shard(1)))) as world:
            rooms = population(20, 3)
            await joins(world, rooms, 1)
            world.shards["s1"].die()
            await until(lambda: all(proxy.up() == {"s0"} for proxy in world.proxies), "s1 is down")
            assert await joins(world, rooms, 2) == {200}
            await asyncio.sleep(0.3)
            assert world.split()
            assert {counted(proxy, "split") for proxy in world.proxies} == {0}

    asyncio.run(run())
