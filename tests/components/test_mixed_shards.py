"""Shards of different states, weights, zones, node types and layouts in one stack: each key reaches what it is about."""

import json
import re
from functools import cache

import pytest

from plan.evaluate import evaluate

SHARDS = [
    {"name": "s0", "zone": "fr-par-1", "weight": 50},
    {"name": "s1", "zone": "fr-par-2", "state": "draining", "bridges": {"layout": "nodePort", "perNode": 2}},
    {"name": "s5", "zone": "fr-par-3", "bridges": {"nodeType": "POP2-HC-4C-8G", "max": 4}},
    {"name": "s7", "zone": "fr-par-1", "state": "standby", "release": "stable-11200"},
]


@cache
def made(shards):
    return evaluate(
        {
            "scaleway:region": "fr-par",
            "jitsi:domain": "meet.example.org",
            "jitsi:shards": shards,
            "jitsi:ingress": json.dumps({"tls": {"mode": "selfSigned"}}),
        },
        "mixed",
    )


def haproxy_cfg(shards):
    (text,) = [
        resource.properties["data"]["haproxy.cfg"]
        for resource in made(json.dumps(shards))
        if resource.properties.get("kind") == "ConfigMap" and "haproxy.cfg" in resource.properties["data"]
    ]
    return text


def section(text, name):
    return re.split(r"\n\n(?=\w)", text[text.index(f"\n{name}\n") + 1 :])[0]


def throws(text, number):
    """Hashes that a shard throws for a room."""
    return len(re.findall(rf"xxh32\((?:{number}|\d+{number:02d})\) if", text))


def test_every_shard_has_a_pool_of_its_own_type_in_its_own_zone():
    pools = {
        resource.name: (resource.properties["zone"], resource.properties["nodeType"].upper())
        for resource in made(json.dumps(SHARDS))
        if resource.type.endswith("Pool") and "-s" in resource.name
    }
    zones = {name: zone for name, (zone, _) in pools.items()}
    assert {f"scaleway-{shard['name']}-pool": shard["zone"] for shard in SHARDS}.items() <= zones.items()
    assert pools["scaleway-s5-pool"][1] == "POP2-HC-4C-8G"
    assert pools["scaleway-s0-pool"][1] != "POP2-HC-4C-8G"


def test_weights_count_against_each_other():
    text = haproxy_cfg(SHARDS)
    assert throws(text, 1) == 1
    assert throws(text, 6) == 2, "50 against 100"


def test_new_rooms_come_from_the_active_shards_and_pages_too():
    text = haproxy_cfg(SHARDS)
    told = re.findall(r"or\((\d+)\) if all", section(text, "frontend shards"))
    assert {int(bit) for bit in told} == {1 << 0, 1 << 5}
    web = section(text, "backend web")
    assert {
        name for name in ("s0", "s1", "s5", "s7") if re.search(rf"server {name} .* backup$", web, re.MULTILINE)
    } == {
        "s1",
        "s7",
    }


@pytest.mark.parametrize("state", ["active", "draining", "standby"])
def test_a_state_changes_the_edges_configuration_and_no_other_object(state):
    before = {
        (resource.type, resource.name): resource.properties
        for resource in made(json.dumps(SHARDS))
        if "kind" in resource.properties
    }
    changed = [SHARDS[0] | {"state": state}, *SHARDS[1:]]
    after = {
        (resource.type, resource.name): resource.properties
        for resource in made(json.dumps(changed))
        if "kind" in resource.properties
    }
    differ = {name for (kind, name) in before if before[kind, name] != after.get((kind, name))}
    assert before.keys() == after.keys()
    assert differ == (set() if state == "active" else {"jitsi-edge-config"})


def test_a_release_is_the_whole_shards_and_no_other_shards():
    images: dict[str, set[str]] = {}
    for resource in made(json.dumps(SHARDS)):
        template = resource.properties.get("spec", {}).get("template") if "kind" in resource.properties else None
        if not template:
            continue
        shard = template["metadata"]["labels"]["app.kubernetes.io/instance"]
        for container in template["spec"]["containers"]:
            if container["name"] in ("web", "prosody", "jicofo", "jvb"):
                images.setdefault(shard, set()).add(container["image"].rpartition(":")[2])
    assert images["s7"] == {"stable-11200"}
    assert all(len(tags) == 1 for tags in images.values())
    assert "stable-11200" not in images["s0"] | images["s1"] | images["s5"]
