"""Replaces the bridge's image inside the container: /init behaves as s6 does, and runs a process called java.

The java process opens the bridge's ports in its pod, passes the sockets to the rehearsal over a Unix socket, and waits for its
exit status. As in stable-11146, a bridge that crashes is restarted, one that exits with 0 leaves an empty container,
which `halt` ends, and SIGTERM ends all processes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time

CHANNEL = "/rehearsal/bridges.sock"
REST_PORT = 8080  # TCP in, private
CONF = "/config/custom-jvb.conf"
HALT = "/run/s6/basedir/bin/halt"
SIGTERM_STATUS = 143  # exit status of the real image
RESTART_SECONDS = 1.0  # s6-supervise


def java() -> int:
    """Serve until the simulated bridge exits; return its status."""
    with open("/proc/self/comm", "w", encoding="ascii") as comm:  # noqa: PTH123 - a start of 20 ms instead of 40
        comm.write("java")
    listener = socket.create_server(("0.0.0.0", REST_PORT), backlog=64)
    media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    media.bind(("0.0.0.0", int(os.environ["JVB_PORT"])))
    with open(CONF, encoding="utf-8") as file:  # noqa: PTH123
        conf = file.read()
    hello = {
        "pod": os.environ["HOSTNAME"],
        "uid": os.environ["REHEARSAL_UID"],
        "version": os.environ["REHEARSAL_IMAGE"],
        "port": os.environ["JVB_PORT"],
        "addresses": os.environ.get("JVB_ADVERTISE_IPS", ""),
        "relays": os.environ.get("ENABLE_OCTO") == "1",
        "conf": conf,
    }
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.connect(CHANNEL)
    socket.send_fds(channel, [json.dumps(hello).encode()], [listener.fileno(), media.fileno()])
    listener.close()
    media.close()
    answer = channel.recv(16)
    return int(answer) if answer else 1


def _start() -> int:
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            status = java()
        except OSError as error:
            print(f"java: {error}", file=sys.stderr)
            status = 1
        os._exit(status)
    return pid


def init() -> int:
    """Supervise java; return the container's exit status."""
    os.makedirs(os.path.dirname(HALT), exist_ok=True)  # noqa: PTH103, PTH120
    with open(HALT, "w", encoding="ascii") as halt:  # noqa: PTH123
        halt.write("#!/bin/sh\nkill -USR1 1\n")
    os.chmod(HALT, 0o755)  # noqa: PTH101, S103 - within the container
    ends = {signal.SIGTERM: SIGTERM_STATUS, signal.SIGUSR1: 0}
    for number, status in ends.items():
        signal.signal(number, lambda *_, status=status: os._exit(status))  # all processes end with pid 1
    while True:
        pid = _start()
        while True:
            ended, how = os.wait()
            if ended == pid:
                break
        if os.waitstatus_to_exitcode(how) == 0:
            while True:  # the bridge has exited; the container stays until it is stopped
                signal.pause()
        time.sleep(RESTART_SECONDS)


if __name__ == "__main__":
    sys.exit(init())
