"""Changes of the local stack's config, each on top of the one before: what the diff says of a step is held against the engine."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from diff_changes import BRIDGES, CLUSTER, CONFIG, INGRESS, SHARDS, made_by

from config.read import PROJECT, engine_values
from plan.diff.fleet import is_bridge_workload, merged, pool_shard
from plan.diff.paths import at
from plan.diff.result import Diff, bounds, diff
from plan.evaluate import evaluate
from plan.recorder import Resource
from plan.rollout import leaving_at_once

S0, S1 = SHARDS
SECOND = S1["bridges"]


@dataclass(frozen=True)
class Step:
    """Keys that change from the step before; none: left out."""

    name: str
    keys: dict[str, Any]


def _shards(first: dict[str, Any], second: dict[str, Any] | None, *more: dict[str, Any]) -> dict[str, Any]:
    return {"shards": [first, *([second] if second else []), *more]}


_s1 = {**S1, "release": "stable-11146-3"}
_one = {**_s1, "bridges": {**SECOND, "perNode": 1}}
_three = {**_s1, "bridges": {**SECOND, "perNode": 1, "max": 3}}
_moved = {**_s1, "bridges": {**SECOND, "perNode": 1, "max": 3, "firstPort": 30600}}
_fixed = {"perNode": 2, "topology": "static", "min": 5}
_larger = {**_s1, "bridges": {**SECOND, "perNode": 1, "max": 3, "firstPort": 30600, "nodeType": "COMPUTE3-X4C-8G"}}

BRIDGE_STEPS = (
    Step("max raised", {"bridges": {**BRIDGES, "max": 8}}),
    Step("min raised", {"bridges": {**BRIDGES, "max": 8, "min": 3}}),
    Step("max lowered, above what runs", {"bridges": {**BRIDGES, "max": 5, "min": 3}}),
    Step(
        "targets of the autoscaler, another spare",
        {"bridges": {**BRIDGES, "max": 5, "min": 3, "scaling": {"stress": 0.6, "spares": 2}}},
    ),
    Step("max lowered below what runs", {"bridges": {**BRIDGES, "max": 2}}),
    Step(
        "a drain of two hours", {"bridges": {**BRIDGES, "max": 2, "drain": {"deadline": "2h", "migrateAfter": "10m"}}}
    ),
    Step("Jitsi release of one shard", _shards(S0, _s1)),
    Step("the bridges' password of one shard", {"secretGenerations": {"s1-jvb": 2}}),
    Step("one bridge on a node, not two", _shards(S0, _one)),
    Step("max of node ports lowered", _shards(S0, _three)),
    Step("first node port", _shards(S0, _moved)),
    Step("node type of one shard", _shards(S0, _larger)),
    Step("first host port", _shards({**S0, "bridges": {"firstPort": 10100}}, _larger)),
    Step("host ports become node ports", _shards({**S0, "bridges": {"layout": "nodePort"}}, _larger)),
    Step("node ports become host ports, two on a node", _shards({**S0, "bridges": {"perNode": 2}}, _larger)),
    Step("a fixed number, above what runs", _shards({**S0, "bridges": _fixed}, _larger)),
    Step("a number that changes again", _shards({**S0, "bridges": {"perNode": 2}}, _larger)),
    Step("one on each node", _shards({**S0, "bridges": {"topology": "daemonset"}}, _larger)),
    Step("zone of a shard", _shards({**S0, "zone": "fr-par-2", "bridges": {"topology": "daemonset"}}, _larger)),
    Step(
        "a shard less",
        {
            **_shards({**S0, "zone": "fr-par-2", "bridges": {"topology": "daemonset"}}, None),
            "secretGenerations": None,
        },
    ),
)
"""What a shard's bridges are."""

_third = {"name": "s2", "zone": "fr-par-1", "bridges": {"min": 1, "max": 2}}
_guarded = {**CLUSTER, "allowedIps": ["127.0.0.0/8", "203.0.113.0/24"]}
_system = {"nodeType": "PRO2-XXS", "min": 2, "max": 4}
_own = {"tls": {"mode": "secret", "secretName": "own"}}
_images = {"haproxy": "docker.io/library/haproxy:3.0.1"}

