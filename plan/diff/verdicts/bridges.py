"""Changes of the bridges: pods, replicas, ports and files."""

from config.model import format_duration
from plan.diff.fleet import BRIDGE, Bridge, Workload, is_bridge_workload, media_service, object_name, scaled_by
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, rule


def _workload(case: Case) -> Workload | None:
    if case.change.old is None or not is_bridge_workload(case.change.old):
        return None
    return case.base.workload(object_name(case.change.old))


def _leave(workload: Workload, bridges: frozenset[Bridge], how: str) -> Effect:
    """Return the effect of ending bridges' pods; the running pods' preStop hook and grace period decide."""
    if not workload.drains:
        return Effect("drops", f"{how}, and their pods have no preStop hook that waits for meetings to end", bridges)
    return Effect("drains", f"{how}; each has {format_duration(workload.grace_seconds)} for its meetings", bridges)


@rule("bridge-pods-change")
def template(case: Case) -> Effect | None:
    """A changed pod template rolls the bridges."""
    workload = _workload(case)
    if workload is None or case.change.operation != "update" or not case.change.touches("spec.template"):
        return None
    spec = case.change.after.get("spec") or {}
    strategy = spec.get("updateStrategy") or spec.get("strategy") or {}
    what = _what_changes(case)
    if strategy.get("type") == "OnDelete":
        return Effect("none", f"{what}: bridges use it from their next start; running ones stay")
    how = "all bridges leave at once" if strategy.get("type") == "Recreate" else "bridges are rolled in batches"
    return _leave(workload, workload.bridges, f"{what}: {how}")


def _what_changes(case: Case) -> str:
    """Return the most significant changed property, in words."""
    words = (
        ("image", "image changed"),
        ("jitsi.org/passwords", "password changed"),
        ("hostPort", "port changed"),
        ("nodeSelector", "node pool changed"),
        ("terminationGracePeriodSeconds", "drain deadline changed"),
        ("resources", "resources changed"),
        ("env", "settings changed"),
    )
    for part, word in words:
        if any(part in path for path in case.change.paths):
            return word
    return "pod template changed"


@rule("bridge-workload-goes")
def workload_goes(case: Case) -> Effect | None:
    """Deleting or replacing a workload ends all of its bridges at once."""
    workload = _workload(case)
    if workload is None or not case.change.goes:
        return None
    how = "replaced" if case.change.operation == "replace" else "deleted"
    return _leave(workload, workload.bridges, f"{workload.name} is {how}: all its bridges leave at once")


@rule("bridge-number-falls")
def replicas(case: Case) -> Effect | None:
    """Fewer replicas remove bridges; without replicas the API server sets 1."""
    workload = _workload(case)
    count = at(case.change.after, "spec", "replicas")
    if workload is None or case.change.operation != "update" or not case.change.touches("spec.replicas"):
        return None
    if count is None:
        how = "spec.replicas is no longer set, which means 1 until an autoscaler raises it again"
        return _leave(workload, workload.above(1), how)
    if not isinstance(count, int) or count >= workload.max:
        return Effect("none", "more bridges than before; none is removed")
    return _leave(workload, workload.above(count), f"only {count} of up to {workload.max} bridges stay")


@rule("bridge-autoscaler")
def autoscaler(case: Case) -> Effect | None:
    """A lower maximum removes the bridges above it; other changes only move the target."""
    old = case.change.old
    if old is None or not (target := scaled_by(old)):
        return None
    workload = case.base.workload(target)
    if workload is None:
        return None
    if case.change.goes:
        return Effect("none", "the number of bridges stays as it is until something else sets it")
    maximum = at(case.change.after, "spec", "maxReplicas")
    if isinstance(maximum, int) and maximum < workload.max:
        return _leave(workload, workload.above(maximum), f"at most {maximum} bridges instead of {workload.max}")
    minimum = at(case.change.after, "spec", "minReplicas")
    if isinstance(minimum, int) and minimum > workload.min:
        return Effect(
            "none", f"at least {minimum} bridges instead of {workload.min}; bridges are added, none is removed"
        )
    return Effect("none", "scaling targets change; bridges drain as before")


@rule("bridge-media-service")
def media(case: Case) -> Effect | None:
    """Removing or changing a NodePort cuts off its bridge, even while it drains."""
    old = case.change.old
    service = media_service(old) if old else None
    if service is None:
        return None
    workload, number, ports = service
    hurt = frozenset(b for b in case.base.of(case.shard) if b.workload == workload and b.number == number)
    if case.change.goes:
        return Effect("drops", f"UDP {_listed(ports)} closes while bridge {workload}-{number} may have meetings", hurt)
    if case.change.touches("spec.ports", "spec.selector", "spec.type"):
        return Effect("drops", f"bridge {workload}-{number} is no longer reachable at UDP {_listed(ports)}", hurt)
    return None


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports)) or "its port"


@rule("bridge-files")
def files(case: Case) -> Effect | None:
    """Changed files apply to bridges that start later; if one requires a restart, the pod template changes too."""
    if case.component != BRIDGE or case.kind not in ("ConfigMap", "Secret") or not case.existed:
        return None
    return Effect("none", "running bridges keep the files they started with; new bridges read the new ones")


@rule("bridge-policy")
def policy(case: Case) -> Effect | None:
    """A network policy that closes a bridge's port ends its media."""
    if case.component != BRIDGE or case.kind != "NetworkPolicy" or case.change.old is None or case.change.new is None:
        return None
    used = case.base.ports.get(case.shard, {})
    closed = {port for port in used if _lets_in(case.change.before, port) and not _lets_in(case.change.after, port)}
    if not closed:
        return Effect("none", "no port used by a bridge closes")
    hurt = frozenset(bridge for port in closed for bridge in used[port])
    return Effect("drops", f"the network policy closes UDP {_listed(tuple(sorted(closed)))}", hurt)


def _lets_in(document: dict[str, object], port: int) -> bool:
    for entry in at(document, "spec", "ingress") or []:
        for port_rule in entry.get("ports") or []:
            first = port_rule.get("port")
            last = port_rule.get("endPort", first)
            if port_rule.get("protocol") == "UDP" and isinstance(first, int) and first <= port <= last:
                return True
    return False
