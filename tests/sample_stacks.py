"""Stacks that together use every component and option, recorded once per test session."""

import json
from functools import cache
from pathlib import Path

from documented import block, together

from config.read import engine_values, stack_file
from plan.evaluate import evaluate

ROOT = Path(__file__).parents[1]

_BASE = {"scaleway:region": "fr-par", "jitsi:domain": "meet.example.org"}


def _stack(**keys):
    return {
        **_BASE,
        **{f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in keys.items()},
    }


SCHEDULE = [
    {
        "days": ["mon", "tue", "sun"],
        "start": "08:00",
        "end": "12:00",
        "timezone": "Europe/Paris",
        "participants": 900,
        "until": "2040-07-01",
    },
    {"days": ["sun"], "start": "22:00", "end": "02:30", "timezone": "America/New_York", "bridges": 9, "lead": "25m"},
]
OF_STACK = {
    "days": ["wed"],
    "start": "14:00",
    "end": "16:00",
    "timezone": "Europe/Paris",
    "participantsOfStack": 1960,
}
"""Four active shards share it: 160 on the one that has two bridges, 600 on each of the others, which is 8 bridges and not 7."""
OWN = {
    "existing-static": _stack(
        cluster={"kind": "existing"},
        bridges={
            "topology": "static",
            "min": 3,
            "layout": "nodePort",
            "publicAddress": "stun",
            "resources": {"cpu": 2, "memory": "4Gi"},
        },
        shards=[{"name": "a", "zone": "zone-1"}, {"name": "b", "zone": "zone-2"}],
        ingress={"tls": {"mode": "selfSigned"}},
        metrics={"adapter": "kubeMetrics"},
    ),
    "released": _stack(
        release="stable-11146-2",
        shards=[
            {"name": "s0", "zone": "fr-par-1"},
            {"name": "s1", "zone": "fr-par-2", "bridges": {"layout": "nodePort", "min": 2, "max": 4}},
        ],
        ingress={"tls": {"mode": "selfSigned"}},
    ),
    "daemonset": _stack(
        bridges={"topology": "daemonset", "min": 2},
        shards=[{"name": "s0", "zone": "fr-par-1"}],
        ingress={"tls": {"mode": "secret", "secretName": "own-tls"}},
        metrics={"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"},
        monitoring={"scrape": "operator", "grafana": "managed", "probe": "2m"},
    ),
    "announced": _stack(
        cluster={"kind": "existing"},
        bridges={
            "min": 2,
            "max": 30,
            "perNode": 2,
            "scaling": {"transmitKbps": 90000},
            "schedule": [*SCHEDULE, OF_STACK],
        },
        shards=[
            {"name": "s0", "zone": "zone-1"},
            {"name": "s1", "zone": "zone-2", "bridges": {"layout": "nodePort", "scaling": {"spares": 0}}},
            {"name": "s2", "zone": "zone-2", "bridges": {"schedule": [], "scaling": {"lookAhead": "0s"}}},
            {"name": "s3", "zone": "zone-1", "bridges": {"topology": "static", "schedule": []}},
        ],
        ingress={"tls": {"mode": "selfSigned"}},
        metrics={"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"},
        monitoring={
            "logs": {
                "to": "loki",
                "url": "https://loki.example.org/loki/api/v1/push",
                "user": "school",
                "tenant": "jitsi",
            }
        },
    ),
    "recorded": _stack(
        shards=[{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}],
        recording={
            "bucket": "meetings-of-a-school",
            "retention": "90d",
            "format": "mkv",
            "streaming": {},
            "administrators": ["user_id:00000000-0000-4000-8000-000000000000"],
        },
    ),
    "scaling-schedules": _stack(
        bridges={"max": 30, "schedule": SCHEDULE, "scaling": {"sparesWhen": "always"}},
        shards=[
            {"name": "s0", "zone": "fr-par-1"},
            {"name": "s1", "zone": "fr-par-2", "bridges": {"schedule": []}},
        ],
        ingress={"tls": {"mode": "selfSigned"}},
        metrics={"adapter": "kubeMetrics"},
        monitoring={"logs": {"to": "cockpit", "retention": "30d"}},
    ),
    "options": _stack(
        bridges={"min": 1, "max": 6, "participants": 200, "nodeType": "BASIC3-X8C-16G"},
        shards=[{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}],
        ingress={"tls": {"mode": "selfSigned"}},
        visitors={"nodes": 2, "visitorsPerNode": 500},
        whiteboard=True,
        jigasi={
            "sip": {"account": "4920123@sip.example.org", "server": "sip.example.org"},
            "transcription": {"backend": "vosk", "url": "wss://vosk.example.org:2700"},
        },
        documents={"storage": "1Gi"},
    ),
    "turn": _stack(
        bridges={"perNode": 2, "min": 2, "max": 7, "nodeType": "COMPUTE3-X8C-16G"},
        shards=[
            {"name": "s0", "zone": "fr-par-1"},
            {"name": "s1", "zone": "fr-par-2", "bridges": {"layout": "nodePort", "max": 5}},
        ],
        dnsZone="example.org",
        ingress={"tls": {"email": "it@example.org"}},
        turn={"replicas": 3, "maxReplicas": 5, "drain": "2h", "credentials": "8h"},
    ),
    "two-doors": _stack(
        shards=[{"name": "s0", "zone": "fr-par-1", "pinned": True}, {"name": "s1", "zone": "fr-par-2"}],
        dnsZone="example.org",
        ingress={"zones": ["fr-par-1", "fr-par-2"], "tls": {"mode": "selfSigned"}},
    ),
    "turn-udp": _stack(
        shards=[{"name": "s0", "zone": "fr-par-1"}],
        bridges={"layout": "nodePort"},
        dnsZone="example.org",
        turn={"udp": {"nodes": 2, "port": 443, "zone": "fr-par-2"}},
    ),
    "turn-elsewhere": _stack(
        cluster={"kind": "existing", "domain": "corp.internal"},
        shards=[{"name": "s0", "zone": "zone-1"}],
        ingress={"tls": {"mode": "selfSigned"}, **block("existing", "ingress.proxyProtocol")["jitsi:ingress"]},
        visitors={},
        jigasi={"transcription": {"backend": "vosk", "url": "wss://vosk.example.org:2700"}},
        recording={"bucket": "my-school", "endpoint": "https://s3.example.org"},
        whiteboard=True,
        documents={},
        metrics={"adapter": "existing"},
        turn={"host": "relay.example.net", "replicas": 2, "maxReplicas": 2, "peers": ["10.244.0.0/16"], "udp": {}},
    ),
    "many-ports-per-node": _stack(
        bridges={"perNode": 2, "min": 2, "max": 7, "nodeType": "COMPUTE3-X8C-16G", "scaling": {"cpuPercent": 70}},
        shards=[
            {"name": "s0", "zone": "fr-par-1", "state": "draining"},
            {
                "name": "s1",
                "zone": "fr-par-2",
                "release": "stable-11146-1",
                "bridges": {"layout": "nodePort", "relays": False},
            },
        ],
        cluster={"allowedIps": ["203.0.113.0/24"]},
        secretGenerations={"s0-jvb": 3},
        monitoring={
            "grafana": "managed",
            "alertmanager": "http://alertmanager.monitoring.svc:9093",
            "runbooks": "https://example.org/runbooks/",
            "probe": "5m",
        },
    ),
}
DOCUMENTED = together(
    {"scaleway:region": "fr-par", "jitsi:domain": "meet.example.org"},
    block("monitoring", "monitoring.monitorLabels"),
    block("edge", "hosts"),
    block("limits", "signalling.plugins"),
    block("limits", "images.prosody"),
    block("access", "auth.jwt.tenants"),
    block("turn", "turn.servers"),
    block("dial-in", "jigasi.sip.keepAlive"),
    block("dial-in", "jigasi.transcription.keyName"),
    block("placement", "cluster.system.zone"),
    block("placement", "ingress.ipv6"),
    block("placement", "bridges.rootVolume"),
    block("placement", "cluster.privateNetwork"),
)
"""Examples of the pages in one stack: what few stacks need, each by a key of its own."""
OWN["documented"] = engine_values(DOCUMENTED)
FILES = {path.name.split(".")[1]: path for path in sorted(ROOT.glob("Pulumi.*.yaml"))}
NAMES = [*FILES, *OWN]


