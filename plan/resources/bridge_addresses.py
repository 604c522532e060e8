"""Rules about a bridge's address: what it advertises to clients, to coturn and to other bridges."""

import re
from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import BRIDGE
from plan.diff.paths import at, mappings
from plan.findings.rule import Hit, rule
from plan.resources.bridge_ports import advertise_of, field_of, volume_at
from plan.resources.made import Resources
from plan.resources.scripts import mounted
from plan.resources.templates import Template, templates, variable
from plan.wire import UNKNOWN

_REQUIRES_STUN = re.compile(r"^\s*require-stun\s*=\s*true\s*$", re.MULTILINE)


@rule("bridge-address-unknown", "error")
def bridge_address_unknown(stack: Resources) -> Iterator[Hit]:
    """A bridge does not learn the address that it advertises in the way that the stack file says."""
    shards = {shard.name: shard.bridges for shard in stack.config.resolved}
    for template in templates(stack, BRIDGE):
        bridges = shards.get(template.shard)
        if bridges is None:
            continue
        advertise, main = advertise_of(template), template.main
        # Kapsule's pods are in 100.64.0.0/10, which bridges take for public: coturn reaches them all the same.
        offers_pods = stack.config.coturn is not None and not stack.config.cluster.owns_nodes
        by_stun = bridges.by_stun
        variables: tuple[tuple[dict[str, Any], str, str | None], ...] = (
            (advertise, "ADDRESS_FROM", ",".join(bridges.advertised) or "stun"),
            (main, "JVB_DISABLE_STUN", "0" if by_stun else "1"),
            (main, "JVB_STUN_SERVERS", ",".join(bridges.stun_servers) if by_stun else None),
            (main, "JVB_REQUIRE_VALID_ADDRESS", "1" if bridges.advertises_public else "0"),
            (main, "JVB_ADVERTISE_PRIVATE_CANDIDATES", "1" if offers_pods or bridges.advertises_private else "0"),
            (main, "JVB_ADVERTISE_IPS", None),
        )
        problems = [
            f"{name} is {variable(box, name)}, not {right}"
            for box, name, right in variables
            if box and variable(box, name) != right and variable(box, name) != UNKNOWN
        ]
        asks = {"node", "internal"} & set(bridges.advertised)
        if advertise and asks and field_of(advertise, "NODE_NAME") != "spec.nodeName":
            problems.append(f"NODE_NAME is {field_of(advertise, 'NODE_NAME')}, not the pod's node")
        if advertise and asks and volume_at(advertise, "/account/token") is None:
            problems.append("it has no token at /account, with which it reads its node's addresses")
        if advertise and asks:
            problems += _account_problems(template, advertise)
        text = mounted(stack, template, main, "/config/custom-jvb.conf")[0] if by_stun else None
        if text and not _REQUIRES_STUN.search(text):
            problems.append(
                "custom-jvb.conf does not set require-stun, so that a bridge without an answer counts as healthy"
            )
        if problems:
            yield Hit(
                f"{template.where}.spec",
                f"{'; '.join(problems)}: the bridge advertises no address, or one that clients or coturn cannot reach",
                "leave these variables to the program; bridges.publicAddress and stunServers set them",
            )


def _account_problems(template: Template, advertise: dict[str, Any]) -> Iterator[str]:
    """What advertise.sh lacks to ask the API server: a token and the certificate of its authority."""
    name = volume_at(advertise, "/account/token")
    volume = next((each for each in mappings(template.spec.get("volumes")) if each.get("name") == name), {})
    sources = mappings(at(volume, "projected", "sources"))
    if name and "token" not in [at(each, "serviceAccountToken", "path") for each in sources]:
        yield f"{name} has no token"
    items = [item for each in sources for item in mappings(at(each, "configMap", "items"))]
    if name and ("ca.crt", "ca.crt") not in [(item.get("key"), item.get("path")) for item in items]:
        yield f"{name} has no ca.crt"


@rule("relay-identity", "error")
def relay_identity(stack: Resources) -> Iterator[Hit]:
    """Bridges of a shard cannot relay a meeting to each other, or relay against the stack file."""
    for shard in stack.config.resolved:
        switch = "1" if shard.bridges.relays else "0"
        for template in templates(stack, BRIDGE, "jicofo"):
            if template.shard != shard.name:
                continue
            bridge = template.name == BRIDGE
            region = "JVB_OCTO_REGION" if bridge else "JICOFO_OCTO_REGION"
            values: dict[str, str] = {"ENABLE_OCTO": switch}
            if bridge or shard.bridges.relays:
                values[region] = shard.zone
            if not bridge and shard.bridges.relays:
                values["OCTO_BRIDGE_SELECTION_STRATEGY"] = "RegionBasedBridgeSelectionStrategy"
            problems = [
                f"{name} is {variable(template.main, name)}, not {right}"
                for name, right in values.items()
                if variable(template.main, name) not in (right, UNKNOWN)
            ]
            identity = field_of(template.main, "JVB_OCTO_RELAY_ID")
            if bridge and identity != "status.podIP":
                problems.append(
                    f"JVB_OCTO_RELAY_ID is {identity}, not the pod's address, so that two bridges may have one name"
                )
            if problems:
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{'; '.join(problems)}: a meeting that outgrows a bridge is split, or never gets a second one",
                    "leave these variables to the program; bridges.relays sets them",
                )
