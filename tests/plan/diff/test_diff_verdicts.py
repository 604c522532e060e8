"""Each verdict by itself, on the smallest pair of resources that calls for it and the nearest one that does not."""

import inspect
import itertools
import re
from dataclasses import replace

import pytest
from diff_resources import bridges, effect, kubernetes, one_change, provider, resource, template

from components.kubernetes.labels import RECORDER_LABEL
from plan.diff.fleet import Bridge, fleet, merged
from plan.diff.result import bounds
from plan.diff.verdicts.judge import RULES
from plan.diff.verdicts.nodes import KAPSULE_DRAIN_SECONDS
from plan.diff.verdicts.rule import GUESS, Case
from sizing.parts import NAMED, PARTS

POOL, CLUSTER = "scaleway:kubernetes/pool:Pool", "scaleway:kubernetes/cluster:Cluster"
FIREWALL = "scaleway:instance/securityGroup:SecurityGroup"


def workload(component, kind="Deployment", **spec):
    return [kubernetes("apps/v1", kind, f"{component}-s0", component, spec={"template": template()} | spec)]


def told(found):
    return found.disruption, bounds(found.bridges)


def pool(name="s0-pool", shard="s0", **properties):
    labels = {"jitsi.org/bridges": shard} if shard else {"jitsi.org/role": "system"}
    known = {"labels": labels, "nodeType": "A", "autoscaling": True, "minSize": 2, "maxSize": 6, "size": 2}
    return resource(POOL, name, properties=known | properties)


def changed_bridges(**spec):
    """The same bridges before and after a change of their workload."""
    before, after = bridges(), bridges(**spec)
    from plan.diff.compare import changes
    from plan.diff.fleet import fleet
    from plan.diff.verdicts.judge import judge

    (change,) = changes(before, after)
    return judge(change, fleet(before), fleet(after))


def test_names_of_rules_are_unique_and_each_says_what_it_is_about():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.about.endswith(".") and rule.name == rule.name.lower() for rule in RULES)


@pytest.mark.parametrize("name", sorted(part.name for part in PARTS if not part.restart.own_rule))
def test_pods_that_end_cost_what_the_record_of_their_part_says(name):
    restart = NAMED[name].restart
    old, new = workload(name), workload(name, template=template("two"))
    if restart.off_call:
        assert told(effect(old, new, bridges())) == ("none", {"min": 0, "max": 0})
        assert effect(old, [], bridges()).why == restart.rolled
        return
    rolled, gone = effect(old, new, bridges()), effect(old, [], bridges())
    assert (rolled.disruption, gone.disruption) == (restart.cost, restart.gone_cost or restart.cost)
    for found in (rolled, gone):
        everyone = found.disruption != "none" and restart.hurts != "nobody"
        assert bounds(found.bridges) == ({"min": 2, "max": 6} if everyone else {"min": 0, "max": 0})
        assert "{" not in found.why


def test_another_template_drains_bridges_share_by_share():
    found = changed_bridges(template=template("two"))
    assert told(found) == ("drains", {"min": 2, "max": 6})
    assert "rolled in batches" in found.why
    assert "1h" in found.why


def test_another_template_on_delete_waits_until_bridges_leave_by_themselves():
    found = changed_bridges(template=template("two"), updateStrategy={"type": "OnDelete"})
    assert told(found) == ("none", {"min": 0, "max": 0})


def test_a_template_that_is_recreated_sends_all_away_at_once():
    assert "at once" in changed_bridges(template=template("two"), strategy={"type": "Recreate"}).why


def test_bridges_whose_running_pods_have_no_hook_drop_their_calls_whatever_the_new_ones_have():
    bare = kubernetes(
        "apps/v1", "Deployment", "jvb-s0", "jvb", spec={"template": template(drains=False), "replicas": 3}
    )
    better = kubernetes("apps/v1", "Deployment", "jvb-s0", "jvb", spec={"template": template("two"), "replicas": 3})
    assert told(effect([bare], [better], [])) == ("drops", {"min": 3, "max": 3})