@cache
def recorded(name):
    """Return the resources of a sample stack."""
    return evaluate(OWN[name] if name in OWN else stack_file(FILES[name]), name)


def kubernetes_objects(name):
    """Return the Kubernetes objects of a sample stack, without Helm releases."""
    return [r for r in recorded(name) if r.type.startswith("kubernetes:") and not r.type.startswith("kubernetes:helm")]


def pod_templates(name):
    """Return (object name, pod template) of every workload."""
    return [(owner, template) for owner, template, _ in pod_templates_of(kubernetes_objects(name))]


def pod_templates_of(objects):
    """Return (object name, pod template, names of the claims that a StatefulSet adds) of every workload among these."""
    return [
        (
            f"{r.properties['kind']} {r.properties['metadata']['name']}",
            r.properties["spec"]["template"],
            [claim["metadata"]["name"] for claim in r.properties["spec"].get("volumeClaimTemplates", [])],
        )
        for r in objects
        if r.properties.get("kind") in ("Deployment", "StatefulSet", "DaemonSet")
    ] + [
        (
            f"CronJob {r.properties['metadata']['name']}",
            r.properties["spec"]["jobTemplate"]["spec"]["template"],
            [],
        )
        for r in objects
        if r.properties.get("kind") == "CronJob"
    ]
