"""Options of the stack, generated so that every value of each meets every value of every other: all of them render and validate.

A new option is one line of OPTIONS: its name, and the keys of each of its values; `{}` leaves it out.
"""

import json
import re
from collections import Counter
from typing import Any

import pytest
from allpairspy import AllPairs
from plan_stacks import TODAY

from config.read import parse
from plan.evaluate import evaluate
from plan.findings.rule import Subject
from plan.render import manifest
from plan.report import report
from plan.resources.check import check
from plan.resources.made import Resources
from plan.tokens import is_kubernetes_object

Keys = dict[str, Any]

KAPSULE = {"scaleway:region": "fr-par"}
TLS = {"mode": "selfSigned"}
OPTIONS: dict[str, list[Keys]] = {
    "layout": [{"bridges": {"max": 3}}, {"bridges": {"max": 3, "layout": "nodePort"}}],
    "shards": [
        {"shards": [{"name": "s0", "zone": "fr-par-1"}]},
        {"shards": [{"name": "s0", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2", "state": "draining"}]},
    ],
    "cluster": [KAPSULE, {"cluster": {"kind": "existing"}}],
    "tls": [{"ingress": {"tls": TLS}}, {"ingress": {"tls": {"mode": "secret", "secretName": "own"}}}],
    "adapter": [{}, {"metrics": {"adapter": "kubeMetrics"}}],
    "auth": [
        {},
        {"auth": {"type": "jwt", "guests": True, "jwt": {"appId": "a"}}},
        {"auth": {"type": "internal", "guests": True, "waitForHost": "lobby"}},
        {"auth": {"type": "ldap", "ldap": {"servers": ["ldaps://ldap.example.org"], "base": "dc=example,dc=org"}}},
    ],
    "recording": [
        {},
        {"recording": {"bucket": "my-school", "endpoint": "https://s3.example.org", "nodeType": "GP1-XS"}},
    ],
    "monitoring": [{}, {"monitoring": {"scrape": "operator"}}, {"monitoring": {"alerts": False, "dashboards": False}}],
    "visitors": [{}, {"visitors": {"nodes": 2}}],
    "whiteboard": [{}, {"whiteboard": True}],
    "documents": [{}, {"documents": {"storage": "1Gi"}}],
    "jigasi": [
        {},
        {"jigasi": {"transcription": {"backend": "google"}}},
        {"jigasi": {"sip": {"account": "1@sip.example.org", "server": "sip.example.org"}}},
    ],
    "turn": [{}, {"turn": {"peers": ["10.244.0.0/16"]}}, {"turn": {"peers": ["10.244.0.0/16"], "udp": {"nodes": 2}}}],
    "web": [{}, {"web": {"title": "T", "branding": {"data": {"a": 1}}, "files": {"x/y.txt": {"text": "t"}}}}],
    "meetings": [
        {},
        {
            "meetings": {
                "maxParticipants": 80,
                "lobby": {"autoKnock": True},
                "codecs": ["VP9", "VP8"],
                "lastN": {"bridge": 20},
            }
        },
    ],
    "env": [
        {},
        {
            "env": {
                "web": {"ENABLE_OPUS_RED": True},
                "jvb": {"ENABLE_VLA": True},
                "jicofo": {"ENABLE_VLA": True},
                "prosody": {"XMPP_MUC_MODULES": "muc_x"},
            }
        },
    ],
}
DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def stacks() -> list[dict[str, str]]:
    """As few stacks as hold every pair of values."""
    made = []
    for row in AllPairs([range(len(values)) for values in OPTIONS.values()]):
        keys: Keys = {"domain": "meet.example.org"}
        for values, chosen in zip(OPTIONS.values(), row, strict=True):
            keys |= values[chosen]
        made.append(
            {
                key if ":" in key else f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value)
                for key, value in keys.items()
            }
        )
    return made


STACKS = stacks()


def test_every_pair_of_options_is_there() -> None:
    values = [(name, json.dumps(keys)) for name, options in OPTIONS.items() for keys in options if keys]
    for name, first in values:
        for other, second in values:
            if name < other:
                wanted = {**json.loads(first), **json.loads(second)}
                texts = {
                    key if ":" in key else f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value)
                    for key, value in wanted.items()
                }
                assert any(texts.items() <= stack.items() for stack in STACKS), (name, other)


ALWAYS = 4
"""Stacks that the fast tests look at; the others take their time with the tests that need tools."""


@pytest.mark.parametrize(
    "number", [n if n < ALWAYS else pytest.param(n, marks=pytest.mark.tools) for n in range(len(STACKS))]
)
def test_a_combination_of_options_renders_objects_that_fit_together(number: int) -> None:
    values = STACKS[number]
    recorded = evaluate(values, "pairs")
    report(Subject("pairs", parse(values), TODAY), recorded)
    assert check(Resources(parse(values), recorded)) == ()
    resources = [resource for resource in recorded if resource.custom and is_kubernetes_object(resource.type)]
    objects = [manifest(resource) for resource in resources]
    places = Counter((each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in objects)
    assert [place for place, count in places.items() if count > 1] == []
    assert all(
        DNS_NAME.fullmatch(name) for kind, _, name in places if kind not in ("ClusterRole", "ClusterRoleBinding")
    )
    there = {(kind, name) for kind, _, name in places}
    for each in objects:
        spec = each.get("spec") or {}
        template = spec.get("template") or spec.get("jobTemplate", {}).get("spec", {}).get("template")
        if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"):
            _pods_are_whole(each, template, there)


def _pods_are_whole(one: dict[str, Any], template: dict[str, Any], there: set[tuple[str, str]]) -> None:
    where = f"{one['kind']} {one['metadata']['name']}"
    spec = template["spec"]
    claims = {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
    volumes = claims | {volume["name"] for volume in spec.get("volumes", [])}
    for volume in spec.get("volumes", []):
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in there, f"{where} mounts a ConfigMap that nobody makes"
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        mounts = Counter(mount["mountPath"] for mount in container.get("volumeMounts", []))
        assert [path for path, count in mounts.items() if count > 1] == [], f"{where} mounts two things at one path"
        assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes, where
        names = Counter(variable["name"] for variable in container.get("env", []))
        assert [name for name, count in names.items() if count > 1] == [], f"{where} sets a variable twice"
