"""Changes of the bridges themselves: their pods, their number, their ports and their files."""

from config.model import format_duration
from plan.diff.fleet import BRIDGE, Bridge, Workload, is_bridge_workload, media_service, object_name, scaled_by
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, verdict


def _workload(case: Case) -> Workload | None:
    if case.change.old is None or not is_bridge_workload(case.change.old):
        return None
    return case.base.workload(object_name(case.change.old))


def _leave(workload: Workload, bridges: frozenset[Bridge], how: str) -> Effect:
    """What it means for bridges that their pods are told to end; the running pods' own hook and grace decide."""
    if not workload.drains:
        return Effect("drops", f"{how}, and their pods have no preStop hook that waits for meetings", bridges)
    return Effect("drains", f"{how}; each has {format_duration(workload.grace_seconds)} for its meetings", bridges)


@verdict("bridge-pods-change")
def template(case: Case) -> Effect | None:
    """Bridges with another pod template leave one after another, and new ones take their places."""
    workload = _workload(case)
    if workload is None or case.change.operation != "update" or not case.change.touches("spec.template"):
        return None
    spec = case.change.after.get("spec") or {}
    strategy = spec.get("updateStrategy") or spec.get("strategy") or {}
    what = _what_changes(case)
    if strategy.get("type") == "OnDelete":
        return Effect("none", f"{what}: bridges take it when they are next started; running ones stay")
    how = "all bridges leave at once" if strategy.get("type") == "Recreate" else "bridges leave share by share"
    return _leave(workload, workload.bridges, f"{what}: {how}")


def _what_changes(case: Case) -> str:
    """The most telling of the changed properties, in words."""
    words = (
        ("image", "another image"),
        ("jitsi.org/passwords", "another password"),
        ("hostPort", "another port"),
        ("terminationGracePeriodSeconds", "another drain deadline"),
        ("resources", "another size"),
        ("env", "other settings"),
    )
    for part, word in words:
        if any(part in path for path in case.change.paths):
            return word
    return "another pod template"


@verdict("bridge-workload-goes")
def workload_goes(case: Case) -> Effect | None:
    """A workload that is deleted or made anew tells all its bridges to leave at once."""
    workload = _workload(case)
    if workload is None or not case.change.goes:
        return None
    how = "made anew" if case.change.operation == "replace" else "removed"
    return _leave(workload, workload.bridges, f"{workload.name} is {how}: all its bridges leave at once")


@verdict("bridge-number-falls")
def replicas(case: Case) -> Effect | None:
    """A stated number below what may run sends the rest away; one that is stated no more is 1 to the API server."""
    workload = _workload(case)
    wanted = at(case.change.after, "spec", "replicas")
    if workload is None or case.change.operation != "update" or not case.change.touches("spec.replicas"):
        return None
    if wanted is None:
        how = "nothing states the number any more, which makes it 1 until an autoscaler has raised it again"
        return _leave(workload, workload.above(1), how)
    if not isinstance(wanted, int) or wanted >= workload.most:
        return Effect("none", "more bridges than before; none leaves")
    return _leave(workload, workload.above(wanted), f"only {wanted} bridges stay of up to {workload.most}")


@verdict("bridge-autoscaler")
def autoscaler(case: Case) -> Effect | None:
    """A lower maximum sends away what runs above it; everything else only moves the aim."""
    old = case.change.old
    if old is None or not (target := scaled_by(old)):
        return None
    workload = case.base.workload(target)
    if workload is None:
        return None
    if case.change.goes:
        return Effect("none", "the number of bridges stays as it is until something else sets it")
    most = at(case.change.after, "spec", "maxReplicas")
    if isinstance(most, int) and most < workload.most:
        return _leave(workload, workload.above(most), f"at most {most} bridges in place of {workload.most}")
    least = at(case.change.after, "spec", "minReplicas")
    if isinstance(least, int) and least > workload.least:
        return Effect("none", f"at least {least} bridges in place of {workload.least}; bridges come, none leaves")
    return Effect("none", "bridges come and go by other measures; who leaves drains as ever")


@verdict("bridge-media-service")
def media(case: Case) -> Effect | None:
    """A NodePort that goes or moves cuts the bridge behind it off, even while it drains."""
    old = case.change.old
    found = media_service(old) if old else None
    if found is None:
        return None
    workload, number, ports = found
    hurt = frozenset(b for b in case.base.of(case.shard) if b.workload == workload and b.number == number)
    if case.change.goes:
        return Effect(
            "drops", f"UDP {_listed(ports)} is closed while bridge {workload}-{number} may be in meetings", hurt
        )
    if case.change.touches("spec.ports", "spec.selector", "spec.type"):
        return Effect("drops", f"bridge {workload}-{number} is no longer reached at UDP {_listed(ports)}", hurt)
    return None


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports)) or "its port"


@verdict("bridge-files")
def files(case: Case) -> Effect | None:
    """Files of the bridges reach only bridges that start later; what must restart for one carries its mark."""
    if case.component != BRIDGE or case.kind not in ("ConfigMap", "Secret") or not case.existed:
        return None
    return Effect("none", "running bridges keep the files that they started with; later ones read the new ones")


@verdict("bridge-policy")
def policy(case: Case) -> Effect | None:
    """A network policy that no longer lets a bridge's port in ends its media."""
    if case.component != BRIDGE or case.kind != "NetworkPolicy" or case.change.old is None or case.change.new is None:
        return None
    used = case.base.ports.get(case.shard, {})
    closed = {port for port in used if _lets_in(case.change.before, port) and not _lets_in(case.change.after, port)}
    if not closed:
        return Effect("none", "no port that a bridge uses is closed")
    hurt = frozenset(bridge for port in closed for bridge in used[port])
    return Effect("drops", f"the network policy no longer lets UDP {_listed(tuple(sorted(closed)))} in", hurt)


def _lets_in(document: dict[str, object], port: int) -> bool:
    for entry in at(document, "spec", "ingress") or []:
        for rule in entry.get("ports") or []:
            first = rule.get("port")
            last = rule.get("endPort", first)
            if rule.get("protocol") == "UDP" and isinstance(first, int) and first <= port <= last:
                return True
    return False
