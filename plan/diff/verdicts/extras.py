"""Changes of recorders, documents and volumes."""

from config.quantities import quantity
from plan.diff.fleet import kind_of
from plan.diff.paths import at
from plan.diff.verdicts.parts import pods_end
from plan.diff.verdicts.rule import Case, Effect, rule
from sizing.parts import ETHERPAD, JIBRI, NAMED

PATIENT_SECONDS = 3600  # a grace period that lets a recorder finish its recording


@rule("recorders-restart")
def recorders(case: Case) -> Effect | None:
    """A recorder with a long grace period finishes its recording; others lose it."""
    if case.component != JIBRI.name or not pods_end(case):
        return None
    spec = at(case.change.before, "spec", "template", "spec") or {}
    waits = any(at(container, "lifecycle", "preStop") for container in spec.get("containers") or [])
    if waits and int(spec.get("terminationGracePeriodSeconds", 0)) >= PATIENT_SECONDS:
        return Effect("drains", "recorders leave after their current recording; calls continue")
    return Effect("drops", "running recordings end; calls continue")


@rule("documents-restart")
def documents(case: Case) -> Effect | None:
    """Documents are independent of calls; without a volume they are lost with their pod."""
    if case.component != ETHERPAD.name or not pods_end(case):
        return None
    volumes = at(case.change.before, "spec", "template", "spec", "volumes") or []
    kept = any("persistentVolumeClaim" in volume for volume in volumes)
    how = "documents stay on their volume" if kept else "shared documents have no volume and are lost"
    return Effect("none", f"calls continue; {how}")


@rule("volume-changes")
def volume(case: Case) -> Effect | None:
    """Deleting a claim deletes its data."""
    old = case.change.old
    if old is None or kind_of(old) != "PersistentVolumeClaim":
        return None
    if case.change.goes:
        part = NAMED.get(case.component)
        kept = part.keeps if part and part.keeps else "data"
        return Effect("none", f"calls continue; the volume and its {kept} are deleted")
    before, after = (
        at(side, "spec", "resources", "requests", "storage") for side in (case.change.before, case.change.after)
    )
    if before and after and quantity(after) < quantity(before):
        return Effect("refused", f"a volume never shrinks: the API server refuses {after} instead of {before}")
    return Effect("none", "the volume grows in place")
