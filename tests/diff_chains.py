"""Successive changes of the local stack's config. End-to-end tests compare the diff of each step with the engine."""

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
from sizing.rollout import leaving_at_once

S0, S1 = SHARDS
SECOND = S1["bridges"]


@dataclass(frozen=True)
class Step:
    """Keys that change in a step; None removes the key."""

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
    Step("max lowered, not below the running bridges", {"bridges": {**BRIDGES, "max": 5, "min": 3}}),
    Step(
        "autoscaler targets and spares",
        {"bridges": {**BRIDGES, "max": 5, "min": 3, "scaling": {"stress": 0.6, "spares": 2}}},
    ),
    Step("max lowered below the running bridges", {"bridges": {**BRIDGES, "max": 2}}),
    Step(
        "drain deadline of two hours",
        {"bridges": {**BRIDGES, "max": 2, "drain": {"deadline": "2h", "migrateAfter": "10m"}}},
    ),
    Step("Jitsi release of one shard", _shards(S0, _s1)),
    Step("bridge password of one shard", {"secretGenerations": {"s1-jvb": 2}}),
    Step("one bridge per node instead of two", _shards(S0, _one)),
    Step("max lowered with nodePort layout", _shards(S0, _three)),
    Step("first node port", _shards(S0, _moved)),
    Step("node type of one shard", _shards(S0, _larger)),
    Step("first host port", _shards({**S0, "bridges": {"firstPort": 10100}}, _larger)),
    Step("hostPort to nodePort", _shards({**S0, "bridges": {"layout": "nodePort"}}, _larger)),
    Step("nodePort to hostPort, two bridges per node", _shards({**S0, "bridges": {"perNode": 2}}, _larger)),
    Step("static, above the running bridges", _shards({**S0, "bridges": _fixed}, _larger)),
    Step("autoscaled again", _shards({**S0, "bridges": {"perNode": 2}}, _larger)),
    Step("daemonset", _shards({**S0, "bridges": {"topology": "daemonset"}}, _larger)),
    Step("zone of a shard", _shards({**S0, "zone": "fr-par-2", "bridges": {"topology": "daemonset"}}, _larger)),
    Step(
        "shard removed",
        {
            **_shards({**S0, "zone": "fr-par-2", "bridges": {"topology": "daemonset"}}, None),
            "secretGenerations": None,
        },
    ),
)
"""Changes of bridges."""

_on_larger_disks = {**S1, "state": "standby", "bridges": {**SECOND, "rootVolume": {"size": 40}}}
_third = {"name": "s2", "zone": "fr-par-1", "bridges": {"min": 1, "max": 2}}
_guarded = {**CLUSTER, "allowedIps": ["127.0.0.0/8", "203.0.113.0/24"]}
_system = {"nodeType": "PRO2-XXS", "min": 2, "max": 4}
_own = {"tls": {"mode": "secret", "secretName": "own"}}
_images = {"haproxy": "docker.io/library/haproxy:3.0.1"}

STACK_STEPS = (
    Step("weight of a shard", _shards({**S0, "weight": 50}, S1)),
    Step("shard draining", _shards({**S0, "weight": 50}, {**S1, "state": "draining"})),
    Step("third shard added", _shards(S0, {**S1, "state": "draining"}, _third)),
    Step("shard on standby", _shards(S0, {**S1, "state": "standby"}, _third)),
    Step("fixed number of web pods", {"web": {"replicas": 3}}),
    Step("web autoscaling", {"web": {"maxReplicas": 6}}),
    Step("HAProxy pods", {"ingress": {**INGRESS, "replicas": 3}}),
    Step("HAProxy image", {"images": _images}),
    Step("load balancer", {"ingress": {**INGRESS, "replicas": 3, "loadBalancer": "LB-GP-M"}}),
    Step("maintenance page", {"ingress": {**INGRESS, "replicas": 3, "loadBalancer": "LB-GP-M", "maintenance": True}}),
    Step("own certificate", {"ingress": _own}),
    Step("health port of ingress", {"ingress": {**_own, "nodePorts": {"health": 30071}}}),
    Step("DNS zone removed", {"dnsZone": None}),
    Step("scrape interval", {"metrics": {"interval": "30s"}}),
    Step("metrics adapter", {"metrics": {"adapter": "kubeMetrics"}}),
    Step("allowed IPs of the API server", {"cluster": _guarded}),
    Step("control plane", {"cluster": {**_guarded, "controlPlane": "kapsule-dedicated-4"}}),
    Step(
        "bounds of the system pool", {"cluster": {**_guarded, "controlPlane": "kapsule-dedicated-4", "system": _system}}
    ),
    Step(
        "node type of the system pool",
        {
            "cluster": {
                **_guarded,
                "controlPlane": "kapsule-dedicated-4",
                "system": {**_system, "nodeType": "PRO2-XS"},
            }
        },
    ),
    Step("jicofo's password of one shard", {"secretGenerations": {"s0-jicofo": 2}}),
    Step("signalling sized for more participants", {"signalling": {"sizedFor": 4000}}),
    Step("Jitsi release", {"images": {**_images, "tag": "stable-11146-3"}}),
    Step(
        "root volume of one shard",
        _shards(S0, _on_larger_disks, _third),
    ),
    Step("shard removed", _shards(S0, _on_larger_disks)),
)
"""Changes of other parts."""

