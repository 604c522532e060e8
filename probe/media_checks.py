"""Checks of the media paths: each bridge's UDP port, and TURN over TLS.

A bridge answers a STUN request only if it carries the user name of a meeting's ICE session, and drops any other silently
(ice4j, SinglePortUdpHarvester.maybeAcceptNewSession). So silence is inconclusive, an answer proves the path, and a refusal (ICMP
port unreachable) proves that nothing listens.
"""

import os
import socket
from collections.abc import Iterable

from probe import messages
from probe.cluster import Bridge
from probe.results import BRIDGE, Result, Status
from probe.web_checks import Place, ProbeError, accept_any_certificate, measured

SEND_SECONDS = (0.0, 0.3, 0.7)  # repeated, since a packet may be lost
TIMEOUT_SECONDS = 1.5
UNAUTHORISED = 401


def bridge(at: Bridge) -> Result:
    """A STUN binding request to the address and port that the bridge advertises."""

    def result(status: Status, detail: str) -> Result:
        return Result(check=BRIDGE, of=f"{at.shard}/{at.port}", status=status, detail=f"{at.address}: {detail}")

    def attempt() -> Result:
        if not at.address:
            return result("failed", f"the node of {at.pod} has no public address")
        family = socket.AF_INET6 if ":" in at.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.connect((at.address, at.port))
            transaction = os.urandom(12)
            pauses = [
                later - before for before, later in zip(SEND_SECONDS, (*SEND_SECONDS[1:], TIMEOUT_SECONDS), strict=True)
            ]
            for pause in pauses:
                try:
                    sender.send(messages.stun_request(messages.BINDING, transaction))
                    sender.settimeout(pause)
                    answer = messages.stun_answer(sender.recv(2048), transaction)
                except TimeoutError:
                    continue
                except ConnectionRefusedError:
                    return result("failed", "refused (ICMP port unreachable): nothing listens there")
                if answer is not None:
                    return result("ok", "answered")
        return result(
            "silent",
            "no answer, which is normal: a bridge answers members of a meeting only; a firewall looks the same",
        )

    return measured(BRIDGE, f"{at.shard}/{at.port}", attempt)


def turns(place: Place) -> Result:
    """TURN answers over TLS under this host name and asks for credentials, without which nothing is allocated."""

    def attempt() -> str:
        transaction = os.urandom(12)
        with place.tls(accept_any_certificate()) as connection:
            connection.sendall(messages.stun_request(messages.ALLOCATE, transaction))
            data = b""
            while (answer := messages.stun_answer(data, transaction)) is None:
                part = connection.recv(4096)
                if not part:
                    raise ProbeError("the connection closed without a TURN response")
                data += part
        kind, code = answer
        if kind != messages.ALLOCATE | messages.ERROR or code != UNAUTHORISED:
            raise ProbeError(
                f"answered {code or hex(kind)} instead of {UNAUTHORISED}: an open relay, or no TURN server"
            )
        return "asks for credentials"

    return measured("turns", place.host, attempt)


def checks(bridges: Iterable[Bridge]) -> Iterable[Result]:
    """One check per bridge."""
    return [bridge(at) for at in bridges]
