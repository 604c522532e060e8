"""Variables of the images: what owns each, whether its key really does it, and whether all pods that read it are told alike."""

import re
from collections import defaultdict
from functools import cache
from typing import Any, get_args

import pytest
from environments import BASE, stack, told
from sample_stacks import OWN
from test_option_pairs import STACKS

from config.environment import COMPONENTS, MERGED, known_names, known_release, readers
from config.environment_owners import KEYS, NO_KEY, SECRETS
from config.images import Images
from config.problems import ConfigError
from config.read import parse
from config.secret_keys import SECRETS as SECRET_KEYS
from config.stack import StackConfig

Keys = dict[str, Any]

JWT: Keys = {"type": "jwt", "jwt": {"appId": "school"}}
LDAP: Keys = {"servers": ["ldap://ldap.example.org"], "base": "dc=example,dc=org"}
SIP: Keys = {"account": "1@sip.example.org", "server": "sip.example.org"}
NUMBERS: Keys = {"numbersUrl": "https://n.example.org", "conferenceMapperUrl": "https://m.example.org"}
VOSK: Keys = {"backend": "vosk", "url": "wss://vosk.example.org"}
WHISPER: Keys = {"backend": "whisper", "url": "wss://whisper.example.org/streaming-whisper/ws"}
BUCKET: Keys = {"bucket": "my-school", "endpoint": "https://s3.example.org", "nodeType": "GP1-XS"}
TURN: Keys = {"peers": ["10.244.0.0/16"]}
MORE: Keys = {"visitors": {}, "recording": BUCKET, "jigasi": {"sip": SIP, "transcription": VOSK}}
"""Options with pods of their own."""
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"


def ldap(**keys: Any) -> Keys:
    return {"auth": {"type": "ldap", "ldap": {**LDAP, **keys}}}


def sip(**keys: Any) -> Keys:
    return {"jigasi": {"sip": {**SIP, **keys}}}


def speech(**keys: Any) -> Keys:
    return {"jigasi": {"transcription": {**VOSK, **keys}}}


def turn(**keys: Any) -> Keys:
    return {"turn": {**TURN, **keys}}


