"""Rooms move to new shards once these are healthy, and the former ones go once they are empty; the program waits for both.

The engine makes new shards first. The edge's configuration is updated when they are healthy, and what the stack file no longer
names is deleted last, after the program has ended. An update that ends early has moved no room, or has deleted nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockEngine
from pulumi.runtime.settings import get_engine

from components.ingress.leaving import known_shards, leaving
from components.ingress.shard_health import Observer
from components.kubernetes.cluster_reader import cluster_reader
from config.bridges import PROGRESS_MARGIN_SECONDS
from config.shard import Shard
from sizing.edge_shards import EdgeShard

POLL_SECONDS = 3.0
HEALTHY_SECONDS = 10.0
"""How long a shard must be healthy, several checks in a row."""
JICOFO_METRICS_SECONDS = 30.0  # jicofo.metrics.update-interval, upstream's default
"""Age that jicofo's figures of bridges and people may have; rooms count at once."""
FAULT_SECONDS = JICOFO_METRICS_SECONDS + 30.0
"""How long something may be wrong with a shard whose pods are Ready: a bridge joins within seconds of its start, and counts later."""
ANSWER_SECONDS = 60.0
"""How long the API server may be silent."""
PREVIEW_SECONDS = 3.0
"""How long a preview waits for an answer; without one it shows HAProxy's configuration without the shards that leave."""
TOLD_SECONDS = 180.0
"""Until every HAProxy has a changed configuration, where none can be asked: a kubelet's minute, and a reload each."""
QUIET_SECONDS = 30.0
"""How long a shard must be empty, once every HAProxy sends new rooms elsewhere."""
MEETING_SECONDS = 4 * 3600.0
"""How long an update waits without a room that ends; websockets of a replaced HAProxy live as long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Seconds of the waits."""

    poll: float = POLL_SECONDS
    healthy: float = HEALTHY_SECONDS
    fault: float = FAULT_SECONDS
    answer: float = ANSWER_SECONDS
    told: float = TOLD_SECONDS
    quiet: float = QUIET_SECONDS
    meeting: float = MEETING_SECONDS


def ready_seconds(shard: Shard) -> int:
    """Seconds that the pods of a new shard may take: nodes boot, images are pulled."""
    return shard.bridges.scaling.boot_time + PROGRESS_MARGIN_SECONDS


async def until_healthy(
    observer: Observer,
    shard: Shard,
    former: str,
    *,
    say: Callable[[str], None],
    made: Callable[[], bool] = lambda: True,
    pace: Pace = Pace(),
    limit: float | None = None,
) -> None:
    """Return once a shard can take rooms. Until it is `made`, its pods may be those of an update that failed.

    Raises:
        pulumi.RunError: it cannot; the message says why, and what to do.
    """
    began = answered = time.monotonic()
    healthy = faulty = None
    told: tuple[str, ...] = ()
    patience = ready_seconds(shard) if limit is None else limit
    while True:
        now = time.monotonic()
        try:
            health = await asyncio.to_thread(observer.health, shard)
            answered, reasons = now, (*health.missing, *health.faults)
        except OSError as error:
            health, reasons = None, (f"the API server does not answer: {error}",)
        if reasons and reasons != told:
            say(f"{shard.name} ({shard.release}) is not healthy yet, and no room moves to it: {'; '.join(reasons)}")
        told = reasons
        healthy = (healthy or now) if not reasons and made() else None
        faulty = (faulty or now) if health and health.faults and made() else None
        if healthy is not None and now - healthy >= pace.healthy:
            return
        over = now - began > patience or now - answered > pace.answer
        if reasons and (over or (faulty is not None and now - faulty > pace.fault)):
            raise pulumi.RunError(
                f"{shard.name} ({shard.release}) is not healthy: {'; '.join(reasons)}. No room was moved: new rooms open on {former} as "
                f"before, and nothing was deleted. Find out why (kubectl describe pod, kubectl logs, of pods of {shard.name}) and run "
                f"`pulumi up` again, which asks again. To go back, append the former release to `release`: `pulumi up` then removes {shard.name}"
            )
        await asyncio.sleep(pace.poll)


