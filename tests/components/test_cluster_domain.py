"""Names of Services, in a cluster whose DNS domain is not `cluster.local`."""

import json
import re

import pytest
from sample_stacks import OWN, recorded

from config.problems import ConfigError
from config.read import parse

STACK = "turn-elsewhere"
"""It has every part that names a Service."""


def test_every_service_is_named_in_the_clusters_own_domain() -> None:
    text = "\n".join(json.dumps(resource.properties, default=str) for resource in recorded(STACK))
    assert "cluster.local" not in text
    named = set(re.findall(r"([a-z0-9-]+)\.jitsi\.svc\.corp\.internal", text))
    assert {
        "prosody-s0",
        "web-s0",
        "jicofo-s0",
        "visitors-s0",
        "haproxy-0",
        "coturn",
        "whiteboard",
        "etherpad",
    } <= named


def test_kapsules_domain_is_known() -> None:
    keys = {"scaleway:region": "fr-par", "jitsi:domain": "a.eu", "jitsi:shards": '[{"name": "a", "zone": "fr-par-1"}]'}
    with pytest.raises(
        ConfigError, match=r"cluster\.domain: corp\.internal, but Kapsule's DNS domain is cluster\.local"
    ):
        parse({**keys, "jitsi:cluster": '{"domain": "corp.internal"}'})


def test_addresses_in_the_clusters_domain_stay_inside() -> None:
    cluster = parse(OWN[STACK]).cluster
    assert cluster.holds("ldap.school.svc.corp.internal")
    assert cluster.holds("ldap.school.svc")
    assert not cluster.holds("ldap.school.svc.cluster.local")
