"""`python -m probe call`: real browsers meet in a room of every shard, and report what works."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from probe.call import kubectl
from probe.call.browser import NO_UDP, Browser, BrowserError, find
from probe.call.figures import TURN, UDP, Seen
from probe.call.meeting import Held, Login, Meeting
from probe.call.report import as_json, failed, table
from probe.cluster import Bridge
from probe.room_names import room_for
from probe.targets import Targets

USAGE_ERROR = 2
MOST_PEOPLE = 50
"""One machine does not play more people well: each decodes what all others send."""
ABOUT = """\
Real browsers meet: two participants in a room of every active shard, over UDP and, if the stack has TURN, with UDP blocked in the
browser. Each must join, hear, see, be heard and be seen, and open a data channel. The client library is the one that the stack
serves. It needs a Chromium on this machine, and leaves nothing behind. With login, put a token into JITSI_CALL_TOKEN, or an account
into JITSI_CALL_USER and JITSI_CALL_PASSWORD."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of calls."""
    parser.add_argument("--browser", metavar="PATH", help="Chromium to run; default: the first on PATH")
    parser.add_argument("--shard", action="append", metavar="NAME", help="only this shard; may be repeated")
    parser.add_argument("--path", choices=(UDP, TURN), help="only this way for media; default: both")
    parser.add_argument(
        "--every-bridge",
        action="store_true",
        help="hold rooms open and add more, until one is on each bridge; at most twice as many rooms as bridges",
    )
    parser.add_argument("--people", type=int, default=2, metavar="N", help="participants of each room; default: 2")
    parser.add_argument(
        "--minutes",
        type=float,
        default=0.0,
        metavar="M",
        help="keep each room for so long, and report what it costs its bridge, which needs kubectl exec",
    )
    parser.add_argument("--height", type=int, default=360, metavar="PIXELS", help="height of the video; default: 360")
    parser.add_argument(
        "--patience", type=float, default=40.0, metavar="SECONDS", help="until media must flow; default: 40"
    )


