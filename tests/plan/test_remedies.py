"""The remedy of every finding, applied to the stack that has it: the finding is gone, and none as bad or worse has come.

What a remedy says as `key: value`, `key to value` or `remove key` is read from its text. Other words are in `WORDS` with the change
that they ask for, or in `OUTSIDE` if they ask for nothing in the stack file. A remedy with other words fails here.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest
import yaml
from test_plan_findings import FLAT, IDS, Case, found, subject

from config.problems import ConfigError
from config.stack import StackConfig
from plan.findings.check import RULES, check
from plan.findings.rule import SEVERITIES, Finding, Subject

Keys = dict[str, Any]
Change = dict[str, Any]
"""Path -> its new value; None removes the key. Paths are the stack file's, or begin with `@`, the place of the finding."""

PAIR = re.compile(
    r"(?<![\w.])((?:it|[a-z]\w*(?:\[\d+\])?(?:\.\w+(?:\[\d+\])?)*))(?: to(?: about)? |: )(\{(?:[^{}]|\{[^}]*\})*\}|\[[^]]*\]|[\w:./@-]+)"
)
REMOVAL = re.compile(r"\bremove ([a-z]\w*(?:\.\w+)*)")
PART = re.compile(
    r", (?=use )|,? or (?=set |raise |lower |use |remove |limit |request |run |try |install |move |let |join |drain |shorten )|; (?:or )?|, or "
)

JWT: Keys = {"type": "jwt", "jwt": {"appId": "school"}}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"
SCHOOL: Change = {"domain": "meet.school.eu"}  # the example's domain gets no certificate
STRONG = "COMPUTE3-X12C-24G"


def https(old: str) -> str:
    return old.replace("http:", "https:")


def with_pictures(old: Keys | None) -> Keys:
    return {**(old or {}), **{f"images/{name}": {"text": "<svg/>"} for name in ("logo.svg", "b.jpg")}}


def with_shard(zone: str) -> Any:
    return lambda old: [*old, {"name": "s7", "zone": zone}]


