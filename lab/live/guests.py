"""Guests: pages of one real browser in a network of its own, which meet through the stack's edge and bridges."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lab.live.stacks import DOMAIN
from probe.call.browser import Browser, BrowserError, Page, find
from probe.call.figures import works
from probe.call.meeting import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.live.world import World

GAPS = Path(__file__).with_name("gaps.js")
SIGNALLING = ("connection.", "conference.focus")
"""Beginnings of the client library's reasons for a lost connection or a lost jicofo."""
JOIN_SECONDS = 90.0
MOVE_SECONDS = 240.0
HEIGHT = 180
DEVICES = ("audio", "video")
LIGHT = "--use-fake-device-for-media-stream=fps=15"
"""The fewest pictures a second that the client library accepts: all browsers and bridges share one machine."""


def at_home(world: World) -> Path:
    """A program that runs the machine's Chromium where guests are."""
    program = world.folder / "chromium"
    # A browser asks name servers also for what --host-resolver-rules map, and waits 12 s for those that home does not reach.
    inside = f'mount --bind {world.at_home} /etc/resolv.conf && exec {find()} "$@"'
    program.write_text(f"#!/bin/sh\nexec {' '.join(world.home.enter)} unshare --mount sh -c '{inside}' sh \"$@\"\n")
    program.chmod(0o755)
    return program


@dataclass
class Guest:
    """One participant."""

    page: Page
    told: dict[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Figures of `probe/call/page.js`."""
        return self.page.run("jitsiCall.report()")

    @property
    def bridge(self) -> str:
        """Address and port of the bridge; empty without a path."""
        remote = self.report().get("remote")
        return f"{remote[0]}:{remote[1]}" if remote else ""

    @property
    def by_bosh(self) -> bool:
        """Whether it has sent a request over BOSH."""
        return self.page.run("performance.getEntriesByType('resource').some(each => each.name.includes('/http-bind'))")

    def cut(self) -> list[str]:
        """Reasons why its signalling broke off; empty while it stands."""
        reasons = (each["reason"] for each in self.report()["problems"])
        return [reason for reason in reasons if reason.startswith(SIGNALLING)]

    def watch(self) -> None:
        """Start to measure gaps in received media, anew."""
        self.page.run("jitsiGaps.start()")

    @property
    def works(self) -> bool:
        """Whether media of the devices that all use flows both ways."""
        return works(self.report(), self.told.get("devices", DEVICES))

    def gaps(self) -> dict[str, float]:
        """The longest time without a received packet since `watch`, in seconds: of audio and of video."""
        return self.page.run("jitsiGaps.worst()")

    def leave(self) -> None:
        """Leave, and close the page."""
        with suppress(BrowserError):
            self.page.run("jitsiCall.leave()")
        self.page.close()


def watch(guests: Sequence[Guest]) -> None:
    """Start to measure gaps of all, anew."""
    for guest in guests:
        guest.watch()


def worst_gaps(guests: Sequence[Guest]) -> dict[str, float]:
    """The longest gaps of all since `watch`, in seconds."""
    gaps = [guest.gaps() for guest in guests]
    return {f"{kind}GapSeconds": max(each[kind] for each in gaps) for kind in ("audio", "video")}


class Guests:
    """The browser, and the guests that use it; `flags` are further ones of the browser, such as those of `NO_UDP`."""

    def __init__(self, world: World, *flags: str, camera: str = LIGHT) -> None:
        self._world = world
        self._browser = Browser(str(at_home(world)), ["--ignore-certificate-errors", camera, *flags])
        self.guests: list[Guest] = []

    def join(self, room: str, **wanted: Any) -> Guest:
        """Let a guest come; what it is told besides is as in `probe/call/page.js`. `tenant` is the path before the room, such as `/school`."""
        page = self._browser.page(SCRIPT + "\n" + GAPS.read_text())
        tenant = wanted.pop("tenant", "")
        config = f"{tenant}/config.js"
        page.open(f"https://{DOMAIN}{config}")
        name = f"guest {len(self.guests) + 1}"
        told = {"room": room, "name": name, "relayOnly": False, "height": HEIGHT, "config": config, **wanted}
        page.run(f"jitsiCall.join({json.dumps(told)})", seconds=JOIN_SECONDS)
        guest = Guest(page, told)
        self.guests.append(guest)
        return guest

    def meet(self, room: str, people: int = 2, **wanted: Any) -> list[Guest]:
        """Let people come, and wait until all hear and see others."""
        guests = [self.join(room, **wanted) for _ in range(people)]
        self.flowing(guests)
        return guests

    def flowing(self, guests: Sequence[Guest], seconds: float = JOIN_SECONDS) -> None:
        """Wait until media flows for all.

        Raises:
            TimeoutError: it does not; the message has the last figures.
        """
        deadline = time.monotonic() + seconds
        while True:
            if all(guest.works for guest in guests):
                return
            if time.monotonic() > deadline:
                reports = [guest.report() for guest in guests]
                raise TimeoutError(f"no media for all within {seconds:.0f} s: {json.dumps(reports)}")
            time.sleep(0.5)

    def moved(self, guests: Sequence[Guest], before: str, seconds: float = MOVE_SECONDS) -> None:
        """Wait until all are on another bridge than `before`, and media flows there."""
        self._world.until(
            "all are on another bridge", lambda: all(each.bridge not in (before, "") for each in guests), seconds
        )
        self.flowing(guests)

    def joined(self, guest: Guest, seconds: float = JOIN_SECONDS) -> None:
        """Wait until a guest is in the room."""
        self._world.until("a guest is in the room", lambda: guest.report()["joined"], seconds)

    def refused(self, guest: Guest, seconds: float = JOIN_SECONDS) -> str:
        """Wait until a guest is told a reason, and return it."""
        problems = self._world.until("a guest is refused", lambda: guest.report()["problems"], seconds)
        return problems[0]["reason"]

    def leave(self) -> None:
        """Let all guests leave."""
        while self.guests:
            self.guests.pop().leave()

    def end(self) -> None:
        """End the browser."""
        self._browser.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
