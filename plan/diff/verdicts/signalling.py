"""Changes of a shard's web, prosody and jicofo, and of what may talk to them."""

from plan.diff.fleet import WORKLOADS, kind_of, object_name
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, verdict


def _restarts(case: Case, component: str) -> bool:
    """Whether the pods of a component that ran before are ended by the change."""
    old = case.change.old
    if old is None or case.component != component or kind_of(old) not in WORKLOADS:
        return False
    return case.change.goes or case.change.touches("spec.template")


def _what(case: Case) -> str:
    if case.change.operation == "delete":
        return "is removed"
    return "is made anew" if case.change.operation == "replace" else "restarts"


@verdict("prosody-restarts")
def prosody(case: Case) -> Effect | None:
    """Rooms live in prosody's memory: when it ends, everyone in the shard reconnects and every room is made again."""
    if not _restarts(case, "prosody"):
        return None
    if case.change.operation == "delete":
        return Effect("drops", "prosody is removed: every room of the shard ends", case.of_shard)
    why = f"prosody {_what(case)}: every room of the shard ends, and everyone in it joins again"
    return Effect("drops", why, case.of_shard)


@verdict("jicofo-restarts")
def jicofo(case: Case) -> Effect | None:
    """Media flows on while jicofo is away; its successor knows no conference, so it invites everyone anew."""
    if not _restarts(case, "jicofo"):
        return None
    if case.change.operation == "delete":
        return Effect("drops", "jicofo is removed: nobody sets up or keeps a conference of the shard", case.of_shard)
    why = (
        f"jicofo {_what(case)}: media flows on meanwhile, nobody can join; then it sets up every conference of the shard anew "
        "and everyone is invited again"
    )
    return Effect("drops", why, case.of_shard)


@verdict("web-restarts")
def web(case: Case) -> Effect | None:
    """Pages are loaded before a call; who is in one needs no web pod."""
    if not _restarts(case, "web"):
        return None
    if case.change.operation == "delete":
        return Effect("none", "the pages go; who is in a call has loaded them")
    return Effect("none", "web pods are rolled; who is in a call has loaded the page")


@verdict("signalling-service-goes")
def service(case: Case) -> Effect | None:
    """Without prosody's Service nobody of the shard reaches it; made anew it has another address."""
    if case.kind != "Service" or case.component not in ("prosody", "jicofo") or not case.existed:
        return None
    if not case.change.goes and not case.change.touches("spec.ports", "spec.selector"):
        return None
    if case.component == "jicofo":
        return Effect("none", "only metrics are read through jicofo's Service; it talks to prosody by itself")
    return Effect(
        "drops", "prosody's Service changes: bridges, jicofo and browsers lose their connection", case.of_shard
    )


@verdict("signalling-policy")
def policy(case: Case) -> Effect | None:
    """A network policy that closes prosody's ports cuts signalling."""
    if case.component != "prosody" or case.kind != "NetworkPolicy" or case.change.operation != "update":
        return None
    closed = _tcp_ports(case.change.before) - _tcp_ports(case.change.after)
    if not closed:
        return None
    listed = ", ".join(map(str, sorted(closed)))
    return Effect("drops", f"the network policy no longer lets TCP {listed} of prosody in", case.of_shard)


def _tcp_ports(document: dict[str, object]) -> set[int]:
    return {
        rule["port"]
        for entry in at(document, "spec", "ingress") or []
        for rule in entry.get("ports") or []
        if rule.get("protocol", "TCP") == "TCP" and isinstance(rule.get("port"), int)
    }


@verdict("passwords")
def passwords(case: Case) -> Effect | None:
    """A changed password does nothing by itself: the pods that use it carry its mark, and restart for that."""
    if case.kind != "Secret" or case.component != "shard" or not case.existed:
        return None
    return Effect("none", f"{object_name(case.change.resource)} changes in place; its users restart by their own mark")


@verdict("accounts")
def accounts(case: Case) -> Effect | None:
    """Prosody reads its accounts anew when the kubelet brings them."""
    if case.kind != "Secret" or case.component != "prosody" or case.change.operation != "update":
        return None
    return Effect("none", "accounts hold from the next login on, within about a minute; who is in a call stays in it")
