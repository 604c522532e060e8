"""Changes of the way in for browsers: HAProxy, its load balancer, the public address and its name."""

from plan.diff.fleet import kind_of
from plan.diff.verdicts.rule import Case, Effect, verdict

EDGE = "haproxy"
_BALANCER = 'metadata.annotations["service.beta.kubernetes.io/scw-loadbalancer-'
RECREATING = ("ip-ids", "zone", "private", "externally-managed", "id")
"""Annotations whose change makes Scaleway's cloud controller delete the load balancer and make another (its
docs/loadbalancer-annotations.md)."""


def _whole(case: Case, why: str) -> Effect:
    return Effect("drops", why, case.base.bridges)


@verdict("edge-pods-change")
def workload(case: Case) -> Effect | None:
    """HAProxy's pods leave one by one after their connections; made anew, all are away at once."""
    if case.component != EDGE or case.kind != "StatefulSet" or not case.existed:
        return None
    if case.change.goes:
        how = "is removed" if case.change.operation == "delete" else "is made anew, no HAProxy runs meanwhile"
        return _whole(case, f"the edge {how}: every browser loses its signalling")
    if case.change.touches("spec.template"):
        return Effect("none", "HAProxy is rolled pod by pod; websockets that end are opened again, media goes past it")
    return Effect("none", "the number of HAProxy pods changes; who leaves lets its requests finish")


@verdict("edge-configuration")
def configuration(case: Case) -> Effect | None:
    """HAProxy takes a changed configuration or certificate over without closing a connection."""
    if case.component != EDGE or case.kind not in ("ConfigMap", "Secret", "Certificate", "Issuer") or not case.existed:
        return None
    if case.change.goes and case.kind == "ConfigMap":
        return Effect("none", "HAProxy keeps what it has read; its pods decide what happens to connections")
    return Effect("none", "HAProxy reloads; connections stay, only new rooms go by the new rules")


@verdict("balancer-changes")
def balancer(case: Case) -> Effect | None:
    """The load balancer is deleted and made again, or stays and is changed in place."""
    if case.component != EDGE or case.kind != "Service" or not case.existed:
        return None
    if case.change.before.get("spec", {}).get("type") != "LoadBalancer":
        return Effect("none", "HAProxy's peers find each other anew; the room table is filled again from traffic")
    if case.change.goes:
        return _whole(case, "the load balancer is deleted: every browser loses its signalling")
    if any(path.startswith(f"{_BALANCER}{name}") for path in case.change.paths for name in RECREATING):
        return _whole(case, "Scaleway deletes the load balancer and makes another: every browser loses its signalling")
    if case.change.touches("spec.ports", "spec.selector", "spec.type"):
        return _whole(case, "the load balancer no longer leads where browsers are connected")
    return Effect("none", "the load balancer is changed in place; browsers that lose a websocket open it again")


@verdict("edge-policy")
def policy(case: Case) -> Effect | None:
    """A network policy of HAProxy that goes opens more, one that comes closes nothing that is used."""
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


@verdict("address-changes")
def address(case: Case) -> Effect | None:
    """Another public address: browsers are connected to the old one, and records elsewhere point nowhere."""
    if case.change.old is None or case.change.old.type != "scaleway:loadbalancers/ip:Ip" or not case.change.goes:
        return None
    return _whole(case, "the public address is given back: browsers are connected to it, and so are records elsewhere")


@verdict("name-changes")
def record(case: Case) -> Effect | None:
    """A name is looked up before a call, not in it."""
    if case.change.old is None or kind_of(case.change.old) != "Record":
        return None
    if case.change.operation == "delete":
        return Effect("none", "the name is gone for who joins from now on; who is in a call is connected already")
    return Effect(
        "none", "who joins from now on looks the new name or address up; who is in a call is connected already"
    )
