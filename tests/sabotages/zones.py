"""Sabotages of what a lost zone takes with it."""

from typing import Any

from sabotages import Patch, Sabotage, pods, resource
from sabotages.edge import line

OWN_ZONE = "A shard's signalling runs in the zone of its bridges."
EVERY_ZONE = "HAProxies are spread over the zones of the shards."
NODES = "Each zone with shards has system nodes."
STAYS = "What nothing binds to a zone stays in the first one while that has room."
DOORS = "With several load balancers, a lost zone's is no longer given out, and each has its own Service."
SOON = "People of a lost zone are in a meeting again within a minute."
SAID = "What all shards share survives a zone, or a record says what ends with it, and until when."
ZONE = "topology.kubernetes.io/zone"


def _in(zone: str) -> Patch:
    return lambda p: pods(p).update(nodeSelector={"jitsi.org/role": "system", ZONE: zone})


def _without_zone(p: dict[str, Any]) -> None:
    kept = [each for each in pods(p)["topologySpreadConstraints"] if each["topologyKey"] != ZONE]
    pods(p)["topologySpreadConstraints"] = kept


def _pings(old: str, new: str) -> Patch:
    def patch(p: dict[str, Any]) -> None:
        ((key, text),) = ((key, text) for key, text in p["data"].items() if "xmppPing" in text)
        p["data"][key] = text.replace(old, new)

    return patch


LATE = "lost-zone-noticed-late"
_TAINT = {"key": "CriticalAddonsOnly", "value": "true", "effect": "PreferNoSchedule"}
SHARED = resource(
    "kubernetes:apps/v1:Deployment",
    "jitsi-directory",
    {
        "kind": "Deployment",
        "metadata": {"name": "directory", "labels": {"app.kubernetes.io/instance": "local"}},
        "spec": {"replicas": 2, "template": {"metadata": {}, "spec": {"containers": []}}},
    },
)

SABOTAGES = (
    *(
        Sabotage(OWN_ZONE, f"s1-{part}", lambda p: pods(p).pop("nodeSelector"), "signalling-elsewhere", "is none")
        for part in ("prosody", "jicofo", "web")
    ),
    Sabotage(OWN_ZONE, "s1-prosody", _in("fr-par-1"), "signalling-elsewhere", "prosody of s1 belongs in fr-par-2"),
    Sabotage(OWN_ZONE, "s0-jicofo", _in("fr-par-2"), "signalling-elsewhere", "jicofo of s0 belongs in any zone"),
    Sabotage(OWN_ZONE, "s1-visitors-nodes", _in("fr-par-3"), "signalling-elsewhere", "visitors of s1", "options"),
    Sabotage(
        NODES, "scaleway-kapsule-system-fr-par-2", None, "zone-without-system-nodes", "no system pool is in fr-par-2"
    ),
    Sabotage(
        NODES, "scaleway-kapsule-system-fr-par-2", lambda p: p.update(zone="fr-par-3"), "zone-without-system-nodes"
    ),
    Sabotage(NODES, "scaleway-kapsule-system-fr-par-2", lambda p: p.update(zone="fr-par-3"), "pool-beside-plan"),
    Sabotage(NODES, "scaleway-kapsule-system-fr-par-2", lambda p: p.update(minSize=0), "pool-beside-plan", "minSize"),
    Sabotage(STAYS, "scaleway-kapsule-system-fr-par-2", lambda p: p.pop("taints"), "system-pool-attracts", "is not"),
    Sabotage(
        STAYS, "scaleway-kapsule-system", lambda p: p.update(taints=[_TAINT]), "system-pool-attracts", "is tainted"
    ),
    Sabotage(
        STAYS,
        "scaleway-kapsule-system-fr-par-2",
        lambda p: p.update(taints=[{**_TAINT, "effect": "NoSchedule"}]),
        "pool-not-reserved",
    ),
    Sabotage(
        EVERY_ZONE, "jitsi-edge-haproxy", lambda p: pods(p).pop("tolerations"), "edge-in-one-zone", "not tolerate"
    ),
    Sabotage(EVERY_ZONE, "jitsi-edge-haproxy", _in("fr-par-1"), "edge-in-one-zone", "selects nodes"),
    Sabotage(EVERY_ZONE, "jitsi-edge-haproxy", _without_zone, "pods-on-one-node", "topology.kubernetes.io/zone"),
    Sabotage(
        DOORS,
        "scaleway-address-record",
        lambda p: p.pop("httpService"),
        "edge-record-differs",
        "lost zone",
        "two-doors",
    ),
    Sabotage(
        DOORS,
        "scaleway-address-record",
        lambda p: p["httpService"].update(ips=p["httpService"]["ips"][:1]),
        "edge-record-differs",
        "list the address of each",
        "two-doors",
    ),
    Sabotage(
        DOORS,
        "scaleway-address-record",
        lambda p: p["httpService"].update(url="http://meet.example.org/"),
        "edge-record-differs",
        stack="two-doors",
    ),
    Sabotage(
        DOORS,
        "jitsi-edge-config",
        lambda p: p["data"].update(
            {"haproxy.cfg": p["data"]["haproxy.cfg"].replace("/.well-known/jitsi-edge", "/edge")}
        ),
        "edge-probe-unanswered",
        "answers nothing",
        "two-doors",
    ),
    Sabotage(DOORS, "jitsi-edge-service-fr-par-2", None, "edge-balancer-differs", "no Service", "two-doors"),
    Sabotage(
        DOORS,
        "jitsi-edge-service-fr-par-2",
        lambda p: p["metadata"]["annotations"].update({"service.beta.kubernetes.io/scw-loadbalancer-zone": "fr-par-1"}),
        "edge-balancer-differs",
        "zone is fr-par-1, not fr-par-2",
        "two-doors",
    ),
    Sabotage(
        DOORS,
        "scaleway-address-ip-fr-par-2",
        lambda p: p.update(zone="fr-par-1"),
        "edge-balancer-differs",
        "is in fr-par-1, not in fr-par-2",
        "two-doors",
    ),
    Sabotage(
        DOORS,
        "jitsi-edge-service-fr-par-2",
        lambda p: p["spec"].update(healthCheckNodePort=30081),
        "edge-health-differs",
        "30083",
        "two-doors",
    ),
    Sabotage(
        SOON, "jitsi-edge-config", line("fall 3 rise 2 weight 0", "fall 5 rise 2 weight 0"), LATE, "dead after 21 s"
    ),
    Sabotage(
        SOON,
        "jitsi-edge-config",
        line("inter 2s fastinter 1s downinter 1s fall 3 rise 2 weight 0", "inter 4s fall 3 rise 2 weight 0"),
        LATE,
    ),
    Sabotage(
        SOON,
        "jitsi-web-files-0",
        _pings('"interval": 5000', '"interval": 10000'),
        LATE,
        "notice after 24 s",
        "two-doors",
    ),
    Sabotage(SOON, "jitsi-web-files-0", _pings('"threshold": 2', '"threshold": 5'), LATE, "notice after 29 s"),
    Sabotage(SOON, "jitsi-web-files-0", _pings("xmppPing", "ping"), LATE, "notice after 25 s"),
    Sabotage(SAID, "jitsi-edge-haproxy", _without_zone, "lost-with-a-zone", "haproxy is no shard's"),
    Sabotage(SAID, "", None, "lost-with-a-zone", "directory is no shard's", adds=(SHARED,)),
)
