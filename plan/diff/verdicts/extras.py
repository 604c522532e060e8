"""Changes of what some calls use: the TURN relay, recordings, visitors' prosodies."""

from plan.diff.fleet import WORKLOADS, kind_of
from plan.diff.paths import at
from plan.diff.verdicts.rule import Case, Effect, verdict
from plan.turn import TURN_SERVICE, TURN_UDP

_KEPT = {"etherpad": "shared documents", "prometheus": "metrics"}
PATIENT_SECONDS = 3600  # a grace period by which a recorder may finish what it records


def _ends(case: Case) -> bool:
    old = case.change.old
    return old is not None and kind_of(old) in WORKLOADS and (case.change.goes or case.change.touches("spec.template"))


@verdict("relay-restarts")
def relay(case: Case) -> Effect | None:
    """Who reaches a bridge only through coturn loses media when it ends."""
    if case.component not in (TURN_SERVICE, TURN_UDP) or not _ends(case):
        return None
    return Effect("drops", "coturn ends: who is relayed by it, behind a strict firewall, loses media and joins again")


@verdict("recorders-restart")
def recorders(case: Case) -> Effect | None:
    """A recorder that may finish is patient; one that may not loses what it records."""
    if case.component != "jibri" or not _ends(case):
        return None
    spec = at(case.change.before, "spec", "template", "spec") or {}
    waits = any(at(container, "lifecycle", "preStop") for container in spec.get("containers") or [])
    if waits and int(spec.get("terminationGracePeriodSeconds", 0)) >= PATIENT_SECONDS:
        return Effect("drains", "recorders leave after the recording that they make; calls go on")
    return Effect("drops", "recordings that are being made end; the calls themselves go on")


@verdict("visitors-restart")
def visitors(case: Case) -> Effect | None:
    """Who only visits is connected to a visitor prosody, which keeps its rooms in memory."""
    if case.component != "visitors" or not _ends(case):
        return None
    if case.change.goes:
        return Effect("drops", "the visitor prosodies go: everyone who visits a meeting is thrown out of it")
    return Effect("drops", "visitor prosodies restart one by one: who visits a meeting there joins again")


@verdict("collaboration-restarts")
def collaboration(case: Case) -> Effect | None:
    """Whiteboard and documents stand beside the call."""
    if case.component not in ("whiteboard", "etherpad") or not _ends(case):
        return None
    if case.component == "whiteboard":
        return Effect("none", "calls go on; browsers open their whiteboard again, each has the drawing")
    volumes = at(case.change.before, "spec", "template", "spec", "volumes") or []
    kept = any("persistentVolumeClaim" in volume for volume in volumes)
    how = "documents are kept on their volume" if kept else "shared documents, which have no volume, are gone"
    return Effect("none", f"calls go on; {how}")


@verdict("volume-changes")
def volume(case: Case) -> Effect | None:
    """What is on a claim of the program's own is on nothing else."""
    old = case.change.old
    if old is None or kind_of(old) != "PersistentVolumeClaim":
        return None
    if case.change.goes:
        return Effect(
            "none", f"calls go on; the volume goes, and with it the {_KEPT.get(case.component, 'data')} on it"
        )
    return Effect("none", "the volume grows in place; the API server refuses a smaller one")


@verdict("gateways-restart")
def gateways(case: Case) -> Effect | None:
    """A gateway that is told to end waits for its calls; subtitles begin anew on another transcriber."""
    if case.component not in ("jigasi", "transcriber") or not _ends(case):
        return None
    if case.component == "transcriber":
        return Effect("none", "calls go on; subtitles pause until they are switched on again")
    how = "gateways go" if case.change.goes else "gateways leave one by one"
    return Effect("drains", f"{how}: each waits for the telephone calls that it carries, up to its deadline")
