"""What came out of a rehearsal, as figures; and in words."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from local.rehearsal.bridge import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.rehearsal.ground import Ground
    from local.rehearsal.record import Record

Figures = dict[str, Any]
REACTION = 12.0
"""Seconds that a decision of before may still take to be seen: a sync of the autoscaler (5 s), a sample, a busy machine."""

TOLERANCE = 1.0
"""Seconds: deletionTimestamp counts whole ones."""


def verdict(record: Record, ground: Ground, story: str, layout: str) -> Figures:
    """Everything that is judged, and the series behind the picture."""
    acts = {event["act"]: event["t"] for event in reversed(record.at("act"))}
    with ground.meetings.lock:
        meetings = list(ground.meetings.meetings.values())
        bridges = list(ground.meetings.bridges)
    return {
        "story": story,
        "layout": layout,
        "seconds": record.samples[-1]["t"] if record.samples else 0,
        "storySeconds": _between(acts, "ready", "end"),
        "meetings": len(meetings),
        "participants": sum(meeting.people for meeting in meetings),
        "cutMeetings": [m.name for m in meetings if m.cut],
        "cutOnPurpose": [m.name for m in meetings if m.cut_on_purpose],
        "moved": sum(meeting.moved for meeting in meetings),
        "waitedPersonSeconds": round(sum(meeting.waited for meeting in meetings), 1),
        "overloadedPersonSeconds": round(sum(meeting.overloaded for meeting in meetings), 1),
        "mixedVersions": [m.name for m in meetings if m.versions > 1],
        "lessons": [
            {"name": e["name"], "asked": e["asked"], "standing": e["standing"], "at": e["t"]}
            for e in record.at("act", act="lesson")
        ],
        "crowdToCapacitySeconds": _between(acts, "crowd", "capacity"),
        "outages": [_outage(record, begin) for begin in record.at("act", act="outage")],
        "nodeDrains": len(record.at("node drained")),
        "nodesNotDrained": len(record.at("node not drained")),
        "update": _update(record, acts),
        "drains": _drains(record),
        "ends": {how: sum(b.how == how for b in bridges) for how in ("exit", "killed", "crash")},
        "zombies": _zombies(record, ground),
        "atEnd": next((s for s in reversed(record.samples) if s["t"] <= acts.get("end", float("inf"))), {}),
        "mostAtOnce": {key: max((s[key] for s in record.samples), default=0) for key in ("ready", "leaving", "nodes")},
        "failures": [event for event in record.events if event["what"] in ("failed", "did not come", "story failed")],
        "events": record.events,
        "samples": record.samples,
    }


def _between(acts: Figures, first: str, then: str) -> float | None:
    return round(acts[then] - acts[first], 1) if first in acts and then in acts else None


def _outage(record: Record, begin: Figures) -> Figures:
    """The size while nobody could know; what was decided just before may still be seen."""
    over = next((e["t"] for e in record.at("act", act="outage over") if e["t"] > begin["t"]), float("inf"))
    seen = [sample for sample in record.samples if begin["t"] + REACTION <= sample["t"] <= over]
    return {
        "component": begin["component"],
        "at": begin["t"],
        "seconds": round(over - begin["t"], 1),
        "size": [sample["wanted"] for sample in seen],
        "shrank": any(after["wanted"] < before["wanted"] for before, after in itertools.pairwise(seen)),
    }


def _update(record: Record, acts: Figures) -> Figures | None:
    """The rolling update, until the autoscaler has a say again: how many bridges it sent away at once, of how many."""
    if "rolling update" not in acts:
        return None
    begins = acts["rolling update"]
    ends = next((e["t"] for e in record.at("act", act="outage over") if e["t"] > begins), float("inf"))
    span = [sample for sample in record.samples if begins <= sample["t"] <= ends]
    gone = {event["uid"]: event["t"] for event in record.at("gone", component="jvb")}
    sent = [e for e in record.at("leaving", component="jvb") if begins <= e["t"] <= ends]
    together = [sum(e["t"] <= one["t"] < gone.get(e["uid"], ends) for e in sent) for one in sent]
    return {
        "size": span[0]["size"] if span else 0,
        "sent": len(sent),
        "leavingAtOnce": max(together, default=0),
        "fewestOpen": min((sample["open"] for sample in span), default=0),
    }


def _drains(record: Record) -> Figures:
    gone = record.at("gone", component="jvb")
    leaving = {event["pod"]: event["grace"] for event in record.at("leaving", component="jvb")}
    took: Sequence[float] = sorted(event["after"] for event in gone)
    return {
        "count": len(gone),
        "longest": took[-1] if took else None,
        "median": took[len(took) // 2] if took else None,
        "shortestGrace": min((grace for grace in leaving.values() if grace > TOLERANCE), default=None),
        "late": _late(record),
        "killed": [event["pod"] for event in record.at("killed", component="jvb")],
    }


def _late(record: Record) -> list[str]:
    """Pods that outlived their grace period; who is deleted without any has no time to be on time."""
    grace = {event["uid"]: event["grace"] for event in record.at("leaving", component="jvb")}
    gone = record.at("gone", component="jvb")
    return [event["pod"] for event in gone if event["late"] > TOLERANCE and grace[event["uid"]] > TOLERANCE]


def _zombies(record: Record, ground: Ground) -> list[str]:
    """Bridges that came back to life while their pod was leaving, and pods that outlived their grace period."""
    left = {event["uid"]: event["t"] + record.began for event in record.at("leaving", component="jvb")}
    gone = {event["uid"] for event in record.at("gone", component="jvb")}
    overdue = set(_late(record))
    with ground.meetings.lock:
        bridges = list(ground.meetings.bridges)
    crashed = {bridge.uid for bridge in bridges if bridge.how == "crash"}
    again = {b.pod for b in bridges if b.uid in left and b.began > left[b.uid] and b.uid not in crashed}
    outlived = {bridge.pod for bridge in bridges if bridge.state is not State.ENDED and bridge.uid in gone}
    return sorted(again | overdue | outlived)


def words(figures: Figures) -> str:
    """The verdict as text."""
    drains, update = figures["drains"], figures["update"]
    lines = [
        f"story {figures['story']}, layout {figures['layout']}: {figures['participants']} people in {figures['meetings']} "
        f"meetings, {figures['storySeconds'] or figures['seconds']} s",
        f"cut meetings: {len(figures['cutMeetings'])} {figures['cutMeetings'] or ''}; on purpose: {len(figures['cutOnPurpose'])}",
    ]
    lines += [f"lesson {e['name']}: asked for {e['asked']} bridges, {e['standing']} stood" for e in figures["lessons"]]
    lines.append(f"from crowd to capacity: {figures['crowdToCapacitySeconds']} s")
    lines += [
        f"outage of {o['component']}, {o['seconds']} s: size {min(o['size'], default=0)} to {max(o['size'], default=0)}, "
        f"{'SHRANK' if o['shrank'] else 'never shrank'}"
        for o in figures["outages"]
    ]
    lines.append(
        f"drains: {drains['count']}, longest {drains['longest']} s, median {drains['median']} s, "
        f"least grace {drains['shortestGrace']} s, late {len(drains['late'])}, killed {len(drains['killed'])}"
    )
    if update:
        lines.append(
            f"rolling update: of {update['size']} bridges at most {update['leavingAtOnce']} left at once, "
            f"{update['fewestOpen']} or more took people"
        )
    lines += [
        f"moved people: {figures['moved']}; waited {figures['waitedPersonSeconds']} person-seconds; "
        f"on full bridges {figures['overloadedPersonSeconds']} person-seconds",
        f"zombies: {len(figures['zombies'])}; meetings of mixed versions: {len(figures['mixedVersions'])}; "
        f"bridges ended: {figures['ends']}",
        f"at the end: {figures['atEnd'].get('ready')} bridges on {figures['atEnd'].get('nodes')} nodes",
    ]
    lines += [f"FAILED: {failure}" for failure in figures["failures"]]
    return "\n".join(lines) + "\n"
