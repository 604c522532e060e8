"""Changes of the local stack's config with their expected effect. End-to-end tests compare the operations with the engine."""

import copy
import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from config.read import PROJECT, stack_file
from plan.diff.fleet import component_of
from plan.diff.result import Diff, diff
from plan.evaluate import evaluate
from plan.recorder import Resource

FILE = Path(__file__).resolve().parents[1] / "Pulumi.local.yaml"
CONFIG: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["config"]
BRIDGES, SHARDS = CONFIG["jitsi:bridges"], CONFIG["jitsi:shards"]
CLUSTER, INGRESS = CONFIG["jitsi:cluster"], CONFIG["jitsi:ingress"]
MIN, MAX = BRIDGES["min"], BRIDGES["max"]
S1 = SHARDS[1]["bridges"]
ALL = {"min": MIN + S1["min"], "max": MAX + S1["max"]}
OF_S0 = {"min": MIN, "max": MAX}
OF_S1 = {"min": S1["min"], "max": S1["max"]}


def s0(**keys: Any) -> list[dict[str, Any]]:
    """Return the shards with other bridges in the first."""
    return [{**SHARDS[0], "bridges": keys}, SHARDS[1]]


def s1(**keys: Any) -> list[dict[str, Any]]:
    """Return the shards with other bridges in the second."""
    return [SHARDS[0], {**SHARDS[1], "bridges": {**S1, **keys}}]


@dataclass(frozen=True)
class Expected:
    """Keys that change (None removes a key), the worst disruption, and the affected bridges."""

    keys: dict[str, Any]
    disruption: str = "none"
    bridges: dict[str, int] = field(default_factory=lambda: {"min": 0, "max": 0})
    sizes: bool = False
    """Whether the shard's size changes. Restarts of prosody and jicofo due to the size are ignored then."""
    previews: bool = True
    """Whether a preview is possible. Before an object's first update, a preview keeps the field manager of its creation
    (pulumi-kubernetes 4.30.0, await.go, `fixCSAFieldManagers`), so a port with another key counts as a second port. And a
    replaced Service requests NodePorts in a preview that it still holds."""