SETS: dict[str, list[tuple[Keys, Keys]]] = {
    "auth.type": [({}, {"auth": JWT})],
    "auth.guests": [({"auth": JWT}, {"auth": {**JWT, "guests": True}})],
    "auth.lobby": [({}, {"auth": {"lobby": False}})],
    "auth.moderators": [({"auth": JWT}, {"auth": {**JWT, "moderators": "claim"}})],
    "auth.loginLifetime": [({"auth": JWT}, {"auth": {**JWT, "loginLifetime": "8h"}})],
    **{
        f"auth.jwt.{key}": [({"auth": JWT}, {"auth": {"type": "jwt", "jwt": {"appId": "school", key: value}}})]
        for key, value in {
            "appId": "other",
            "allowEmpty": True,
            "issuers": ["a"],
            "audiences": ["b"],
            "keyServer": "https://keys.example.org",
            "loginUrl": "https://login.example.org",
            "tenants": True,
        }.items()
    },
    "auth.ldap": [({}, ldap())],
    "auth.ldap.servers": [(ldap(), ldap(servers=["ldaps://other.example.org"]))],
    "auth.ldap.base": [(ldap(), ldap(base="dc=other"))],
    "auth.ldap.filter": [(ldap(), ldap(filter="cn=%u"))],
    "auth.ldap.bindDn": [(ldap(), ldap(bindDn="cn=reader"))],
    "auth.ldap.startTls": [(ldap(), ldap(startTls=True))],
    "auth.ldap.ca": [(ldap(startTls=True), ldap(startTls=True, ca=CERTIFICATE))],
    "auth.ldap.verify": [(ldap(startTls=True), ldap(startTls=True, verify=False))],
    "web.languages.default": [({}, {"web": {"languages": {"default": "de"}}})],
    "web.branding": [({}, {"web": {"branding": {"data": {"a": 1}}}})],
    "web.toolbarButtons": [({}, {"web": {"toolbarButtons": ["camera"]}})],
    "web.closePage": [({}, {"web": {"closePage": True}})],
    "web.welcomePage": [({}, {"web": {"welcomePage": False}})],
    **{
        f"meetings.{key}": [({}, {"meetings": {key: value}})]
        for key, value in {
            "maxParticipants": 80,
            "resolution": {"ideal": 360, "min": 360},
            "codecs": ["VP9", "VP8"],
            "simulcast": False,
            "p2p": False,
            "prejoinPage": False,
            "requireDisplayName": True,
            "noisyMicDetection": False,
            "breakoutRooms": False,
            "polls": False,
            "reactions": False,
            "stunServers": ["stun.example.org:3478"],
        }.items()
    },
    "meetings.startMuted.audio": [({}, {"meetings": {"startMuted": {"audio": 3}}})],
    "meetings.startMuted.video": [({}, {"meetings": {"startMuted": {"video": 3}}})],
    "recording": [({}, {"recording": BUCKET})],
    "recording.streaming": [({"recording": BUCKET}, {"recording": {**BUCKET, "streaming": {}}})],
    "recording.resolution": [({"recording": BUCKET}, {"recording": {**BUCKET, "resolution": "1920x1080"}})],
    "recording.longest": [({"recording": BUCKET}, {"recording": {**BUCKET, "longest": "2h"}})],
    "jigasi.transcription": [({}, speech())],
    "jigasi.transcription.language": [(speech(), speech(language="de-DE"))],
    "jigasi.transcription.backend": [(speech(), {"jigasi": {"transcription": {"backend": "google"}}})],
    "jigasi.transcription.filterSilence": [(speech(), speech(filterSilence=True))],
    "jigasi.transcription.keyName": [(speech(**WHISPER), speech(**WHISPER, keyName="jitsi/default"))],
    "jigasi.transcription.url": [(speech(), speech(url="wss://b.example.org")), (speech(), speech(**WHISPER))],
    **{
        f"jigasi.sip.{key}": [(sip(), sip(**{key: value}))]
        for key, value in {
            "account": "2@sip.example.org",
            "server": "b.example.org",
            "port": 5061,
            "transport": "TLS",
            "defaultRoom": "hall",
            "srtp": True,
            "keepAlive": "CRLF",
            "firstPort": 21000,
        }.items()
    },
    **{f"jigasi.sip.{key}": [(sip(), sip(**NUMBERS))] for key in NUMBERS},
    "visitors": [({}, {"visitors": {}})],
    "visitors.nodes": [({"visitors": {}}, {"visitors": {"nodes": 3}})],
    "visitors.participants": [({"visitors": {}}, {"visitors": {"participants": 40}})],
    "visitors.visitorsPerNode": [({"visitors": {}}, {"visitors": {"visitorsPerNode": 300}})],
    "bridges.relays": [({}, {"bridges": {"relays": False}})],
    "bridges.firstPort": [({}, {"bridges": {"firstPort": 11000}})],
    "bridges.publicAddress": [
        ({}, {"bridges": {"publicAddress": "stun"}}),
        ({}, {"bridges": {"publicAddress": "internal"}}),
    ],
    "bridges.stunServers": [
        (
            {"bridges": {"publicAddress": "stun"}},
            {"bridges": {"publicAddress": "stun", "stunServers": ["stun.example.org:3478"]}},
        )
    ],
    "bridges.participants": [({}, {"bridges": {"participants": 60, "scaling": {"participants": 50}}})],
    "bridges.resources": [({}, {"bridges": {"resources": {"cpu": 2, "memory": "3Gi"}}})],
    "shards[].zone": [({}, {"shards": [{"name": "s0", "zone": "zone-2"}]})],
    "signalling.sizedFor": [({}, {"signalling": {"sizedFor": 3000}})],
    "domain": [({}, {"domain": "other.example.org"})],
    "documents": [({}, {"documents": {}})],
    "whiteboard": [({}, {"whiteboard": True})],
    "turn": [({}, turn())],
    "turn.host": [(turn(), turn(host="relay.example.net"))],
    "turn.servers": [
        (
            {},
            {
                "turn": {
                    "servers": [
                        {"host": "a.example.net", "transport": "tcp"},
                        {"host": "b.example.net", "transport": "tls"},
                    ]
                }
            },
        )
    ],
    "turn.credentials": [(turn(), turn(credentials="8h"))],
    "turn.udp": [(turn(), turn(udp={}))],
}
"""Key -> a stack without it and the same stack with it; one entry for every key that a refusal names."""
INSTEAD = {
    "BRANDING_DATA_URL": "DYNAMIC_BRANDING_URL",
    "VIDEOQUALITY_PREFERRED_CODEC": "CODEC_ORDER_JVB",
    "P2P_PREFERRED_CODEC": "CODEC_ORDER_P2P",
    "P2P_STUN_SERVERS": "file custom-config.js",
    "BRIDGE_AVG_PARTICIPANT_STRESS": "file custom-jicofo.conf",
    "MAX_BRIDGE_PARTICIPANTS": "file custom-jicofo.conf",
    "JICOFO_ICE_FAILURE_MIN_ENDPOINTS": "file custom-jicofo.conf",
    "JVB_PORT": "FIRST_PORT",  # advertise.sh adds the pod's number, and writes JVB_PORT
    "JVB_ADVERTISE_IPS": "ADDRESS_FROM",  # advertise.sh asks the API for the node's, and writes JVB_ADVERTISE_IPS
    "DOCKER_HOST_ADDRESS": "ADDRESS_FROM",  # the old name of JVB_ADVERTISE_IPS
}
"""Variable -> what its key sets in its place."""
OTHERWISE = {
    "JIGASI_MODE": "one image, two programs",
    "JIGASI_PORT_MIN": "a transcriber takes no telephone calls",
    "JIGASI_PORT_MAX": "a transcriber takes no telephone calls",
    "PROSODY_MODE": "one image, two programs",
    "PROSODY_VISITOR_INDEX": "the pod's number",
    "VISITORS_XMPP_SERVER": "jicofo is a client of visitor prosodies, prosody a server beside them",
    "XMPP_SERVER": "jigasi and jibri serve all shards",
    "GLOBAL_CONFIG": "bridges have no accounts at visitor prosodies",
    "GLOBAL_MODULES": "bridges have no accounts at visitor prosodies",
    "XMPP_MODULES": "visitor prosodies have no lobby",
    "XMPP_MUC_MODULES": "visitor prosodies have no hosts and no moderators",
    "XMPP_CONFIGURATION": "visitor prosodies have no accounts",
    **dict.fromkeys((name for name in KEYS if name.startswith("LDAP_")), "visitor prosodies have no accounts"),
}
"""Variable -> why two pods may be told different things."""
DEFAULTS = {"XMPP_HIDDEN_DOMAIN": "hidden.meet.jitsi"}
"""Variable -> the image's default, where the program sets the same for some pods only."""
UNREAD = {
    "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES": "s6",
    **dict.fromkeys(("DEADLINE", "ANNOUNCE", "MARGIN", "MIGRATE_AFTER", "MOVE", "ROOM"), "our own scripts"),
    **dict.fromkeys(("FIRST_PORT", "ADDRESS_FROM", "NODE_NAME", "ORDINAL"), "advertise.sh"),
    **dict.fromkeys(("XMPP_AUTH_DOMAIN", "XMPP_DOMAIN", "ENABLE_LOBBY", "ENABLE_VISITORS"), "set for all alike"),
    **dict.fromkeys(("ENABLE_AUTH", "ENABLE_GUESTS", "AUTH_TYPE", "PUBLIC_URL"), "set for all alike"),
    **dict.fromkeys((name for name in KEYS if name.startswith("JWT_")), "set for all alike"),
    **dict.fromkeys(("WHITEBOARD_ENABLED", "ENABLE_TRANSCRIPTIONS"), "read by earlier releases"),
    **dict.fromkeys(
        ("CODEC_ORDER_P2P", "CODEC_ORDER_P2P_MOBILE"), "read under the name CODEC_ORDER_JVB, a slip upstream"
    ),
}
"""Variable -> why a pod is told it, though its image does not read it."""