async def until_empty(
    observer: Observer,
    shards: Sequence[str],
    successors: set[str],
    adapter: str,
    *,
    say: Callable[[str], None],
    pace: Pace = Pace(),
) -> None:
    """Return once every HAProxy leads rooms to the successors and the shards have had no room for a while.

    Raises:
        pulumi.RunError: no room ended for `pace.meeting` seconds, or nobody answers.
    """
    began = progress = answered = time.monotonic()
    led, quiet, last, reason = False, None, None, ""
    while True:
        now = time.monotonic()
        led = led or await _led(observer, successors) or now - began > pace.told
        try:
            counted = [await asyncio.to_thread(observer.rooms, shard, adapter) for shard in shards]
            rooms, people = (sum(each) for each in zip(*counted, strict=True))
            answered, reason = now, ""
            if last is None or not rooms or rooms < last[0]:
                progress = now
            if (rooms, people) != last and rooms:
                say(f"{', '.join(shards)}: {rooms} rooms with {people} people; removed once the last has ended")
            last = rooms, people
            quiet = (quiet or now) if led and not rooms else None
        except OSError as error:
            quiet, reason = None, f" (nobody tells how many: {error})"
        if quiet is not None and now - quiet >= pace.quiet:
            return
        if now - progress > pace.meeting or now - answered > pace.answer:
            raise pulumi.RunError(
                f"{', '.join(shards)} still has {last[0] if last else 'some'} rooms{reason}. New rooms open on "
                f"{', '.join(sorted(successors))}, and nothing was deleted. Run `pulumi up` again when these meetings have ended, such as at "
                "night: it goes on waiting, and then removes the shard"
            )
        await asyncio.sleep(pace.poll)


async def _led(observer: Observer, shards: set[str]) -> bool:
    """Whether HAProxies are known to lead to the shards."""
    try:
        return await asyncio.to_thread(observer.led_by_all, shards)
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """The shards of the stack file, and how to see what runs."""

    kubeconfig: pulumi.Output[str]
    namespace: str
    shards: Sequence[Shard]
    made: pulumi.Output[Any]
    """Known once the engine has made or updated the shards."""
    adapter: str

    @property
    def is_seen(self) -> bool:
        """Whether there is an engine, and so a cluster to look at."""
        return not isinstance(get_engine(), MockEngine)

    def leaving(self, present: Iterable[EdgeShard]) -> "pulumi.Output[tuple[EdgeShard, ...]]":
        """Return the shards that leave, once those that take their rooms are healthy. A preview does not wait."""
        return pulumi.Output.from_input(self._leaving(tuple(present)))

    async def _observer(self) -> Observer | None:
        kubeconfig = await self.kubeconfig.future()
        if not kubeconfig:
            return None
        reader = cluster_reader(kubeconfig)
        if pulumi.runtime.is_dry_run():
            reader = replace(reader, seconds=PREVIEW_SECONDS)
        return Observer(reader=reader, namespace=self.namespace)

    async def _leaving(self, present: tuple[EdgeShard, ...]) -> tuple[EdgeShard, ...]:
        observer = await self._observer()
        if observer is None:
            return ()
        preview = pulumi.runtime.is_dry_run()
        known, running = await _asked(lambda: (known_shards(observer.haproxy_cfg()), observer.running()), once=preview)
        leave = leaving(known, present, running)
        names = {shard.name for shard in known}
        if leave and not preview:
            new = [shard for shard in self.shards if shard.name not in names and shard.state == "active"]
            former = ", ".join(shard.name for shard in leave)
            made = asyncio.ensure_future(self.made.future())
            waits: list[Awaitable[None]] = [
                until_healthy(observer, shard, former, say=pulumi.log.info, made=made.done) for shard in new
            ]
            await asyncio.gather(*waits)
        return leave

    def removed(self, leave: "pulumi.Output[tuple[EdgeShard, ...]]", edge: pulumi.Resource) -> None:
        """Keep the program running until the shards that leave are empty, counted from the edge's update."""
        if pulumi.runtime.is_dry_run():
            return

        async def wait(values: list[object]) -> None:
            names = [shard.name for shard in values[0]]  # type: ignore[attr-defined]
            observer = await self._observer()
            if names and observer is not None:
                active = {shard.name for shard in self.shards if shard.state == "active"}
                await until_empty(observer, names, active, self.adapter, say=pulumi.log.info)

        pulumi.Output.all(leave, edge.urn).apply(wait)


async def _asked(
    read: "Callable[[], tuple[tuple[EdgeShard, ...], set[str]]]", *, once: bool, seconds: float = ANSWER_SECONDS
) -> tuple[tuple[EdgeShard, ...], set[str]]:
    """Return what the API server tells. A preview goes on without.

    Raises:
        pulumi.RunError: it did not answer, so it is unknown whether a shard leaves.
    """
    began = time.monotonic()
    while True:
        try:
            return await asyncio.to_thread(read)
        except OSError as error:
            if once:
                return (), set()
            if time.monotonic() - began > seconds:
                raise pulumi.RunError(
                    f"the API server does not answer, so it is unknown which shards have rooms: {error}. Run `pulumi up` again"
                ) from error
            await asyncio.sleep(POLL_SECONDS)