STACK_STEPS = (
    Step("weight of a shard", _shards({**S0, "weight": 50}, S1)),
    Step("a shard drains", _shards({**S0, "weight": 50}, {**S1, "state": "draining"})),
    Step("a third shard", _shards(S0, {**S1, "state": "draining"}, _third)),
    Step("a shard stands by", _shards(S0, {**S1, "state": "standby"}, _third)),
    Step("web pods, a fixed number", {"web": {"replicas": 3}}),
    Step("web pods that follow their CPU", {"web": {"maxReplicas": 6}}),
    Step("HAProxy pods", {"ingress": {**INGRESS, "replicas": 3}}),
    Step("HAProxy image", {"images": _images}),
    Step("load balancer", {"ingress": {**INGRESS, "replicas": 3, "loadBalancer": "LB-GP-M"}}),
    Step("maintenance page", {"ingress": {**INGRESS, "replicas": 3, "loadBalancer": "LB-GP-M", "maintenance": True}}),
    Step("own certificate", {"ingress": _own}),
    Step("edge's health port", {"ingress": {**_own, "nodePorts": {"health": 30071}}}),
    Step("record no longer ours", {"dnsZone": None}),
    Step("scrape interval", {"metrics": {"interval": "30s"}}),
    Step("metrics adapter", {"metrics": {"adapter": "kubeMetrics"}}),
    Step("who may reach the API", {"cluster": _guarded}),
    Step("control plane", {"cluster": {**_guarded, "controlPlane": "kapsule-dedicated-4"}}),
    Step("system pool's bounds", {"cluster": {**_guarded, "controlPlane": "kapsule-dedicated-4", "system": _system}}),
    Step(
        "system pool's type",
        {
            "cluster": {
                **_guarded,
                "controlPlane": "kapsule-dedicated-4",
                "system": {**_system, "nodeType": "PRO2-XS"},
            }
        },
    ),
    Step("jicofo's password of one shard", {"secretGenerations": {"s0-jicofo": 2}}),
    Step("people that signalling is sized for", {"signalling": {"sizedFor": 4000}}),
    Step("Jitsi release", {"images": {**_images, "tag": "stable-11146-3"}}),
    Step("node type of all", {"bridges": {**BRIDGES, "nodeType": "COMPUTE3-X4C-8G"}}),
    Step("a shard goes", _shards(S0, {**S1, "state": "standby"})),
)
"""What a stack is, beside its bridges."""

CHAINS = {"bridges": BRIDGE_STEPS, "stack": STACK_STEPS}


def config_after(steps: Sequence[Step]) -> dict[str, Any]:
    """The stack file's `config` with all these steps taken."""
    config = copy.deepcopy(CONFIG)
    for step in steps:
        for key, value in step.keys.items():
            config.pop(f"{PROJECT}:{key}", None)
            if value is not None:
                config[f"{PROJECT}:{key}"] = copy.deepcopy(value)
    return config


@cache
def made_after(chain: str, number: int) -> tuple[Resource, ...]:
    """What the program makes once `number` steps are taken."""
    if not number:
        return made_by("nothing")
    return evaluate(engine_values(config_after(CHAINS[chain][:number])), "local")


@cache
def diff_of_step(chain: str, number: int) -> Diff:
    """What the diff says of step `number`, counted from 0, to a stack that has taken those before."""
    return diff("local", "the step before", made_after(chain, number), made_after(chain, number + 1))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Bridges of a shard whose pods end: of those that run in any case, and of those that may."""

    least: int = 0
    most: int = 0
    soon: int = 0
    """Of the least, those that end at once; where a rollout waits for a drain's time between two, the first only."""


def leaving(made: Diff) -> dict[str, Leaving]:
    """Shard -> whose pods end, by its workloads, their numbers or their nodes."""
    found: dict[str, set[Any]] = {}
    slow: dict[str, int] = {}
    for one in made.judged:
        change = one.change
        rolled = change.old is not None and is_bridge_workload(change.old)
        ends = (
            rolled
            or change.resource.type.endswith("HorizontalPodAutoscaler")
            or (change.old is not None and pool_shard(change.old) is not None)
        )
        if not ends or one.effect.disruption == "none":
            continue
        for bridge in one.effect.bridges:
            found.setdefault(bridge.shard, set()).add(bridge)
        if rolled and change.operation == "update" and at(change.after, "spec", "minReadySeconds"):
            for shard in {bridge.shard for bridge in one.effect.bridges}:
                slow[shard] = slow.get(shard, 0) + leaving_at_once(one.effect.least)
    ends = {shard: merged(bridges) for shard, bridges in found.items()}
    return {
        shard: Leaving(
            least=sum(bridge.sure for bridge in bridges),
            most=len(bridges),
            soon=min(slow.get(shard, len(bridges)), sum(bridge.sure for bridge in bridges)),
        )
        for shard, bridges in ends.items()
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One step as the table shows it."""

    name: str
    operations: str
    disruption: str
    hurt: str
    ends: str

    @property
    def cells(self) -> tuple[str, ...]:
        """What was said beforehand."""
        return (self.name, self.operations, self.disruption, self.hurt, self.ends)


def counted(operations: Sequence[str]) -> str:
    """`2 create, 1 update`."""
    order = ("create", "update", "replace", "delete")
    return ", ".join(f"{operations.count(name)} {name}" for name in order if name in operations) or "none"


def predicted(chain: str, number: int) -> Row:
    """What the diff says of a step, in a line."""
    made = diff_of_step(chain, number)
    least, most = bounds(made.hurt(made.disruption)).values()
    ends = leaving(made)
    return Row(
        name=CHAINS[chain][number].name,
        operations=counted([one.change.operation for one in made.shown]),
        disruption=made.disruption,
        hurt=_span(least, most) if made.disruption != "none" else "",
        ends="; ".join(f"{shard}: {_span(of.least, of.most)}" for shard, of in sorted(ends.items())) or "none",
    )


def _span(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"


HEAD = (
    "| change, on top of those above | diff: operations | verdict | bridges hurt | bridges that leave | engine: operations | bridges that left |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def line(cells: Sequence[str]) -> str:
    """A row of Markdown."""
    return f"| {' | '.join(cells)} |"