WORDS: dict[str, dict[str, Change]] = {
    "unknown-environment-name": {
        "did you mean ENABLE_OPUS_RED": {"@": None, "env.web.ENABLE_OPUS_RED": True},
        "move it to env.web": {"@": None, "env.web.ENABLE_OPUS_RED": True},
    },
    "storage-overruled": {"remove storage": {"@": "a = 1"}},
    "limit-before-visitors": {"raise maxParticipants above 60": {"@": 61}},
    "picture-not-served": {
        "add the file to web.folder": {"web.files": with_pictures},
        "list it under web.files": {"web.files": with_pictures},
    },
    "recording-without-auth": {"set auth.type": {"auth": JWT}},
    "recorder-node-too-small": {"PRO2-XS": {"@": "PRO2-XS"}},
    "recorder-node-arm": {"PRO2-XS": {"@": "PRO2-XS"}},
    "recordings-kept-forever": {"for example 90d": {"@": "90d"}},
    "recordings-open-to-project": {"list the administrators": {"@": ["user_id:00000000-0000-4000-8000-000000000000"]}},
    "recording-cut-by-upgrade": {
        "remove cluster.autoUpgrade": {"cluster.autoUpgrade": None, "cluster.version": "1.35.3"},
    },
    "api-server-open": {"allow only the ranges": {"@": ["203.0.113.0/24"]}},
    "limit-without-visitors": {"remove maxParticipants, and limit a whole meeting": {"@": None, "visitors.nodes": 3}},
    "tokens-optional": {
        "for people who only join set guests: true and": {
            "@": False,
            "auth.guests": True,
            "auth.waitForHost": "lobby",
        },
        "for people who only join set guests: true": {"@": False, "auth.guests": True},
    },
    "plugin-not-loaded": {"XMPP_MODULES for one of the host": {"env.prosody.XMPP_MODULES": "hello"}},
    "zone-unknown": {
        "valid here: fr-par": {"region": "fr-par", "shards[0].zone": "fr-par-1"},
        "use a zone of the list": {"shards[0].zone": "fr-par-1", "cluster.system.zone": "fr-par-2"},
    },
    "node-price-unknown": {"set price": {"@": {"NEW1-S": {"cpu": 8, "memory": 16, "price": 0.2}}}},
    "node-type-ends": {"choose another nodeType": {"@": "COMPUTE3-X4C-8G"}},
    "node-type-unknown": {
        "did you mean COMPUTE3-X8C-16G?": {"@": "COMPUTE3-X8C-16G"},
        "did you mean PRO2-XS?": {"@": "PRO2-XS"},
    },
    "token-features": {"set auth.type: jwt": {"auth": JWT}, "remove meetings.fileSharing": {"@": None}},
    "schedule-counted-twice": {"write participantsOfStack: 300": {"@": None, "@^.participantsOfStack": 300}},
    "instance-ip-quota": {
        "more bridges per node": {"bridges.perNode": 4, "bridges.min": 4, "bridges.nodeType": "BASIC3-X16C-32G"}
    },
    "volume-quota": {
        "more bridges per node": {"bridges.perNode": 4, "bridges.min": 4, "bridges.nodeType": "BASIC3-X16C-32G"}
    },
    "admission-policy-off": {
        "use layout: nodePort without": {"bridges.layout": "nodePort", "jigasi": None, "turn": None},
    },
    "directory-in-the-clear": {"use ldaps://": {"@": ["ldaps://ldap.example.org"]}},
    "directory-unverified": {"if a private CA": {"auth.ldap.verify": None, "auth.ldap.ca": CERTIFICATE}},
    "key-server-in-the-clear": {"use an https:// address": {"@": https}},
    "login-in-the-clear": {"use an https:// address": {"@": https}},
    "logs-in-the-clear": {"use an https:// address": {"@": https}},
    "tokens-of-anyone": {"list the": {"@": ["school"]}},
    "third-party-stun": {
        "list your own servers": {"@": ["stun.example.org:3478"]},
        "use your own server": {"@": ["stun.example.org:3478"]},
        "none: two participants": {"@": None},
    },
    "relays-often": {
        "run one large bridge per node": {"@^.perNode": 1, "@^.nodeType": "BASIC3-X8C-16G", "@": 150},
    },
    "bridge-network-too-small": {
        "lower perNode": {"@^.perNode": 1},
        "use a nodeType with more bandwidth": {"@^.nodeType": STRONG},
    },
    "bridge-does-not-fit-node": {
        "lower perNode": {"@": 2},
        "lower resources": {"@": {"cpu": "3500m", "memory": "5Gi"}},
        "use a larger nodeType": {"@^.nodeType": "COMPUTE3-X32C-64G"},
    },
    "bridges-beside-per-node": {
        "raise resources": {"@": {"cpu": "3500m", "memory": "5Gi"}},
        "lower resources": {"@": {"cpu": "1500m", "memory": "2Gi"}},
        "without them": {"@": None},
    },
    "participants-above-cpu": {
        "give the bridge more CPU": {"@^.resources": {"cpu": 3, "memory": "5Gi"}, "@^.perNode": 1}
    },
    "dial-in-not-shown": {
        "set numbersUrl": {"@": "https://m.example.org/n", "@^.conferenceMapperUrl": "https://m.example.org/c"}
    },
    "speech-leaves": {"use vosk or whisper": {"@^": {"backend": "vosk", "url": "wss://vosk.example.org"}}},
    "visitors-beyond-bridges": {"lower visitors.nodes": {"visitors.nodes": 1, "visitors.visitorsPerNode": 400}},
    "highest-ordinal-leaves": {"shorten migrateAfter": {}},
    "window-below-drain": {"lower drain.migrateAfter": {"@^^.drain.migrateAfter": "4m"}},
    "nodes-above-control-plane": {
        "use kapsule-dedicated-4": {"@": "kapsule-dedicated-4"},
        "lower bridges.max": {"bridges.max": 60},
        "lower bridges.min": {"bridges.min": 60},
        "raise perNode with a larger nodeType": {
            "bridges.perNode": 8,
            "bridges.min": 8,
            "bridges.nodeType": "BASIC3-X16C-32G",
        },
    },
    "pool-above-quota": {"use a type of another family": {}},
    "node-type-unproven": {"use COMPUTE3-X12C-24G": {"@": STRONG}},
    "slot-follows-position": {"end the name in a number": {"shards[0].name": "a0"}},
    "draining-only": {"set state: active": {"shards[1].state": "active"}},
    "single-shard": {"add a second shard": {"shards": with_shard("fr-par-2")}},
    "zone-single": {"move one of them": {"shards[1].zone": "fr-par-2"}},
    "signalling-in-one-zone": {
        "use a nodeType that both": {"cluster.system.nodeType": "PRO2-XXS"},
        "remove pinned": {"shards[1].pinned": None},
    },
    "signalling-unpinned": {"set pinned: true": {"@": True}},
    "system-zone-without-shards": {"set cluster.system.zone": {"@": "fr-par-2"}},
    "pull-secret-expected": {
        "set images.login": {"@": None, "images.login": {"server": "ghcr.io", "user": "robot"}},
    },
    "release-too-old": {"another release from": {"@": "stable-11146"}},
    "release-mix": {
        "finish it by setting images.tag": {"images.tag": "stable-11200", "shards[1].release": None},
    },
    "shard-nears-prosody": {
        "limit each to 36 bridges": {"shards": with_shard("fr-par-2"), "@": 36},
    },
    "system-pool-too-small": {
        "use a larger nodeType": {"cluster.system.nodeType": "PRO2-S"},
        "use a larger system.nodeType": {"cluster.system.nodeType": "PRO2-S"},
    },
    "load-balancer-too-small": {"use LB-GP-M": {"@": "LB-GP-M"}},
    "turn-above-load-balancer": {"use LB-GP-M": {"@": "LB-GP-M"}},
    "record-to-make": {
        "set dnsZone": {"dnsZone": "example.org"},
        "set turn.host to a name": {"@": "turn.example.org"},
        "set turn.udp.host to a name": {"@": "relay.example.org"},
    },
    "turn-udp-on-others-port": {"use 3478 or 443": {"@": 3478}},
    "turn-certificate-is-yours": {
        "use tls.mode": {"@": None, "@^.mode": "letsEncrypt", "@^.certManager": "install", **SCHOOL}
    },
    "hosts-certificate-is-yours": {
        "use tls.mode": {"@": None, "@^.mode": "letsEncrypt", "@^.certManager": "install", **SCHOOL}
    },
    "placeholder-domain": {"set the host name": {"@": "meet.school.eu"}},
    "version-support-ends": {"upgrade to 1.34": {"@": "1.34.6"}},
    "version-unknown": {"use one of these": {"@": "1.35.3"}},
    "mutualized-control-plane": {"use kapsule-dedicated-4": {"@": "kapsule-dedicated-4"}},
    "lead-too-short": {"raise scaling.scaleUp": {"bridges.scaling.scaleUp": {"bridges": 4, "period": "1m"}}},
    "schedule-without-autoscaler": {"remove the schedule": {"@": None}},
    "until-not-kept": {"remove the entry": {"bridges.schedule": []}},
    "logs-without-login": {"set user": {"@": "school"}},
    "logs-name-people": {"keep pseudonyms on": {"@": True}},
    "alerts-unheard": {
        "set its address": {"@": "http://alertmanager.monitoring.svc:9093"},
    },
    "bridge-without-public-address": {
        "publicAddress: stun and your own": {"@": "stun", "@^.stunServers": ["stun.example.org:3478"]}
    },
    "host-ports-share-nodes": {
        "give each shard its own firstPort": {"shards[1].bridges.firstPort": 10200},
        "its own zone": {"shards[1].zone": "fr-par-2"},
    },
    "shared-cores": {"COMPUTE3-X4C-8G": {"@": "COMPUTE3-X4C-8G"}},
    "arm-nodes": {"use an x86_64 type": {"@": "BASIC3-X4C-8G"}},
    "no-auto-upgrade": {"set autoUpgrade": {"@": {"day": "sunday", "hour": 3}, "cluster.version": "1.35"}},
    "dedicated-commitment": {"use kapsule to experiment": {"@": "kapsule"}},
    "namespace-taken": {"such as jitsi": {"@": "jitsi"}},
    "tls-against-domain": {
        "set domain to a name you own": {"domain": "meet.school.eu"},
        "secret with your own certificate": {"@^": {"mode": "secret", "secretName": "own"}},
    },
    "one-node-family": {"give one shard": {"shards[1].bridges.nodeType": "COMPUTE3-X4C-8G"}},
    "floating-release": {"pin a release": {"@": "stable-11146-2"}},
    "growth-restarts-signalling": {"raise max": {"bridges.max": 11}},
    "timetable-within-tolerance": {
        "request 23 bridges": {"bridges.max": 26, "@.bridges": 23},
        "request 27 bridges": {"@.bridges": 27},
        "let scaleUp reach": {"bridges.scaling.scaleUp": {"bridges": 30, "period": "1m"}},
    },
    "bridges-leave-in-break": {
        "join the entries": {"bridges.schedule": lambda old: [old[0] | {"end": old[-1]["end"]}]}
    },
    "schedule-ended": {
        "remove it": {"bridges.schedule": []},
        "move until": {"@": "2026-07-01"},
    },
    "upgrade-window-in-timetable": {"choose a day and an hour": {"@": {"day": "saturday", "hour": 3}}},
    "spares-without-room": {"raise max": {"bridges.max": 6}, "remove spares": {"@": None}},
    "web-needs-metrics-server": {
        "set web.replicas for the busiest hour": {"web.replicas": 3, "web.maxReplicas": 3},
    },
    "bridge-size-assumed": {
        "set resources, for example": {"@": {"cpu": 2, "memory": "4Gi"}, "@^.participants": 100},
        "nodeType to one like": {"@^.nodeType": "BASIC3-X4C-8G"},
    },
}
OUTSIDE = (
    *(
        "check with:",
        "check that",
        "check each image",
        "check availability",
        "kubectl",
        "run:",
        "pulumi up",
        "then run",
    ),
    *(
        "in a support ticket",
        "include these names in the certificate",
        "install cert-manager first",
        "install the operator first",
        "a network plugin",
    ),
    *("by hand first", "of its own first", "where the zone is managed", "include turn.", "open exactly these ports"),
    *("the report lists them", "tell users", "get every participant's consent", "document who reads the logs"),
    *("during quiet hours", "drain the shard", "set that flag", "no action", "its own project"),
    *(
        "rebuild it, and change both keys",
        "build it from",
        "include these names",
        "read the lists anew",
        "a new pool takes over",
        "sign tokens with all of",
        "docs/token-features.md shows",
        "where only the PROXY protocol",
        "check the range with",
        "protect the network where",
    ),
    *("keep the window free", "raise it regularly", "the other lines apply", "a policy of theirs"),
    *(
        "either restarts prosody",
        "early joiners need more",
        "the bucket then stays",
        "100 000 rooms use",
    ),
    *(
        "losing a node then",
        "node upgrades wait",
        "upgrade an older cluster",
        "docs/turn.md",
        "meanwhile clients",
        "docs/shards.md says",
        "docs/placement.md says",
    ),
)
"""Parts of remedies that change nothing in the stack file: work elsewhere, and explanations."""
BRINGS: dict[str, set[str]] = {
    "rollout-beyond-share": {"highest-ordinal-leaves"},
    "record-to-make": {"turn-udp-address-follows-updates"},
    "mutualized-control-plane": {"dedicated-commitment"},
    "no-protection": {"shared-cores"},
    "no-look-ahead": {"alerts-unheard"},
    "until-not-kept": {"alerts-unheard"},
    "placeholder-domain": {"no-protection", "record-to-make"},
    "alerts-unheard": {"operator-expected", "alerts-unheard"},
    "zone-single": {"signalling-unpinned"},
    "signalling-in-one-zone": {"signalling-unpinned"},
    "signalling-undersized": {"pool-above-quota"},
    "host-ports-share-nodes": {"signalling-unpinned"},
    "single-shard": {"no-protection", "mutualized-control-plane", "signalling-unpinned", "one-node-family"},
    "shard-nears-prosody": {
        *("mutualized-control-plane", "signalling-unpinned", "one-node-family", "zone-single", "no-protection"),
        *(
            "nodes-above-control-plane",
            "pool-above-quota",
            "instance-ip-quota",
            "volume-quota",
            "load-balancer-too-small",
        ),
    },
    "release-mix": {"release-unknown"},
    "cluster-has-one": {"cert-manager-expected", "alerts-unheard", "prometheus-expected"},
    "cert-manager-expected": {"cluster-has-one"},
}
"""Rule -> rules that its remedy may bring, since they are the price that its text names."""


