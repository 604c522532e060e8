"""Changes of the Services and network policies of prosody and jicofo, and of passwords and accounts."""

from plan.diff.fleet import object_name
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, rule


@rule("signalling-service-goes")
def service(case: Case) -> Effect | None:
    """Without prosody's Service nothing in the shard reaches it; a replaced Service has another address."""
    if case.kind != "Service" or case.component not in ("prosody", "jicofo") or not case.existed:
        return None
    if not case.change.goes and not case.change.touches("spec.ports", "spec.selector"):
        return None
    if case.component == "jicofo":
        return Effect("none", "only metrics use jicofo's Service; jicofo itself connects to prosody")
    return Effect("drops", "prosody's Service changes: bridges, jicofo and browsers are disconnected", case.of_shard)


@rule("signalling-policy")
def policy(case: Case) -> Effect | None:
    """A network policy that closes prosody's ports cuts signalling."""
    if case.component != "prosody" or case.kind != "NetworkPolicy" or case.change.operation != "update":
        return None
    closed = _tcp_ports(case.change.before) - _tcp_ports(case.change.after)
    if not closed:
        return None
    listed = ", ".join(map(str, sorted(closed)))
    return Effect("drops", f"the network policy closes TCP {listed} of prosody", case.of_shard)


def _tcp_ports(document: dict[str, object]) -> set[int]:
    return {
        rule["port"]
        for entry in at(document, "spec", "ingress") or []
        for rule in entry.get("ports") or []
        if rule.get("protocol", "TCP") == "TCP" and isinstance(rule.get("port"), int)
    }


@rule("passwords")
def passwords(case: Case) -> Effect | None:
    """A changed password restarts no pod: the pods that use it restart through their own pod template."""
    if case.kind != "Secret" or case.component != "shard" or not case.existed:
        return None
    return Effect(
        "none",
        f"{object_name(case.change.resource)} changes in place; pods that use it restart through their own change",
    )


@rule("accounts")
def accounts(case: Case) -> Effect | None:
    """Prosody rereads its accounts when the kubelet updates them."""
    if case.kind != "Secret" or case.component != "prosody" or case.change.operation != "update":
        return None
    return Effect("none", "accounts apply from the next login, within about a minute; calls are not affected")
