"""All played bridges: the processes in the pods, the runs in them, and what jicofo and the people do with them."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from local.rehearsal.bridge import PlayedBridge, State
from local.rehearsal.bridge_rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.rehearsal.meetings import Meetings

CHANNEL = "bridges.sock"


class Bridges:
    """Takes the processes that the pods start, and answers for them until they end."""

    def __init__(self, folder: Path, meetings: Meetings, note: Callable[..., None], *, java_speed: float) -> None:
        self._meetings = meetings
        self._note = note
        self._java_speed = java_speed
        self._channels: dict[PlayedBridge, socket.socket] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / CHANNEL))
        self._listener.listen()
        threading.Thread(target=self._accept, name="bridges", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                channel, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(channel,), daemon=True).start()

    def _serve(self, channel: socket.socket) -> None:
        message, descriptors, _, _ = socket.recv_fds(channel, 65536, 1)
        hello: dict[str, Any] = json.loads(message)
        bridge = self._run(hello, channel)
        rest = Rest(socket.socket(fileno=descriptors[0]), lambda: self._present(hello["pod"]), self._meetings.lock)
        with contextlib.suppress(OSError):
            channel.recv(1)  # nothing comes; it returns when the process has ended
        rest.shutdown()
        rest.server_close()
        bridge = self._present(hello["pod"]) or bridge
        self._end(bridge, "killed")
        channel.close()

    def _run(self, hello: dict[str, Any], channel: socket.socket) -> PlayedBridge:
        meetings = self._meetings
        with meetings.lock:
            bridge = PlayedBridge(hello["pod"], hello["version"], hello["conf"], meetings.capacity, self._java_speed)
            self._channels[bridge] = channel
            meetings.bridges.append(bridge)
            meetings.hello[bridge.pod] = hello
        self._note("bridge began", pod=bridge.pod, port=hello["port"], addresses=hello["addresses"])
        return bridge

    def _present(self, pod: str) -> PlayedBridge:
        return next(bridge for bridge in reversed(self._meetings.bridges) if bridge.pod == pod)

    def _end(self, bridge: PlayedBridge, how: str) -> None:
        with self._meetings.lock:
            if bridge.state is not State.ENDED:
                self._meetings.lost(bridge, how)
            self._channels.pop(bridge, None)

    def tick(self, now: float) -> None:
        """Let time pass for every bridge; those that are done exit."""
        with self._meetings.lock:
            for bridge in [b for b in self._meetings.bridges if b.state is not State.ENDED]:
                if bridge.tick(now):
                    self._meetings.lost(bridge, "exit")
                    self._answer(bridge, b"0")

    def crash(self, bridge: PlayedBridge) -> None:
        """The JVM crashes, and s6 starts another one in the same container, which has forgotten everything."""
        with self._meetings.lock:
            channel = self._channels.pop(bridge)
            hello = self._meetings.hello[bridge.pod]
            self._meetings.lost(bridge, "crash")
        self._run(hello, channel)

    def _answer(self, bridge: PlayedBridge, status: bytes) -> None:
        try:
            self._channels[bridge].sendall(status)
        except (KeyError, OSError):
            return

    def close(self) -> None:
        """Take no more."""
        self._listener.close()


def alive(bridges: list[PlayedBridge]) -> list[PlayedBridge]:
    """Those whose process runs."""
    return [bridge for bridge in bridges if bridge.state is not State.ENDED]
