"""Random valid stacks: every layout and topology, shards with overrides, schedules, zones, existing clusters."""

import json
from typing import Any

from hypothesis import strategies as st

from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS
from config.node_types import NODE_TYPES, ZONES, ZONES_WITHOUT_BALANCERS

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMEZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
REGIONS = [region for region, zones in ZONES.items() if set(zones) - set(ZONES_WITHOUT_BALANCERS)]
_ZONES = {zone for region in REGIONS for zone in ZONES[region]}
EVERYWHERE = [name for name, node in NODE_TYPES.items() if set(node.zones) >= _ZONES]
MOST, GROWTH = 60, 20  # bridges of a shard, and by how many a test raises them; a block of NodePorts has a hundred


@st.composite
def lessons(draw: st.DrawFn, ceiling: int, each: int) -> list[dict[str, Any]]:
    """Return a schedule within the shard's maximum."""
    found = []
    for _ in range(draw(st.integers(0, 3))):
        start, minutes = draw(st.integers(0, 1439)), draw(st.integers(1, 1400))
        end = (start + minutes) % 1440
        measure = (
            {"bridges": draw(st.integers(1, ceiling))}
            if draw(st.booleans())
            else {"participants": draw(st.integers(1, ceiling * each))}
        )
        found.append(
            {
                "days": sorted(draw(st.sets(st.sampled_from(DAYS), min_size=1)), key=DAYS.index),
                "start": f"{start // 60:02d}:{start % 60:02d}",
                "end": f"{end // 60:02d}:{end % 60:02d}",
                "timezone": draw(st.sampled_from(TIMEZONES)),
                "lead": f"{draw(st.integers(0, 3600))}s",
                **(
                    {"until": draw(st.sampled_from(["2026-03-01", "2026-03-20", "2030-01-01"]))}
                    if draw(st.booleans())
                    else {}
                ),
                **measure,
            }
        )
    return found


@st.composite
def bridges(draw: st.DrawFn, node_types: list[str]) -> dict[str, Any]:
    """Return all keys of `bridges` but the first port."""
    layout = draw(st.sampled_from(["hostPort", "nodePort"]))
    topology = draw(st.sampled_from(["autoscaled", "static", *(["daemonset"] if layout == "hostPort" else [])]))
    per_node = draw(st.integers(1, 4))
    least = draw(st.integers(per_node, per_node + 8))
    most = draw(st.integers(least, MOST))
    participants, aimed = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    migrate = draw(st.integers(0, 2400))
    shortest = ANNOUNCE_SECONDS + migrate + MOVE_SECONDS + EXIT_SECONDS
    ceiling = most if topology == "autoscaled" else least
    scaling: dict[str, Any] = {
        "participants": aimed,
        "stress": draw(st.sampled_from([0.3, 0.75, 1.0])),
        "scaleDownWindow": f"{draw(st.integers(0, 3600))}s",
        "spares": draw(st.integers(0, 3)),
        "sparesWhen": draw(st.sampled_from(["timetable", "always"])),
        "bootTime": f"{draw(st.integers(0, 900))}s",
        "lookAhead": f"{draw(st.integers(0, 600))}s",
    }
    if draw(st.booleans()):
        scaling["scaleUp"] = {"bridges": draw(st.integers(1, 10)), "period": f"{draw(st.integers(1, 1800))}s"}
    if draw(st.booleans()):
        scaling["cpuPercent"] = draw(st.integers(1, 100))
    return {
        "layout": layout,
        "topology": topology,
        "perNode": per_node,
        "min": least,
        "max": most,
        "nodeType": draw(st.sampled_from(node_types)),
        "participants": participants,
        "bitrateKbps": draw(st.integers(100, 8000)),
        "publicAddress": draw(st.sampled_from(["node", "stun"])),
        "relays": draw(st.booleans()),
        "scaling": scaling,
        "drain": {"migrateAfter": f"{migrate}s", "deadline": f"{shortest + draw(st.integers(0, 7200))}s"},
        "schedule": draw(lessons(ceiling, min(participants, aimed))),
    }


@st.composite
def shards(draw: st.DrawFn, zones: tuple[str, ...], *, kapsule: bool) -> list[dict[str, Any]]:
    """Return one to six shards, some with their own `bridges`, some with a single override."""
    found = []
    slots = draw(st.lists(st.integers(0, 23), min_size=1, max_size=6, unique=True))
    for slot in slots:
        entry: dict[str, Any] = {"zone": draw(st.sampled_from(zones))}
        entry |= {"name": f"s{slot}"} if draw(st.booleans()) else {"name": f"{chr(97 + slot)}x", "slot": slot}
        entry["state"] = draw(st.sampled_from(["active", "active", "draining", "standby"]))
        if draw(st.integers(0, 3)) == 0:
            entry["release"] = draw(st.sampled_from(["stable-11200", "latest"]))
        match draw(st.sampled_from(["none", "single", "whole"])):
            case "single":
                entry["bridges"] = draw(
                    st.sampled_from(
                        [{"relays": False}, {"schedule": []}, {"publicAddress": "stun"}, {"bitrateKbps": 900}]
                    )
                )
            case "whole":
                offered = [n for n, node in NODE_TYPES.items() if not kapsule or entry["zone"] in node.zones]
                own = draw(bridges(offered))
                room = 100 - MOST - GROWTH
                if draw(st.booleans()):
                    first = (
                        30300 + 100 * slot + draw(st.integers(0, room)) if own["layout"] == "nodePort" else 10000 + slot
                    )
                    own["firstPort"] = first
                entry["bridges"] = own
        found.append(entry)
    return found


@st.composite
def stacks(draw: st.DrawFn) -> dict[str, str]:
    """Return the config of a valid stack as the engine passes it."""
    kapsule = draw(st.integers(0, 3)) > 0
    region = draw(st.sampled_from(REGIONS))
    zones = ZONES[region] if kapsule else ("zone-a", "zone-b")
    upgrade = draw(st.sampled_from([None, {"day": "any", "hour": 23}, {"day": "monday", "hour": 6}]))
    least = draw(st.integers(1, 3))
    cluster: dict[str, Any] = {"kind": "existing"}
    if kapsule:
        cluster = {
            "version": "1.35" if upgrade else "1.35.3",
            **({"autoUpgrade": upgrade} if upgrade else {}),
            "controlPlane": draw(st.sampled_from(["kapsule", "kapsule-dedicated-4", "kapsule-dedicated-16"])),
            "system": {
                "nodeType": draw(st.sampled_from(EVERYWHERE)),
                "min": least,
                "max": draw(st.integers(least, 12)),
            },
            **({"allowedIps": ["203.0.113.0/24"]} if draw(st.booleans()) else {}),
        }
    settings: dict[str, Any] = {
        "domain": draw(st.sampled_from(["meet.example.org", "meet.school.eu"])),
        "protect": draw(st.booleans()),
        "cluster": cluster,
        "bridges": draw(bridges(EVERYWHERE)),
        "shards": draw(shards(zones, kapsule=kapsule)),
        "ingress": {
            "replicas": draw(st.integers(1, 4)),
            "loadBalancer": draw(st.sampled_from(["LB-S", "LB-GP-M", "LB-GP-L", "LB-GP-XL"])),
            "tls": draw(st.sampled_from([{}, {"mode": "selfSigned"}, {"mode": "secret", "secretName": "own"}])),
        },
        "metrics": draw(
            st.sampled_from(
                [
                    {},
                    {"adapter": "kubeMetrics"},
                    {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090", "interval": "60s"},
                ]
            )
        ),
    }
    values = {f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}
    return values | ({"scaleway:region": region} if kapsule else {})
