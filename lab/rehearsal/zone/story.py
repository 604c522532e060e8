"""The story: people meet, a zone is lost at peak, they come back elsewhere, the zone returns."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.rehearsal.record import Record
from lab.rehearsal.zone.names import NameServers, Resolver
from lab.rehearsal.zone.people import Person
from lab.rehearsal.zone.world import DOMAIN, KEPT, LOST, SHARDS, ZoneWorld

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.toolchain.prepare import Toolchain

SEED = 17
IN_SECONDS, RETURN_SECONDS = 120.0, 240.0


@dataclass(frozen=True, slots=True)
class Form:
    """How much of the story is played."""

    rooms: int
    people: int
    """In each room."""
    countdown: float
    """Factor of the page's countdown before a person comes back."""
    grace: int
    """Seconds until the control plane gives a silent node up; 50 by default."""
    away: float
    """Seconds for which the zone is lost, at the least."""
    quiet: float
    """Seconds for which people are watched after its return."""


SHORT = Form(rooms=20, people=2, countdown=0.1, grace=20, away=45, quiet=20)
FULL = Form(rooms=60, people=4, countdown=1, grace=50, away=90, quiet=40)


def perform(folder: Path, toolchain: Toolchain, form: Form) -> dict[str, Any]:
    """Play the story and return its figures.

    Raises:
        TimeoutError: something that it waits for did not come.
    """
    record = Record()
    with ZoneWorld(folder, toolchain, record.note, form.grace) as world:
        record.act("up")
        world.up()
        record.act("ready")
        return asyncio.run(_play(world, record, form))


async def _play(world: ZoneWorld, record: Record, form: Form) -> dict[str, Any]:
    rng = random.Random(SEED)  # noqa: S311
    servers = NameServers(await asyncio.to_thread(world.record))
    people = [
        Person(
            room=f"room-{room}",
            resolver=Resolver(servers, random.Random(f"{room} {number}")),  # noqa: S311
            rng=random.Random(f"{number} {room}"),  # noqa: S311
            tries_next=number % 2 == 0,
            countdown=form.countdown,
            domain=DOMAIN,
        )
        for room in range(form.rooms)
        for number in range(form.people)
    ]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(servers.check_forever())]
        await _until("both load balancers answer", lambda: len(servers.healthy) == len(world.balancers), IN_SECONDS)
        for person in rng.sample(people, len(people)):
            running.append(tasks.create_task(person.live()))
            await asyncio.sleep(0.02)
        await _until("everybody is in", lambda: all(person.shard for person in people), IN_SECONDS)
        await asyncio.sleep(8)
        try:
            return await _lose_and_return(world, record, form, people, servers)
        finally:
            for task in running:
                task.cancel()


async def _lose_and_return(
    world: ZoneWorld, record: Record, form: Form, people: list[Person], servers: NameServers
) -> dict[str, Any]:
    before = [(person, person.shard, person.address, len(person.noticed)) for person in people]
    door = world.balancers[LOST].address
    lost = time.time()
    record.act("lost", zone=LOST)
    await asyncio.to_thread(world.lose, LOST)
    cut = [person for person, shard, _, _ in before if SHARDS[shard] == LOST]
    elsewhere = [(person, address) for person, shard, address, _ in before if SHARDS[shard] == KEPT]
    unready = asyncio.create_task(_first(lambda: world.ready_nodes(LOST) == 0))
    await _until("everybody is in a meeting", lambda: all(person.back for person in cut), 400)
    await asyncio.sleep(max(0.0, lost + form.away - time.time()))
    gone_after = await _within(unready, 90)
    record.act("everybody is back")
    returned = time.time()
    noticed = sum(len(person.noticed) for person in people)
    moved_to = {person.room: person.shard for person in people}
    record.act("returned", zone=LOST)
    await asyncio.to_thread(world.give_back, LOST)
    ready_after = await asyncio.to_thread(world.until, "the zone is whole again", world.settled, RETURN_SECONDS)
    healthy_after = await _first(lambda: len(servers.healthy) == len(world.balancers))
    await asyncio.sleep(form.quiet)
    record.act("end")
    dark = {address for _, _, address, _ in before} & {door}
    return {
        "form": {"rooms": form.rooms, "people": form.people, "countdown": form.countdown, "graceSeconds": form.grace},
        "people": len(people),
        "cut": len(cut),
        "behindTheLostDoor": sum(address == door for _, _, address, _ in before),
        "movedSeconds": _after(lost, [person.moved[0] for person in cut if person.moved and person.tries_next]),
        "backSeconds": _after(lost, [person.back[0] for person in cut if person.tries_next]),
        "backByNameServersSeconds": _after(lost, [person.back[0] for person in cut if not person.tries_next]),
        "nameServersSeconds": [
            round(at - lost, 1) for at, addresses in servers.changes if at > lost and door not in addresses
        ][:1],
        "nodesNotReadySeconds": None if gone_after is None else round(gone_after - lost, 1),
        "elsewhere": len(elsewhere),
        "elsewhereCut": _cut(elsewhere, lost, returned, but=dark),
        "elsewhereReconnected": sum(bool(person.resumed) for person, _ in elsewhere),
        "elsewhereMoved": sum(bool(person.moved or person.back) for person, _ in elsewhere),
        "split": sorted(_split(world.requests, lost)),
        "swung": sorted({person.room for person in people if person.shard != moved_to[person.room]}),
        "cutAtReturn": sum(len(person.noticed) for person in people) - noticed,
        "wholeSeconds": round(ready_after - returned, 1),
        "nameServersAgainSeconds": round(healthy_after - returned, 1),
        "failures": record.at("failed"),
        "events": record.at("act"),
    }


def _cut(elsewhere: list[tuple[Person, str]], lost: float, returned: float, but: set[str]) -> int:
    """People of the other zone whose signalling ended although their load balancer lives, and who could not resume it."""
    return sum(
        lost < at < returned and address not in but and bool(person.moved or person.back)
        for person, _ in elsewhere
        for at, _, address in person.noticed
    )


def _split(requests: list[tuple[float, str, str]], lost: float) -> set[str]:
    """Rooms that two shards had at once, or that went back to a shard that they had left."""
    seen: dict[str, list[str]] = {}
    for _, shard, room in sorted(requests):
        homes = seen.setdefault(room, [])
        if not homes or homes[-1] != shard:
            homes.append(shard)
    first = {room: min(at for at, _, each in requests if each == room) for room in seen}
    return {
        room
        for room, homes in seen.items()
        if len(homes) > 2
        or (len(homes) == 2 and (SHARDS[homes[0]] != LOST or SHARDS[homes[1]] != KEPT or first[room] > lost))
    }


def _after(lost: float, times: list[float]) -> dict[str, float | int]:
    """How many, and seconds until half of them and until the last."""
    seconds = sorted(at - lost for at in times)
    if not seconds:
        return {"people": 0}
    return {"people": len(seconds), "half": round(seconds[len(seconds) // 2], 1), "last": round(seconds[-1], 1)}


async def _until(what: str, true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        await asyncio.sleep(0.1)


async def _first(true: Callable[[], bool]) -> float:
    """The time at which a condition first holds."""
    while True:
        with contextlib.suppress(Exception):
            if await asyncio.to_thread(true):
                return time.time()
        await asyncio.sleep(0.5)


async def _within(task: asyncio.Task[float], seconds: float) -> float | None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await task
    return None
