"""Changes of ingress: HAProxy, the load balancer, the public address and its DNS name."""

from plan.diff.fleet import kind_of
from plan.diff.verdicts.rule import Case, Effect, rule
from plan.diff.verdicts.sources import CONTROLLER, PROVIDER
from sizing.parts import HAPROXY

EDGE = HAPROXY.name
_BALANCER = 'metadata.annotations["service.beta.kubernetes.io/scw-loadbalancer-'
RECREATING = ("ip-ids", "zone", "private", "externally-managed", "id")
"""Annotations whose change makes Scaleway's cloud controller replace the load balancer (its
docs/loadbalancer-annotations.md)."""


def _whole(case: Case, why: str) -> Effect:
    return Effect("drops", why, case.base.bridges)


@rule("edge-configuration")
def configuration(case: Case) -> Effect | None:
    """HAProxy reloads a changed configuration or certificate without closing connections."""
    if case.component != EDGE or case.kind not in ("ConfigMap", "Secret", "Certificate", "Issuer") or not case.existed:
        return None
    if case.change.goes and case.kind == "ConfigMap":
        return Effect("none", "HAProxy keeps its loaded configuration; connections end only with its pods")
    return Effect("none", "HAProxy reloads; connections stay, new rooms follow the new rules")


@rule("balancer-changes", CONTROLLER)
def balancer(case: Case) -> Effect | None:
    """The load balancer is replaced, or changed in place."""
    if case.component != EDGE or case.kind != "Service" or not case.existed:
        return None
    if case.change.before.get("spec", {}).get("type") != "LoadBalancer":
        return Effect("none", "HAProxy's peers reconnect; the room table is rebuilt from traffic")
    if case.change.goes:
        return _whole(case, "the load balancer is deleted: every browser loses signalling")
    if any(path.startswith(f"{_BALANCER}{name}") for path in case.change.paths for name in RECREATING):
        return _whole(case, "Scaleway replaces the load balancer: every browser loses signalling")
    if case.change.touches("spec.ports", "spec.selector", "spec.type"):
        return _whole(case, "the load balancer no longer forwards existing connections")
    return Effect("none", "the load balancer changes in place; browsers that lose a WebSocket reconnect")


@rule("edge-policy")
def policy(case: Case) -> Effect | None:
    """A changed network policy may close HAProxy's ports; deleting or adding one closes no used port."""
    if case.component != EDGE or case.kind != "NetworkPolicy" or case.change.operation != "update":
        return None
    before, after = _ports(case.change.before), _ports(case.change.after)
    if before <= after:
        return None
    return _whole(case, f"the network policy closes TCP {', '.join(sorted(map(str, before - after)))} of HAProxy")


def _ports(document: dict[str, object]) -> set[object]:
    spec = document.get("spec")
    entries = spec.get("ingress") if isinstance(spec, dict) else None
    return {rule.get("port") for entry in entries or [] for rule in entry.get("ports") or []}


@rule("address-changes", f"{PROVIDER}/lb/ip.go")
def address(case: Case) -> Effect | None:
    """A new public address disconnects browsers and breaks external DNS records."""
    if case.change.old is None or case.change.old.type != "scaleway:loadbalancers/ip:Ip" or not case.change.goes:
        return None
    return _whole(case, "the public address, which browsers and external DNS records use, is released")


@rule("name-changes", f"{PROVIDER}/domain/record.go")
def record(case: Case) -> Effect | None:
    """DNS names are resolved before a call, not during it."""
    if case.change.old is None or kind_of(case.change.old) != "Record":
        return None
    if case.change.operation == "delete":
        return Effect("none", "the name no longer resolves for new participants; those in a call are already connected")
    return Effect("none", "new participants resolve the new name or address; those in a call are already connected")
