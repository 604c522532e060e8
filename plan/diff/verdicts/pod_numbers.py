"""Changes of how many pods an autoscaler keeps, of everything but bridges: recorders, relays, web."""

from plan.diff.fleet import scaled_by
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, verdict
from plan.turn import TURN_SERVICE


@verdict("number-of-recorders-falls")
def recorder_autoscaler(case: Case) -> Effect | None:
    """A lower maximum sends recorders away, which finish first."""
    if case.component != "jibri" or (fewer := _fewer_pods(case)) is None:
        return None
    before, after = fewer
    how = f"at most {after} of {before} recorders stay: the others leave after the recording that they make, and its upload"
    return Effect("drains", "; ".join([f"{how}; calls go on", *_asleep(case)]))


@verdict("number-of-relays-falls")
def relay_autoscaler(case: Case) -> Effect | None:
    """A lower maximum sends coturn's pods away, each with a time for its sessions."""
    if case.component != TURN_SERVICE or (fewer := _fewer_pods(case)) is None:
        return None
    before, after = fewer
    return Effect(
        "drains",
        f"at most {after} of {before} coturn pods stay: the others wait for who is relayed by them, up to their deadline, and who is "
        "left then connects anew",
    )


@verdict("autoscaler-wakes-nothing")
def from_nothing(case: Case) -> Effect | None:
    """An autoscaler leaves a workload of no pods alone, unless its least is 0."""
    return next((Effect("none", why) for why in _asleep(case)), None)


@verdict("number-of-pods-moves")
def other_number(case: Case) -> Effect | None:
    """Who leaves for a smaller wish leaves as ever; pages are loaded before a call."""
    old = case.change.old
    if old is None or scaled_by(old) is None or case.component not in ("web", "jibri", TURN_SERVICE):
        return None
    if case.change.goes:
        return Effect("none", "the number of pods stays as it is until something else sets it")
    if case.component == "web":
        return Effect("none", "web pods come and go; who is in a call has loaded the page")
    return Effect("none", "pods come and go by other measures; who leaves finishes first, as ever")


def _fewer_pods(case: Case) -> tuple[int, int] | None:
    """An autoscaler's most pods before and after, where they become fewer."""
    old = case.change.old
    if old is None or case.change.operation != "update" or scaled_by(old) is None:
        return None
    before, after = (at(side, "spec", "maxReplicas") for side in (case.change.before, case.change.after))
    return (before, after) if isinstance(before, int) and isinstance(after, int) and after < before else None


def _asleep(case: Case) -> list[str]:
    """What must be done by hand where the least was 0 and is no longer.

    The controller takes 0 pods for switched off unless the least is 0 (ScalingActive is False, ScalingDisabled), and nothing
    else ever states the number.
    """
    old, new = case.change.old, case.change.new
    if old is None or new is None or case.change.goes or not (target := scaled_by(new)):
        return []
    if at(old.properties, "spec", "minReplicas") != 0 or not at(new.properties, "spec", "minReplicas"):
        return []
    kind = str(at(new.properties, "spec", "scaleTargetRef", "kind") or "").lower()
    namespace = at(new.properties, "metadata", "namespace")
    return [
        f"where no pod of {target} runs at that moment none ever starts, for the autoscaler leaves 0 pods alone once its least is "
        f"not 0 (ScalingDisabled): run kubectl -n {namespace} scale {kind} {target} --replicas=1"
    ]
