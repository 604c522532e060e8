"""Sabotages of the timetable: recorded or served by Prometheus' adapter, in ScalingSchedules, and in the placeholders' windows."""

from sabotages import Patch, Sabotage

KEPT = "Bridges stand from an entry's lead before its start until its end."
ASKED = "The autoscaler reads its own shard's timetable."
SPARES = "Placeholders stand while the schedule asks for bridges."


def replaced(key: str, old: str, new: str, count: int = -1) -> Patch:
    """Replace a text in one file of a ConfigMap."""

    def patch(p):
        assert old in p["data"][key], old
        p["data"][key] = p["data"][key].replace(old, new, count)

    return patch


def metric(name: str):
    """Return a reader of an autoscaler's Object metric."""
    return lambda p: next(
        body for each in p["spec"]["metrics"] if (body := each.get("object")) and body["metric"]["name"] == name
    )


timetable, scheduled = metric("jvb_timetable"), metric("jvb-timetable-s0")


def recorded(old: str, new: str, says: str = "", count: int = -1, promise: str = KEPT) -> Sabotage:
    """Patch what the managed Prometheus records, of a stack with host ports."""
    patch = replaced("rules.yml", old, new, count)
    return Sabotage(promise, "jitsi-metrics-prometheus-config", patch, "timetable-wrong", says, "prod-fr-par")


def served(old: str, new: str, says: str = "", count: int = -1) -> Sabotage:
    """Patch the adapter's own expression, of a stack in both layouts beside another's Prometheus."""
    patch = replaced("config.yaml", old, new, count)
    return Sabotage(KEPT, "jitsi-metrics-rules", patch, "timetable-wrong", says, "announced")


def schedule(patch: Patch, says: str = "", promise: str = KEPT) -> Sabotage:
    """Patch a ScalingSchedule."""
    return Sabotage(promise, "jitsi-metrics-s0-schedule", patch, "timetable-wrong", says, "scaling-schedules")


def spares(patch: Patch | None, of: str = "s0-bridges-spares-*", stack: str = "announced", says: str = "") -> Sabotage:
    """Patch the windows of placeholders."""
    return Sabotage(SPARES, of, patch, "timetable-without-spares", says, stack)


def autoscaler(of: str, patch: Patch, rule: str, says: str = "", stack: str = "announced") -> Sabotage:
    """Patch the autoscaler of bridges."""
    return Sabotage(ASKED, f"{of}-autoscaler", patch, rule, says, stack)


def entry(number: int):
    """Return a reader of a ScalingSchedule's entry."""
    return lambda p: p["spec"]["schedules"][number]


def drop(p):
    p["spec"]["metrics"] = [m for m in p["spec"]["metrics"] if "object" not in m]


