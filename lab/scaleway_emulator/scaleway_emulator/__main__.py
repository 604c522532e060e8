"""`python -m scaleway_emulator`: serve the emulated Scaleway API on loopback until SIGTERM or SIGINT."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from scaleway_emulator.credentials import environment
from scaleway_emulator.loops import loops
from scaleway_emulator.object_storage import proxy
from scaleway_emulator.options import parse
from scaleway_emulator.server import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Server(uvicorn.Server):
    """Exits with status 0 on SIGTERM and SIGINT; uvicorn itself raises the signal again after its shutdown."""

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
    """Serve until a signal arrives; --port-file receives the port once the socket listens."""
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
    url = f"http://127.0.0.1:{port}"
    variables = " ".join(f"{name}={value}" for name, value in environment(url).items())
    _say(f"Scaleway emulator on {url}; to use it: export {variables}")
    running = loops(emulator)
    if options.storage_port is not None:
        running.append(proxy.serve(options.storage_port, port, options.storage_authority))
    config = uvicorn.Config(
        emulator.application(*running), log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    Server(config).run(sockets=[listener])
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
