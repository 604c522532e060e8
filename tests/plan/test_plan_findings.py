"""Every rule: a stack that it speaks about, and one that just does not."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from plan_stacks import lesson, subject_of

from plan.findings.check import RULES, check
from plan.findings.edge import is_placeholder
from plan.findings.rule import Finding, Subject

KAPSULE = {"version": "1.35.3"}
BIG = {"cpu": 16, "memory": "8Gi"}
THREE = KAPSULE | {"system": {"max": 3}}
EXISTING: dict[str, Any] = {"region": None, "cluster": {"kind": "existing"}}
SIP = {"account": "1@sip.example.org", "server": "sip.example.org"}
NUMBERS = {"numbersUrl": "https://mapper.example.org/numbers", "conferenceMapperUrl": "https://mapper.example.org/code"}
TWO = [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}]
LDAP: dict[str, Any] = {"servers": ["ldaps://ldap.example.org"], "base": "dc=example,dc=org"}


def tokens(**jwt: Any) -> dict[str, Any]:
    return {"type": "jwt", "jwt": {"appId": "school"} | jwt}


@dataclass(frozen=True)
class Case:
    """`found` are keys of a stack that triggers the rule at `where`, `missed` of the nearest one that does not."""

    where: str
    found: dict[str, Any]
    missed: dict[str, Any]
    severity: str = ""
    says: str = ""


RECORDING: dict[str, Any] = {"bucket": "my-school", "retention": "90d", "nodeType": "GP1-XS"}
LOGIN = {"type": "jwt", "jwt": {"appId": "school"}}


def recording(**keys: Any) -> dict[str, Any]:
    """A stack that records, and differs in these keys."""
    return {"recording": RECORDING | keys}


OWN_BUCKET = recording(endpoint="https://s3.example.org", retention=None)


def logs(**keys: Any) -> dict[str, Any]:
    """A stack whose logs go to a Loki, and that differs in these keys."""
    loki = {"to": "loki", "url": "https://loki.example.org/push", "user": "school"} | keys
    return {"monitoring": {"logs": {key: value for key, value in loki.items() if value is not None}}}


CASES: dict[str, list[Case]] = {
    "unknown-environment-name": [
        Case(
            "env.web.ENABLE_OPUS_RET",
            {"env": {"web": {"ENABLE_OPUS_RET": True}}},
            {"env": {"web": {"ENABLE_OPUS_RED": True}}},
            says="did you mean ENABLE_OPUS_RED?",
        ),
        Case(
            "env.jicofo.ENABLE_OPUS_RED",
            {"env": {"jicofo": {"ENABLE_OPUS_RED": True}}},
            {"env": {"jicofo": {"ENABLE_CODEC_OPUS_RED": True}}},
            says="move it to env.web",
        ),
        Case(
            "env.jvb.ANYTHING",
            {"env": {"jvb": {"ANYTHING": 1}}, "images": {"tag": "stable-12000"}},
            {"env": {"jvb": {"ENABLE_VLA": 1}}, "images": {"tag": "stable-12000"}},
            severity="info",
            says="stable-12000, whose variables are not known here",
        ),
    ],
    "environment-in-part": [
        Case(
            "env.jvb.ENABLE_VLA",
            {"env": {"jvb": {"ENABLE_VLA": True}}},
            {"env": {"jvb": {"ENABLE_VLA": True}, "jicofo": {"ENABLE_VLA": True}}},
            says="set env.jicofo.ENABLE_VLA to true too",
        ),
        Case(
            "env.web.ENABLE_AUDIO_TRANSLATION",
            {"env": {"web": {"ENABLE_AUDIO_TRANSLATION": 1}, "prosody": {"ENABLE_AUDIO_TRANSLATION": 0}}},
            {"env": {"jvb": {"SENTRY_ENVIRONMENT": "a"}}},
        ),
    ],
    "storage-overruled": [
        Case(
            "env.prosody.XMPP_CONFIGURATION",
            {"auth": {"type": "internal"}, "env": {"prosody": {"XMPP_CONFIGURATION": "a = 1, storage = 'memory'"}}},
            {"auth": {"type": "internal"}, "env": {"prosody": {"XMPP_CONFIGURATION": "a = 1, storage_x = 'memory'"}}},
        ),
        Case(
            "env.prosody.XMPP_CONFIGURATION",
            {"auth": {"type": "internal"}, "env": {"prosody": {"XMPP_CONFIGURATION": "storage = 'memory'"}}},
            {"env": {"prosody": {"XMPP_CONFIGURATION": "storage = 'memory'"}}},
        ),
    ],
    "limit-before-visitors": [
        Case(
            "meetings.maxParticipants",
            {"visitors": {"participants": 60}, "meetings": {"maxParticipants": 60}},
            {"visitors": {"participants": 60}, "meetings": {"maxParticipants": 61}},
            says="nobody becomes a visitor",
        ),
        Case(
            "meetings.maxParticipants",
            {"visitors": {"participants": 60}, "meetings": {"maxParticipants": 60}},
            {"meetings": {"maxParticipants": 60}},
        ),
    ],
    "limit-without-visitors": [
        Case(
            "meetings.maxParticipants",
            {"visitors": {"participants": 60}, "meetings": {"maxParticipants": 61}},
            {"visitors": {"participants": 60}, "meetings": {"maxParticipants": 60}},
            says="visitors are added on top, up to 2 x 500 = 1000",
        )
    ],
    "picture-not-served": [
        Case(
            "web.watermark.image",
            {"web": {"watermark": {"image": "images/logo.svg"}}},
            {"web": {"watermark": {"image": "images/logo.svg"}, "files": {"images/logo.svg": {"text": "<svg/>"}}}},
            says="add the file to web.folder",
        ),
        Case(
            "web.virtualBackgrounds[1]",
            {"web": {"virtualBackgrounds": ["https://example.org/a.jpg", "images/b.jpg"]}},
            {"web": {"virtualBackgrounds": ["https://example.org/a.jpg"], "favicon": "images/favicon.svg"}},
        ),
    ],
    "meeting-beyond-shard": [
        Case(
            "meetings.maxParticipants",
            {"bridges": {"max": 3, "participants": 100}, "meetings": {"maxParticipants": 301}},
            {"bridges": {"max": 3, "participants": 100}, "meetings": {"maxParticipants": 300}},
            says="lower maxParticipants to 300 or less, or raise bridges.max to 4",
        ),
        Case(
            "meetings.maxParticipants",
            {"bridges": {"topology": "static", "min": 3}, "meetings": {"maxParticipants": 301}},
            {"bridges": {"topology": "static", "min": 3}, "meetings": {"maxParticipants": 300}},
            says="raise bridges.min to 4",
        ),
        Case(
            "meetings.maxParticipants",
            {"shards": [TWO[0], TWO[1] | {"bridges": {"max": 3}}], "meetings": {"maxParticipants": 301}},
            {"shards": [TWO[0], TWO[1] | {"bridges": {"max": 4}}], "meetings": {"maxParticipants": 301}},
            says="raise shards[1].bridges.max to 4",
        ),
    ],
    "recording-without-auth": [
        Case("auth.type", recording(), recording() | {"auth": LOGIN}),
        Case("auth.type", recording(), {}),
    ],
    "recorder-node-too-small": [
        Case(
            "recording.nodeType", recording(nodeType="PRO2-XXS"), recording(nodeType="PRO2-XS"), says="2 vCPU and 8 GiB"
        ),
        Case("recording.nodeType", recording(nodeType="PLAY2-NANO"), {"recording": None}, says="4 GiB"),
        Case(
            "recording.nodeType",
            recording(nodeType="BASIC3-X4C-8G"),
            recording(),
            severity="warning",
            says="recommends 8192",
        ),
    ],
    "recorder-node-arm": [
        Case("recording.nodeType", recording(nodeType="STANDARD2-A4C-16G"), recording(nodeType="STANDARD3-X4C-16G"))
    ],
    "recorders-idle-unseen": [
        Case("recording.idle", recording(max=11), recording(max=10), says="set idle to 2"),
        Case("recording.idle", recording(max=11), recording(max=11, min=2) | {"metrics": {"adapter": "kubeMetrics"}}),
    ],
    "recording-from-nothing": [
        Case("recording.min", recording(min=0), recording(min=1)),
        Case(
            "recording.min",
            EXISTING | recording(min=0, endpoint="https://s3.example.org", retention=None),
            EXISTING | OWN_BUCKET,
            severity="warning",
            says="HPAScaleToZero",
        ),
    ],
    "recordings-kept-forever": [
        Case("recording.retention", recording(retention=None), recording(retention="1d")),
        Case("recording.retention", recording(retention=None), OWN_BUCKET),
    ],
    "recordings-open-to-project": [
        Case(
            "recording.administrators",
            recording(),
            recording(administrators=["user_id:00000000-0000-4000-8000-000000000000"]),
        ),
        Case("recording.administrators", recording(), OWN_BUCKET),
    ],
    "recordings-go-with-stack": [
        Case("recording.emptyOnDestroy", recording(emptyOnDestroy=True), recording(emptyOnDestroy=False))
    ],
    "recording-cut-by-upgrade": [
        Case(
            "cluster.autoUpgrade",
            recording(longest="16m") | {"cluster": {"version": "1.35", "autoUpgrade": {"day": "sunday", "hour": 3}}},
            recording(longest="15m") | {"cluster": {"version": "1.35", "autoUpgrade": {"day": "sunday", "hour": 3}}},
        )
    ],
    "secret-in-plain-text": [
        Case("secretSeed", {"plain_secrets": ("secretSeed",)}, {}, says="pulumi config set --secret jitsi:secretSeed")
    ],
    "api-server-open": [
        Case("cluster.allowedIps", {}, {"cluster": KAPSULE | {"allowedIps": ["203.0.113.0/24"]}}),
        Case("cluster.allowedIps", {}, EXISTING),
        Case(
            "cluster.allowedIps",
            {"cluster": KAPSULE | {"allowedIps": ["203.0.113.0/24", "0.0.0.0/0"]}},
            {"cluster": KAPSULE | {"allowedIps": ["203.0.113.0/24", "10.0.0.0/8"]}},
        ),
    ],
    "directory-in-the-clear": [
        Case(
            "auth.ldap.servers",
            {"auth": {"type": "ldap", "ldap": LDAP | {"servers": ["ldap://ldap.example.org"]}}},
            {"auth": {"type": "ldap", "ldap": LDAP | {"servers": ["ldap://ldap.example.org"], "startTls": True}}},
            severity="error",
            says="anyone on the network path can read user passwords",
        ),
        Case(
            "auth.ldap.servers",
            {"auth": {"type": "ldap", "ldap": LDAP | {"servers": ["ldap://openldap.directory.svc:389"]}}},
            {"auth": {"type": "ldap", "ldap": LDAP}},
            severity="warning",
        ),
    ],
    "directory-unverified": [
        Case(
            "auth.ldap.verify",
            {"auth": {"type": "ldap", "ldap": LDAP | {"verify": False}}},
            {"auth": {"type": "ldap", "ldap": LDAP | {"verify": True}}},
            says="auth.ldap.ca",
        )
    ],
    "key-server-in-the-clear": [
        Case(
            "auth.jwt.keyServer",
            {"auth": tokens(keyServer="http://keys.example.org")},
            {"auth": tokens(keyServer="https://keys.example.org")},
            severity="error",
            says="can sign tokens for every meeting",
        ),
        Case(
            "auth.jwt.keyServer",
            {"auth": tokens(keyServer="http://keys.login.svc:8080/jitsi")},
            {"auth": tokens()},
            severity="warning",
        ),
    ],
    "login-in-the-clear": [
        Case(
            "auth.jwt.loginUrl",
            {"auth": tokens(loginUrl="http://login.example.org/?room={room}")},
            {"auth": tokens(loginUrl="https://login.example.org/?room={room}")},
        )
    ],
    "tokens-of-anyone": [
        Case(
            "auth.jwt.audiences",
            {"auth": tokens(audiences=["*"])},
            {"auth": tokens(audiences=["jitsi"])},
            says="every aud",
        ),
        Case(
            "auth.jwt.issuers", {"auth": tokens(issuers=["a", "*"])}, {"auth": tokens(issuers=["a"])}, says="every iss"
        ),
    ],
    "tokens-open-every-tenant": [
        Case(
            "auth.jwt.tenants",
            {"auth": tokens()},
            {"auth": tokens(tenants=True)},
            says="one for lesson also opens school-a/lesson",
        ),
    ],
    "tokens-optional": [
        Case(
            "auth.jwt.allowEmpty",
            {"auth": tokens(allowEmpty=True)},
            {"auth": tokens() | {"guests": True}},
            says="guests: true",
        ),
        Case(
            "auth.jwt.allowEmpty",
            {"auth": tokens(allowEmpty=True) | {"moderators": "claim"}},
            {"auth": tokens() | {"moderators": "claim"}},
            says="has no moderator",
        ),
    ],
    "token-features": [
        Case(
            "meetings.fileSharing",
            {"meetings": {"fileSharing": {"url": "https://f.example.org"}}},
            {"meetings": {"fileSharing": {"url": "https://f.example.org"}}, "auth": LOGIN},
            severity="warning",
            says="auth.type is none: nobody gets it",
        ),
        Case(
            "meetings.fileSharing",
            {
                "meetings": {"fileSharing": {"url": "https://f.example.org"}},
                "auth": LOGIN,
                "recording": RECORDING | {"streaming": {}},
                "jigasi": {"sip": SIP},
            },
            {"auth": LOGIN, "recording": RECORDING, "jigasi": {"sip": SIP}},
            says="takes recording, livestreaming, outbound-call away",
        ),
    ],
    "whisper-without-path": [
        Case(
            "jigasi.transcription.url",
            {"jigasi": {"transcription": {"backend": "whisper", "url": "wss://skynet.example.org/"}}},
            {
                "jigasi": {
                    "transcription": {"backend": "whisper", "url": "wss://skynet.example.org/streaming-whisper/ws"}
                }
            },
            says="set url to wss://skynet.example.org/streaming-whisper/ws",
        ),
        Case(
            "jigasi.transcription.url",
            {"jigasi": {"transcription": {"backend": "whisper", "url": "wss://skynet.example.org"}}},
            {"jigasi": {"transcription": {"backend": "vosk", "url": "wss://vosk.example.org:2700"}}},
        ),
    ],
    "guests-unasked": [
        Case(
            "auth.lobby",
            {"auth": {"type": "internal", "guests": True, "lobby": False}},
            {"auth": {"type": "internal", "guests": False, "lobby": False}},
        )
    ],
    "third-party-stun": [
        Case(
            "bridges.stunServers",
            {"bridges": {"publicAddress": "stun"}},
            {"bridges": {"publicAddress": "stun", "stunServers": ["stun.example.org:3478"]}},
        ),
        Case("bridges.stunServers", {"bridges": {"publicAddress": "stun"}}, {"bridges": {"publicAddress": "node"}}),
        Case(
            "bridges.stunServers",
            {"bridges": {"publicAddress": "stun", "stunServers": ["stun.l.google.com:19302"]}},
            {"bridges": {"publicAddress": "stun", "stunServers": ["stun.notgoogle.com:19302"]}},
            says="a third party",
        ),
        Case(
            "meetings.stunServers",
            {"meetings": {"stunServers": ["stun.example.org:3478", "stun.l.google.com:19302"]}},
            {"meetings": {"stunServers": ["stun.example.org:3478"]}},
            says="two-person meetings",
        ),
    ],
    "relays-often": [
        Case(
            "bridges.participants",
            {"bridges": {"participants": 49, "perNode": 2, "min": 2}},
            {"bridges": {"participants": 50, "perNode": 2, "min": 2}},
            says="a meeting of 50 spans 2 bridges",
        ),
        Case(
            "bridges.participants",
            {"bridges": {"participants": 20}},
            {"bridges": {"participants": 20, "relays": False}},
        ),
    ],
    "relays-off": [Case("bridges.relays", {"bridges": {"relays": False}}, {}, says="beyond the 100 participants")],
    "bridge-network-too-small": [
        # BASIC3-X4C-8G has 700 Mbit/s
        Case(
            "bridges.participants",
            {"bridges": {"participants": 281}},
            {"bridges": {"participants": 280}},
            says="281 participants x 2500 kbit/s x 1 per node = 702.5 Mbit/s",
        ),
        Case(
            "bridges.participants",
            {"bridges": {"participants": 141, "perNode": 2}},
            {"bridges": {"participants": 140, "perNode": 2}},
            says="lower participants to 140",
        ),
        Case(
            "shards[1].bridges.participants",
            {"shards": [TWO[0], TWO[1] | {"bridges": {"participants": 300}}]},
            {"shards": [TWO[0], TWO[1] | {"bridges": {"participants": 300, "bitrateKbps": 2000}}]},
        ),
    ],
    "bridge-does-not-fit-node": [
        Case(
            "bridges.perNode",
            {"bridges": {"nodeType": "BASIC3-X4C-8G", "perNode": 4, "min": 4, "participants": 20}},
            {"bridges": {"nodeType": "BASIC3-X4C-8G", "perNode": 3, "min": 3, "participants": 20}},
            says="a bridge needs 500 and 1536",
        ),
        Case(
            "bridges.resources",
            {"bridges": {"resources": {"memory": "6121Mi"}}},
            {"bridges": {"resources": {"memory": "6120Mi"}}},
            says="take 3600 millicores and 6185 MiB, and a BASIC3-X4C-8G leaves 3600 and 6184",
        ),
        Case(
            "shards[0].bridges.resources",
            EXISTING | {"shards": [TWO[0] | {"bridges": {"resources": BIG, "nodeType": "BASIC3-X4C-8G"}}]},
            EXISTING | {"shards": [TWO[0] | {"bridges": {"resources": BIG}}]},
            says="bridges stay Pending",
        ),
    ],
    "bridges-beside-per-node": [
        Case(
            "bridges.resources",
            {"bridges": {"resources": {"cpu": "1500m", "memory": "2Gi"}}},
            {"bridges": {"resources": {"cpu": "1500m", "memory": "2Gi"}, "perNode": 2}},
            severity="error",
            says="holds 2 bridges of 1550 millicores and 2112 MiB with their sidecars, and perNode is 1",
        ),
        Case(
            "bridges.resources",
            {"bridges": {"resources": {"cpu": 2}, "perNode": 2, "layout": "nodePort"}},
            EXISTING | {"bridges": {"resources": {"cpu": 2}, "perNode": 2, "layout": "nodePort"}},
            says="the pool has too few nodes",
        ),
    ],
    "participants-above-cpu": [
        Case(
            "bridges.participants",
            {"bridges": {"resources": {"cpu": "1750m"}, "participants": 95}},
            {"bridges": {"resources": {"cpu": "1750m"}, "participants": 94}},
            says="stress passes jicofo's limit at about 94",
        ),
        Case(
            "bridges.participants",
            {"bridges": {"perNode": 2, "participants": 95}},
            {"bridges": {"perNode": 2, "participants": 94}},
            says="95 participants on 1750 millicores",
        ),
    ],
    "bridge-size-assumed": [
        Case(
            "bridges.resources",
            EXISTING | {"bridges": {"resources": {"cpu": 2}}},
            EXISTING | {"bridges": {"resources": {"cpu": 2, "memory": "4Gi"}}},
            says="requests 2000 millicores and 6080 MiB",
        ),
        Case("bridges.resources", EXISTING, EXISTING | {"bridges": {"nodeType": "BASIC3-X4C-8G"}}),
        Case("bridges.resources", EXISTING, {}),
    ],
    "target-above-capacity": [
        Case(
            "bridges.scaling.participants",
            {"bridges": {"participants": 79}},
            {"bridges": {"participants": 80}},
            says="set scaling.participants to about 63",
        ),
        Case(
            "bridges.scaling.participants",
            {"bridges": {"participants": 50}},
            {"bridges": {"participants": 50, "topology": "static"}},
        ),
    ],
    "drain-beyond-node-deletion": [
        Case(
            "bridges.drain.migrateAfter",
            {"bridges": {"drain": {"migrateAfter": "12m49s"}}},
            {"bridges": {"drain": {"migrateAfter": "12m48s", "deadline": "8h"}}},
            says="announce 12s + migrateAfter 12m49s + move 1m + exit 1m = 15m1s",
        ),
        Case(
            "bridges.drain.migrateAfter",
            {"bridges": {"drain": {"migrateAfter": "20m"}}},
            EXISTING | {"bridges": {"drain": {"migrateAfter": "20m"}}},
            says="lower migrateAfter to 12m48s",
        ),
    ],
    "autoscaler-of-others": [
        Case(
            "shards[1].bridges.drain.deadline",
            EXISTING | {"shards": [TWO[0], TWO[1] | {"bridges": {"drain": {"deadline": "2h"}}}]},
            {},
            says="set that flag to 7200 or more",
        )
    ],
    "dial-in-not-shown": [
        Case(
            "jigasi.sip.numbersUrl",
            {"jigasi": {"sip": SIP}},
            {"jigasi": {"sip": SIP | NUMBERS}},
            says="X-Room-Name",
        )
    ],
    "one-gateway": [Case("jigasi.sip.replicas", {"jigasi": {"sip": SIP}}, {"jigasi": {"sip": SIP | {"replicas": 2}}})],
    "speech-leaves": [
        Case(
            "jigasi.transcription.backend",
            {"jigasi": {"transcription": {"backend": "google"}}},
            {"jigasi": {"transcription": {"backend": "vosk", "url": "wss://vosk.example.org"}}},
            says="sent to Google Cloud",
        )
    ],
    "documents-not-kept": [
        Case(
            "documents.storage",
            {"documents": {}},
            {"documents": {"storage": "1Gi"}},
            says="export what they want to keep",
        )
    ],
    "visitors-beyond-bridges": [
        # 50 participants and 2 x 500 visitors
        Case(
            "visitors.nodes",
            {"visitors": {}, "bridges": {"max": 10, "participants": 100}},
            {"visitors": {}, "bridges": {"max": 11, "participants": 100}},
            says="raise bridges.max to 11",
        ),
        Case(
            "visitors.nodes",
            {"visitors": {}, "bridges": {"topology": "static", "min": 10}},
            {"visitors": {}, "bridges": {"topology": "static", "min": 11}},
            says="raise bridges.min to 11",
        ),
    ],
    "visitors-on-one-node": [
        Case("visitors.nodes", {"visitors": {"nodes": 1}}, {"visitors": {"nodes": 2}}, says="up to 500 visitors")
    ],
    "rollout-beyond-share": [
        Case(
            "bridges.perNode",
            {"bridges": {"perNode": 2, "min": 7}},
            {"bridges": {"perNode": 2, "min": 8}},
            says="2 of them at a time, more than 25% -> raise min to 8, use",
        ),
        Case(  # min above max is refused
            "bridges.perNode",
            {"bridges": {"perNode": 2, "min": 4, "max": 6}},
            {"bridges": {"perNode": 2, "min": 8, "max": 8}},
            says="raise min to 8 and bridges.max to 9 or more",
        ),
        Case(
            "bridges.perNode",
            {"bridges": {"perNode": 2, "min": 4}},
            {"bridges": {"perNode": 2, "min": 4, "layout": "nodePort"}},
        ),
    ],
    "highest-ordinal-leaves": [
        Case("bridges.layout", {"bridges": {"layout": "nodePort"}}, {"bridges": {"layout": "hostPort"}}),
        Case(
            "bridges.layout",
            {"bridges": {"layout": "nodePort"}},
            {"bridges": {"layout": "nodePort", "topology": "static"}},
        ),
    ],
    "window-below-drain": [
        Case(
            "bridges.scaling.scaleDownWindow",
            {"bridges": {"scaling": {"scaleDownWindow": "611s"}}},
            {"bridges": {"scaling": {"scaleDownWindow": "612s"}}},
            says="raise scaleDownWindow to 10m12s",
        ),
        Case(
            "bridges.scaling.scaleDownWindow",
            {"bridges": {"scaling": {"scaleDownWindow": "5m"}}},
            {"bridges": {"scaling": {"scaleDownWindow": "5m"}, "topology": "static"}},
        ),
        Case(  # no window is longer than an hour
            "bridges.scaling.scaleDownWindow",
            {"bridges": {"drain": {"migrateAfter": "2h", "deadline": "4h"}}},
            {"bridges": {"drain": {"migrateAfter": "59m48s", "deadline": "4h"}, "scaling": {"scaleDownWindow": "1h"}}},
            says="raise scaleDownWindow to 1h, its limit, and lower drain.migrateAfter to 59m48s",
        ),
    ],
    "nodes-above-control-plane": [
        # 3 system nodes; max b needs b + 1 spare + a quarter of b draining
        Case(
            "cluster.controlPlane",
            {"bridges": {"max": 117}},
            {"bridges": {"max": 116}},
            says="3 + 148 = 151 nodes at most",
        ),
        Case(
            "cluster.controlPlane",
            {"bridges": {"max": 117}},
            {"bridges": {"max": 117}, "cluster": KAPSULE | {"controlPlane": "kapsule-dedicated-4"}},
            says="use kapsule-dedicated-4, or lower bridges.max",
        ),
        Case(
            "cluster.controlPlane",
            {"bridges": {"max": 116}, "turn": {"udp": {"nodes": 2}}},
            {"bridges": {"max": 116}, "turn": {"udp": {"nodes": 1}}},
            says="3 + 146 + 2 = 151 nodes at most (system, s0, TURN over UDP; including spares",
        ),
        Case(
            "cluster.controlPlane",
            {"bridges": {"topology": "static", "min": 148}},
            {"bridges": {"topology": "static", "min": 147}},
            says="lower bridges.min",
        ),
        Case("cluster.controlPlane", {"bridges": {"max": 500}}, {**EXISTING, "bridges": {"max": 500}}),
    ],
    "pool-above-quota": [
        Case(
            "cluster.system.max",
            {"cluster": KAPSULE | {"system": {"nodeType": "PRO2-S", "max": 5}}},
            {"cluster": KAPSULE | {"system": {"nodeType": "PRO2-S", "max": 4}}},
        ),
        Case(
            "bridges.max",
            {"bridges": {"nodeType": "PRO2-XXS", "max": 2, "participants": 80}},
            {
                "bridges": {"nodeType": "PRO2-XXS", "max": 2, "participants": 80},
                "cluster": KAPSULE | {"system": {"max": 1}},
            },
            says="up to 7 PRO2-XXS",
        ),
    ],
    "instance-ip-quota": [
        Case(
            "bridges.max",
            {"cluster": THREE, "bridges": {"max": 37}},
            {"cluster": THREE, "bridges": {"max": 36}},
            says="up to 51 nodes",
        ),
        Case(
            "bridges.max",
            {"cluster": THREE, "bridges": {"max": 36}, "turn": {"udp": {"nodes": 2}}},
            {"cluster": THREE, "bridges": {"max": 36}, "turn": {"udp": {"nodes": 1}}},
            says="up to 51 nodes",
        ),
    ],
    "spares-without-room": [
        Case("bridges.scaling.spares", {"bridges": {"min": 3, "max": 3}}, {"bridges": {"min": 3, "max": 4}}),
        Case(
            "bridges.scaling.spares",
            {"bridges": {"min": 2, "max": 4, "scaling": {"spares": 3}}},
            {"bridges": {"min": 2, "max": 4, "scaling": {"spares": 2}}},
            says="at most 2 are ever used",
        ),
        Case(
            "bridges.scaling.spares",
            {"bridges": {"min": 3, "max": 3}},
            {"bridges": {"min": 3, "max": 3, "scaling": {"spares": 0}}},
        ),
        Case(
            "bridges.scaling.spares",
            {"bridges": {"topology": "static", "scaling": {"spares": 1}}},
            {"bridges": {"topology": "static"}},
        ),
    ],
    "node-type-unproven": [
        Case(
            "bridges.nodeType",
            {"bridges": {"nodeType": "POP2-HN-5"}},
            {"bridges": {"nodeType": "POP2-HC-4C-8G"}},
        ),
        Case(
            "jigasi.sip.nodeType",
            {"jigasi": {"sip": SIP | {"nodeType": "POP2-HN-5"}}},
            {"jigasi": {"sip": SIP | {"nodeType": "POP2-HC-4C-8G"}}},
        ),
    ],
    "slot-follows-position": [
        Case(
            "shards[0].slot",
            {"shards": [{"name": "a", "zone": "fr-par-1"}], "bridges": {"layout": "nodePort"}},
            {"shards": [{"name": "a", "zone": "fr-par-1", "slot": 0}], "bridges": {"layout": "nodePort"}},
            "warning",
            "set slot: 0",
        ),
        Case(
            "shards[0].slot",
            {"shards": [{"name": "a", "zone": "fr-par-1"}], "bridges": {"layout": "hostPort"}},
            {"shards": [{"name": "a0", "zone": "fr-par-1"}], "bridges": {"layout": "hostPort"}},
            "info",
        ),
    ],
    "draining-only": [
        Case(
            "shards",
            {"shards": [TWO[0] | {"state": "draining"}, TWO[1] | {"state": "standby"}]},
            {"shards": [TWO[0] | {"state": "draining"}, TWO[1]]},
            says="s0 draining, s1 standby",
        )
    ],
    "single-shard": [Case("shards", {}, {"shards": TWO})],
    "zone-single": [
        Case("shards", {"shards": [TWO[0], {"name": "s1", "zone": "fr-par-1"}]}, {"shards": TWO}),
        Case("shards", {"shards": [TWO[0], {"name": "s1", "zone": "fr-par-1"}]}, {}),
    ],
    "release-too-old": [
        Case(
            "images.tag",
            {"images": {"tag": "stable-11031"}},
            {"images": {"tag": "stable-11146"}},
            says="never start -> set images.tag to stable-11146-2",
        ),
        Case(
            "shards[1].release",
            {"shards": [TWO[0], TWO[1] | {"release": "stable-9823"}]},
            {"shards": [TWO[0], TWO[1] | {"release": "stable-11146-1"}]},
            severity="error",
        ),
        Case(
            "images.jvb",
            {"images": {"jvb": "ghcr.io/jitsi/jvb:stable-10888"}},
            {"images": {"jvb": "ghcr.io/jitsi/jvb:stable-11146-2"}},
            severity="error",
            says="is built from stable-10888",
        ),
    ],
    "release-unknown": [
        Case("images.tag", {"images": {"tag": "stable-11147"}}, {"images": {"tag": "stable-11146-2"}}),
        Case("images.tag", {"images": {"tag": "nightly"}}, {}, says="is not a release's name"),
        Case(
            "shards[0].release",
            {"shards": [TWO[0] | {"release": "stable-11146-3"}]},
            {"shards": [TWO[0] | {"release": "stable-11031"}]},
        ),
    ],
    "hosts-certificate-is-yours": [
        Case(
            "ingress.tls.secretName",
            {"hosts": ["video.example.org"], "ingress": {"tls": {"mode": "secret", "secretName": "own"}}},
            {"hosts": ["video.example.org"]},
            says="must hold a certificate for video.example.org, too",
        ),
    ],
    "image-of-own": [
        Case(
            "images.prosody",
            {"images": {"prosody": "registry.example.org/prosody:1"}},
            {"images": {"registry": "registry.example.org/jitsi"}},
            says="does not follow images.tag",
            severity="info",
        ),
        Case(
            "images.prosody",
            {"images": {"prosody": "registry.example.org/prosody:stable-11200-school1"}},
            {},
            severity="warning",
            says="another release than images.tag, stable-11146-2",
        ),
        Case(
            "images.web",
            {"images": {"web": "registry.example.org/web:stable-11146-2-school1"}},
            {},
            severity="info",
        ),
    ],
    "plugin-not-loaded": [
        Case(
            "signalling.plugins.mod_hello.lua",
            {"signalling": {"plugins": {"mod_hello.lua": {"text": "x"}}}},
            {
                "signalling": {"plugins": {"mod_hello.lua": {"text": "x"}, "hello.lib.lua": {"text": "x"}}},
                "env": {"prosody": {"XMPP_MODULES": "hello"}},
            },
            says="prosody loads no module hello",
        ),
    ],
    "image-unknown": [
        Case(
            "images.etherpad",
            {"documents": {}, "images": {"etherpad": "docker.io/etherpad/etherpad:3.3.3"}},
            {"images": {"etherpad": "docker.io/etherpad/etherpad:3.3.3"}},
            severity="error",
            says="never starts",
        ),
        Case(
            "images.etherpad",
            {"documents": {}, "images": {"etherpad": "docker.io/etherpad/etherpad:2.6.1"}},
            {"documents": {}, "images": {"etherpad": "docker.io/etherpad/etherpad:2.0.3@sha256:" + "0" * 64}},
            severity="info",
        ),
        Case(
            "images.whiteboard",
            {"whiteboard": True, "images": {"whiteboard": "docker.io/jitsi/excalidraw-backend:2025.2.2"}},
            {"whiteboard": True},
            severity="warning",
        ),
        Case(
            "images.haproxy",
            {"images": {"haproxy": "docker.io/bitnami/haproxy:3.2.4"}},
            {"images": {"haproxy": "haproxy:3.2.4-alpine"}},
            severity="warning",
            says="another image than docker.io/library/haproxy:3.2.4-alpine",
        ),
        Case(
            "images.coturn",
            {"turn": {}, "images": {"coturn": "docker.io/instrumentisto/coturn:4.7.0"}},
            {"turn": {}, "images": {"coturn": "ghcr.io/coturn/coturn:4.7.0-alpine"}},
            severity="warning",
        ),
        Case(
            "images.kubeStateMetrics",
            {"images": {"kubeStateMetrics": "registry.example.org:5000/kube-state-metrics"}},
            {"images": {"kubeStateMetrics": "registry.example.org:5000/kube-state-metrics:v2.18.0"}},
            severity="info",
        ),
    ],
    "no-effect-here": [
        Case(
            "cluster.controlPlane",
            EXISTING | {"cluster": {"kind": "existing", "controlPlane": "kapsule-dedicated-8"}},
            {"cluster": {"controlPlane": "kapsule-dedicated-8"}},
        ),
        Case(
            "jigasi.sip.nodeType",
            EXISTING
            | {"jigasi": {"sip": {"account": "a@sip.example.org", "server": "sip.example.org", "nodeType": "PRO2-XS"}}},
            EXISTING | {"jigasi": {"sip": {"account": "a@sip.example.org", "server": "sip.example.org"}}},
        ),
    ],
    "release-not-published": [
        Case(
            "images.registry",
            {"images": {"registry": "docker.io/jitsi"}},
            {"images": {"registry": "registry.example.org/jitsi"}},
            says="images.tag is stable-11146-2",
        ),
        Case("images.registry", {"images": {"mirror": "docker.io"}}, {"images": {"mirror": "mirror.example.org"}}),
    ],
    "release-mix": [
        Case(
            "shards",
            {"shards": [TWO[0], TWO[1] | {"release": "stable-11200"}]},
            {"shards": [TWO[0] | {"release": "stable-11200"}, TWO[1] | {"release": "stable-11200"}]},
        )
    ],
    "shard-nears-prosody": [
        # one prosody carries 4000; nine tenths of it are 36 bridges of 100
        Case(
            "bridges.max",
            {"bridges": {"max": 41}},
            {"bridges": {"max": 36}},
            "warning",
            "41 bridges x 100 = 4100 participants in s0, above the 4000",
        ),
        Case(
            "bridges.max",
            {"bridges": {"max": 37}},
            {"bridges": {"max": 37}, "signalling": {"participants": 5000}},
            "info",
            "92 % of the 4000",
        ),
        Case(
            "bridges.max",
            {"bridges": {"max": 37}, "shards": TWO},
            {"bridges": {"max": 36}, "shards": TWO},
            says="add to shards: - {name: s2, zone: fr-par-1} before this one grows",
        ),
        Case(
            "bridges.min",
            {"bridges": {"topology": "static", "min": 41}},
            {"bridges": {"topology": "static", "min": 2, "max": 41}},
        ),
    ],
    "system-pool-too-small": [
        # PRO2-XXS leaves 1600 millicores; everything for a shard of 1000 asks for 2270
        Case(
            "cluster.system.max",
            {"cluster": KAPSULE | {"system": {"max": 1}}},
            {"cluster": KAPSULE | {"system": {"max": 2}}},
            "warning",
            "need 2 PRO2-XXS, above max 1",
        ),
        Case(
            "cluster.system.max",
            {"cluster": KAPSULE | {"system": {"max": 1}}},
            EXISTING | {"cluster": {"kind": "existing", "system": {"max": 1}}},
        ),
        # DEV1-M leaves 2580 MiB; a prosody for 4000 people asks for 2304, for 8000 for 4288
        Case(
            "cluster.system.nodeType",
            {"bridges": {"max": 41}, "cluster": KAPSULE | {"system": {"nodeType": "DEV1-M", "max": 10}}},
            {"bridges": {"max": 40}, "cluster": KAPSULE | {"system": {"nodeType": "DEV1-M", "max": 10}}},
            "error",
            "a pod of 1000 millicores and 4288 MiB does not fit on a DEV1-M",
        ),
    ],
    "web-needs-metrics-server": [
        Case("web.maxReplicas", EXISTING, EXISTING | {"web": {"replicas": 2, "maxReplicas": 2}}),
        Case("web.maxReplicas", EXISTING, {}),
    ],
    "load-balancer-too-small": [
        # LB-S holds 20 000 connections, two for each participant
        Case(
            "ingress.loadBalancer",
            {"bridges": {"max": 101}},
            {"bridges": {"max": 100}},
            says="10100 participants x 2 connections = 20200",
        ),
        Case(
            "ingress.loadBalancer",
            {"bridges": {"max": 101}},
            {"bridges": {"max": 101}, "ingress": {"loadBalancer": "LB-GP-M"}},
            says="use LB-GP-M",
        ),
    ],
    "room-table-too-small": [
        # 10 bridges of 100; rooms of two, twice
        Case(
            "ingress.roomTable",
            {"ingress": {"roomTable": 1000}, "bridges": {"max": 11}},
            {"ingress": {"roomTable": 1000}, "bridges": {"max": 10}},
            "warning",
            "1100 participants / 2 per room x 2 (an entry stays for 5 minutes after its last request) = 1100 rooms",
        ),
        Case(
            "ingress.roomTable",
            {"ingress": {"roomTable": 1999}, "shards": [TWO[0] | {"state": "draining"}, TWO[1]]},
            {"ingress": {"roomTable": 2000}, "shards": [TWO[0] | {"state": "draining"}, TWO[1]]},
            says="set ingress.roomTable to 2000 or more",
        ),
    ],
    "one-replica-edge": [Case("ingress.replicas", {"ingress": {"replicas": 1}}, {"ingress": {"replicas": 2}})],
    "tls-staging": [
        Case(
            "ingress.tls.staging",
            {"ingress": {"tls": {"staging": True}}},
            {"ingress": {"tls": {"staging": True, "mode": "selfSigned"}}},
        )
    ],
    "cert-manager-expected": [
        Case("ingress.tls.certManager", {}, {"ingress": {"tls": {"certManager": "install"}}}, "warning"),
        Case("ingress.tls.certManager", EXISTING, {"ingress": {"tls": {"mode": "selfSigned"}}}, "info"),
    ],
    "record-to-make": [
        Case("dnsZone", {}, {"dnsZone": "example.org"}, says="meet.example.org. A"),
        Case(
            "turn.host",
            {"dnsZone": "example.org", "turn": {"host": "turn.example.net"}},
            {"dnsZone": "example.org", "turn": {}},
            says="turn.example.net. A",
        ),
        Case(
            "turn.udp.host",
            {"dnsZone": "example.org", "turn": {"udp": {"host": "relay.example.net"}}},
            {"dnsZone": "example.org", "turn": {"udp": {"host": "relay.example.org"}}},
            says="relay.example.net. A <public address> for each node, from the stack's outputs",
        ),
        Case(
            "turn.udp.host",
            {**EXISTING, "turn": {"peers": ["10.244.0.0/16"], "udp": {}}},
            {"dnsZone": "example.org", "turn": {"udp": {}}},
            says="of the nodes that run coturn-udp pods",
        ),
    ],
    "turn-udp-address-follows-updates": [
        Case(
            "turn.udp",
            {"dnsZone": "example.org", "turn": {"udp": {}}},
            {"dnsZone": "example.org", "turn": {}},
            says="turn-udp.meet.example.org points to the nodes",
        ),
        Case("turn.udp", {"dnsZone": "example.org", "turn": {"udp": {}}}, {"turn": {"udp": {}}}),
    ],
    "turn-udp-on-others-port": [
        # one bridge on a node: UDP 10000 alone
        Case("turn.udp.port", {"turn": {"udp": {"port": 10000}}}, {"turn": {"udp": {"port": 10001}}})
    ],
    "turn-certificate-is-yours": [
        Case(
            "ingress.tls.secretName",
            {"turn": {}, "ingress": {"tls": {"mode": "secret", "secretName": "own"}}},
            {"turn": {}, "ingress": {"tls": {"mode": "selfSigned"}}},
            says="and turn.meet.example.org",
        ),
        Case(
            "ingress.tls.secretName",
            {"turn": {}, "ingress": {"tls": {"mode": "secret", "secretName": "own"}}},
            {"ingress": {"tls": {"mode": "secret", "secretName": "own"}}},
        ),
    ],
    "turn-too-small": [
        Case(
            "turn.maxReplicas",
            {"turn": {"sessions": 100, "replicas": 1, "maxReplicas": 1}, "bridges": {"max": 11}},
            {"turn": {"sessions": 110, "replicas": 1, "maxReplicas": 1}, "bridges": {"max": 11}},
            says="a tenth (110) of the 1100 participants that the bridges carry: later clients that need TURN are refused -> "
            "raise turn.maxReplicas to 2, or turn.sessions to 110",
        ),
        Case(  # 50 pods at most
            "turn.maxReplicas",
            {"turn": {"sessions": 10}, "bridges": {"max": 100}},
            {"turn": {"sessions": 167}, "bridges": {"max": 100}},
            says="-> raise turn.sessions to 167",
        ),
        Case(  # and 8000 sessions in each
            "turn.maxReplicas",
            {"turn": {"sessions": 1000, "replicas": 1, "maxReplicas": 1}, "bridges": {"max": 900}},
            {"turn": {"sessions": 1000, "replicas": 1, "maxReplicas": 9}, "bridges": {"max": 900}},
            says="-> raise turn.maxReplicas to 9",
        ),
        Case(
            "turn.maxReplicas",
            {"turn": {"sessions": 10, "replicas": 1, "maxReplicas": 1}, "bridges": {"max": 900}},
            {"turn": {"sessions": 180, "replicas": 1, "maxReplicas": 50}, "bridges": {"max": 900}},
            says="-> raise turn.maxReplicas to 50 and turn.sessions to 180",
        ),
    ],
    "turn-above-load-balancer": [
        # 10 bridges x 80 participants x 2500 kbit/s: a tenth is 200 Mbit/s
        Case(
            "ingress.loadBalancer",
            {"turn": {}, "bridges": {"participants": 81}},
            {"turn": {}, "bridges": {"participants": 80}},
            says="202.5 Mbit/s, above the 200 Mbit/s of LB-S",
        )
    ],
    "turn-one-replica": [Case("turn.replicas", {"turn": {"replicas": 1}}, {"turn": {}})],
    "turn-needs-network-policies": [
        Case("turn.peers", {**EXISTING, "turn": {"peers": ["10.244.0.0/16"]}}, {"turn": {"peers": ["10.244.0.0/16"]}})
    ],
    "turn-drain-is-cut": [Case("turn.drain", {"turn": {"drain": "4h1m"}}, {"turn": {"drain": "4h"}})],
    "placeholder-domain": [Case("domain", {}, {"domain": "meet.exampleorg.eu"})],
    "version-support-ends": [
        # today is 2026-03-18; support of 1.33 ends on 2026-11-04
        Case(
            "cluster.version",
            {"cluster": {"version": "1.33.10"}, "today": (2026, 9, 6)},
            {"cluster": {"version": "1.33.10"}},
        ),
    ],
    "mutualized-control-plane": [
        Case("cluster.controlPlane", {"shards": TWO}, {}),
        Case(
            "cluster.controlPlane",
            {"shards": TWO},
            {"shards": TWO, "cluster": KAPSULE | {"controlPlane": "kapsule-dedicated-4"}},
        ),
    ],
    "no-protection": [
        Case("protect", {"domain": "meet.school.eu"}, {"domain": "meet.school.eu", "protect": True}),
        Case("protect", {"shards": TWO}, {}),
    ],
    "lead-too-short": [
        # 15 s for the rule, 15 s for the autoscaler, 4 bridges at once, 165 s for the node
        Case(
            "bridges.schedule[0].lead",
            {"bridges": {"schedule": [lesson(lead="3m14s")]}},
            {"bridges": {"schedule": [lesson(lead="3m15s")]}},
            says="lead 3m14s is shorter than reading 15s + deciding 15s + bootTime 2m45s = 3m15s: the last bridges are ready 1s after",
        ),
        Case(
            "bridges.schedule[0].lead",
            {"bridges": {"scaling": {"scaleUp": {"bridges": 1, "period": "6m"}}, "schedule": [lesson()]}},
            {"bridges": {"scaling": {"scaleUp": {"bridges": 2, "period": "6m"}}, "schedule": [lesson()]}},
            says="growing from 2 to 4 bridges 6m + bootTime 2m45s = 9m15s",
        ),
        Case(  # from 2 bridges to 6, to 12, to 24, to 48: the fourth step comes 45 s after the first
            "bridges.schedule[0].lead",
            {"bridges": {"max": 40, "schedule": [lesson(bridges=25, lead="3m59s")]}},
            {"bridges": {"max": 40, "schedule": [lesson(bridges=25, lead="4m")]}},
            says="growing from 2 to 25 bridges 45s",
        ),
        Case(  # what the entry before it holds need not be added
            "bridges.schedule[1].lead",
            {"bridges": {"schedule": [lesson(), lesson(start="12:10", end="13:00", lead="1m")]}},
            {"bridges": {"schedule": [lesson(), lesson(start="12:01", end="13:00", lead="1m")]}},
        ),
        Case(
            "bridges.schedule[0].lead",
            {"bridges": {"scaling": {"spares": 2, "sparesWhen": "timetable"}, "schedule": [lesson(lead="1m")]}},
            {"bridges": {"scaling": {"spares": 2, "sparesWhen": "always"}, "schedule": [lesson(lead="1m")]}},
        ),
        Case(
            "bridges.schedule[0].lead",
            {"bridges": {"schedule": [lesson(lead="3m5s")]}},
            {
                "bridges": {"schedule": [lesson(lead="3m5s")]},
                "metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"},
            },
        ),
    ],
    "schedule-without-autoscaler": [
        Case(
            "bridges.schedule",
            {"bridges": {"topology": "static", "min": 4, "schedule": [lesson()]}},
            {"bridges": {"topology": "static", "min": 4}},
            says="topology static keeps s0 at 4 bridges",
        ),
        Case(
            "shards[0].bridges.schedule",
            {
                "bridges": {"topology": "daemonset", "min": 4},
                "shards": [TWO[0] | {"bridges": {"schedule": [lesson()]}}],
            },
            {"shards": [TWO[0] | {"bridges": {"schedule": [lesson()]}}]},
        ),
    ],
    "until-not-kept": [
        Case(
            "bridges.schedule[0].until",
            {"metrics": {"adapter": "kubeMetrics"}, "bridges": {"schedule": [lesson(until="2026-07-01")]}},
            {"bridges": {"schedule": [lesson(until="2026-07-01")]}},
            says="requested after 2026-07-01 too",
        ),
        Case(
            "bridges.schedule[0].until",
            {"metrics": {"adapter": "kubeMetrics"}, "bridges": {"schedule": [lesson(until="2026-07-01")]}},
            {"metrics": {"adapter": "kubeMetrics"}, "bridges": {"schedule": [lesson()]}},
        ),
    ],
    "no-look-ahead": [
        Case("bridges.scaling.lookAhead", {"metrics": {"adapter": "kubeMetrics"}}, {}),
        Case(
            "bridges.scaling.lookAhead",
            {"metrics": {"adapter": "kubeMetrics"}},
            {"metrics": {"adapter": "kubeMetrics"}, "bridges": {"scaling": {"lookAhead": "0s"}}},
        ),
        Case(
            "bridges.scaling.lookAhead",
            {"metrics": {"adapter": "kubeMetrics"}},
            {"metrics": {"adapter": "kubeMetrics"}, "bridges": {"topology": "static"}},
        ),
    ],
    "logs-in-the-clear": [
        Case(
            "monitoring.logs.url", logs(url="http://loki.example.org/push"), logs(url="https://loki.example.org/push")
        ),
        Case(
            "monitoring.logs.url", logs(url="http://loki.example.org/push"), logs(url="http://loki.logs.svc:3100/push")
        ),
    ],
    "logs-without-login": [
        Case("monitoring.logs.user", logs(user=None), logs(user="school")),
        Case("monitoring.logs.user", logs(user=None), logs(user=None, url="http://loki.logs.svc:3100/push")),
    ],
    "logs-name-people": [
        Case("monitoring.logs.pseudonyms", logs(pseudonyms=False), logs(), says="sent to loki"),
        Case(
            "monitoring.logs.pseudonyms",
            {"monitoring": {"logs": {"to": "cockpit", "pseudonyms": False}}},
            {"monitoring": {"logs": {"to": "none", "pseudonyms": False}}},
        ),
    ],
    "operator-expected": [
        Case("monitoring.scrape", {"monitoring": {"scrape": "operator"}}, {}, says="PodMonitor and PrometheusRule"),
        Case(
            "monitoring.scrape",
            {"monitoring": {"scrape": "operator", "alerts": False, "dashboards": False}},
            {"monitoring": {"scrape": "annotations"}},
            says="must have PodMonitor (",
        ),
    ],
    "metrics-volume-too-small": [
        Case(
            "metrics.storage",
            {"metrics": {"retention": "3650d", "storage": "1Gi"}},
            {"metrics": {"retention": "3650d", "storage": "1Gi", "adapter": "kubeMetrics"}},
            says="Prometheus keeps about",
        ),
        Case("metrics.storage", {"metrics": {"storage": "100Mi"}}, {}, says="not even its log fits"),
    ],
    "alerts-unheard": [
        Case(
            "monitoring.alertmanager",
            {},
            {"monitoring": {"alertmanager": "http://alertmanager.monitoring.svc:9093"}},
            says="nobody is notified",
        ),
        Case(
            "monitoring.alerts",
            {"metrics": {"adapter": "kubeMetrics"}},
            {"metrics": {"adapter": "kubeMetrics"}, "monitoring": {"alerts": False}},
        ),
        Case(
            "monitoring.alerts",
            {"metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"}},
            {
                "metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"},
                "monitoring": {"scrape": "operator"},
            },
        ),
    ],
    "prometheus-expected": [
        Case(
            "metrics.url",
            {"metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"}},
            {},
            says='up{namespace="jitsi",pod=~"jvb-.*"}',
        ),
        Case(
            "metrics.url",
            {"metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"}},
            {
                "metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"},
                "bridges": {"topology": "static"},
            },
        ),
    ],
    "secret-missing": [
        Case("secretSeed", {"missing_secrets": ("secretSeed",)}, {}, says="openssl rand -hex 32 | pulumi config set"),
        Case("jwtSecret", {"missing_secrets": ("jwtSecret",)}, {}, says="--secret jitsi:jwtSecret"),
    ],
    "environment-overrides": [
        Case(
            "scaleway:region",
            {"environment": {"SCW_DEFAULT_REGION": "nl-ams"}},
            {"environment": {"SCW_DEFAULT_REGION": "fr-par", "SCW_DEFAULT_PROJECT_ID": "one"}},
            says="override the stack's fr-par",
        ),
        Case(
            "scaleway:region",
            {"environment": {"SCW_DEFAULT_REGION": "nl-ams"}},
            EXISTING | {"environment": {"SCW_DEFAULT_REGION": "nl-ams"}},
        ),
    ],
    "network-of-others": [
        Case(
            "cluster.privateNetwork",
            {"cluster": {**KAPSULE, "privateNetwork": "fr-par/11111111-2222-3333-4444-555555555555"}},
            {"cluster": {**KAPSULE, "privateNetwork": "172.20.0.0/20"}},
            says="must be /22 or larger, disjoint from 100.64.0.0/15 (pods)",
        ),
    ],
    "admission-policy-off": [
        Case(
            "cluster.admissionPolicy",
            {"cluster": {**KAPSULE, "admissionPolicy": False}},
            {"cluster": {**KAPSULE, "admissionPolicy": False}, "bridges": {"layout": "nodePort"}},
            says="jvb take host ports, which pod security forbids",
        ),
        Case(
            "cluster.admissionPolicy",
            {"cluster": {**KAPSULE, "admissionPolicy": False}, "bridges": {"layout": "nodePort"}, "turn": {"udp": {}}},
            {"bridges": {"layout": "nodePort"}, "turn": {"udp": {}}},
            says="coturn-udp take host ports",
        ),
        Case(
            "cluster.admissionPolicy",
            {
                "cluster": {**KAPSULE, "admissionPolicy": False},
                "bridges": {"layout": "nodePort"},
                "jigasi": {"sip": SIP},
            },
            {},
        ),
    ],
    "cluster-version-expected": [Case("cluster.kind", EXISTING, {}, says="Kubernetes 1.30 or later")],
    "firewall-of-others": [
        Case("cluster.kind", EXISTING, {}, says="s0 UDP 10000 in fr-par-1"),
        Case(
            "cluster.kind",
            EXISTING | {"bridges": {"layout": "nodePort", "max": 5}},
            {"bridges": {"layout": "nodePort", "max": 5}},
            says="s0 UDP 30300-30304",
        ),
    ],
    "bridge-without-public-address": [
        Case(
            "bridges.publicAddress",
            EXISTING,
            EXISTING | {"bridges": {"publicAddress": "stun", "stunServers": ["stun.example.org:3478"]}},
            says="kubectl get nodes -o wide",
        ),
        Case("bridges.publicAddress", EXISTING, {}),
    ],
    "zone-label-expected": [
        Case("shards", EXISTING | {"shards": TWO}, {"shards": TWO}, says="zone = fr-par-1, fr-par-2; without")
    ],
    "cluster-has-one": [
        Case("metrics.adapter", EXISTING, EXISTING | {"bridges": {"topology": "static"}}, says="custom.metrics.k8s.io"),
        Case("metrics.adapter", EXISTING, EXISTING | {"metrics": {"adapter": "existing"}}),
        Case(
            "ingress.tls.certManager",
            EXISTING | {"metrics": {"adapter": "existing"}, "ingress": {"tls": {"certManager": "install"}}},
            EXISTING | {"metrics": {"adapter": "existing"}},
            says="takes it away",
        ),
    ],
    "pull-secret-expected": [
        Case("images.pullSecret", {"images": {"pullSecret": "registry"}}, {}, says="docker-registry")
    ],
    "host-ports-share-nodes": [
        Case(
            "bridges.firstPort",
            EXISTING | {"shards": [TWO[0], {"name": "s1", "zone": "fr-par-1"}]},
            EXISTING | {"shards": TWO},
            says="s0 and s1 use host port 10000 on the nodes in fr-par-1",
        ),
        Case(  # 10000 and 10001, 10001 and 10002
            "shards[1].bridges.firstPort",
            EXISTING
            | {
                "bridges": {"perNode": 2},
                "shards": [TWO[0], {"name": "s1", "zone": "fr-par-1", "bridges": {"firstPort": 10001}}],
            },
            EXISTING
            | {
                "bridges": {"perNode": 2},
                "shards": [TWO[0], {"name": "s1", "zone": "fr-par-1", "bridges": {"firstPort": 10002}}],
            },
        ),
        Case(
            "bridges.firstPort",
            EXISTING | {"shards": [TWO[0], {"name": "s1", "zone": "fr-par-1"}]},
            {"shards": [TWO[0], {"name": "s1", "zone": "fr-par-1"}]},
        ),
    ],
    "load-balancer-of-others": [Case("ingress", EXISTING, {})],
    "kube-state-unseen": [
        Case(
            "monitoring.kubeState",
            {"monitoring": {"kubeState": "existing"}},
            {
                "monitoring": {"kubeState": "existing"},
                "metrics": {"prometheus": "existing", "url": "http://prometheus.monitoring.svc:9090"},
            },
            says="stay silent",
        )
    ],
    "proxy-header-expected": [
        Case(
            "ingress.proxyProtocol",
            EXISTING | {"ingress": {"proxyProtocol": True}},
            {"cluster": {"kind": "existing", "podRange": "10.244.0.0/16"}, "ingress": {"proxyProtocol": True}},
            says="claim the address of any client",
        )
    ],
    "one-bridge": [
        Case("bridges.min", {"bridges": {"min": 1}}, {"bridges": {"min": 2}}, says="for the next one to boot (2m45s)"),
        Case(
            "bridges.min",
            {"bridges": {"min": 1, "max": 1}},
            {"bridges": {"min": 2, "max": 2}},
            says="set min: 2, and bridges.max to 2 or more",
        ),
        Case(
            "bridges.min",
            {"bridges": {"min": 1, "max": 1, "topology": "static"}},
            {"bridges": {"min": 2, "max": 1, "topology": "static"}},
            says="topology static keeps one bridge: if it",
        ),
        Case(
            "shards[1].bridges.min",
            {"shards": [TWO[0], TWO[1] | {"bridges": {"min": 1}}]},
            {"shards": [TWO[0], TWO[1] | {"bridges": {"min": 1}, "state": "draining"}]},
        ),
    ],
    "shared-cores": [
        Case(
            "bridges.nodeType",
            {"protect": True},
            {"protect": True, "bridges": {"nodeType": "COMPUTE3-X4C-8G"}},
            says="BASIC3-X4C-8G shares its cores",
        ),
        Case("bridges.nodeType", {"protect": True}, {}),
    ],
    "node-type-unknown": [
        Case(
            "bridges.nodeType",
            {"bridges": {"nodeType": "COMPUTE4-X8C-16G"}},
            {
                "bridges": {"nodeType": "COMPUTE4-X8C-16G"},
                "cluster": KAPSULE | {"nodeTypes": {"COMPUTE4-X8C-16G": {"cpu": 8, "memory": 16}}},
            },
            "error",
            "8 vCPU and 16 GiB are assumed",
        ),
        Case(
            "cluster.system.nodeType",
            {"cluster": KAPSULE | {"system": {"nodeType": "PRO2-XSS"}}},
            {"cluster": KAPSULE | {"system": {"nodeType": "PRO2-L"}}},
            says="2 vCPU and 4 GiB are assumed",
        ),
    ],
    "node-price-unknown": [
        Case(
            "cluster.nodeTypes",
            {
                "bridges": {"nodeType": "NEW1-S"},
                "cluster": KAPSULE | {"nodeTypes": {"NEW1-S": {"cpu": 8, "memory": 16}}},
            },
            {
                "bridges": {"nodeType": "NEW1-S"},
                "cluster": KAPSULE | {"nodeTypes": {"NEW1-S": {"cpu": 8, "memory": 16, "price": 0.2}}},
            },
        )
    ],
    "node-type-ends": [
        Case("bridges.nodeType", {"bridges": {"nodeType": "START1-L"}}, {"bridges": {"nodeType": "DEV1-L"}}),
    ],
    "zone-unknown": [
        Case(
            "scaleway:region",
            {"region": "de-fra", "shards": [{"name": "s0", "zone": "de-fra-1"}]},
            {},
            says="python -m local catalogue",
        ),
        Case(
            "shards", {"shards": [{"name": "s0", "zone": "fr-par-4"}]}, {"shards": [{"name": "s0", "zone": "fr-par-2"}]}
        ),
        Case("cluster.system.zone", {"cluster": KAPSULE | {"system": {"zone": "fr-par-4"}}}, {}),
    ],
    "arm-nodes": [
        Case("bridges.nodeType", {"bridges": {"nodeType": "BASIC2-A4C-8G"}}, {}, says="arm64"),
        Case("cluster.system.nodeType", {"cluster": KAPSULE | {"system": {"nodeType": "STANDARD2-A4C-16G"}}}, {}),
        Case("turn.udp.nodeType", {"turn": {"udp": {"nodeType": "BASIC2-A4C-8G"}}}, {"turn": {"udp": {}}}),
        Case("jigasi.sip.nodeType", {"jigasi": {"sip": SIP | {"nodeType": "BASIC2-A4C-8G"}}}, {"jigasi": {"sip": SIP}}),
        Case(  # recorders have recorder-node-arm
            "bridges.nodeType",
            {"bridges": {"nodeType": "BASIC2-A4C-8G"}},
            recording(nodeType="STANDARD2-A4C-16G"),
        ),
        Case(
            "bridges.nodeType",
            {"bridges": {"nodeType": "BASIC2-A4C-8G"}},
            EXISTING | {"bridges": {"nodeType": "BASIC2-A4C-8G"}},
        ),
    ],
    "version-unknown": [
        Case("cluster.version", {"cluster": {"version": "1.32.9"}}, {"cluster": {"version": "1.33.10"}}),
        Case("cluster.version", {"cluster": {"version": "1.35.4"}}, {}, says="patch versions that Kapsule offered on"),
        Case(
            "cluster.version",
            {"cluster": {"version": "1.30.1"}},
            EXISTING | {"cluster": {"kind": "existing", "version": "1.30.1"}},
            says="Kapsule refuses others",
        ),
    ],
    "no-auto-upgrade": [
        Case(
            "cluster.autoUpgrade",
            {},
            {"cluster": {"version": "1.35", "autoUpgrade": {"day": "sunday", "hour": 3}}},
            says="after 1.35.3",
        ),
        Case("cluster.autoUpgrade", {}, EXISTING),
    ],
    "dedicated-commitment": [
        Case("cluster.controlPlane", {"cluster": KAPSULE | {"controlPlane": "kapsule-dedicated-4"}}, {}, says="30 days")
    ],
    "one-system-node": [
        Case("cluster.system.min", {}, {"cluster": KAPSULE | {"system": {"min": 2}}}),
        Case("cluster.system.min", {}, EXISTING),
    ],
    "signalling-in-one-zone": [
        Case(
            "shards[1].pinned",
            {"shards": [TWO[0], TWO[1] | {"pinned": False}]},
            {"shards": TWO},
            says="its meetings end with either zone",
        ),
        Case(
            "cluster.system.nodeType",
            {
                "cluster": KAPSULE | {"system": {"nodeType": "DEV1-M"}},
                "shards": [TWO[0], {"name": "s1", "zone": "fr-par-3"}],
                "bridges": {"nodeType": "PRO2-XS"},
            },
            {
                "cluster": KAPSULE | {"system": {"nodeType": "PRO2-XXS"}},
                "shards": [TWO[0], {"name": "s1", "zone": "fr-par-3"}],
                "bridges": {"nodeType": "PRO2-XS"},
            },
            says="fr-par-3 offers no DEV1-M",
        ),
    ],
    "signalling-unpinned": [
        Case("shards[0].pinned", {"shards": TWO}, {"shards": [TWO[0] | {"pinned": True}, TWO[1]]}),
        Case("shards[0].pinned", {"shards": TWO}, EXISTING | {"shards": TWO}),
        Case("shards[0].pinned", {"shards": TWO}, {"shards": TWO[:1]}),
    ],
    "system-zone-without-shards": [
        Case(
            "cluster.system.zone",
            {"shards": TWO[1:]},
            {"shards": TWO[1:], "cluster": KAPSULE | {"system": {"zone": "fr-par-2"}}},
        )
    ],
    "namespace-taken": [
        Case("namespace", {"namespace": "kube-system"}, {"namespace": "kubes"}),
        Case("namespace", {"namespace": "default"}, {"namespace": "default-jitsi"}),
    ],
    "tls-against-domain": [
        Case("ingress.tls.mode", {}, {"domain": "meet.school.eu"}, says="issues no certificate for meet.example.org"),
        Case("ingress.tls.mode", {}, {"ingress": {"tls": {"mode": "selfSigned"}}}),
        Case(
            "ingress.tls.mode",
            {"domain": "meet.school.eu", "ingress": {"tls": {"mode": "selfSigned"}}},
            {"domain": "meet.school.eu", "ingress": {"tls": {"mode": "secret", "secretName": "own"}}},
            says="browsers warn",
        ),
    ],
    "limits-below-school": [
        # two connections for each participant, 10 000 from one address
        Case(
            "ingress.limits.connections",
            {"bridges": {"max": 70, "schedule": [lesson(bridges=None, participants=5001)]}},
            {"bridges": {"max": 70, "schedule": [lesson(bridges=None, participants=5000)]}},
            says="(the schedules expect 5001 at once) hold 10002 connections, above the 10000",
        ),
        Case(  # the pupils of a school are on all shards that take meetings
            "ingress.limits.connections",
            {"bridges": {"max": 40, "schedule": [lesson(bridges=26)]}, "shards": TWO},
            {"bridges": {"max": 40, "schedule": [lesson(bridges=25)]}, "shards": TWO},
            says="expect 5200 at once",
        ),
        Case(
            "ingress.limits.connections",
            {"bridges": {"max": 40, "schedule": [lesson(bridges=26)]}, "shards": TWO},
            {
                "bridges": {"max": 40, "schedule": [lesson(bridges=26)]},
                "shards": [TWO[0], TWO[1] | {"state": "draining"}],
            },
        ),
        Case(  # one after the other, on two shards
            "ingress.limits.connections",
            {
                "shards": [
                    TWO[0] | {"bridges": {"max": 40, "schedule": [lesson(bridges=26)]}},
                    TWO[1] | {"bridges": {"max": 40, "schedule": [lesson(bridges=26, start="11:00", end="13:00")]}},
                ]
            },
            {
                "shards": [
                    TWO[0] | {"bridges": {"max": 40, "schedule": [lesson(bridges=26)]}},
                    TWO[1] | {"bridges": {"max": 40, "schedule": [lesson(bridges=26, start="12:10", end="13:00")]}},
                ]
            },
        ),
        Case(  # a class of 50 opens a meeting
            "ingress.limits.requests",
            {"ingress": {"limits": {"requests": 2499}}},
            {"ingress": {"limits": {"requests": 2500}}},
            says="50 participants who open a meeting within 10 s (a class) send 2500 requests",
        ),
        Case(
            "ingress.limits.connections",
            {"ingress": {"limits": {"connections": 99}}},
            {"ingress": {"limits": {"connections": 100}}},
            says="raise ingress.limits.connections to 100 or more",
        ),
        Case(  # 1800 people within three minutes are 100 in ten seconds
            "ingress.limits.requests",
            {"ingress": {"limits": {"requests": 4999}}, "bridges": {"max": 30, "schedule": [lesson(bridges=18)]}},
            {"ingress": {"limits": {"requests": 5000}}, "bridges": {"max": 30, "schedule": [lesson(bridges=18)]}},
            says="100 participants who open a meeting within 10 s (the schedules expect 1800 at once, who join within 3m)",
        ),
    ],
    "volume-quota": [
        # 3 system nodes; max b needs b + 1 spare + a quarter of b
        Case(
            "bridges.max",
            {"bridges": {"max": 197}},
            {"bridges": {"max": 196}},
            says="251 nodes x 20 GB of root volume = 5020 GB",
        ),
    ],
    "one-node-family": [
        Case(
            "bridges.nodeType",
            {"shards": TWO},
            {"shards": [TWO[0], TWO[1] | {"bridges": {"nodeType": "PRO2-S"}}]},
            says="run on BASIC3",
        ),
        Case("bridges.nodeType", {"shards": TWO}, {}),
    ],
    "floating-release": [
        Case("images.tag", {"images": {"tag": "latest"}}, {"images": {"tag": "stable-11146"}}),
        Case(
            "shards[0].release",
            {"shards": [TWO[0] | {"release": "unstable"}]},
            {"shards": [TWO[0] | {"release": "unstable-2026-03-01"}]},
        ),
    ],
    "growth-restarts-signalling": [
        Case(
            "signalling.sizedFor",
            {"bridges": {"max": 10}},
            {"bridges": {"max": 9}},
            says="sized for 1000 participants, exactly 10 bridges x 100: one more bridge in bridges.max restarts",
        ),
        Case(
            "signalling.sizedFor",
            {"bridges": {"max": 10}},
            {"bridges": {"max": 10}, "signalling": {"sizedFor": 2000}},
            says="set signalling.sizedFor: 2000",
        ),
    ],
    "signalling-undersized": [
        Case(
            "signalling.sizedFor",
            {"bridges": {"max": 40}, "signalling": {"sizedFor": 250}},
            {"bridges": {"max": 40}, "signalling": {"sizedFor": 4000}},
            says="its limit is 384 MiB instead of 2304, and exceeding it ends every meeting of the shard -> "
            "set signalling.sizedFor: 4000 or more",
        ),
        Case(  # 501 and 1000 are of one class
            "signalling.sizedFor",
            {"bridges": {"max": 10}, "signalling": {"sizedFor": 500}},
            {"bridges": {"max": 10}, "signalling": {"sizedFor": 501}},
        ),
        Case(
            "signalling.sizedFor",
            {"shards": [TWO[0], TWO[1] | {"bridges": {"max": 11}}], "signalling": {"sizedFor": 1000}},
            {"shards": TWO, "signalling": {"sizedFor": 1000}},
            says="11 bridges x 100 of s1 carry 1100",
        ),
    ],
    "timetable-within-tolerance": [
        Case(  # 20 stand, and 22 are a tenth more
            "bridges.schedule[1]",
            {"bridges": {"max": 40, "schedule": [lesson(bridges=20), lesson(bridges=22, start="11:00", end="13:00")]}},
            {"bridges": {"max": 40, "schedule": [lesson(bridges=20), lesson(bridges=23, start="11:00", end="13:00")]}},
            says="requests 22 bridges where 20 run: scaling stops at 20",
        ),
        Case(
            "bridges.schedule[1]",
            {"bridges": {"max": 22, "schedule": [lesson(bridges=20), lesson(bridges=22, start="11:00", end="13:00")]}},
            {"bridges": {"max": 23, "schedule": [lesson(bridges=20), lesson(bridges=23, start="11:00", end="13:00")]}},
            says="request 23 bridges or more (bridges.max must allow them)",
        ),
        Case(  # from 2 to 6, 12, 24, of which 25 is within a tenth
            "bridges.schedule[0]",
            {"bridges": {"max": 40, "schedule": [lesson(bridges=25)]}},
            {"bridges": {"max": 40, "schedule": [lesson(bridges=27)]}},
            says="scaling stops at 24",
        ),
    ],
    "bridges-leave-in-break": [
        Case(  # nine minutes of lead belong to the second entry
            "bridges.scaling.scaleDownWindow",
            {"bridges": {"schedule": [lesson(end="10:00"), lesson(start="10:25")]}},
            {"bridges": {"schedule": [lesson(end="10:00"), lesson(start="10:24")]}},
            says="is 16m, longer than scaleDownWindow 15m",
        ),
        Case(
            "bridges.scaling.scaleDownWindow",
            {"bridges": {"schedule": [lesson(end="10:00"), lesson(start="11:09")]}},
            {"bridges": {"schedule": [lesson(end="10:00"), lesson(start="11:10")]}},
        ),
    ],
    "schedule-close-to-max": [
        Case(
            "bridges.schedule[1]",
            {"bridges": {"max": 10, "schedule": [lesson(), lesson(bridges=10)]}},
            {"bridges": {"max": 10, "schedule": [lesson(), lesson(bridges=9)]}},
            says="raise bridges.max to 12",
        ),
        Case(
            "bridges.schedule[0]",
            {"bridges": {"schedule": [lesson()]}, "shards": [TWO[0] | {"bridges": {"max": 4}}]},
            {"bridges": {"schedule": [lesson()]}, "shards": [TWO[0] | {"bridges": {"max": 5}}]},
            says="raise shards[0].bridges.max to 5",
        ),
    ],
    "schedule-counted-twice": [
        Case(
            "bridges.schedule[0].participants",
            {"shards": TWO, "bridges": {"schedule": [lesson(bridges=None, participants=300)]}},
            {"shards": TWO, "bridges": {"schedule": [lesson(bridges=None, participantsOfStack=300)]}},
            says="300 participants are expected in each of 2 active shards, 600 in all",
        ),
        Case(
            "bridges.schedule[0].participants",
            {"shards": TWO, "bridges": {"schedule": [lesson(bridges=None, participants=300)]}},
            {"bridges": {"schedule": [lesson(bridges=None, participants=300)]}},
        ),
    ],
    "schedule-ended": [
        Case(
            "bridges.schedule[0].until",
            {"bridges": {"schedule": [lesson(until="2026-03-17")]}},
            {"bridges": {"schedule": [lesson(until="2026-03-18")]}},
        )
    ],
    "upgrade-window-in-timetable": [
        # 08:00 in Paris with ten minutes of lead begins at 05:50 UTC in summer
        Case(
            "cluster.autoUpgrade",
            {
                "cluster": {"version": "1.35", "autoUpgrade": {"day": "monday", "hour": 3}},
                "bridges": {"schedule": [lesson()]},
            },
            {
                "cluster": {"version": "1.35", "autoUpgrade": {"day": "monday", "hour": 1}},
                "bridges": {"schedule": [lesson()]},
            },
            says="monday 03:00-05:00 UTC and lasts up to",
        ),
        Case(
            "cluster.autoUpgrade",
            {
                "cluster": {"version": "1.35", "autoUpgrade": {"day": "any", "hour": 8}},
                "bridges": {"schedule": [lesson()]},
            },
            {
                "cluster": {"version": "1.35", "autoUpgrade": {"day": "tuesday", "hour": 8}},
                "bridges": {"schedule": [lesson()]},
            },
        ),
    ],
}

FLAT = [(name, case) for name, cases in CASES.items() for case in cases]
IDS = [f"{name}-{position}" for name, cases in CASES.items() for position in range(len(cases))]


def subject(keys: dict[str, Any]) -> Subject:
    today = keys.get("today")
    made = subject_of(**{key: value for key, value in keys.items() if key != "today"})
    return made if today is None else replace(made, today=made.today.replace(*today))


def found(name: str, keys: dict[str, Any]) -> list[Finding]:
    (rule,) = [rule for rule in RULES if rule.name == name]
    return list(rule.findings(subject(keys)))


@pytest.mark.parametrize(("name", "case"), FLAT, ids=IDS)
def test_a_rule_speaks_where_it_applies(name: str, case: Case) -> None:
    findings = [finding for finding in found(name, case.found) if finding.where == case.where]
    assert findings, f"nothing at {case.where}, but {found(name, case.found)}"
    told = f"{findings[0].message} -> {findings[0].remedy}"
    assert case.says in told
    if case.severity:
        assert findings[0].severity == case.severity


@pytest.mark.parametrize(("name", "case"), FLAT, ids=IDS)
def test_a_rule_is_silent_where_it_just_does_not_apply(name: str, case: Case) -> None:
    assert found(name, case.missed) == []


def test_every_rule_has_a_case_here() -> None:
    assert set(CASES) == {rule.name for rule in RULES}


def test_names_are_unique_and_in_kebab_case() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and "_" not in name and " " not in name for name in names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_in_a_sentence_what_it_is_about(rule: Any) -> None:
    assert rule.about.endswith(".")


def test_errors_come_before_warnings_and_infos() -> None:
    severities = [finding.severity for finding in check(subject_of(bridges={"participants": 300}))]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert {"error", "warning", "info"} == set(severities)


def test_a_default_that_several_shards_share_is_told_once() -> None:
    assert len(found("bridge-network-too-small", {"shards": TWO, "bridges": {"participants": 300}})) == 1


@pytest.mark.parametrize(
    ("domain", "reserved"),
    [("example.org", True), ("a.example", True), ("meet.test", True), ("notexample.org", False), ("example.eu", False)],
)
def test_reserved_zones_are_known(domain: str, reserved: bool) -> None:
    assert is_placeholder(domain) is reserved