@dataclass(slots=True)
class Calls:
    """All calls of one run."""

    args: argparse.Namespace
    targets: Targets
    program: str
    bridges: Sequence[Bridge]
    login: Login
    seen: list[Seen] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    load: dict[str, Any] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """The stack's URL."""
        return f"https://{self.targets.domain}"

    @property
    def flags(self) -> list[str]:
        """What browsers need to reach this stack."""
        flags = ["--ignore-certificate-errors"] if self.targets.self_signed else []
        if self.args.address or self.args.port != 443:
            to = f"{self.args.address or self.targets.domain}:{self.args.port}"
            hosts = [self.targets.domain, *filter(None, [self.targets.turn_host])]
            flags.append("--host-resolver-rules=" + ", ".join(f"MAP {host} {to}" for host in hosts))
        return flags

    def ways(self) -> Iterator[tuple[str, str]]:
        """Shards and paths to try; those that cannot be tried are told."""
        for shard in self.args.shard or sorted(self.targets.shards):
            for path in (UDP, TURN):
                if self.args.path in (None, path):
                    if path == TURN and not self.targets.turn_host:
                        if self.args.path == TURN:
                            text = "this stack has no TURN: people without UDP join, and hear and see nobody (docs/turn.md)"
                            self.seen.append(Seen(shard=shard, path=path, participant=0, problem=text, skipped=True))
                        continue
                    yield shard, path

    def run(self) -> None:
        """Hold every meeting, one after the other."""
        for shard, path in self.ways():
            with Browser(self.program, [*self.flags, *(NO_UDP if path == TURN else ())]) as browser:
                self._shard(shard, path, browser)

    def _shard(self, shard: str, path: str, browser: Browser) -> None:
        own = [each for each in self.bridges if each.shard == shard]
        met: set[str] = set()
        rooms = 2 * len(own) if self.args.every_bridge and own else 1
        with ExitStack() as held:
            for _ in range(rooms):
                seen = self._room(shard, path, browser, held.callback, own)
                self.seen += seen
                met |= {each.bridge for each in seen if each.bridge}
                if failed(seen) or met >= {each.pod for each in own}:
                    break
        if self.args.every_bridge:
            self.missed += [f"{each.pod} ({path})" for each in own if each.pod not in met]

    def _room(
        self,
        shard: str,
        path: str,
        browser: Browser,
        later: Callable[[Callable[[], None]], object],
        own: Sequence[Bridge],
    ) -> list[Seen]:
        meeting = Meeting(
            site=self.site,
            shard=shard,
            room=room_for(shard, self.targets.shards),
            path=path,
            turn_host=self.targets.turn_host,
            login=self.login,
            people=self.args.people,
            height=self.args.height,
            patience=self.args.patience,
        )
        held = Held(meeting, browser)
        later(held.leave)
        seen = held.look(own)
        if self.args.minutes and not failed(seen):
            seen = self._loaded(held, seen, own)
        return seen

    def _loaded(self, held: Held, seen: list[Seen], own: Sequence[Bridge]) -> list[Seen]:
        """Keep the meeting for a time, and note what it costs its bridge."""
        pod = next((each.bridge for each in seen if each.bridge), "")
        began, before = time.monotonic(), held.reports()
        try:
            first = kubectl.used(self.targets.namespace, pod) if pod else None
            time.sleep(self.args.minutes * 60)
            spent = kubectl.over([first, kubectl.used(self.targets.namespace, pod)]) if first else None
        except (OSError, ValueError) as error:
            time.sleep(max(0.0, self.args.minutes * 60 - (time.monotonic() - began)))
            spent, self.load["unknown"] = None, str(error)
        after = held.seen(before, time.monotonic() - began, own, held.reports())
        if spent:
            streams = sum(each.streams for each in after)
            self.load[f"{held.meeting.shard} {held.meeting.path}"] = {
                "bridge": pod,
                **kubectl.as_document(spent, streams),
            }
        elif not pod:
            self.load["unknown"] = "the room's bridge is not known; --bridges kubectl tells it"
        return after


def _wrong(args: argparse.Namespace, targets: Targets) -> str:
    unknown = sorted(set(args.shard or ()) - set(targets.shards))
    if unknown:
        return f"--shard {unknown[0]}: active shards are {', '.join(sorted(targets.shards))}"
    if not 2 <= args.people <= MOST_PEOPLE:
        return f"--people is {args.people}; a call needs 2, and one machine plays at most {MOST_PEOPLE}"
    if args.every_bridge and args.bridges == "none":
        return "--every-bridge needs to know the bridges; leave --bridges at kubectl"
    return ""


def main(args: argparse.Namespace, targets: Targets, bridges: Callable[[], Sequence[Bridge]] | None) -> int:
    """Hold all calls, print the report, and return the exit status."""
    login = Login(
        token=os.environ.get("JITSI_CALL_TOKEN", ""),
        user=os.environ.get("JITSI_CALL_USER", ""),
        password=os.environ.get("JITSI_CALL_PASSWORD", ""),
    )
    if wrong := _wrong(args, targets):
        print(f"probe call: {wrong}", file=sys.stderr)
        return USAGE_ERROR
    known: Sequence[Bridge] = ()
    try:
        known = bridges() if bridges else ()
    except (OSError, ValueError, KeyError) as error:
        print(f"bridges cannot be listed, so rooms are not led to each of them: {error}", file=sys.stderr)
    try:
        calls = Calls(args, targets, find(args.browser), known, login)
        calls.run()
    except BrowserError as error:
        print(f"probe call: {error}", file=sys.stderr)
        return USAGE_ERROR
    if args.json:
        print(as_json(calls.seen, calls.missed, calls.load))
    else:
        print(table(calls.seen, calls.missed))
        for of, document in calls.load.items():
            print(f"{of}: {kubectl.as_text(document) if isinstance(document, dict) else document}")
    return 1 if failed(calls.seen) else 0