def parts(remedy: str) -> list[str]:
    """Return the alternatives and steps of a remedy."""
    return [part for part in PART.split(remedy) if part]


def changes(finding: Finding) -> Iterator[tuple[str, Change]]:
    """Yield every part of the remedy with what it changes; empty for what is outside of the stack file.

    Raises:
        AssertionError: nothing is known about a part.
    """
    for part in parts(finding.remedy):
        if words := [text for text in WORDS.get(finding.rule, {}) if text in part]:
            yield part, WORDS[finding.rule][max(words, key=len)]
            continue
        if any(text in part for text in OUTSIDE):
            yield part, {}
            continue
        read: Change = {}
        for key, value in PAIR.findall(part):
            if full := _resolved(key, finding.where):
                read[full] = yaml.safe_load(value.rstrip(",."))
        for key in REMOVAL.findall(part):
            if full := _resolved(key, finding.where):
                read[full] = None
        assert read, f"{finding.rule}: {part!r} is neither read, nor in WORDS or OUTSIDE"
        yield part, read


def _resolved(key: str, where: str) -> str | None:
    """Return a key of a remedy in full: it may be relative to the place of the finding, or to what is above it."""
    if key == "it":
        return where
    above = where.split(".")
    for depth in (0, *range(len(above) - 1, 0, -1)):
        full = ".".join([*above[:depth], key])
        if _exists(StackConfig, re.findall(r"\w+", full)):
            return full
    return None


