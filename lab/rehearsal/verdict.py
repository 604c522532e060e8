"""The verdict of a rehearsal, as figures and as text."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from lab.rehearsal.bridge import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.rehearsal.record import Record
    from lab.rehearsal.testbed import Testbed

Figures = dict[str, Any]
REACTION = 12.0
"""Seconds until an earlier decision is visible: a sync of the autoscaler (5 s), a sample, a busy machine."""

TOLERANCE = 1.0
"""Seconds; deletionTimestamp has whole seconds."""


def verdict(record: Record, testbed: Testbed, story: str, layout: str) -> Figures:
    """The figures that are judged, and the series of the picture."""
    acts = {event["act"]: event["t"] for event in reversed(record.at("act"))}
    with testbed.meetings.lock:
        meetings = list(testbed.meetings.meetings.values())
        bridges = list(testbed.meetings.bridges)
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
        "pool": _pool(record, acts),
        "drains": _drains(record),
        "media": testbed.people.figures(),
        "sabotages": {e["name"]: e["seen"] for e in record.at("sabotage")},
        "ends": {how: sum(b.how == how for b in bridges) for how in ("exit", "killed", "crash")},
        "zombies": _zombies(record, testbed),
        "atEnd": next((s for s in reversed(record.samples) if s["t"] <= acts.get("end", float("inf"))), {}),
        "mostAtOnce": {key: max((s[key] for s in record.samples), default=0) for key in ("ready", "leaving", "nodes")},
        "failures": [event for event in record.events if event["what"] in ("failed", "did not come", "story failed")],
        "events": record.events,
        "samples": record.samples,
    }


def _between(acts: Figures, first: str, then: str) -> float | None:
    return round(acts[then] - acts[first], 1) if first in acts and then in acts else None


def _outage(record: Record, begin: Figures) -> Figures:
    """The number of bridges during an outage, without the reaction time at its start."""
    over = next((e["t"] for e in record.at("act", act="outage over") if e["t"] > begin["t"]), float("inf"))
    samples = [sample for sample in record.samples if begin["t"] + REACTION <= sample["t"] <= over]
    return {
        "component": begin["component"],
        "at": begin["t"],
        "seconds": round(over - begin["t"], 1),
        "size": [sample["wanted"] for sample in samples],
        "shrank": any(after["wanted"] < before["wanted"] for before, after in itertools.pairwise(samples)),
    }


def _update(record: Record, acts: Figures) -> Figures | None:
    """The rolling update until the autoscaler acts again: bridges that drained at the same time, and of how many."""
    if "rolling update" not in acts:
        return None
    begins = acts["rolling update"]
    ends = next((e["t"] for e in record.at("act", act="outage over") if e["t"] > begins), float("inf"))
    span = [sample for sample in record.samples if begins <= sample["t"] <= ends]
    gone = {event["uid"]: event["t"] for event in record.at("gone", component="jvb")}
    sent = [e for e in record.at("leaving", component="jvb") if begins <= e["t"] <= ends]
    together = [sum(e["t"] <= other["t"] < gone.get(e["uid"], ends) for e in sent) for other in sent]
    return {
        "size": span[0]["size"] if span else 0,
        "sent": len(sent),
        "leavingAtOnce": max(together, default=0),
        "fewestOpen": min((sample["open"] for sample in span), default=0),
    }


def _pool(record: Record, acts: Figures) -> Figures | None:
    """The change of a node type: what the engine did and when, and when the bridges left; seconds from the change."""
    if "node type" not in acts:
        return None
    begins = acts["node type"]

    def since(event: Figures) -> float:
        return round(event["t"] - begins, 1)

    span = [sample for sample in record.samples if begins <= sample["t"] <= acts.get("end", float("inf"))]
    (change,) = record.at("act", act="node type")
    return {
        "bridges": change["of"],
        "from": change["types"],
        "to": next((event["types"] for event in record.at("act", act="node type changed")), []),
        "steps": [{"at": since(e), "op": e["op"], "name": e["name"]} for e in record.at("engine") if e["t"] >= begins],
        "left": [since(event) for event in record.at("leaving", component="jvb") if event["t"] >= begins],
        "gone": [since(event) for event in record.at("gone", component="jvb") if event["t"] >= begins],
        "seconds": _between(acts, "node type", "node type changed"),
        "mostNodes": max((sample["nodes"] for sample in span), default=0),
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
    """Pods that outlived their grace period; those deleted without one do not count."""
    grace = {event["uid"]: event["grace"] for event in record.at("leaving", component="jvb")}
    gone = record.at("gone", component="jvb")
    return [event["pod"] for event in gone if event["late"] > TOLERANCE and grace[event["uid"]] > TOLERANCE]


def _zombies(record: Record, testbed: Testbed) -> list[str]:
    """Bridges that started again while their pod was terminating, and pods that outlived their grace period."""
    left = {event["uid"]: event["t"] + record.began for event in record.at("leaving", component="jvb")}
    gone = {event["uid"] for event in record.at("gone", component="jvb")}
    overdue = set(_late(record))
    with testbed.meetings.lock:
        bridges = list(testbed.meetings.bridges)
    crashed = {bridge.uid for bridge in bridges if bridge.how == "crash"}
    again = {b.pod for b in bridges if b.uid in left and b.began > left[b.uid] and b.uid not in crashed}
    outlived = {bridge.pod for bridge in bridges if bridge.state is not State.ENDED and bridge.uid in gone}
    return sorted(again | overdue | outlived)


def _media(layout: str, counts: Figures) -> str:
    shown = ", ".join(
        f"{name} {each['packets']} packets of {each['people']} people, lost {each['lost']}, from another address "
        f"{each['foreign']}, longest silence {each['longest_silence']} s"
        for name, each in ((name, counts[name]) for name in ("staying", "leaving"))
    )
    return f"media, {layout}: {shown}; never heard: {counts['unheard']}"


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
    lines += [_media(layout, counts) for layout, counts in figures["media"].items()]
    lines += [f"sabotage, {name}: {seen or 'NOT SEEN'}" for name, seen in figures["sabotages"].items()]
    if update:
        lines.append(
            f"rolling update: of {update['size']} bridges at most {update['leavingAtOnce']} left at once, "
            f"{update['fewestOpen']} or more took people"
        )
    if pool := figures["pool"]:
        lines += [f"{step['at']} s: {step['op']} {step['name']}" for step in pool["steps"]]
        lines.append(f"bridges left at {pool['left']} s and were gone at {pool['gone']} s")
    lines += [
        f"moved people: {figures['moved']}; waited {figures['waitedPersonSeconds']} person-seconds; "
        f"on full bridges {figures['overloadedPersonSeconds']} person-seconds",
        f"zombies: {len(figures['zombies'])}; meetings of mixed versions: {len(figures['mixedVersions'])}; "
        f"bridges ended: {figures['ends']}",
        f"at the end: {figures['atEnd'].get('ready')} bridges on {figures['atEnd'].get('nodes')} nodes",
    ]
    lines += [f"FAILED: {failure}" for failure in figures["failures"]]
    return "\n".join(lines) + "\n"
