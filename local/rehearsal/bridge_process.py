"""Stands for /init of the bridge's image: opens the bridge's port in its pod, and lives as long as the played bridge does.

It runs inside the container. The listening socket goes to the rehearsal over a Unix socket, which answers for the bridge;
SIGTERM ends it at once, as it ends the real one.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

CHANNEL = "/rehearsal/bridges.sock"
REST_PORT = 8080  # TCP in, private
CONF = "/config/custom-jvb.conf"
SIGTERM_STATUS = 143  # what the real one exits with


def main() -> int:
    """Serve until the played bridge exits, with its status."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(SIGTERM_STATUS))
    listener = socket.create_server(("0.0.0.0", REST_PORT), backlog=64)
    with open(CONF, encoding="utf-8") as file:  # noqa: PTH123 - a start of 20 ms instead of 40
        conf = file.read()
    hello = {
        "pod": os.environ["HOSTNAME"],
        "version": os.environ["REHEARSAL_IMAGE"],
        "port": os.environ["JVB_PORT"],
        "addresses": os.environ.get("JVB_ADVERTISE_IPS", ""),
        "conf": conf,
    }
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.connect(CHANNEL)
    socket.send_fds(channel, [json.dumps(hello).encode()], [listener.fileno()])
    listener.close()
    answer = channel.recv(16)
    return int(answer) if answer else 1


if __name__ == "__main__":
    sys.exit(main())