CHAINS = {"bridges": BRIDGE_STEPS, "stack": STACK_STEPS}


def config_after(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the stack file's `config` after these steps."""
    config = copy.deepcopy(CONFIG)
    for step in steps:
        for key, value in step.keys.items():
            config.pop(f"{PROJECT}:{key}", None)
            if value is not None:
                config[f"{PROJECT}:{key}"] = copy.deepcopy(value)
    return config


@cache
def made_after(chain: str, number: int) -> tuple[Resource, ...]:
    """Return the resources after `number` steps."""
    if not number:
        return made_by("nothing")
    return evaluate(engine_values(config_after(CHAINS[chain][:number])), "local")


@cache
def diff_of_step(chain: str, number: int) -> Diff:
    """Return the diff of step `number`, counted from 0, after all previous steps."""
    return diff("local", "previous step", made_after(chain, number), made_after(chain, number + 1))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Number of a shard's bridges whose pods end: certainly, and at most."""

    min: int = 0
    max: int = 0
    soon: int = 0
    """Those of `min` that end at once; only the first batch if the rollout waits for a drain between batches."""


def leaving(diff: Diff) -> dict[str, Leaving]:
    """Return the ending bridges by shard, due to changes of workloads, replicas or nodes."""
    affected: dict[str, set[Any]] = {}
    slow: dict[str, int] = {}
    for verdict in diff.verdicts:
        change = verdict.change
        rolled = change.old is not None and is_bridge_workload(change.old)
        ends = (
            rolled
            or change.resource.type.endswith("HorizontalPodAutoscaler")
            or (change.old is not None and pool_shard(change.old) is not None)
        )
        if not ends or verdict.effect.disruption == "none":
            continue
        for bridge in verdict.effect.bridges:
            affected.setdefault(bridge.shard, set()).add(bridge)
        if rolled and change.operation == "update" and at(change.after, "spec", "minReadySeconds"):
            for shard in {bridge.shard for bridge in verdict.effect.bridges}:
                slow[shard] = slow.get(shard, 0) + leaving_at_once(verdict.effect.min_bridges)
    ends = {shard: merged(bridges) for shard, bridges in affected.items()}
    return {
        shard: Leaving(
            min=sum(bridge.certain for bridge in bridges),
            max=len(bridges),
            soon=min(slow.get(shard, len(bridges)), sum(bridge.certain for bridge in bridges)),
        )
        for shard, bridges in ends.items()
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One step's row of the table."""

    name: str
    operations: str
    disruption: str
    hurt: str
    ends: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The predicted columns."""
        return (self.name, self.operations, self.disruption, self.hurt, self.ends)


def counted(operations: Sequence[str]) -> str:
    """Count operations: `2 create, 1 update`."""
    order = ("create", "update", "replace", "delete")
    return ", ".join(f"{operations.count(name)} {name}" for name in order if name in operations) or "none"


def predicted(chain: str, number: int) -> Row:
    """Return the row that the diff predicts for a step."""
    diff = diff_of_step(chain, number)
    minimum, maximum = bounds(diff.hurt(diff.disruption)).values()
    ends = leaving(diff)
    return Row(
        name=CHAINS[chain][number].name,
        operations=counted([verdict.change.operation for verdict in diff.shown]),
        disruption=diff.disruption,
        hurt=_span(minimum, maximum) if diff.disruption != "none" else "",
        ends="; ".join(f"{shard}: {_span(of.min, of.max)}" for shard, of in sorted(ends.items())) or "none",
    )


def _span(minimum: int, maximum: int) -> str:
    return str(minimum) if minimum == maximum else f"{minimum} to {maximum}"


HEAD = (
    "| change, on top of those above | diff: operations | verdict | bridges hurt | bridges that leave | engine: operations | bridges that left |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def line(cells: Sequence[str]) -> str:
    """A row of Markdown."""
    return f"| {' | '.join(cells)} |"
