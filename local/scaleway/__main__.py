"""`python -m local.scaleway`: serve the emulated Scaleway API on loopback until SIGTERM or SIGINT."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from local.scaleway.loops import loops
from local.scaleway.object_storage import line
from local.scaleway.options import parse
from local.scaleway.server import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Server(uvicorn.Server):
    """Ends with status 0 on SIGTERM and SIGINT; uvicorn's own would raise the signal again after its shutdown."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Shut down on either signal while serving."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal ends it; the port is written to --port-file once the socket listens."""
    options = parse(arguments)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen()
    port = listener.getsockname()[1]
    emulator = Emulator(options, say=_say)
    if options.port_file:
        options.port_file.parent.mkdir(parents=True, exist_ok=True)
        temporary = options.port_file.with_name(f"{options.port_file.name}.new")
        temporary.write_text(f"{port}\n")
        temporary.replace(options.port_file)
    _say(f"Scaleway emulator on http://127.0.0.1:{port}")
    running = loops(emulator)
    if options.storage_port is not None:
        running.append(line.serve(options.storage_port, port, options.storage_authority))
    config = uvicorn.Config(
        emulator.application(*running), log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    Server(config).run(sockets=[listener])
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
