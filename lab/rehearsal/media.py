"""Media of simulated participants: each sends packets to the address and port that its bridge offers, and hears the answers.

Packets take the way of real ones: people - node's public address - host port or NodePort - pod. A bridge answers those of its own
ICE sessions only, with the source address that it saw.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from config.bridges import NODE_PORTS
from lab.rehearsal.bridge import SimulatedBridge, State
from lab.rehearsal.pod_network import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lab.rehearsal.meetings import Meetings

PERIOD = 0.25
"""Seconds between two packets of a participant; a real one sends some hundred a second."""
LOST_AFTER = 5.0
"""Seconds without an answer after which a packet is lost: a busy machine may be late, a rule that is missing stays so."""
CONNECT_SECONDS = 30.0
"""Seconds for a new participant's first answer; WebRTC gives up after about this time."""
_LOOK = 0.2
Key = tuple[SimulatedBridge, str, int]


def answer_media(media: socket.socket, bridge: SimulatedBridge) -> None:
    """Answer the packets `UFRAG NUMBER` of a bridge's sessions with `NUMBER SOURCE`, until it ends; then close the socket."""
    media.settimeout(_LOOK)
    with media:
        while bridge.state is not State.ENDED:
            with contextlib.suppress(OSError, ValueError):
                packet, source = media.recvfrom(200)
                ufrag, number = packet.decode().split()
                if ufrag == bridge.ufrag and bridge.healthy:
                    media.sendto(f"{number} {source[0]}".encode(), source)


@dataclass(slots=True)
class Tally:
    """Counts of packets, lost ones included."""

    people: int = 0
    """Participants with an answer."""
    packets: int = 0
    lost: int = 0
    foreign: int = 0
    """Packets whose source the bridge saw as another address than the participant's."""
    longest_silence: float = 0.0
    """Seconds between two answers that a participant heard."""


@dataclass(slots=True)
class Packet:
    """A packet without an answer so far."""

    at: float
    leaving: bool
    excused: bool


@dataclass(eq=False, slots=True)
class Flow:
    """The packets of one participant on one bridge."""

    bridge: SimulatedBridge
    socket: socket.socket
    began: float
    ufrag: str
    """The session's name, as signalled when it joined."""
    number: int = 0
    heard_at: float = 0.0
    """Time of the last answer; 0 before the first."""
    foreign: int = 0
    excused: bool = False
    """Whether the Services were broken on purpose since the last answer."""
    leaving: bool = False
    """Whether it was heard while its bridge left."""
    waiting: dict[int, Packet] = field(default_factory=dict)

    @property
    def layout(self) -> str:
        """The layout of its bridge, by the port."""
        return "nodePort" if self.bridge.candidate[1] in NODE_PORTS else "hostPort"