def test_a_deleted_workload_sends_all_its_bridges_away():
    gone = bridges()
    found = effect(gone[:1], [], gone[1:])
    assert told(found) == ("drains", {"min": 2, "max": 6})
    assert "at once" in found.why


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"replicas": 2}, ("drains", {"min": 1, "max": 1})),
        ({"replicas": 4}, ("none", {"min": 0, "max": 0})),
        ({}, ("drains", {"min": 2, "max": 2})),  # the API server takes it for 1
    ],
)
def test_a_stated_number_sends_away_what_is_above_it(stated, expected):
    old = kubernetes("apps/v1", "Deployment", "jvb-s0", "jvb", spec={"template": template(), "replicas": 3})
    new = kubernetes("apps/v1", "Deployment", "jvb-s0", "jvb", spec={"template": template(), **stated})
    assert told(effect([old], [new], [])) == expected


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        (2, 5, ("drains", {"min": 0, "max": 1})),
        (1, 1, ("drains", {"min": 1, "max": 5})),
        (3, 6, ("none", {"min": 0, "max": 0})),
        (2, 9, ("none", {"min": 0, "max": 0})),
    ],
)
def test_an_autoscaler_sends_away_what_runs_above_its_new_maximum(least, most, expected):
    workload_, old = bridges()
    _, new = bridges(least, most)
    assert told(effect([old], [new], [workload_])) == expected


def media(number, port=30300):
    ports = [{"name": "media", "protocol": "UDP", "nodePort": port, "port": port}]
    selector = {"statefulset.kubernetes.io/pod-name": f"jvb-s0-{number}"}
    return kubernetes(
        "v1", "Service", f"jvb-s0-{number}", "jvb", spec={"type": "NodePort", "ports": ports, "selector": selector}
    )


@pytest.mark.parametrize(("number", "sure"), [(0, 1), (5, 0)])
def test_a_bridge_loses_its_calls_with_its_node_port_even_while_it_drains(number, sure):
    assert told(effect([media(number)], [])) == ("drops", {"min": sure, "max": 1})
    assert told(effect([media(number)], [media(number, 30400)])) == ("drops", {"min": sure, "max": 1})


def test_a_node_port_of_a_bridge_that_never_runs_hurts_nobody():
    assert effect([media(6)], []).bridges == frozenset()


def test_files_of_bridges_reach_only_those_that_start_later():
    old, new = (kubernetes("v1", "ConfigMap", "jvb-s0", "jvb", data={"custom-jvb.conf": text}) for text in "ab")
    assert effect([provider(), old], [provider(), new]).disruption == "none"


def udp_policy(first, last):
    ports = [{"protocol": "UDP", "port": first, "endPort": last}]
    return kubernetes("networking.k8s.io/v1", "NetworkPolicy", "jvb-s0", "jvb", spec={"ingress": [{"ports": ports}]})


def test_a_policy_that_closes_a_used_port_drops_and_one_that_closes_an_unused_does_not():
    used = [*bridges(), media(0, 30300), media(1, 30301)]
    found = effect([udp_policy(30300, 30305)], [udp_policy(30301, 30305)], used)
    assert told(found) == ("drops", {"min": 1, "max": 1})
    assert "30300" in found.why
    assert effect([udp_policy(30300, 30305)], [udp_policy(30300, 30304)], used).disruption == "none"


@pytest.mark.parametrize(
    ("component", "disruption", "word"),
    [
        ("prosody", "drops", "rejoin"),
        ("jicofo", "drops", "media continues"),
        ("web", "none", "loaded"),
        ("coturn", "drops", "relayed"),
        ("prometheus", "none", "scaling pauses"),
    ],
)
def test_a_restart_means_what_the_component_is(component, disruption, word):
    found = effect(workload(component), workload(component, template=template("two")))
    assert found.disruption == disruption
    assert word in found.why
    assert told(found)[1] == ({"min": 2, "max": 6} if component in ("prosody", "jicofo") else {"min": 0, "max": 0})


