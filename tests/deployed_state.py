"""An engine state made from recorded resources: with defaults, and with encrypted secrets."""

import copy
from typing import Any

from diff_changes import made_by

from plan.answers import identifier, outputs
from plan.tokens import SECRET_TYPE, STACK_TYPE

SIGNATURE = "4dabf18193072939515e22adb298388d"
CLOSED = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}


def export(name: str = "nothing") -> dict[str, Any]:
    """Return `pulumi stack export` of the local stack with one of the changes; the seed is the recorder's placeholder."""
    entries: list[dict[str, Any]] = []
    for made in made_by(name):
        inputs: dict[str, Any] = copy.deepcopy(made.properties)
        if made.type.startswith("scaleway:") and "name" not in inputs:
            inputs |= {"__defaults": ["name"], "name": f"{made.name}-1a2b3c4"}
        if made.type == "pulumi:providers:kubernetes":
            inputs |= {"version": "4.30.0", "__internal": {}, "kubeconfig": CLOSED}
        if made.type == SECRET_TYPE:
            inputs.pop("stringData", None)
            inputs["data"] = CLOSED
        if made.name == "s0-jicofo":
            amounts = inputs["spec"]["template"]["spec"]["containers"][0]["resources"]
            assert amounts["limits"]["memory"] == "1024Mi"
            amounts["limits"]["memory"] = amounts["requests"]["memory"] = "1Gi"
        entries.append(
            {
                "urn": made.urn,
                "type": made.type,
                "custom": made.custom,
                "id": identifier(made.type, made.urn, made.properties, "fr-par"),
                "inputs": {} if made.type == STACK_TYPE else inputs,
                "outputs": made.properties
                if made.type == STACK_TYPE
                else outputs(made.type, made.urn, made.properties) | {"token": CLOSED},
                "parent": made.parent,
                "provider": made.provider or "urn:pulumi:local::jitsi::pulumi:providers:scaleway::default_1_53_0::id",
                "protect": made.protect,
            }
        )
    first = {
        "type": "pulumi:providers:scaleway",
        "urn": "urn:pulumi:local::jitsi::pulumi:providers:scaleway::default_1",
    }
    gone = {**entries[-1], "urn": f"{entries[-1]['urn']}-gone", "delete": True}
    return {"version": 3, "deployment": {"resources": [first | {"custom": True}, *entries, gone]}}