def _exists(model: Any, path: list[str]) -> bool:
    if not path:
        return True
    if path[0].isdigit():
        return any(_exists(part, path[1:]) for part in get_args(model) if part is not Ellipsis)
    if get_origin(model) is dict:
        return True
    models = [part for part in (model, *get_args(model)) if hasattr(part, "model_fields")]
    for each in models:
        fields = {field.alias or name: field.annotation for name, field in each.model_fields.items()}
        if path[0] in fields and _exists(fields[path[0]], path[1:]):
            return True
    return any(_exists(part, path) for part in get_args(model) if get_args(part))


def applied(keys: Keys, change: Change, where: str) -> Keys:
    """Return the stack with a change."""
    result = copy.deepcopy({"shards": [{"name": "s0", "zone": "fr-par-1"}]} | keys)
    for path, value in change.items():
        level: Any = result
        *above, last = [int(step) if step.isdigit() else step for step in _steps(path, where)]
        for step in above:
            if isinstance(level, list):
                level = level[int(step)]
            else:
                level = level.setdefault(step, {})
                if level is None:
                    raise AssertionError(f"{path} goes through None")
        if value is not None:
            level[last] = value(level.get(last)) if callable(value) else value
        elif isinstance(level, list):
            del level[int(last)]
        else:
            level.pop(last, None)
    return result