CHANGES: dict[str, Expected] = {
    "nothing": Expected({}),
    "max raised": Expected({"bridges": {**BRIDGES, "max": MAX + 2}}, sizes=True),
    "size of bridges set": Expected({"bridges": {**BRIDGES, "resources": {"memory": "5Gi"}}}, "drains", ALL),
    "min raised": Expected({"bridges": {**BRIDGES, "min": MIN + 1}}),
    "max lowered": Expected({"bridges": {**BRIDGES, "max": MAX - 2}}, "drops", {"min": 0, "max": 3}, sizes=True),
    "max lowered with nodePort layout": Expected(
        {"shards": s1(max=S1["max"] - 1)}, "drops", {"min": 0, "max": 1}, sizes=True
    ),
    "node type": Expected({"bridges": {**BRIDGES, "nodeType": "COMPUTE3-X4C-8G"}}, "drains", ALL),
    "node type with a short deadline": Expected(
        {"bridges": {**BRIDGES, "nodeType": "COMPUTE3-X4C-8G", "drain": {"deadline": "10m", "migrateAfter": "2m"}}},
        "drains",
        ALL,
    ),
    "zone of a shard": Expected({"shards": [{**SHARDS[0], "zone": "fr-par-2"}, SHARDS[1]]}, "drops", OF_S0),
    "Jitsi release": Expected({"images": {"tag": "stable-11146-3"}}, "drops", ALL),
    "Jitsi release of one shard": Expected(
        {"shards": [SHARDS[0], {**SHARDS[1], "release": "stable-11146-3"}]}, "drops", OF_S1
    ),
    "jicofo's password": Expected({"secretGenerations": {"s0-jicofo": 2}}, "drops", OF_S0),
    "bridges' password": Expected({"secretGenerations": {"s1-jvb": 2}}, "drops", OF_S1),
    "private network": Expected({"cluster": {**CLUSTER, "privateNetwork": "172.20.0.0/20"}}, "drops", ALL),
    "existing private network": Expected(
        {"cluster": {**CLUSTER, "privateNetwork": "11111111-2222-3333-4444-555555555555"}}, "drops", ALL
    ),
    "Kubernetes version": Expected({"cluster": {**CLUSTER, "version": "1.36.1"}}, "drops", ALL),
    "control plane": Expected({"cluster": {**CLUSTER, "controlPlane": "kapsule-dedicated-4"}}),
    "allowed IPs of the API server": Expected(
        {"cluster": {**CLUSTER, "allowedIps": ["127.0.0.0/8", "203.0.113.0/24"]}}
    ),
    "bounds of the system pool": Expected(
        {"cluster": {**CLUSTER, "system": {"nodeType": "PRO2-XXS", "min": 2, "max": 4}}}
    ),
    "node type of the system pool": Expected({"cluster": {**CLUSTER, "system": {"nodeType": "PRO2-XS"}}}, "drops", ALL),
    "zone of the system pool": Expected(
        {"cluster": {**CLUSTER, "system": {"nodeType": "PRO2-XXS", "zone": "fr-par-2"}}}, "drops", ALL
    ),
    "TURN servers of others": Expected(
        {"turn": {"servers": [{"host": "turn.example.net", "transport": "udp"}]}}, "drops", ALL
    ),
    "own image of prosody": Expected({"images": {"prosody": "registry.example.org/prosody:1"}}, "drops", ALL),
    "own module of prosody": Expected(
        {"signalling": {"plugins": {"mod_hello.lua": {"text": "module:log()"}}}}, "drops", ALL
    ),
    "further host name": Expected({"hosts": ["video.example.org"]}),
    "IPv6 at the edge": Expected({"ingress": {**INGRESS, "ipv6": True}}, "drops", ALL),
    "root volume of bridges": Expected({"bridges": {**BRIDGES, "rootVolume": {"size": 40}}}, "drains", ALL),
    "root volume of the system pool": Expected(
        {"cluster": {**CLUSTER, "system": {"nodeType": "PRO2-XXS", "rootVolume": {"size": 40}}}}, "drops", ALL
    ),
    "login to a registry": Expected({"images": {"login": {"server": "ghcr.io", "user": "robot"}}}, "drops", ALL),
    "zone of the load balancer": Expected({"ingress": {**INGRESS, "zones": ["fr-par-2"]}}, "drops", ALL),
    "third shard added": Expected({"shards": [*SHARDS, {"name": "s2", "zone": "fr-par-1"}]}),
    "shard removed": Expected({"shards": SHARDS[:1]}, "drops", OF_S1),
    "shard draining": Expected({"shards": [SHARDS[0], {**SHARDS[1], "state": "draining"}]}),
    "weight of a shard": Expected({"shards": [{**SHARDS[0], "weight": 50}, SHARDS[1]]}),
    "layout": Expected({"shards": s0(layout="nodePort")}, "drops", OF_S0),
    "a second port": Expected({"shards": s0(perNode=2)}, "drops", {"min": 0, "max": 4}),
    "one bridge per node": Expected({"shards": s1(perNode=1)}, "drains", OF_S1),
    "static": Expected({"shards": s0(topology="static")}, "drops", {"min": 0, "max": MAX}, sizes=True),
    "daemonset": Expected({"shards": s0(topology="daemonset")}, "drops", {"min": 0, "max": MAX}, sizes=True),
    "first node port": Expected({"shards": s1(firstPort=30600)}, "drops", OF_S1, previews=False),
    "first host port": Expected({"shards": s0(firstPort=10100)}, "drops", OF_S0),
    "drain": Expected({"bridges": {**BRIDGES, "drain": {"deadline": "2h", "migrateAfter": "20m"}}}, "drains", ALL),
    "scaling": Expected({"bridges": {**BRIDGES, "scaling": {"stress": 0.6, "spares": 2}}}),
    "namespace": Expected({"namespace": "other"}, "drops", ALL),
    "DNS zone removed": Expected({"dnsZone": None}),
    "load balancer": Expected({"ingress": {**INGRESS, "loadBalancer": "LB-GP-M"}}),
    "node port of ingress": Expected({"ingress": {**INGRESS, "nodePorts": {"http": 30070}}}, "drops", ALL),
    "health port of ingress": Expected(
        {"ingress": {**INGRESS, "nodePorts": {"health": 30071}}}, "drops", ALL, previews=False
    ),
    "HAProxy pods": Expected({"ingress": {**INGRESS, "replicas": 3}}),
    "HAProxy image": Expected({"images": {"haproxy": "docker.io/library/haproxy:3.0.1"}}),
    "own certificate": Expected({"ingress": {"tls": {"mode": "secret", "secretName": "own"}}}),
    "whiteboard and documents": Expected({"whiteboard": True, "documents": {}}, "drops", ALL),
    "telephones": Expected(
        {"jigasi": {"sip": {"account": "1@sip.example.org", "server": "sip.example.org"}}}, "drops", ALL, previews=False
    ),
    "visitors": Expected({"visitors": {"nodes": 2}}, "drops", ALL),
    "web pods": Expected({"web": {"replicas": 3}}),
    "region": Expected(
        {
            "scaleway:region": "nl-ams",
            "shards": [{**SHARDS[0], "zone": "nl-ams-1"}, {**SHARDS[1], "zone": "nl-ams-2"}],
        },
        "drops",
        ALL,
    ),
}


def config_of(name: str) -> dict[str, Any]:
    """Return the stack file's `config` with the change."""
    config = copy.deepcopy(CONFIG)
    for key, value in CHANGES[name].keys.items():
        full = key if ":" in key else f"{PROJECT}:{key}"
        config.pop(full, None)
        if value is not None:
            config[full] = value
    return config


@cache
def made_by(name: str) -> tuple[Resource, ...]:
    """Return the resources with the change."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config_of(name).items()}
    return evaluate(stack_file(FILE) if name == "nothing" else values, "local")


@cache
def diff_of(name: str, base: str = "nothing") -> Diff:
    """Return the diff from one change to another."""
    return diff("local", base, made_by(base), made_by(name))


def judged_of(name: str) -> Diff:
    """Return the diff from the unchanged stack, without effects of a shard's size."""
    made = diff_of(name)
    if not CHANGES[name].sizes:
        return made
    kept = (verdict for verdict in made.verdicts if component_of(verdict.change.resource) not in ("prosody", "jicofo"))
    return replace(made, verdicts=tuple(kept))