@pytest.mark.parametrize("component", ["prosody", "jicofo", "coturn", "jibri", "haproxy"])
def test_what_does_not_touch_the_template_restarts_nothing(component):
    kind = "StatefulSet" if component == "haproxy" else "Deployment"
    assert effect(workload(component, kind), workload(component, kind, replicas=2)).disruption == "none"


def test_prosody_that_goes_ends_the_rooms_of_its_shard_alone():
    assert told(effect(workload("prosody"), [])) == ("drops", {"min": 2, "max": 6})
    other = [kubernetes("apps/v1", "Deployment", "prosody-s1", "prosody", "s1", spec={"template": template()})]
    assert told(effect(other, [])) == ("drops", {"min": 0, "max": 0})


def test_the_service_of_prosody_carries_signalling_and_that_of_jicofo_only_metrics():
    def service(component):
        return [kubernetes("v1", "Service", f"{component}-s0", component, spec={"ports": [{"port": 5222}]})]

    assert effect(service("prosody"), []).disruption == "drops"
    assert effect(service("jicofo"), []).disruption == "none"


def tcp_policy(component, *ports):
    rules = [{"ports": [{"protocol": "TCP", "port": port} for port in ports]}]
    return [kubernetes("networking.k8s.io/v1", "NetworkPolicy", component, component, spec={"ingress": rules})]


@pytest.mark.parametrize("component", ["prosody", "haproxy"])
def test_a_policy_that_closes_a_port_of_signalling_drops_and_one_that_opens_does_not(component):
    found = effect(tcp_policy(component, 5222, 5280), tcp_policy(component, 5280))
    assert told(found) == ("drops", {"min": 2, "max": 6})
    assert "5222" in found.why
    assert effect(tcp_policy(component, 5280), tcp_policy(component, 5222, 5280)).disruption == "none"


@pytest.mark.parametrize(
    ("grace", "drains", "expected"), [(14400, True, "drains"), (14400, False, "drops"), (30, True, "drops")]
)
def test_a_recorder_is_patient_only_with_a_hook_and_time(grace, drains, expected):
    old = workload("jibri", template=template(grace=grace, drains=drains))
    assert effect(old, workload("jibri", template=template("two"))).disruption == expected


def test_recorders_nodes_that_go_cut_recordings_and_other_bounds_do_not():
    def recorders(**properties):
        return pool("recorders", labels={RECORDER_LABEL: "recording"}, **properties)

    gone = effect([recorders()], [recorders(nodeType="B")])
    assert (gone.disruption, "cuts running recordings" in gone.why) == ("drops", True)
    assert effect([recorders()], []).disruption == "drops"
    assert effect([recorders()], [recorders(maxSize=9)]).disruption == "none"


def test_fewer_nodes_for_recorders_cut_what_is_recorded_on_the_newest():
    def recorders(**properties):
        return pool("recorders", labels={RECORDER_LABEL: "recording"}, **properties)

    fewer = effect([recorders(maxSize=8)], [recorders(maxSize=2)])
    assert fewer.disruption == "drops"
    assert "2 nodes instead of at most 8" in fewer.why
    assert "cuts running recordings" in fewer.why
    assert effect([recorders(minSize=2)], [recorders(minSize=1)]).disruption == "none"


def test_a_node_of_turn_over_udp_that_goes_ends_what_it_relays_and_another_one_beside_it_does_not():
    def relays(name="turn-0", **properties):
        return pool(name, labels={"jitsi.org/role": "turn"}, autoscaling=False, size=1, **properties)

    gone = effect([relays()], [relays(nodeType="B")])
    assert (gone.disruption, "rejoin" in gone.why) == ("drops", True)
    assert effect([relays()], []).disruption == "drops"
    assert effect([relays()], [relays(), relays("turn-1")]).disruption == "none"
    assert effect([relays()], [relays(tags=["other"])]).disruption == "none"


def test_haproxy_is_rolled_without_harm_and_made_anew_with_it():
    old = workload("haproxy", "StatefulSet", serviceName="haproxy")
    assert (
        effect(old, workload("haproxy", "StatefulSet", serviceName="haproxy", template=template("2"))).disruption
        == "none"
    )
    anew = effect(old, workload("haproxy", "StatefulSet", serviceName="other"))
    assert told(anew) == ("drops", {"min": 2, "max": 6})


