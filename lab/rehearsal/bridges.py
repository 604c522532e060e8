"""All simulated bridges, connected with their processes in the pods."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from lab.rehearsal.bridge import SimulatedBridge, State
from lab.rehearsal.bridge_rest import Rest
from lab.rehearsal.media import answer_media

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lab.rehearsal.meetings import Meetings

CHANNEL = "bridges.sock"
ABORTED = 134  # 128 + SIGABRT


class Bridges:
    """Accepts the processes that pods start, and serves as their bridges until they exit."""

    def __init__(self, folder: Path, meetings: Meetings, note: Callable[..., None], *, java_speed: float) -> None:
        self._meetings = meetings
        self._note = note
        self._java_speed = java_speed
        self._channels: dict[SimulatedBridge, socket.socket] = {}
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
        message, descriptors, _, _ = socket.recv_fds(channel, 65536, 2)
        hello: dict[str, Any] = json.loads(message)
        listener, media = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        bridge = self._add(hello, channel)
        rest = Rest(listener, bridge, self._meetings.lock)
        echo = threading.Thread(target=answer_media, args=(media, bridge), daemon=True)
        echo.start()
        with contextlib.suppress(OSError):
            channel.recv(1)  # returns when the process has ended
        rest.shutdown()
        rest.server_close()
        with self._meetings.lock:
            if bridge.state is not State.ENDED:
                self._meetings.lost(bridge, "killed")
            self._channels.pop(bridge, None)
        echo.join()
        channel.close()

    def _add(self, hello: dict[str, Any], channel: socket.socket) -> SimulatedBridge:
        meetings = self._meetings
        with meetings.lock:
            bridge = SimulatedBridge(
                hello["pod"],
                hello["version"],
                hello["conf"],
                meetings.capacity,
                self._java_speed,
                relays=hello["relays"],
                uid=hello["uid"],
                candidate=(hello["addresses"].partition(",")[0], int(hello["port"])),
            )
            self._channels[bridge] = channel
            meetings.bridges.append(bridge)
        self._note("bridge began", pod=bridge.pod, port=hello["port"], addresses=hello["addresses"])
        return bridge

    def tick(self, now: float) -> None:
        """Advance every bridge to `now`; those that are done exit."""
        with self._meetings.lock:
            for bridge in [b for b in self._meetings.bridges if b.state is not State.ENDED]:
                if bridge.tick(now):
                    self._exit(bridge, "exit", 0)

    def crash(self, bridge: SimulatedBridge) -> None:
        """Abort the JVM; s6 starts another one, without its state, in the same container."""
        with self._meetings.lock:
            self._exit(bridge, "crash", ABORTED)

    def _exit(self, bridge: SimulatedBridge, how: str, status: int) -> None:
        self._meetings.lost(bridge, how)
        self._note("bridge ended", pod=bridge.pod, how=how)
        with contextlib.suppress(KeyError, OSError):
            self._channels[bridge].sendall(str(status).encode())

    def close(self) -> None:
        """Stop accepting processes."""
        self._listener.close()
