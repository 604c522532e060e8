"""Changes of the local stack's config, each with what it is said to mean; operations are held against the real engine."""

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
LEAST, MOST = BRIDGES["min"], BRIDGES["max"]
S1 = SHARDS[1]["bridges"]
ALL = {"min": LEAST + S1["min"], "max": MOST + S1["max"]}
OF_S0 = {"min": LEAST, "max": MOST}
OF_S1 = {"min": S1["min"], "max": S1["max"]}


def s0(**keys: Any) -> list[dict[str, Any]]:
    """The shards, the first with other bridges."""
    return [{**SHARDS[0], "bridges": keys}, SHARDS[1]]


def s1(**keys: Any) -> list[dict[str, Any]]:
    """The shards, the second with other bridges."""
    return [SHARDS[0], {**SHARDS[1], "bridges": {**S1, **keys}}]


@dataclass(frozen=True)
class Expected:
    """Keys that change (none: left out), and the worst that follows: the disruption and the bridges that it hurts."""

    keys: dict[str, Any]
    disruption: str = "none"
    bridges: dict[str, int] = field(default_factory=lambda: {"min": 0, "max": 0})
    sizes: bool = False
    """The shard's size changes: whether prosody and jicofo restart for that is theirs to say, and left out here."""
    previews: bool = True
    """Whether a preview can be had. Before an object's first update the provider leaves its creation's field manager as it is
    in a preview (pulumi-kubernetes 4.30.0, await.go, `fixCSAFieldManagers`), so a port under another key is a second one; and a
    Service that is made anew asks in a preview for the NodePorts that it still holds."""


CHANGES: dict[str, Expected] = {
    "nothing": Expected({}),
    "max raised": Expected({"bridges": {**BRIDGES, "max": MOST + 2}}, sizes=True),
    "min raised": Expected({"bridges": {**BRIDGES, "min": LEAST + 1}}),
    "max lowered": Expected({"bridges": {**BRIDGES, "max": MOST - 2}}, "drops", {"min": 0, "max": 3}, sizes=True),
    "max of node ports lowered": Expected({"shards": s1(max=S1["max"] - 1)}, "drops", {"min": 0, "max": 1}, sizes=True),
    "node type": Expected({"bridges": {**BRIDGES, "nodeType": "COMPUTE3-X4C-8G"}}, "drops", ALL),
    "node type with a short deadline": Expected(
        {"bridges": {**BRIDGES, "nodeType": "COMPUTE3-X4C-8G", "drain": {"deadline": "10m", "migrateAfter": "2m"}}},
        "drops",
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
    "Kubernetes version": Expected({"cluster": {**CLUSTER, "version": "1.36.1"}}, "drops", ALL),
    "control plane": Expected({"cluster": {**CLUSTER, "controlPlane": "kapsule-dedicated-4"}}),
    "who may reach the API": Expected({"cluster": {**CLUSTER, "allowedIps": ["127.0.0.0/8", "203.0.113.0/24"]}}),
    "system pool's bounds": Expected({"cluster": {**CLUSTER, "system": {"nodeType": "PRO2-XXS", "min": 2, "max": 4}}}),
    "system pool's type": Expected({"cluster": {**CLUSTER, "system": {"nodeType": "PRO2-XS"}}}, "drops", ALL),
    "a third shard": Expected({"shards": [*SHARDS, {"name": "s2", "zone": "fr-par-1"}]}),
    "a shard less": Expected({"shards": SHARDS[:1]}, "drops", OF_S1),
    "a shard drains": Expected({"shards": [SHARDS[0], {**SHARDS[1], "state": "draining"}]}),
    "weight of a shard": Expected({"shards": [{**SHARDS[0], "weight": 50}, SHARDS[1]]}),
    "layout": Expected({"shards": s0(layout="nodePort")}, "drops", OF_S0),
    "a second port": Expected({"shards": s0(perNode=2)}, "drops", {"min": 0, "max": 4}),
    "one on a node": Expected({"shards": s1(perNode=1)}, "drains", OF_S1),
    "static": Expected({"shards": s0(topology="static")}, "drops", {"min": 0, "max": MOST}, sizes=True),
    "daemonset": Expected({"shards": s0(topology="daemonset")}, "drops", {"min": 0, "max": MOST}, sizes=True),
    "first node port": Expected({"shards": s1(firstPort=30600)}, "drops", OF_S1, previews=False),
    "first host port": Expected({"shards": s0(firstPort=10100)}, "drops", OF_S0),
    "drain": Expected({"bridges": {**BRIDGES, "drain": {"deadline": "2h", "migrateAfter": "20m"}}}, "drains", ALL),
    "scaling": Expected({"bridges": {**BRIDGES, "scaling": {"stress": 0.6, "spares": 2}}}),
    "namespace": Expected({"namespace": "other"}, "drops", ALL),
    "record no longer ours": Expected({"dnsZone": None}),
    "load balancer": Expected({"ingress": {**INGRESS, "loadBalancer": "LB-GP-M"}}),
    "edge's node port": Expected({"ingress": {**INGRESS, "nodePorts": {"http": 30070}}}, "drops", ALL),
    "edge's health port": Expected(
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
    """The stack file's `config` with the change in it."""
    config = copy.deepcopy(CONFIG)
    for key, value in CHANGES[name].keys.items():
        full = key if ":" in key else f"{PROJECT}:{key}"
        config.pop(full, None)
        if value is not None:
            config[full] = value
    return config


@cache
def made_by(name: str) -> tuple[Resource, ...]:
    """What the program makes with the change."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config_of(name).items()}
    return evaluate(stack_file(FILE) if name == "nothing" else values, "local")


@cache
def diff_of(name: str, base: str = "nothing") -> Diff:
    """The diff from one change to another."""
    return diff("local", base, made_by(base), made_by(name))


def judged_of(name: str) -> Diff:
    """The diff from the stack as it is, without what only follows from a shard's size."""
    made = diff_of(name)
    if not CHANGES[name].sizes:
        return made
    kept = (one for one in made.judged if component_of(one.change.resource) not in ("prosody", "jicofo"))
    return replace(made, judged=tuple(kept))