def _sender(candidate: tuple[str, int]) -> socket.socket:
    """A socket that sends to a bridge, and hears answers of that address and port only."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setblocking(False)
    sender.bind((PEOPLE, 0))
    with contextlib.suppress(OSError):  # no route to the node yet
        sender.connect(candidate)
    return sender


class People:
    """Sends and hears for every participant on a bridge, in a thread, until `close`."""

    def __init__(self, meetings: Meetings, note: Callable[..., None]) -> None:
        self._meetings = meetings
        self._note = note
        self._flows: dict[Key, Flow] = {}
        self._tallies: defaultdict[tuple[str, bool], Tally] = defaultdict(Tally)
        self._unheard: defaultdict[str, int] = defaultdict(int)
        self._broken: set[SimulatedBridge] = set()
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._closing = False
        threading.Thread(target=self._run, name="people", daemon=True).start()

    def close(self) -> None:
        """Stop sending."""
        self._closing = True

    def expect_loss(self, bridge: SimulatedBridge, *, on: bool) -> None:
        """Note that the bridge's Service is broken on purpose (`on`) or mended; packets meanwhile are not counted as lost."""
        with self._lock:
            (self._broken.add if on else self._broken.discard)(bridge)
            for flow in self._of(bridge):
                flow.excused = True
                for packet in flow.waiting.values():
                    packet.excused = True

    def rebind(self, bridge: SimulatedBridge) -> None:
        """Let everybody on the bridge send from another port, as after a change of their network: no node has tracked these flows."""
        with self._lock:
            for flow in self._of(bridge):
                self._selector.unregister(flow.socket)
                flow.socket.close()
                flow.socket = _sender(bridge.candidate)
                flow.waiting.clear()
                self._selector.register(flow.socket, selectors.EVENT_READ, flow)

    def silence(self, bridge: SimulatedBridge) -> float:
        """Seconds since the last answer that anybody on the bridge heard; 0 if nobody is on it."""
        with self._lock:
            return min((time.time() - flow.heard_at for flow in self._of(bridge)), default=0.0)

    def waits(self, bridge: SimulatedBridge) -> float:
        """Seconds since the last answer of the participant of the bridge who heard none for longest; 0 if nobody is on it."""
        with self._lock:
            return max((time.time() - flow.heard_at for flow in self._of(bridge)), default=0.0)

    def foreign(self, bridge: SimulatedBridge) -> int:
        """Number of the participants' packets that the bridge saw from another address."""
        with self._lock:
            return sum(flow.foreign for flow in self._of(bridge))

    def figures(self) -> dict[str, Any]:
        """Counts by layout: of all packets, and of those while the bridge left."""
        with self._lock:
            for flow in self._flows.values():
                self._count_unheard(flow)
            layouts = sorted({layout for layout, _ in self._tallies} | {*self._unheard})
            return {
                layout: {
                    "unheard": self._unheard[layout],
                    "staying": asdict(self._tallies[layout, False]),
                    "leaving": asdict(self._tallies[layout, True]),
                }
                for layout in layouts
            }

    def _of(self, bridge: SimulatedBridge) -> Iterable[Flow]:
        return (flow for flow in self._flows.values() if flow.bridge is bridge)

    def _run(self) -> None:
        try:
            self._talk()
        except Exception as error:  # noqa: BLE001 - silence of this thread must not pass for media without loss
            self._note("failed", component="media", error=f"{type(error).__name__}: {error}")

    def _talk(self) -> None:
        due = time.time()
        while not self._closing:
            now = time.time()
            if now >= due:
                due = now + PERIOD
                wanted = self._wanted()
                with self._lock:
                    self._follow(wanted)
                    for flow in self._flows.values():
                        self._send(flow)
            ready = self._selector.select(max(0.0, due - time.time()))
            with self._lock:
                for key, _ in ready:
                    self._hear(key.data)

    def _wanted(self) -> set[Key]:
        with self._meetings.lock:
            return {
                (bridge, room, number)
                for bridge in self._meetings.bridges
                if bridge.state is not State.ENDED and bridge.candidate[0]
                for room, people in bridge.seat.rooms.items()
                for number in range(people)
            }

    def _follow(self, wanted: set[Key]) -> None:
        for key in self._flows.keys() - wanted:
            flow = self._flows.pop(key)
            self._count_unheard(flow)
            self._selector.unregister(flow.socket)
            flow.socket.close()
        for key in wanted - self._flows.keys():
            sender = _sender(key[0].candidate)
            self._flows[key] = Flow(key[0], sender, time.time(), key[0].ufrag, excused=key[0] in self._broken)
            self._selector.register(sender, selectors.EVENT_READ, self._flows[key])

    def _send(self, flow: Flow) -> None:
        now = time.time()
        for number in [number for number, packet in flow.waiting.items() if now - packet.at > LOST_AFTER]:
            packet = flow.waiting.pop(number)
            if flow.heard_at and not packet.excused:
                tally = self._tallies[flow.layout, packet.leaving]
                tally.packets += 1
                tally.lost += 1
        flow.number += 1
        leaving = flow.bridge.drain or flow.bridge.state is not State.RUNNING
        flow.waiting[flow.number] = Packet(now, leaving, flow.bridge in self._broken)
        with contextlib.suppress(OSError):  # answers of ICMP
            flow.socket.sendto(f"{flow.ufrag} {flow.number}".encode(), flow.bridge.candidate)

    def _hear(self, flow: Flow) -> None:
        try:
            number, source = flow.socket.recv(200).decode().split()
        except OSError:
            return
        packet = flow.waiting.pop(int(number), None)
        if packet is None:
            return
        now = time.time()
        flow.foreign += source != PEOPLE
        tally = self._tallies[flow.layout, packet.leaving]
        if not flow.heard_at:
            tally.people += 1
            flow.waiting = {later: each for later, each in flow.waiting.items() if later > int(number)}
        elif packet.leaving and not flow.leaving:
            self._tallies[flow.layout, True].people += 1
        flow.leaving = flow.leaving or packet.leaving
        if not packet.excused:
            tally.packets += 1
            tally.foreign += source != PEOPLE
            if flow.heard_at and not flow.excused:
                tally.longest_silence = max(tally.longest_silence, round(now - flow.heard_at, 2))
            flow.excused = False
        flow.heard_at = now

    def _count_unheard(self, flow: Flow) -> None:
        if not flow.heard_at and time.time() - flow.began >= CONNECT_SECONDS:
            self._unheard[flow.layout] += 1
            flow.began = float("inf")