SABOTAGES: list[Sabotage] = [
    # managed Prometheus, host ports
    recorded("floor(62 /", "floor(124 /", "a Monday"),  # tue to sat
    recorded("floor(62 /", "floor(30 /", "a Friday"),
    recorded("vector(time() + 3600)", "vector(time() + 7200)", "jvb-s0"),  # the closing clock
    recorded("vector(time() + 4140)", "vector(time() + 540)", "participants wait"),  # the opening clock
    recorded("vector(time() + 4140)", "vector(time() + 3600)", ":41:00 UTC"),  # the lead
    recorded("1774745460", "1777423800", "2026-"),  # the change of 2026 a month late
    recorded(" + 3600 * (time() >= bool 1995497460)", "", "2033-"),  # no change in 2033
    recorded("clamp(vector(time() - 2108595060), 0, 3600)", "clamp(vector(time() - 2108595060), 0, 1800)", "2036-"),
    recorded("label_replace(20 *", "label_replace(18 *", "for 20"),
    recorded("label_replace(20 *", "label_replace(200 *", "cost money"),
    recorded('timezone="Europe/Paris"', 'timezone="Europe/London"', "gives 0 series"),
    recorded("shard: s1\n", "shard: s7\n", "gives 0 series"),
    recorded("day_of_week(", "day_of_month(", "day_of_month is not known"),
    recorded("record: shard:jvb_timetable:max", "record: shard:jvb_timetable:avg", "gives 0 series"),
    recorded("< bool floor(", "<= bool floor(", "asks for 20"),
    recorded("* 86400 + 48000", "* 86400 + 44400", "asks for 0"),
    # an adapter's own expression, both layouts
    served("floor(7 /", "floor(14 /"),
    served("floor(1 /", "floor(2 /", "a Monday"),
    served("vector(time() + -16500)", "vector(time() + -12900)"),
    served("vector(time() + -18000)", "vector(time() + -21600)"),
    served("bool 2224800000", "bool 2224713600", "2040-07-01"),  # until a day early
    served("bool 2224800000", "bool 2224886400", "2040-07-02"),
    served('"s0" "s1">>label_replace(max', '"s0">>label_replace(max', "no query for"),
    served("  or label_replace(9 *", "  and label_replace(9 *"),
    served("label_replace(8 *", "label_replace(7 *", "for 8"),  # the stack's participants in equal parts
    served('"namespace", "jitsi", "", "")', '"namespace", "video", "", "")', "not namespace jitsi"),
    served("as: jvb_timetable", "as: jvb_timetables", "served by 0 rules"),
    # ScalingSchedules
    schedule(lambda p: entry(0)(p)["period"].update(days=["Mon", "Wed", "Sun"]), "a Tuesday"),
    schedule(lambda p: entry(0)(p)["period"].update(startTime="08:50"), "participants wait"),
    schedule(lambda p: entry(1)(p)["period"].update(timezone="America/Chicago")),
    schedule(lambda p: entry(0)(p)["period"].update(timezone="UTC")),
    schedule(lambda p: entry(0)(p).update(durationMinutes=190), "asks for 0"),
    schedule(lambda p: entry(0)(p).update(durationMinutes=310), "cost money"),
    schedule(lambda p: entry(1)(p).update(value=8), "for 9"),
    schedule(lambda p: p["spec"]["schedules"].pop(), "a Monday"),  # after midnight
    schedule(lambda p: p["spec"].update(scalingWindowDurationMinutes=10), "ramps"),
    schedule(lambda p: p["metadata"].update(name="jvb-timetable-s1"), "which is not in jitsi"),
    schedule(lambda p: entry(0)(p).update(type="OneTime"), "not known here"),
    # the autoscalers
    autoscaler("s0-bridges-host-port-1", drop, "timetable-not-asked"),
    autoscaler("s1-bridges-node-port", drop, "timetable-not-asked"),
    autoscaler(
        "s1-bridges-node-port",
        lambda p: timetable(p)["metric"]["selector"]["matchLabels"].update(shard="s2"),
        "timetable-wrong",
    ),
    autoscaler(
        "s0-bridges-host-port-0", lambda p: timetable(p)["target"].update(averageValue="1"), "timetable-wrong", "for 5"
    ),
    autoscaler(
        "s1-bridges-node-port", lambda p: timetable(p)["target"].update(averageValue="2"), "timetable-wrong", "for 9"
    ),
    autoscaler(
        "s1-bridges-node-port",
        lambda p: timetable(p)["target"].update(type="Value", value="1"),
        "timetable-wrong",
        "divided by an averageValue",
    ),
    autoscaler(
        "s0-bridges-host-port-0",
        lambda p: scheduled(p)["describedObject"].update(name="jvb-timetable-s1"),
        "timetable-wrong",
        "ScalingSchedule",
        "scaling-schedules",
    ),
    autoscaler(
        "s1-bridges-host-port-0",
        lambda p: p["spec"]["metrics"].append({"type": "Object", "object": {"metric": {"name": "jvb-timetable-s1"}}}),
        "timetable-not-asked",
        "has no schedule",
        "scaling-schedules",
    ),
    autoscaler(
        "s0-bridges-host-port-*", lambda p: p["spec"].update(maxReplicas=5), "timetable-above-max", "raise it to 6"
    ),
    autoscaler(
        "s0-bridges-host-port-1", lambda p: p["spec"].update(maxReplicas=5), "timetable-above-max", "11 of 12 bridges"
    ),
    autoscaler(
        "s1-bridges-node-port", lambda p: p["spec"].update(maxReplicas=11), "timetable-above-max", "raise it to 12"
    ),
    # placeholders
    spares(lambda p: p["spec"].update(timeZone="UTC")),
    spares(lambda p: p["spec"].update(suspend=True)),
    spares(lambda p: p["spec"]["jobTemplate"]["spec"].update(activeDeadlineSeconds=600)),
    spares(lambda p: p["spec"].update(schedule="50 7 * * wed,thu"), "s0-bridges-spares-1", says="a Tuesday"),
    spares(lambda p: p["spec"].update(schedule="50 8 * * tue,sun"), "s0-bridges-spares-1"),
    spares(None, "s0-bridges-spares-0", says="a Monday"),
    spares(lambda p: p["spec"]["jobTemplate"]["spec"].update(parallelism=0), "s1-bridges-spares-*", "prod-fr-par"),
    spares(lambda p: p["spec"].update(replicas=0), "s1-bridges-spares", "scaling-schedules", "at any time"),
]
