"""Keys that the finding `no-effect-here` names: together they change nothing that a stack on an existing cluster makes."""

import json
from typing import Any

from plan.evaluate import evaluate
from plan.findings.existing import OF_SCALEWAY

STACK: dict[str, Any] = {
    "domain": "meet.example.org",
    "cluster": {"kind": "existing", "version": "1.35"},
    "shards": [{"name": "s0", "zone": "zone-1"}],
    "recording": {"bucket": "school", "endpoint": "https://s3.example.org"},
    "turn": {"peers": ["10.0.0.0/16"], "udp": {}},
    "jigasi": {"sip": {"account": "a@sip.example.org", "server": "sip.example.org"}},
}
VALUES: dict[str, Any] = {
    "cluster.controlPlane": "kapsule-dedicated-8",
    "cluster.autoUpgrade": {"day": "sunday", "hour": 3},
    "cluster.allowedIps": ["203.0.113.0/24"],
    "cluster.system": {"nodeType": "PRO2-XS", "min": 2, "max": 5, "rootVolume": {"size": 50}},
    "cluster.privateNetwork": "10.8.0.0/22",
    "ingress.loadBalancer": "LB-GP-M",
    "bridges.rootVolume": {"size": 50},
    "recording.rootVolume": {"size": 50},
    "recording.nodeType": "PRO2-XS",
    "jigasi.sip.nodeType": "PRO2-XS",
    "turn.udp.nodeType": "PRO2-XS",
}


def made(**changes: Any) -> list[Any]:
    stack = json.loads(json.dumps(STACK))
    for path, value in changes.items():
        *above, last = path.split(".")
        section = stack
        for key in above:
            section = section.setdefault(key, {})
        section[last] = value
    values = {f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in stack.items()}
    return [(resource.name, resource.type, resource.properties) for resource in evaluate(values, "test")]


def test_what_a_finding_calls_without_effect_has_none() -> None:
    assert VALUES.keys() == set(OF_SCALEWAY)
    assert made(**VALUES) == made()