def test_haproxy_reloads_its_configuration():
    old, new = (
        [provider(), kubernetes("v1", "ConfigMap", "haproxy", "haproxy", data={"haproxy.cfg": text})] for text in "ab"
    )
    found = effect(old, new)
    assert found.disruption == "none"
    assert "reloads" in found.why


def balancer(**annotations):
    made = kubernetes("v1", "Service", "haproxy", "haproxy", spec={"type": "LoadBalancer"})
    prefix = "service.beta.kubernetes.io/scw-loadbalancer-"
    made.properties["metadata"]["annotations"] = {
        prefix + key.replace("_", "-"): value for key, value in annotations.items()
    }
    return [made]


def test_the_load_balancer_grows_in_place_and_is_made_anew_for_another_address():
    small = {"type": "LB-S", "ip_ids": "a"}
    assert effect(balancer(**small), balancer(**small | {"type": "LB-GP-M"})).disruption == "none"
    assert told(effect(balancer(**small), balancer(**small | {"ip_ids": "b"}))) == ("drops", {"min": 2, "max": 6})
    assert effect(balancer(**small), []).disruption == "drops"


def test_an_address_that_goes_drops_and_a_name_does_not():
    address = [resource("scaleway:loadbalancers/ip:Ip", "ip", properties={"zone": "fr-par-1"})]
    moved = [resource("scaleway:loadbalancers/ip:Ip", "ip", properties={"zone": "fr-par-2"})]
    assert told(effect(address, moved)) == ("drops", {"min": 2, "max": 6})
    record = [resource("scaleway:domain/record:Record", "record", properties={"dnsZone": "example.org", "name": "a"})]
    assert effect(record, []).disruption == "none"


@pytest.mark.parametrize(
    ("grace", "expected"), [(KAPSULE_DRAIN_SECONDS, "drains"), (KAPSULE_DRAIN_SECONDS + 1, "drops")]
)
def test_a_replaced_pool_drains_as_long_as_kapsule_waits(grace, expected):
    beside = bridges(template=template(grace=grace))
    found = effect([pool()], [pool(nodeType="B")], beside)
    assert told(found) == (expected, {"min": 2, "max": 6})
    assert "nodeType" in found.why


def test_a_pool_of_fewer_nodes_gives_back_those_beyond_whoever_is_on_them():
    fixed = pool(autoscaling=False, size=6)
    assert told(effect([fixed], [pool(autoscaling=False, size=4)])) == ("drops", {"min": 0, "max": 2})
    assert effect([fixed], [pool(autoscaling=False, size=7)]).disruption == "none"
    assert told(effect([pool()], [pool(autoscaling=False, size=4)])) == ("drops", {"min": 0, "max": 2})
    lower = effect([pool()], [pool(maxSize=3)])
    assert told(lower) == ("drops", {"min": 0, "max": 3})
    assert "none while there are at most 3" in lower.why
    assert effect([pool()], [pool(maxSize=7)]).disruption == "none"
    assert effect([pool()], [pool(autoscaling=False, size=6)]).disruption == "none"


def test_as_many_bridges_are_on_a_node_as_its_cores_have_room_for():
    requests = {"resources": {"requests": {"cpu": "1750m"}}}
    small = template(containers=[{"name": "main", "image": "one", **requests}])
    found = effect([pool(nodeType="PRO2-XS")], [pool(nodeType="PRO2-XS", maxSize=5)], bridges(template=small))
    assert told(found) == ("drops", {"min": 0, "max": 2})


def test_a_bridge_that_two_changes_hurt_counts_once_and_is_sure_where_one_is():
    bridge = Bridge("s0", "jvb-s0", 0, certain=True)
    assert merged([bridge, bridge.uncertain]) == {bridge}
    assert merged([bridge.uncertain]) == {bridge.uncertain}


def test_the_system_pool_carries_every_shard():
    found = effect([pool("system", "")], [pool("system", "", nodeType="B")])
    assert told(found) == ("drops", {"min": 2, "max": 6})
    assert effect([pool("system", "")], [pool("system", "", maxSize=9)]).disruption == "none"


