"""Network policies of the namespace: everything is denied both ways, except what each part's ingress and egress policies allow.

A connection is open if the sender's egress and the receiver's ingress allow it. Rules for everyone have no `to`: Cilium lets an
`ipBlock` select neither pods nor nodes, and the API server, DNS and a bridge's public address may be a node's.
"""

from collections.abc import Iterator

from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import LAYOUT_LABEL, labels, selector
from components.kubernetes.network_policies import pods_named, port_document
from config.stack import StackConfig
from sizing.flows import DNS_PORT, SOLVER_LABEL, SOLVER_PORT, destinations
from sizing.outward import ANY_UDP, LAST_PORT, Outward
from sizing.part import API_SERVER, Part
from sizing.parts import COTURN, COTURN_UDP, HAPROXY, JVB, PARTS

RELAYS = (COTURN, COTURN_UDP)
"""Parts whose own policy already names both directions."""
NAMESPACE = "namespace"
"""Component of policies that are of no part."""
_DNS: Document = {"ports": [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")]}
_SOLVERS: Document = {"podSelector": {"matchLabels": {SOLVER_LABEL: "true"}}}


def isolation(config: StackConfig, instance: str) -> dict[str, Document]:
    """Return everything that must exist before `denial`, by part."""
    return {**_egress_policies(config, instance), **_ingress_policies(config, instance), **_leaving(config, instance)}


def denial(config: StackConfig, instance: str) -> Document:
    """Return the policy that denies every pod of the namespace every connection, in and out."""
    return _policy(config, "default-deny", labels(NAMESPACE, instance), {}, ingress=[], egress=[])


def _policy(config: StackConfig, name: str, marks: dict[str, str], pods: Document, **rules: list[Document]) -> Document:
    spec = {"podSelector": pods, "policyTypes": [direction.capitalize() for direction in rules], **rules}
    return manifest("networking.k8s.io/v1", "NetworkPolicy", name, config.namespace, marks, spec=spec)


def _owners(part: Part, config: StackConfig, instance: str) -> dict[str, dict[str, str]]:
    """Instances of a part, with the labels of its objects."""
    if not part.per_shard:
        return {instance: labels(part.name, instance)}
    layout = {shard.name: {LAYOUT_LABEL: shard.bridges.layout} if part is JVB else {} for shard in config.resolved}
    return {shard: labels(part.name, shard, **more) for shard, more in layout.items()}


def _egress_policies(config: StackConfig, instance: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for part in PARTS:
        if part in RELAYS or not part.runs(config):
            continue
        for owner, marks in _owners(part, config, instance).items():
            rules = list(_egress(part, owner, config))
            name = "-".join([part.name, *([owner] if part.per_shard else []), "egress"])
            if rules:
                pods = {"matchLabels": selector(part.name, owner)}
                found[name] = _policy(config, name, marks, pods, egress=rules)
    return found


def _egress(part: Part, instance: str, config: StackConfig) -> Iterator[Document]:
    """Rules of a part that sends to anyone; each starts with looking up a name."""
    outward = list(dict.fromkeys(part.sends(config)))
    rules = [_outward(each) for each in outward if each.namespace]
    everyone = [_ports(each) for each in outward if not each.namespace]
    rules += [{"ports": everyone}] if everyone else []
    for other, port in destinations(part, config):
        if port.number and (port.protocol == "TCP" or ANY_UDP not in outward):
            of_shard = (part.per_shard and other.per_shard) or part.name == other.name
            to = [pods_named(other.name, instance if of_shard else None)]
            rules.append({"to": to, "ports": [port_document(port)]})
    if part is HAPROXY and config.ingress.tls.mode == "letsEncrypt":
        rules.append({"to": [_SOLVERS], "ports": [{"protocol": "TCP", "port": SOLVER_PORT}]})
    if rules:
        yield _DNS
    yield from rules


def _ports(outward: Outward) -> Document:
    if (outward.first, outward.last) == (1, LAST_PORT):
        return {"protocol": outward.protocol}
    more = {"endPort": outward.last} if outward.last > outward.first else {}
    return {"protocol": outward.protocol, "port": outward.first, **more}


def _outward(outward: Outward) -> Document:
    named = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": outward.namespace}}}
    return {"to": [named], "ports": [_ports(outward)]}


def _ingress_policies(config: StackConfig, instance: str) -> dict[str, Document]:
    """Policies of what the API server calls, at an address that nobody can select, and of foreign pods."""
    found = {
        f"{part.name}-ingress": _policy(
            config,
            part.name,
            labels(part.name, instance),
            {"matchLabels": selector(part.name, instance)},
            ingress=[{"ports": [port_document(port) for port in part.opens]}],
        )
        for part in PARTS
        if part.runs(config) and any(API_SERVER in port.peers for port in part.opens)
    }
    if config.ingress.tls.mode == "letsEncrypt":
        admitted = {"from": [pods_named(HAPROXY.name, instance)], "ports": [{"protocol": "TCP", "port": SOLVER_PORT}]}
        found["solver-ingress"] = _policy(
            config, "acme-solver", labels(HAPROXY.name, instance), _SOLVERS["podSelector"], ingress=[admitted]
        )
    return found


def _leaving(config: StackConfig, instance: str) -> dict[str, Document]:
    """Policies that open pods of removed shards and parts, whose own policies are gone while their calls go on."""
    running = {
        "shards": ("app.kubernetes.io/instance", [instance, *(shard.name for shard in config.resolved)]),
        "parts": ("app.kubernetes.io/name", [part.name for part in PARTS if part.runs(config)]),
    }
    return {
        f"removed-{what}": _policy(
            config,
            f"removed-{what}",
            labels(NAMESPACE, instance),
            {
                "matchLabels": {"app.kubernetes.io/part-of": "jitsi", "app.kubernetes.io/managed-by": "pulumi"},
                "matchExpressions": [{"key": key, "operator": "NotIn", "values": sorted(set(values))}],
            },
            ingress=[{}],
            egress=[{}],
        )
        for what, (key, values) in running.items()
    }
