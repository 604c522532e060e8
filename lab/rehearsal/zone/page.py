"""docs/zone-loss.md: what changed, when, and who noticed, from the figures of the story."""

from __future__ import annotations

from typing import Any

from components.ingress import room_routing
from config.browser import ZONES_PING
from lab.rehearsal.zone.names import CHECK_SECONDS
from lab.rehearsal.zone.world import KEPT, LOST, SHARDS
from plan.zone_loss import wait


def table(figures: dict[str, Any]) -> list[str]:
    """Rows of who noticed what, and when."""
    waited = wait(ZONES_PING, room_routing.dead_seconds(), door=True)
    signalling = waited["signalling"] + waited["address"]
    names = figures["nameServersSeconds"]
    rows = [
        ("people in meetings", figures["people"]),
        (f"of them in shards of {LOST}", figures["cut"]),
        (f"behind the load balancer of {LOST}", figures["behindTheLostDoor"]),
        (
            f"signalling on a shard of {KEPT}, of those whose browser tries the next address",
            f"{_spread(figures['movedSeconds'])}; by the report {signalling:.0f} s",
        ),
        (
            "in a meeting again, of those whose browser tries the next address",
            f"{_spread(figures['backSeconds'])}; promised 60 s{_factor(figures)}",
        ),
        (
            "the same, of those who try one address of the resolver's answer",
            _spread(figures["backByNameServersSeconds"]),
        ),
        ("name servers leave the lost load balancer out", f"after {names[0]} s" if names else "never"),
        ("the control plane counts every node of the zone as gone", _seconds(figures["nodesNotReadySeconds"])),
        (f"people in shards of {KEPT}", figures["elsewhere"]),
        ("of them cut for good, or moved to another shard", max(figures["elsewhereCut"], figures["elsewhereMoved"])),
        (
            "of them whose signalling went through the lost zone, and resumed on the same shard",
            figures["elsewhereReconnected"],
        ),
        ("rooms on two shards, at any time", len(figures["split"])),
        ("the zone is whole again: every pod Ready", f"{figures['wholeSeconds']} s after its return"),
        ("name servers give its load balancer out again", f"{figures['nameServersAgainSeconds']} s after its return"),
        ("rooms that changed their shard when it returned", len(figures["swung"])),
        ("people who were cut when it returned", figures["cutAtReturn"]),
    ]
    return ["| what | measured |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in rows)]


def page(figures: dict[str, Any]) -> str:
    """The document, of figures with the date, revision and load of their run."""
    form = figures["form"]
    zones = {zone: ", ".join(name for name, each in SHARDS.items() if each == zone) for zone in (KEPT, LOST)}
    return "\n".join(
        [
            "# A lost zone, played",
            "",
            f"Written by `.venv/bin/python -m benchmarks --zone` on {figures['date']} at {figures['commit']}, with a load of "
            f"{figures['load']:.1f} on the machine. `make test` plays a shorter form (`tests/e2e/test_zone_rehearsal.py`).",
            "",
            f"A stack as in `Pulumi.prod-fr-par.yaml` was deployed by the real engine: {zones[KEPT]} in {KEPT}, {zones[LOST]} in {LOST}, two HAProxies "
            f"and a load balancer in each. At peak, {LOST} loses its power: no packet, no process, no heartbeat, its API answers 503, and its load "
            "balancer is gone. Later it comes back.",
            "",
            *table(figures),
            "",
            f"Real: Pulumi's engine, Kubernetes' control plane and kube-proxies, HAProxies in their rendered pods, load balancers (HAProxies with the "
            f"Services' annotations), TLS. Played: kubelets, prosody, jicofo and web (they answer checks, websockets and pings), Scaleway's API, its "
            f"name servers (they ask each address every {CHECK_SECONDS:.0f} s, which Scaleway does not say), and {form['rooms']} x {form['people']} people, who ping, "
            "resume, count down and load anew as Jitsi's web client does; joining a meeting costs no time. Bridges are objects only.",
            "",
        ]
    )


def _spread(seconds: dict[str, float]) -> str:
    if not seconds["people"]:
        return "nobody"
    return f"half of {seconds['people']} after {seconds['half']} s, the last after {seconds['last']} s"


def _factor(figures: dict[str, Any]) -> str:
    countdown = figures["form"]["countdown"]
    return "" if countdown == 1 else f", with a countdown of {countdown} of the page's"


def _seconds(seconds: float | None) -> str:
    return "not within the story" if seconds is None else f"after {seconds} s"