def test_a_system_pool_of_another_zone_carries_only_the_shards_that_are_bound_there():
    bound = {"spec": {"nodeSelector": {"topology.kubernetes.io/zone": "fr-par-2"}}}
    beside = [*bridges(), kubernetes("apps/v1", "Deployment", "prosody-s0", "prosody", spec={"template": bound})]
    taints = [{"key": "CriticalAddonsOnly", "effect": "PreferNoSchedule"}]
    for zone, hurt in (("fr-par-2", {"min": 2, "max": 6}), ("fr-par-3", {"min": 0, "max": 0})):
        found = effect([pool("system", "", zone=zone, taints=taints)], [], beside)
        assert told(found) == ("drops", hurt)
        assert f"the shards in {zone} restart" in found.why


def test_signalling_that_is_bound_to_a_zone_names_the_key_that_keeps_it_where_it_is():
    def prosody(**spec):
        return kubernetes("apps/v1", "Deployment", "prosody-s0", "prosody", spec={"template": template(**spec)})

    bound = prosody(nodeSelector={"topology.kubernetes.io/zone": "fr-par-2"})
    found = effect([prosody()], [bound])
    assert found.disruption == "drops"
    assert "bound to fr-par-2. shards[].pinned: false of s0 keeps it" in found.why
    assert "shards[].pinned: true of s0 keeps it" in effect([bound], [prosody()]).why


def test_a_system_pool_of_fewer_nodes_gives_back_the_newest_whatever_signalling_is_on_them():
    fewer = effect([pool("system", "", maxSize=6)], [pool("system", "", maxSize=1)])
    assert told(fewer) == ("drops", {"min": 0, "max": 6})
    assert "1 node instead of at most 6" in fewer.why
    assert "none while there are at most 1" in fewer.why
    assert "cluster.system.max: 6 keeps the maximum" in fewer.why
    assert "prosody and jicofo" in fewer.why
    assert effect([pool("system", "", minSize=6)], [pool("system", "", minSize=1)]).disruption == "none"


def test_a_replaced_pool_is_replaced_for_what_cannot_change_in_place():
    found = effect([pool()], [pool(maxSize=3, nodeType="B")])
    assert "replaced because nodeType changes" in found.why


def autoscaled(component, least, most, kind="Deployment"):
    target = {"scaleTargetRef": {"kind": kind, "name": component}, "minReplicas": least, "maxReplicas": most}
    return [kubernetes("autoscaling/v2", "HorizontalPodAutoscaler", component, component, spec=target)]


@pytest.mark.parametrize(
    ("component", "word"), [("jibri", "after their current recording"), ("coturn", "wait for their clients")]
)
def test_a_lower_most_of_recorders_or_relays_sends_away_those_above_it(component, word):
    fewer = effect(autoscaled(component, 2, 6), autoscaled(component, 1, 1))
    assert fewer.disruption == "drains"
    assert "at most 1 of 6" in fewer.why
    assert word in fewer.why
    for least, most in ((1, 6), (3, 6), (2, 9)):
        other = effect(autoscaled(component, 2, 6), autoscaled(component, least, most))
        assert other.disruption == "none"
        assert "finish first" in other.why
    assert "stays as it is" in effect(autoscaled(component, 2, 6), []).why


def test_fewer_web_pods_hurt_nobody_and_it_is_said_why():
    fewer = effect(autoscaled("web", 2, 6), autoscaled("web", 1, 1))
    assert fewer.disruption == "none"
    assert "already loaded the page" in fewer.why


@pytest.mark.parametrize(("most", "disruption"), [(4, "none"), (2, "drains")])
def test_an_autoscaler_that_finds_no_pod_starts_none_once_its_least_is_not_0(most, disruption):
    woken = effect(autoscaled("jibri", 0, 4, "StatefulSet"), autoscaled("jibri", 1, most, "StatefulSet"))
    assert woken.disruption == disruption
    assert "ScalingDisabled" in woken.why
    assert "kubectl -n jitsi scale statefulset jibri --replicas=1" in woken.why
    for before, after in ((1, 2), (1, 0)):
        other = effect(autoscaled("jibri", before, 4, "StatefulSet"), autoscaled("jibri", after, 4, "StatefulSet"))
        assert "ScalingDisabled" not in other.why