@cache
def everything() -> tuple[tuple[StackConfig, dict[str, dict[str, str]]], ...]:
    """Every stack of these tests with what its pods are told."""
    afters = [after for pairs in SETS.values() for _, after in pairs]
    configs = [stack(**after) for after in afters]
    configs += [stack(**{**MORE, **after}) for after in afters if after != {"bridges": {"relays": False}}]
    configs += [parse(values) for values in (*STACKS, *OWN.values())]
    return tuple((config, told(config)) for config in configs)


def test_the_known_names_are_those_of_the_default_release() -> None:
    assert known_release() == Images().tag, (
        "run python -m lab.image_variables with a checkout of the images' repository"
    )


def test_each_key_that_a_refusal_names_has_a_stack_that_sets_it() -> None:
    assert set(KEYS.values()) <= SETS.keys(), "add what sets the key to SETS"


def test_a_variable_has_one_owner() -> None:
    assert not KEYS.keys() & NO_KEY.keys()
    assert not (KEYS.keys() | NO_KEY.keys()) & SECRETS.keys()


@pytest.mark.parametrize("name", sorted(KEYS))
def test_the_key_that_a_refusal_names_sets_the_variable(name: str) -> None:
    watched = INSTEAD.get(name, name)
    for before, after in SETS[KEYS[name]]:
        first, second = told(stack(**before)), told(stack(**after))
        if any(first.get(kind, {}).get(watched) != values.get(watched) for kind, values in second.items()):
            return
    pytest.fail(f"{KEYS[name]} does not change {watched}")


