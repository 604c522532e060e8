"""What a stack makes at Scaleway: rules that the API and the autoscaler punish late."""

import pytest
from sample_stacks import FILES, NAMES, OWN, recorded

from config.read import parse, stack_file
from sizing.drain import drain_seconds, grace_seconds, max_leave_seconds
from sizing.ports import ports_of


def config_of(stack):
    return parse(OWN[stack] if stack in OWN else stack_file(FILES[stack]))


ON_KAPSULE = [name for name in NAMES if config_of(name).cluster.is_kapsule]
on_kapsule = pytest.mark.parametrize("stack", ON_KAPSULE)


def of_type(stack, kind):
    return [r for r in recorded(stack) if r.type.endswith(f":{kind}")]


def test_an_existing_cluster_gets_no_scaleway_resource():
    assert [r.name for r in recorded("existing-static") if r.type.startswith("scaleway:")] == []


@on_kapsule
def test_each_bridge_pool_opens_exactly_its_bridges_ports_to_both_families(stack):
    config = config_of(stack)
    groups = {group.name: group.properties for group in of_type(stack, "SecurityGroup")}
    groups.pop("scaleway-gateways-firewall", None)  # telephones': test_gateway.py
    groups.pop("scaleway-relays-firewall", None)  # TURN's: test_plan_turn_udp.py
    assert len(groups) == len(config.resolved), "pools without bridges open nothing"
    for shard in config.resolved:
        group = groups[f"scaleway-{shard.name}-firewall"]
        assert group["inboundDefaultPolicy"] == "drop"
        assert group["stateful"] is True
        assert group["zone"] == shard.zone
        opened = {"0.0.0.0/0": set(), "::/0": set()}
        for rule in group["inboundRules"]:
            assert (rule["action"], rule["protocol"]) == ("accept", "UDP")
            first, last = (
                (int(p) for p in rule["portRange"].split("-")) if "portRange" in rule else (rule["port"], rule["port"])
            )
            opened[rule["ipRange"]] |= set(range(first, last + 1))
        planned = {bridge.port for bridge in ports_of(shard)}
        assert opened == {"0.0.0.0/0": planned, "::/0": planned}


@on_kapsule
def test_bridge_pools_are_public_tainted_and_kept_out_of_load_balancers(stack):
    config = config_of(stack)
    pools = {pool.name: pool for pool in of_type(stack, "Pool")}
    for shard in config.resolved:
        pool = pools[f"scaleway-{shard.name}-pool"]
        properties = pool.properties
        assert properties["zone"] == shard.zone
        assert properties["publicIpDisabled"] is False
        assert properties["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] == "true"
        assert properties["taints"] == [{"key": "jitsi.org/bridges", "value": shard.name, "effect": "NoSchedule"}]
        assert properties["securityGroupId"].split("/")[0] == shard.zone
        assert 1 <= properties["minSize"] <= properties["size"] <= properties["maxSize"]
        if shard.bridges.topology == "autoscaled":
            assert pool.ignore_changes == ("size",), "the autoscaler owns the size"
        assert any("kapsule-system" in urn for urn in pool.dependencies), "the first pool must not be empty or tainted"


@on_kapsule
def test_the_autoscaler_waits_for_the_longest_drain(stack):
    (cluster,) = of_type(stack, "Cluster")
    autoscaler = cluster.properties["autoscalerConfig"]
    config = config_of(stack)
    shards = config.resolved
    assert autoscaler["maxGracefulTerminationSec"] == max_leave_seconds(config) >= drain_seconds(shards, config.turn)
    assert all(grace_seconds(shard.bridges) <= autoscaler["maxGracefulTerminationSec"] for shard in shards)
    assert autoscaler["skipNodesWithLocalStorage"] is False
    assert autoscaler["expendablePodsPriorityCutoff"] < -5
    assert len(autoscaler) == 11, "a field that is left out is sent as zero"


@on_kapsule
def test_protect_follows_the_config_on_all_that_cannot_be_made_again(stack):
    protected = {r.name for r in recorded(stack) if r.protect}
    if config_of(stack).protect:
        assert {"scaleway-kapsule-cluster", "scaleway-address-ip"} <= protected
    else:
        assert protected == set()


@on_kapsule
def test_the_cluster_is_reached_only_after_its_system_pool(stack):
    (provider,) = [r for r in recorded(stack) if r.type == "pulumi:providers:kubernetes"]
    assert any("kapsule-system" in urn for urn in provider.dependencies)
    assert "clusterIdentifier" in provider.properties, "a rotated kubeconfig would replace everything"


def test_no_secret_stands_in_what_was_registered():
    import json

    for stack in NAMES:
        text = json.dumps([r.as_dict() for r in recorded(stack)])
        assert "0" * 64 not in text
        assert "PRIVATE KEY" not in text