def firewall(*rules, default="drop"):
    return [
        resource(FIREWALL, "s0-firewall", properties={"inboundRules": list(rules), "inboundDefaultPolicy": default})
    ]


def accept(ports, protocol="UDP"):
    single = {"port": ports} if isinstance(ports, int) else {"portRange": ports}
    return {"action": "accept", "protocol": protocol, **single}


def test_a_firewall_drops_when_it_closes_a_port_that_is_used():
    used = [*bridges(), media(0, 30300), media(5, 30305)]
    found = effect(firewall(accept("30300-30305")), firewall(accept("30300-30304")), used)
    assert told(found) == ("drops", {"min": 0, "max": 1})
    assert "30305" in found.why
    assert effect(firewall(accept("30300-30305")), firewall(accept("30300-30306")), used).disruption == "none"
    assert effect(firewall(accept(30300), accept(30305)), firewall(default="accept"), used).disruption == "none"
    assert told(effect(firewall(default="accept"), firewall(accept(30305)), used)) == ("drops", {"min": 1, "max": 1})


def cluster(**properties):
    return [
        resource(CLUSTER, "cluster", properties={"version": "1.35.3", "cni": "cilium", "type": "kapsule"} | properties)
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"cni": "calico"}, "drops"),
        ({"version": "1.36.1"}, "drops"),
        ({"type": "kapsule-dedicated-4"}, "none"),
        ({"version": "1.37.0"}, "refused"),
        ({"version": "1.34.6"}, "refused"),
        ({"version": "1.35.2"}, "refused"),
        ({"version": "1.34"}, "refused"),
        ({"version": "1.35"}, "drops"),
        ({"version": "1.36"}, "drops"),
        ({"tags": ["a"]}, "none"),
    ],
)
def test_a_cluster_that_is_replaced_or_upgraded_drops_everything(keys, expected):
    assert effect(cluster(), cluster(**keys)).disruption == expected


def test_a_version_that_cannot_be_read_refuses_nothing():
    assert effect(cluster(version="unknown"), cluster()).disruption == "drops"


def test_a_skipped_version_is_named_and_so_is_what_lies_between():
    found = effect(cluster(version="1.33.10"), cluster(version="1.36.1"))
    assert told(found) == ("refused", {"min": 0, "max": 0})
    assert "upgrade to 1.34, then 1.35" in found.why


def test_a_smaller_control_plane_says_what_the_api_lists_and_when_that_ends():
    found = effect(cluster(type="kapsule-dedicated-8"), cluster(type="kapsule-dedicated-4"))
    assert told(found) == ("drops", {"min": 2, "max": 6})
    assert "lists only kapsule-dedicated-16" in found.why
    assert "30 days" in found.why
    largest = effect(cluster(type="kapsule-dedicated-16"), cluster(type="kapsule"))
    assert largest.why.endswith("(a guess: no recording shows what the API lists for kapsule-dedicated-16)")


@pytest.mark.parametrize(("size", "expected"), [("10Gi", "refused"), ("20G", "refused"), ("30Gi", "none")])
def test_a_volume_that_shrinks_is_refused(size, expected):
    old, new = (
        [kubernetes("v1", "PersistentVolumeClaim", "v", "jibri", spec={"resources": {"requests": {"storage": each}}})]
        for each in ("20Gi", size)
    )
    assert effect(old, new).disruption == expected