def _steps(path: str, where: str) -> list[str]:
    """Return the steps of a path; `@` is the place, and `^` what is above."""
    steps: list[str] = []
    for step in re.findall(r"\w+|\^", path.replace("@", where)):
        if step == "^":
            steps.pop()
        else:
            steps.append(step)
    return steps


def _worse(before: Subject, after: Subject, gone: Finding) -> list[str]:
    """Return the findings that the change has brought, as bad as the one that it took or worse."""
    had = {(each.rule, each.where) for each in check(before)}
    return [
        f"{each.rule} ({each.severity}) at {each.where}: {each.message}"
        for each in check(after)
        if (each.rule, each.where) not in had
        and SEVERITIES.index(each.severity) <= SEVERITIES.index(gone.severity)
        and each.rule not in BRINGS.get(gone.rule, ())
    ]


@pytest.mark.parametrize(("name", "case"), FLAT, ids=IDS)
def test_a_remedy_that_is_applied_takes_the_finding_and_brings_none_as_bad(name: str, case: Case) -> None:
    (rule,) = [rule for rule in RULES if rule.name == name]
    before = subject(case.found)
    finding = next(each for each in rule.findings(before) if each.where == case.where)
    for part, change in changes(finding):
        if not change:
            continue
        keys = applied(case.found, change, finding.where)
        try:
            after = subject(keys)
        except ConfigError as error:
            pytest.fail(f"{part!r} is refused: {error}")
        left = [each for each in rule.findings(after) if each.where == finding.where]
        assert left == [], f"{part!r} ({change}) leaves it: {left}"
        assert _worse(before, after, finding) == [], f"{part!r} ({change})"


def test_every_word_that_is_known_here_is_still_in_a_remedy() -> None:
    remedies = {(name, finding.remedy) for name, case in FLAT for finding in found(name, case.found)}
    for name, words in WORDS.items():
        assert [text for text in words if not any(text in remedy for rule, remedy in remedies if rule == name)] == [], (
            name
        )
    assert [text for text in OUTSIDE if not any(text in remedy for _, remedy in remedies)] == []
    assert WORDS.keys() | BRINGS.keys() <= {rule.name for rule in RULES}
