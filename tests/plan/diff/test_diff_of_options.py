"""What the diff says of a key that only some stacks may set: each change against a stack that has what the key belongs to."""

import json
from functools import cache
from typing import Any

import pytest

from plan.diff.result import diff
from plan.evaluate import evaluate
from plan.recorder import Resource

pytestmark = pytest.mark.tools  # a score of whole programs is evaluated

Keys = dict[str, Any]
SIP = {"account": "1@sip.example.org", "server": "sip.example.org"}
WHISPER = {"backend": "whisper", "url": "wss://skynet.example.org/streaming-whisper/ws"}
CALLS: Keys = {"jigasi": {"sip": SIP, "transcription": WHISPER}}
MIRROR: Keys = {"mirror": "registry.example.org/mirror"}
LOGIN = {"server": "registry.example.org", "user": "robot"}
SHARDS = [{"name": "s0", "zone": "zone-1"}]
ELSEWHERE: Keys = {"cluster": {"kind": "existing"}, "shards": SHARDS}
PROMETHEUS = {"prometheus": "existing", "url": "https://prometheus.example.org"}
OPTIONS: dict[str, tuple[Keys, Keys, str, str]] = {
    "images.pullSecret": ({}, {"images": {"pullSecret": "registry"}}, "drops", "prosody"),
    "images.mirror": ({}, {"images": MIRROR}, "drops", "prosody"),
    "images.login": ({"images": MIRROR}, {"images": MIRROR | {"login": LOGIN}}, "drops", "prosody"),
    "images.login.user": (
        {"images": MIRROR | {"login": LOGIN}},
        {"images": MIRROR | {"login": LOGIN | {"user": "other"}}},
        "none",
        "registry-login",
    ),
    "images.digests": ({}, {"images": {"digests": {"jvb": f"sha256:{0:064x}"}}}, "drains", "bridges"),
    "cluster.system.rootVolume": ({}, {"cluster": {"system": {"rootVolume": {"size": 50}}}}, "drops", "system"),
    "jigasi.sip.keepAlive": (
        CALLS,
        {"jigasi": CALLS["jigasi"] | {"sip": SIP | {"keepAlive": "CRLF"}}},
        "drains",
        "jigasi",
    ),
    "jigasi.transcription.filterSilence": (
        CALLS,
        {"jigasi": CALLS["jigasi"] | {"transcription": WHISPER | {"filterSilence": True}}},
        "none",
        "transcriber",
    ),
    "jigasi.transcription.keyName": (
        CALLS,
        {"jigasi": CALLS["jigasi"] | {"transcription": WHISPER | {"keyName": "jitsi/default"}}},
        "none",
        "transcriber",
    ),
    "auth.jwt.tenants": (
        {"auth": {"type": "jwt", "jwt": {"appId": "a"}}},
        {"auth": {"type": "jwt", "jwt": {"appId": "a", "tenants": True}}},
        "drops",
        "prosody",
    ),
    "monitoring.monitorLabels": (
        {"monitoring": {"scrape": "operator"}},
        {"monitoring": {"scrape": "operator", "monitorLabels": {"release": "kps"}}},
        "none",
        "",
    ),
    "ingress.annotations": (
        ELSEWHERE,
        ELSEWHERE | {"ingress": {"annotations": {"a.example.org/b": "c"}}},
        "none",
        "edge",
    ),
    "ingress.proxyProtocol": (ELSEWHERE, ELSEWHERE | {"ingress": {"proxyProtocol": True}}, "none", "edge"),
    "bridges.publicAddress": (ELSEWHERE, ELSEWHERE | {"bridges": {"publicAddress": "internal"}}, "drains", "bridges"),
    "cluster.domain": (
        ELSEWHERE,
        {"cluster": {"kind": "existing", "domain": "k8s.lan"}, "shards": SHARDS},
        "drops",
        "jicofo",
    ),
    "metrics.tenant": (
        ELSEWHERE | {"metrics": PROMETHEUS},
        ELSEWHERE | {"metrics": PROMETHEUS | {"tenant": "school"}},
        "none",
        "metrics",
    ),
    "metrics.adapter": (ELSEWHERE, ELSEWHERE | {"metrics": {"adapter": "existing"}}, "none", "metrics"),
    "cluster.nodeTypes": ({}, {"cluster": {"nodeTypes": {"NEW1-S": {"cpu": 4, "memory": 8}}}}, "none", ""),
}
"""Key -> the stack without it, the stack with it, the worst disruption, and a part of the name of what changes."""


@cache
def made(text: str) -> tuple[Resource, ...]:
    keys = {"domain": "meet.example.org", "shards": [{"name": "s0", "zone": "fr-par-1"}]} | json.loads(text)
    values = {f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in keys.items()}
    return evaluate(values | ({} if "kind" in str(keys.get("cluster")) else {"scaleway:region": "fr-par"}), "test")


@pytest.mark.parametrize("key", OPTIONS)
def test_each_option_has_the_verdict_that_an_operator_expects(key: str) -> None:
    before, after, disruption, named = OPTIONS[key]
    found = diff("test", "without", made(json.dumps(before)), made(json.dumps(after)))
    assert found.disruption == disruption
    names = [verdict.change.resource.name for verdict in found.verdicts if verdict.effect.disruption == disruption]
    assert not named or any(named in name for name in names), names
    assert all(verdict.effect.why for verdict in found.verdicts)
