"""Sabotages of a stack whose release changes."""

from sabotages import Patch, Sabotage
from sabotages.admission import allowed

EDGE = "jitsi-edge-config"


def hit(of: str, patch: Patch, says: str) -> Sabotage:
    return Sabotage(
        "A shard of the former release keeps its name, ports and number until its meetings are over.",
        of,
        patch,
        "former-shard-hit",
        says,
        "released",
    )


def numbered(number: int) -> Patch:
    return lambda p: p["data"].update({"haproxy.cfg": p["data"]["haproxy.cfg"].replace("id 13\n", f"id {number}\n")})


SABOTAGES: list[Sabotage] = [
    hit(EDGE, numbered(1), "s0b has number 1, by which HAProxies know s0"),
    hit(
        "s1b-bridges-media-0",
        lambda p: p["spec"]["ports"][0].update(nodePort=30400),
        "30400 is in the block of s1, 30400-30499",
    ),
    hit(
        "s0b-prosody-service",
        lambda p: p["metadata"]["labels"].update({"app.kubernetes.io/instance": "s0"}),
        "carries the name of s0",
    ),
    Sabotage(
        "Bridges of the former release may be replaced until its meetings are over.",
        "jitsi-admission-policy",
        allowed(lambda ports: ports.pop("jvb/s0/UDP")),
        "host-ports-differ",
        "refuses UDP 10000 to pods of jvb/s0",
        "released",
    ),
]
