"""Changes of autoscalers other than the bridges': recorders, coturn, web."""

from plan.diff.fleet import scaled_by
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, rule
from sizing.parts import COTURN, JIBRI, WEB


@rule("number-of-recorders-falls")
def recorder_autoscaler(case: Case) -> Effect | None:
    """A lower maximum removes recorders, which finish first."""
    if case.component != JIBRI.name or (fewer := _fewer_pods(case)) is None:
        return None
    before, after = fewer
    how = f"at most {after} of {before} recorders stay: the others leave after their current recording and its upload"
    return Effect("drains", "; ".join([f"{how}; calls continue", *_stuck_at_zero(case)]))


@rule("number-of-turn-pods-falls")
def turn_autoscaler(case: Case) -> Effect | None:
    """A lower maximum removes coturn pods after a drain."""
    if case.component != COTURN.name or (fewer := _fewer_pods(case)) is None:
        return None
    before, after = fewer
    return Effect(
        "drains",
        f"at most {after} of {before} coturn pods stay: the others wait for their clients, up to the deadline, "
        "and the remaining clients reconnect",
    )


@rule("autoscaler-ignores-zero-pods")
def from_nothing(case: Case) -> Effect | None:
    """An autoscaler ignores a workload with 0 pods unless its minimum is 0."""
    return next((Effect("none", why) for why in _stuck_at_zero(case)), None)


@rule("number-of-pods-moves")
def other_number(case: Case) -> Effect | None:
    """Pods removed by a lower target drain as usual; pages are loaded before a call."""
    old = case.change.old
    if old is None or scaled_by(old) is None or case.component not in (WEB.name, JIBRI.name, COTURN.name):
        return None
    if case.change.goes:
        return Effect("none", "the number of pods stays as it is until something else sets it")
    if case.component == WEB.name:
        return Effect("none", "the number of web pods changes; participants in a call have already loaded the page")
    return Effect("none", "scaling targets change; removed pods finish first, as before")


def _fewer_pods(case: Case) -> tuple[int, int] | None:
    """Return an autoscaler's maximum before and after. None if it does not fall."""
    old = case.change.old
    if old is None or case.change.operation != "update" or scaled_by(old) is None:
        return None
    before, after = (at(side, "spec", "maxReplicas") for side in (case.change.before, case.change.after))
    return (before, after) if isinstance(before, int) and isinstance(after, int) and after < before else None


def _stuck_at_zero(case: Case) -> list[str]:
    """Return the manual step needed if the minimum was 0 and no longer is.

    The controller treats 0 pods as disabled unless the minimum is 0 (ScalingActive is False, ScalingDisabled), and nothing
    else sets the number.
    """
    old, new = case.change.old, case.change.new
    if old is None or new is None or case.change.goes or not (target := scaled_by(new)):
        return []
    if at(old.properties, "spec", "minReplicas") != 0 or not at(new.properties, "spec", "minReplicas"):
        return []
    kind = str(at(new.properties, "spec", "scaleTargetRef", "kind") or "").lower()
    namespace = at(new.properties, "metadata", "namespace")
    return [
        f"if no pod of {target} is running, none ever starts, since the autoscaler ignores 0 pods once its "
        f"minimum is not 0 (ScalingDisabled): run kubectl -n {namespace} scale {kind} {target} --replicas=1"
    ]
