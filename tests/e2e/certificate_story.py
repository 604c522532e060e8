"""What happens to a stack's certificate, told once; `python -m e2e.certificate_story FOLDER` writes what it saw to FOLDER/seen.json.

From no certificate over one for two names, as 0.1.0 orders it, one for each name of the staging environment and of production, with a
limit in between, to their renewal while one name cannot be proved. Websockets that were opened at the beginning stay open to the end.
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
"""Certificates of the domain: that of 0.1.0, one of staging, one of production, and its renewal."""


class Watcher:
    """Asks the edge for its certificates all the time, as browsers do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sequences: dict[str, list[int]] = {host: [] for host in HOSTS}
        """Serial numbers of a host's certificates in turn."""
        self.failures: list[str] = []
        self.unfit: list[str] = []
        """Certificates for other names, after one that fitted."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.3):
            for host, sequence in self.sequences.items():
                try:
                    served = self.world.browser.served(host)
                except OSError as error:
                    self.failures.append(str(error))
                    continue
                if host not in names(served):
                    self.unfit += [f"{host} is served {names(served)}"] if sequence else []
                elif sequence[-1:] != [served.serial_number]:
                    sequence.append(served.serial_number)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def split(world: World) -> dict[str, Any]:
    """The names of one certificate get their own; the wait stands for the update of HAProxy's pods."""
    until(lambda: names(world.browser.served(TURN)) == sorted([DOMAIN, TURN]), "a certificate for both names")
    *others, domain = stack(staging=True)
    world.apply(others)
    own = until(lambda: world.orders.issued(TURN), "a certificate for the TURN host alone")
    world.apply([*others, domain])
    _ready(world, own[0], DOMAIN, TURN)
    return {"meanwhile": {host: names(world.browser.served(host)) for host in (DOMAIN, TURN)}}


def first(world: World) -> dict[str, Any]:
    """A further name is not proved, for one reason after another, until it is."""
    until(lambda: world.orders.challenges().get(ALIAS, ("", ""))[1], "why the further name is not proved")
    issuing = world.orders.condition(ALIAS, "Issuing").get("status")
    seen: dict[str, Any] = {"unknown name": [*world.orders.challenges()[ALIAS], issuing]}
    world.inside[ALIAS] = BALANCER  # the cluster can reach it, the authority cannot

    def refused() -> tuple[str, str] | None:
        found = world.orders.challenges().get(ALIAS, ("", ""))
        return found if found[0] == "invalid" else None

    seen["refused"] = until(refused, "the authority refuses the further name")
    until(lambda: world.orders.failure(ALIAS), "the order fails with it")
    world.names[ALIAS] = BALANCER
    seen["staging"] = _described(_ready(world, "letsencrypt-staging", *HOSTS))
    return seen


def _ready(world: World, issuer: str, *hosts: str) -> dict[str, x509.Certificate]:
    """Wait until HAProxy serves what this issuer has issued for each host."""

    def found(host: str) -> x509.Certificate | None:
        served = world.browser.served(host)
        return served if world.orders.issued(host) == (issuer, served.serial_number) else None

    return {host: until(partial(found, host), f"HAProxy serves {host} a certificate of {issuer}") for host in hosts}


def _described(certificates: dict[str, x509.Certificate]) -> dict[str, Any]:
    days = {
        round((each.not_valid_after_utc - each.not_valid_before_utc).total_seconds() / 86400)
        for each in certificates.values()
    }
    serials = [str(each.serial_number) for each in certificates.values()]
    return {"names": {host: names(each) for host, each in certificates.items()}, "days": list(days), "serials": serials}


def to_production(world: World) -> dict[str, Any]:
    """Production limits the first orders; cert-manager asks again by itself."""
    production = world.environments["production"]
    production.limited = True
    before = {host: world.browser.served(host) for host in HOSTS}
    world.apply(stack(staging=False))
    limits = [until(partial(world.orders.failure, host), f"the limit is hit for {host}") for host in HOSTS]
    seen: dict[str, Any] = {"limit": limits}
    seen["served under the limit"] = {host: world.browser.served(host) for host in HOSTS} == before
    seen["orders under the limit"] = production.orders
    production.limited = False
    seen["production"] = _described(_ready(world, "letsencrypt", *HOSTS))
    return seen


def due(world: World, host: str) -> tuple[x509.Certificate, dict[str, Any]]:
    """The certificate that HAProxy serves, and what cert-manager knows of its renewal."""

    def known() -> tuple[x509.Certificate, dict[str, Any]] | None:
        served, status = world.browser.served(host), world.orders.certificate(host)["status"]
        expires = served.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
        return (served, status) if status.get("notAfter") == expires else None

    return until(known, f"cert-manager knows when to renew that of {host}")


def renewed(world: World, host: str, before: x509.Certificate, status: dict[str, Any]) -> dict[str, Any]:
    """cert-manager renews in time, and HAProxy serves what it got."""
    after = until(
        lambda: (served := world.browser.served(host)).serial_number != before.serial_number and served,
        f"the renewal of {host}",
        240,
    )
    requests = world.api.items(f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificaterequests")
    own = [
        each
        for each in requests
        if each["metadata"]["ownerReferences"][0]["name"] == world.orders.certificate(host)["metadata"]["name"]
    ]
    begun = sorted(each["metadata"]["creationTimestamp"] for each in own)
    return {
        "renewal": status["renewalTime"],
        "expires": status["notAfter"],
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
    seen: dict[str, Any] = {"fallback": names(world.browser.served())}
    watcher = Watcher(world)
    seen |= split(world)
    seen |= first(world)
    seen |= to_production(world)
    ingresses = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses"
    until(lambda: not world.api.items(ingresses), "nothing of the challenges stays")
    world.names.pop(ALIAS)  # its record goes, and so does what proves it
    world.inside.pop(ALIAS)
    known = {host: due(world, host) for host in (DOMAIN, TURN)}
    seen["renewed"] = {host: renewed(world, host, *each) for host, each in known.items()}
    until(lambda: world.orders.challenges().get(ALIAS, ("", ""))[1], "why the further name is not proved again")
    seen["not renewed"] = world.orders.challenges()[ALIAS]
    until(lambda: len(watcher.sequences[DOMAIN]) >= AT_LEAST, "a browser has seen each certificate")
    watcher.close()
    seen["served"] = {host: len(sequence) for host, sequence in watcher.sequences.items()}
    seen["unanswered"], seen["unfit"] = watcher.failures, watcher.unfit
    seen["alive"] = alive(sockets)
    log = (world.folder / "haproxy.log").read_text(errors="replace")
    seen["asked by"] = sorted(
        set(re.findall(r"^(?:.*?)(\d+\.\d+\.\d+\.\d+):\d+ .* acme-\S+/solver .* 200 ", log, re.MULTILINE))
    )
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
