"""A meeting of real browsers: join, wait until media flows, measure, leave."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.call.browser import Browser, BrowserError, Page
from probe.call.figures import TURN, Seen, path_of, problem, rates, works
from probe.cluster import Bridge

SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
LOOK_SECONDS = 0.5
LEAVE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What a participant shows; read from the environment, since arguments are visible to everybody on the machine."""

    token: str = ""
    user: str = ""
    password: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """One room, and how its participants get there."""

    site: str
    """URL of the stack, without a path."""
    shard: str
    room: str
    path: str
    turn_host: str | None
    login: Login = Login()
    people: int = 2
    height: int = 360
    patience: float = 40.0
    """Seconds until media must flow."""
    measure: float = 5.0
    """Seconds over which rates are measured."""

    def wanted(self, number: int) -> dict[str, Any]:
        """What the page of a participant is told."""
        return {
            "room": self.room,
            "name": f"call check {number}",
            "relayOnly": self.path == TURN,
            "height": self.height,
            "token": self.login.token,
            "user": self.login.user,
            "password": self.login.password,
        }


class Held:
    """The participants of a meeting, until `leave`."""

    def __init__(self, meeting: Meeting, browser: Browser) -> None:
        self.meeting = meeting
        self.pages: list[Page] = []
        self.broken: dict[int, str] = {}
        """Participant -> why the page could not even try."""
        self.flowing: dict[int, float] = {}
        """Participant -> seconds until media came in."""
        self.began = time.monotonic()
        for number in range(meeting.people):
            page = browser.page(SCRIPT)
            self.pages.append(page)
            try:
                page.open(f"{meeting.site}/config.js")
                page.run(f"jitsiCall.join({json.dumps(meeting.wanted(number + 1))})")
            except BrowserError as error:
                self.broken[number] = str(error)

    def reports(self) -> dict[int, dict[str, Any]]:
        """The figures of every participant whose page works."""
        found: dict[int, dict[str, Any]] = {}
        for number, page in enumerate(self.pages):
            if number in self.broken:
                continue
            try:
                found[number] = page.run("jitsiCall.report()")
            except BrowserError as error:
                self.broken[number] = f"the page broke: {error}"
        return found

    def wait(self) -> dict[int, dict[str, Any]]:
        """Look until media flows for all, somebody is refused, or patience ends; return the last figures."""
        while True:
            reports = self.reports()
            elapsed = time.monotonic() - self.began
            for number, report in reports.items():
                if works(report):
                    self.flowing.setdefault(number, elapsed)
            refused = any(report["problems"] for report in reports.values())
            if len(self.flowing) + len(self.broken) == len(self.pages) or refused or elapsed > self.meeting.patience:
                return reports
            time.sleep(LOOK_SECONDS)

    def seen(
        self, before: dict[int, dict[str, Any]], seconds: float, bridges: Sequence[Bridge], reports: dict[int, Any]
    ) -> list[Seen]:
        """Each participant's figures between two looks."""
        found: list[Seen] = []
        for number in range(len(self.pages)):
            of = {"shard": self.meeting.shard, "path": self.meeting.path, "participant": number + 1}
            if number not in reports or number not in before:
                found.append(Seen(**of, problem=self.broken.get(number, "the page broke")))
                continue
            report = reports[number]
            found.append(
                Seen(
                    **of,
                    problem=problem(report, self.meeting.path, self.meeting.turn_host),
                    media_seconds=round(self.flowing[number], 2) if number in self.flowing else None,
                    **path_of(report, bridges),
                    **rates(before[number], report, seconds),
                )
            )
        return found

    def look(self, bridges: Sequence[Bridge]) -> list[Seen]:
        """Wait for media, measure, and tell."""
        before = self.wait()
        began = time.monotonic()
        if len(self.flowing) == len(self.pages):
            time.sleep(self.meeting.measure)
        reports = self.reports()
        return self.seen(before, max(0.1, time.monotonic() - began), bridges, reports)

    def leave(self) -> None:
        """Leave the room, end the connections, and close the pages."""
        for page in self.pages:
            with suppress(BrowserError):
                page.run("jitsiCall.leave()", seconds=LEAVE_SECONDS)
        for page in self.pages:
            with suppress(BrowserError):
                page.close()
