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
ABORTED = 134  # 128 + SIGABRT


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
        bridge = self._begin(hello, channel)
        rest = Rest(socket.socket(fileno=descriptors[0]), bridge, self._meetings.lock)
        with contextlib.suppress(OSError):
            channel.recv(1)  # nothing comes; it returns when the process has ended
        rest.shutdown()
        rest.server_close()
        with self._meetings.lock:
            if bridge.state is not State.ENDED:
                self._meetings.lost(bridge, "killed")
            self._channels.pop(bridge, None)
        channel.close()

    def _begin(self, hello: dict[str, Any], channel: socket.socket) -> PlayedBridge:
        meetings = self._meetings
        with meetings.lock:
            bridge = PlayedBridge(
                hello["pod"], hello["version"], hello["conf"], meetings.capacity, self._java_speed, hello["uid"]
            )
            self._channels[bridge] = channel
            meetings.bridges.append(bridge)
        self._note("bridge began", pod=bridge.pod, port=hello["port"], addresses=hello["addresses"])
        return bridge

    def tick(self, now: float) -> None:
        """Let time pass for every bridge; those that are done exit."""
        with self._meetings.lock:
            for bridge in [b for b in self._meetings.bridges if b.state is not State.ENDED]:
                if bridge.tick(now):
                    self._exit(bridge, "exit", 0)

    def crash(self, bridge: PlayedBridge) -> None:
        """The JVM aborts; s6 starts another one in the same container, which has forgotten everything."""
        with self._meetings.lock:
            self._exit(bridge, "crash", ABORTED)

    def _exit(self, bridge: PlayedBridge, how: str, status: int) -> None:
        self._meetings.lost(bridge, how)
        self._note("bridge ended", pod=bridge.pod, how=how)
        with contextlib.suppress(KeyError, OSError):
            self._channels[bridge].sendall(str(status).encode())

    def close(self) -> None:
        """Take no more."""
        self._listener.close()
