"""Checks of the ways of media: each bridge's UDP port, and TURN over TLS.

A bridge answers a STUN request only when it carries the user name of a meeting's own ICE session; any other is dropped without a
word (ice4j, SinglePortUdpHarvester.maybeAcceptNewSession). So silence proves nothing, an answer proves the way, and a refusal
(ICMP port unreachable) proves that nobody listens there.
"""

import os
import socket
from collections.abc import Iterable

from probe import messages
from probe.cluster import Bridge
from probe.results import BRIDGE, Result
from probe.web_checks import Place, ProbeError, measured, unchecked

SENT_AT = (0.0, 0.3, 0.7)  # seconds: one packet may be lost
SECONDS = 1.5
UNAUTHORISED = 401


def bridge(at: Bridge) -> Result:
    """A STUN binding request to the address and port that the bridge advertises."""

    def found(status: str, detail: str) -> Result:
        return Result(check=BRIDGE, of=f"{at.shard}/{at.port}", status=status, detail=f"{at.address}: {detail}")  # pyright: ignore[reportArgumentType]

    def attempt() -> Result:
        if not at.address:
            return found("failed", f"the node of {at.pod} has no public address")
        family = socket.AF_INET6 if ":" in at.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.connect((at.address, at.port))
            transaction = os.urandom(12)
            pauses = [later - before for before, later in zip(SENT_AT, (*SENT_AT[1:], SECONDS), strict=True)]
            for pause in pauses:
                try:
                    sender.send(messages.stun_request(messages.BINDING, transaction))
                    sender.settimeout(pause)
                    answer = messages.stun_answer(sender.recv(2048), transaction)
                except TimeoutError:
                    continue
                except ConnectionRefusedError:
                    return found("failed", "refused (ICMP port unreachable): nobody listens there")
                if answer is not None:
                    return found("ok", "answered")
        return found("silent", "silent, as a bridge is to strangers, and as a firewall is")

    return measured(BRIDGE, f"{at.shard}/{at.port}", attempt)


def turns(place: Place) -> Result:
    """TURN answers over TLS on this host's name, and asks who it is; an allocation itself would need credentials."""

    def attempt() -> str:
        transaction = os.urandom(12)
        with place.tls(unchecked()) as connection:
            connection.sendall(messages.stun_request(messages.ALLOCATE, transaction))
            data = b""
            while (answer := messages.stun_answer(data, transaction)) is None:
                part = connection.recv(4096)
                if not part:
                    raise ProbeError("the connection ended without an answer of TURN")
                data += part
        kind, code = answer
        if kind != messages.ALLOCATE | messages.ERROR or code != UNAUTHORISED:
            raise ProbeError(
                f"answered {code or hex(kind)} in place of {UNAUTHORISED}: it relays for strangers, or is no TURN relay"
            )
        return "asks for credentials, as it must"

    return measured("turns", place.host, attempt)


def checks(bridges: Iterable[Bridge]) -> Iterable[Result]:
    """One for each bridge."""
    return [bridge(at) for at in bridges]
