"""What happens to a stack's certificate, told once; `python -m e2e.certificate_story FOLDER` writes what it saw to FOLDER/seen.json.

From no certificate over one of the staging environment and one of production, with a limit in between, to its renewal. Websockets
that were opened at the beginning stay open to the end.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from e2e.certificate_views import key_of, names, until
from e2e.certificate_world import ALIAS, BALANCER, DOMAIN, NAMESPACE, TURN, World, stack

from lab.progress import Progress
from lab.toolchain.prepare import ensure

if TYPE_CHECKING:
    import ssl

    from cryptography import x509

HOSTS = (DOMAIN, TURN, ALIAS)
WEBSOCKETS = 5
AT_LEAST = 4
"""Certificates: the fallback, one of staging, one of production, and its renewal."""


class Watcher:
    """Asks the edge for its certificate all the time, as browsers do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sequence: list[tuple[int, float]] = []
        """Serial number of each certificate in turn, and when it was first seen."""
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.3):
            try:
                served = self.world.browser.served().serial_number
            except OSError as error:
                self.failures.append(str(error))
                continue
            if not self.sequence or self.sequence[-1][0] != served:
                self.sequence.append((served, time.time()))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def first(world: World) -> dict[str, Any]:
    """One name after another is not proved, for a reason of its own, until all are."""
    seen: dict[str, Any] = {"fallback": names(world.browser.served())}

    def proved() -> bool:
        found = world.orders.challenges()
        return [found.get(host, ("", ""))[0] for host in (DOMAIN, TURN)] == ["valid", "valid"]

    until(proved, "the domain and the TURN host are proved")
    until(lambda: world.orders.challenges()[ALIAS][1], "why the further name is not")
    seen["unknown name"] = [*world.orders.challenges()[ALIAS], world.orders.condition("Issuing").get("status")]
    seen["meanwhile"] = names(world.browser.served())
    world.inside[ALIAS] = BALANCER  # the cluster can reach it, the authority cannot

    def refused() -> tuple[str, str] | None:
        found = world.orders.challenges().get(ALIAS, ("", ""))
        return found if found[0] == "invalid" else None

    seen["refused"] = until(refused, "the authority refuses the further name")
    until(world.orders.failure, "the order fails with it")
    world.names[ALIAS] = BALANCER
    certificate = _ready(world, "letsencrypt-staging")
    seen["staging"] = _described(certificate)
    seen["by host"] = {host: world.browser.served(host).serial_number == certificate.serial_number for host in HOSTS}
    return seen


def _ready(world: World, issuer: str) -> x509.Certificate:
    """Wait until HAProxy serves what this issuer has issued."""

    def found() -> x509.Certificate | None:
        served = world.browser.served()
        return served if world.orders.issued() == (issuer, served.serial_number) else None

    return until(found, f"HAProxy serves a certificate of {issuer}")


def _described(certificate: x509.Certificate) -> dict[str, Any]:
    seconds = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds()
    return {"names": names(certificate), "days": round(seconds / 86400), "serial": str(certificate.serial_number)}


def to_production(world: World) -> tuple[dict[str, Any], x509.Certificate]:
    """Production limits the first orders; cert-manager asks again by itself."""
    production = world.environments["production"]
    production.limited = True
    before = world.browser.served()
    world.apply(stack(staging=False))
    seen: dict[str, Any] = {"limit": until(world.orders.failure, "the limit is hit")}
    seen["served under the limit"] = world.browser.served().serial_number == before.serial_number
    seen["orders under the limit"] = production.orders
    production.limited = False
    certificate = _ready(world, "letsencrypt")
    seen["production"] = _described(certificate)
    return seen, certificate


def renewed(world: World, before: x509.Certificate) -> dict[str, Any]:
    """cert-manager renews in time, and HAProxy serves what it got."""
    expires = before.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")

    def known() -> dict[str, Any] | None:
        status = world.orders.certificate()["status"]
        return status if status.get("notAfter") == expires else None

    status = until(known, "cert-manager knows when to renew it")
    after = until(
        lambda: (served := world.browser.served()).serial_number != before.serial_number and served, "the renewal", 240
    )
    requests = world.api.items(f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificaterequests")
    begun = sorted(each["metadata"]["creationTimestamp"] for each in requests)
    return {
        "renewal": status["renewalTime"],
        "expires": expires,
        "begun": next((stamp for stamp in begun if stamp >= status["renewalTime"]), ""),
        "another key": key_of(after) != key_of(before),
        "names": names(after),
    }


def alive(sockets: list[ssl.SSLSocket]) -> int:
    """How many websockets still give back what is sent."""
    good = 0
    for each in sockets:
        try:
            each.sendall(b"still there")
            good += each.recv(100) == b"still there"
        except OSError:
            pass
    return good


def look(world: World) -> dict[str, Any]:
    """The whole story."""
    until(world.browser.served, "HAProxy serves its fallback")
    sockets = [until(partial(world.browser.websocket, f"r{number}"), "a websocket") for number in range(WEBSOCKETS)]
    watcher = Watcher(world)
    seen = first(world)
    later, certificate = to_production(world)
    seen |= later
    seen["renewed"] = renewed(world, certificate)
    until(lambda: len(watcher.sequence) > AT_LEAST - 1, "a browser has seen each certificate")
    watcher.close()
    seen["served"] = len(watcher.sequence)
    seen["unanswered"] = watcher.failures
    seen["alive"] = alive(sockets)
    log = (world.folder / "haproxy.log").read_text(errors="replace")
    seen["asked by"] = sorted(
        set(re.findall(r"^(?:.*?)(\d+\.\d+\.\d+\.\d+):\d+ .* acme-\S+/solver .* 200 ", log, re.MULTILINE))
    )
    seen["left"] = [
        each["metadata"]["name"]
        for each in world.api.items(f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses")
    ]
    seen["problems"] = world.problems
    return seen


def main() -> int:
    """Run the story in the folder of the first argument."""
    folder = Path(sys.argv[1])
    world = World(folder, ensure("tests", Progress()))
    began = time.monotonic()
    try:
        seen = look(world)
    finally:
        world.close()
    seen["seconds"] = round(time.monotonic() - began)
    (folder / "seen.json").write_text(json.dumps(seen, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