def test_no_key_sets_what_a_refusal_says_none_does() -> None:
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for config, pods in everything():
        if len(config.shards) == 1 and config.namespace == "jitsi":
            for kind, values in pods.items():
                for name in NO_KEY.keys() & values.keys():
                    seen[kind, name].add(
                        values[name].replace(config.resolved[0].name, "SHARD").replace(config.cluster.domain, "DOMAIN")
                    )
    assert {where: values for where, values in seen.items() if len(values) > 1} == {}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_refused_variable_is_told_its_key_or_why_there_is_none(component: str) -> None:
    names = [name for name in (*KEYS, *NO_KEY, *SECRETS) if name in known_names(component)]
    with pytest.raises(ConfigError) as refused:
        stack(env={component: dict.fromkeys(names, 1)})
    found = {problem.where.rpartition(".")[2]: str(problem) for problem in refused.value.problems}
    for name in names:
        says = KEYS.get(name) or NO_KEY.get(name) or SECRETS[name]
        assert says in found[name], name


def test_a_reason_names_only_keys_that_exist() -> None:
    for reason in {*NO_KEY.values(), *SECRETS.values()}:
        for key in re.findall(r"\b[a-z]+(?:\.[a-z][a-zA-Z]+)+", reason):
            assert _exists(StackConfig, key.split(".")), key
        for secret in re.findall(r"jitsi:(\w+)", reason):
            assert secret in SECRET_KEYS, secret


def _exists(model: Any, path: list[str]) -> bool:
    models = [part for part in (model, *get_args(model)) if hasattr(part, "model_fields")]
    if not path or not models:
        return not path
    fields = {field.alias or name: field.annotation for name, field in models[0].model_fields.items()}
    return path[0] in fields and _exists(fields[path[0]], path[1:])


def test_every_pod_that_reads_a_variable_is_told_the_same() -> None:
    differing: dict[str, set[str]] = defaultdict(set)
    for _, pods in everything():
        for name, kinds in readers().items():
            values = {kind: pods[kind].get(name) or DEFAULTS.get(name, "") for kind in kinds if kind in pods}
            if name not in SECRETS and len(set(values.values())) > 1:
                differing[name].add(str(values))
    assert {name: values for name, values in differing.items() if name not in OTHERWISE} == {}
    assert set(OTHERWISE) - set(differing) == set(), "no stack differs in these any more"


def test_what_the_program_sets_cannot_also_be_set_by_env() -> None:
    written = {"ENABLE_OPUS_RED", "ENABLE_VLA", *MERGED}  # by env in these stacks, and lists that take both
    for _, pods in everything():
        for component in COMPONENTS:
            free = (pods[component].keys() & known_names(component)) - KEYS.keys() - NO_KEY.keys() - SECRETS.keys()
            assert free <= written, f"config/environment_owners.py must say which key {free - written} belong to"


def test_every_variable_that_a_pod_is_told_is_read_there() -> None:
    strange = {
        f"{kind}.{name}"
        for _, pods in everything()
        for kind, values in pods.items()
        for name in values
        if kind not in readers().get(name, ()) and name not in UNREAD and not name.startswith("file ")
    }
    assert strange == set()


def test_the_base_of_these_stacks_sets_none_of_the_keys() -> None:
    assert BASE.keys() == {"domain", "cluster", "shards", "ingress"}