SCALEWAY = {
    CLUSTER: {"type": "kapsule", "version": "1.35.3", "cni": "cilium", "tags": []},
    POOL: {"nodeType": "A", "size": 3, "minSize": 1, "maxSize": 3, "autohealing": True},
    FIREWALL: {"inboundRules": [], "inboundDefaultPolicy": "accept", "zone": "fr-par-1"},
    "scaleway:kubernetes/acl:Acl": {"aclRules": [], "clusterId": "c"},
    "scaleway:network/vpc:Vpc": {"name": "v", "region": "fr-par"},
    "scaleway:network/privateNetwork:PrivateNetwork": {"vpcId": "v", "name": "n"},
    "scaleway:loadbalancers/ip:Ip": {"zone": "fr-par-1", "tags": []},
    "scaleway:domain/record:Record": {"name": "n", "data": "192.0.2.1"},
}
OTHERS = {"type": "kapsule-dedicated-4", "version": "1.36.1", "size": 1, "minSize": 2, "maxSize": 1}
LABELS = ({"jitsi.org/bridges": "s0"}, {"jitsi.org/role": "system"}, {"jitsi.org/role": "jigasi"})
POOL_LABELS = (*LABELS, {"jitsi.org/role": "turn"}, {RECORDER_LABEL: "x"})


def scaleway_changes():
    """Every property of every Scaleway resource changed by itself, and the resource removed."""
    for type_, known in SCALEWAY.items():
        labels = [{"labels": each} for each in POOL_LABELS] if type_ == POOL else [{}]
        for more, autoscaling in itertools.product(labels, (True, False)):
            old = resource(type_, "s0-firewall", properties=known | more | {"autoscaling": autoscaling})
            yield old, None
            for key, value in known.items():
                other = OTHERS.get(key, f"{value}-other" if isinstance(value, str) else [{"ip": "x"}])
                other = "drop" if key == "inboundDefaultPolicy" else other
                other = False if value is True else other
                yield old, replace(old, properties=old.properties | {key: other})


def test_every_verdict_about_scaleway_has_a_source_or_says_that_it_is_a_guess():
    beside, spoken = [*bridges(), media(0), media(1)], set()
    for old, new in scaleway_changes():
        case = Case(one_change([old], [new] if new else []), fleet(beside), fleet(beside))
        for rule in RULES:
            if found := rule.effect(case):
                spoken.add(rule.name)
                assert found.source, f"{rule.name} says of {case.change.operation} {old.type}: {found.why}"
                assert found.source.startswith(GUESS) == found.why.endswith(f"({found.source})")
    assert {rule.name for rule in RULES if rule.source} == spoken | {"balancer-changes"}, (
        "and no rule that is never heard"
    )


def test_a_verdict_whose_text_names_the_cloud_has_a_source():
    told_of = [
        rule.name
        for rule in RULES
        if re.search("Kapsule|Scaleway|autoscaler removes", inspect.getsource(rule.look)) and not rule.source
    ]
    assert told_of == []


def test_a_minor_version_in_place_of_its_patch_may_upgrade():
    assert "unless" in effect(cluster(), cluster(version="1.35")).why


def test_network_namespace_and_provider_take_everything_along():
    network = "scaleway:network/privateNetwork:PrivateNetwork"
    old, new = ([resource(network, "n", properties={"ipv4Subnet": {"subnet": subnet}})] for subnet in ("a", "b"))
    assert told(effect(old, new)) == ("drops", {"min": 2, "max": 6})
    namespace = [kubernetes("v1", "Namespace", "jitsi", "namespace")]
    assert told(effect(namespace, [])) == ("drops", {"min": 2, "max": 6})
    assert told(effect([provider()], [provider(clusterIdentifier="d")])) == ("drops", {"min": 2, "max": 6})
    assert effect([provider()], [provider(kubeconfig="another")]).disruption == "none"


def test_access_to_the_api_server_hurts_nobody():
    old, new = (
        [resource("scaleway:kubernetes/acl:Acl", "acl", properties={"aclRules": [{"ip": ip}]})] for ip in ("a", "b")
    )
    assert effect(old, new).disruption == "none"


def test_a_password_alone_hurts_nobody():
    old, new = (
        [provider(), kubernetes("v1", "Secret", "shard-s0", "shard", secret_marks={"stringData.A": mark})]
        for mark in "ab"
    )
    found = effect(old, new)
    assert found.disruption == "none"
    assert "restart through their own change" in found.why
