"""Rules about the times of a leaving pod: hook, grace period, the program's own timers, and what the operator asked for."""

import re
from collections.abc import Iterator

from config.bridges import ANNOUNCE_SECONDS, EXIT_SECONDS, MOVE_SECONDS, Drain
from config.model import format_duration
from plan.diff.paths import at, whole
from plan.findings.rule import Hit, rule
from plan.resources.hooks import HOOKS
from plan.resources.made import Resources
from plan.resources.scripts import mounted
from plan.resources.templates import Template, known, templates, variable
from sizing.drain import UPLOAD_SECONDS

MARGIN_SECONDS = range(10, 61)
"""Between the hook's return and the end of the grace period: the program still has to stop, and no time is lost."""
ANNOUNCE_RANGE = range(ANNOUNCE_SECONDS, 61)
RELAY_ANNOUNCE = range(5, 61)  # HAProxy checks coturn every few seconds
USAGE = re.compile(r"(\d+) minutes")
SHUTDOWN = re.compile(
    r"(graceful-shutdown-max-duration|shutting-down-delay|graceful-shutdown-min-participants) = (\d+)"
)


_GRACE_KEYS = {
    "jvb": "bridges.drain.deadline",
    "coturn": "turn.drain",
    "coturn-udp": "turn.drain",
    "jigasi": "jigasi.sip.deadline",
}
"""Part -> key of the stack file that decides its grace period."""


def asked_drain(stack: Resources, shard: str) -> Drain | None:
    """Return the drain that the operator asked for."""
    return next((each.bridges.drain for each in stack.config.resolved if each.name == shard), None)


def _asked_grace(stack: Resources, template: Template) -> int | None:
    """The longest time that the operator lets a pod take to leave; None if no key decides it."""
    config = stack.config
    match template.name:
        case "jvb":
            drain = asked_drain(stack, template.shard)
            return drain.deadline if drain else None
        case "coturn" | "coturn-udp":
            return config.coturn.drain if config.coturn else None
        case "jigasi":
            return config.jigasi.sip.deadline if config.jigasi and config.jigasi.sip else None
        case "jibri":
            return config.recording.longest + UPLOAD_SECONDS if config.recording else None
        case _:
            return None


@rule("grace-below-drain", "error")
def grace_below_drain(stack: Resources) -> Iterator[Hit]:
    """A pod is killed before the time to leave that the operator asked for, or long after."""
    for template in templates(stack, *HOOKS):
        asked, grace = _asked_grace(stack, template), template.grace
        if asked is None or grace is None:
            continue
        if not asked <= grace <= asked + MARGIN_SECONDS[-1]:
            yield Hit(
                f"{template.where}.spec.terminationGracePeriodSeconds",
                f"is {grace} s, and the stack file gives a leaving {template.name} {asked} s "
                f"({format_duration(asked)}): "
                + (
                    f"the kubelet kills it earlier, and {HOOKS[template.name].lost} end"
                    if grace < asked
                    else "one that hangs keeps its node longer"
                ),
                f"set it to {asked}",
            )


@rule("hook-beyond-grace", "error")
def hook_beyond_grace(stack: Resources) -> Iterator[Hit]:
    """The hook's own deadline does not fit the grace period."""
    for template in templates(stack, *(set(HOOKS) - {"jibri"})):
        value, grace = variable(template.main, "DEADLINE"), template.grace
        if not template.main or grace is None or not known(value):
            continue
        deadline = whole(value)
        if deadline is None or grace - deadline not in MARGIN_SECONDS:
            yield Hit(
                f"{template.where}.spec.containers",
                f"DEADLINE of the hook is {value}, and the grace period is {grace} s: "
                + (
                    f"the hook gives up early, and {HOOKS[template.name].lost} end"
                    if deadline is None or deadline < grace
                    else "the kubelet kills the pod while the hook waits"
                ),
                _deadline_remedy(_asked_grace(stack, template), template.name, grace),
            )


def _deadline_remedy(asked: int | None, part: str, grace: int) -> str:
    """Return a range above 0; with the grace period that the stack file asks for, if the pods have a shorter one."""
    key = _GRACE_KEYS.get(part)
    longer = asked is not None and grace < asked
    due = asked if asked is not None and longer else grace
    low, high = max(1, due - MARGIN_SECONDS[-1]), due - MARGIN_SECONDS[0]
    if low > high:
        return f"raise {key} of the stack file" if key else "raise terminationGracePeriodSeconds"
    first = f"set terminationGracePeriodSeconds to {asked}, as {key} of the stack file says, and " if longer else "set "
    return f"{first}DEADLINE between {low} and {high}"


@rule("drain-steps", "error")
def drain_steps(stack: Resources) -> Iterator[Hit]:
    """A step of a bridge's drain is not what its hook, its config file and the stack file agree on."""
    for template in templates(stack, "jvb"):
        drain, grace = asked_drain(stack, template.shard), template.grace
        steps = {name: variable(template.main, name) for name in ("ANNOUNCE", "MIGRATE_AFTER", "MOVE", "MARGIN")}
        if not template.main or drain is None or grace is None or not all(map(known, steps.values())):
            continue
        announce, migrate, move, margin = map(whole, steps.values())
        problems = [
            (
                migrate != drain.migrate_after,
                f"MIGRATE_AFTER is {migrate}, and the stack file says {drain.migrate_after}",
            ),
            (announce not in ANNOUNCE_RANGE, f"ANNOUNCE is {announce}, outside {ANNOUNCE_SECONDS} to 60"),
            (move is None or move < MOVE_SECONDS, f"MOVE is {move}, below {MOVE_SECONDS}"),
            (margin not in MARGIN_SECONDS, f"MARGIN is {margin}, outside 10 to 60"),
            (
                None not in (announce, migrate, move)
                and sum(filter(None, (announce, migrate, move))) + EXIT_SECONDS > grace,
                f"ANNOUNCE {announce} + MIGRATE_AFTER {migrate} + MOVE {move} + exit {EXIT_SECONDS} exceed the grace period {grace}",
            ),
        ]
        for text in [text for is_wrong, text in problems if is_wrong]:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{text}: participants are cut off, or moved before their meeting had its time",
                "let the variables follow bridges.drain",
            )


@rule("bridge-shutdown-settings", "error")
def bridge_shutdown_settings(stack: Resources) -> Iterator[Hit]:
    """The bridge's config file shuts it down at other times than its hook expects."""
    for template in templates(stack, "jvb"):
        text, problem = mounted(stack, template, template.main, "/config/custom-jvb.conf")
        steps = {name: variable(template.main, name) for name in ("MIGRATE_AFTER", "MOVE")}
        if (text is None and not problem) or not all(map(known, steps.values())):
            continue
        settings = {name: int(value) for name, value in SHUTDOWN.findall(text or "")}
        expected = {
            "graceful-shutdown-max-duration": whole(steps["MIGRATE_AFTER"]),
            "shutting-down-delay": whole(steps["MOVE"]),
            "graceful-shutdown-min-participants": 0,
        }
        for name, value in expected.items():
            if settings.get(name) != value:
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"custom-jvb.conf sets {name} to {settings.get(name, 'nothing')}, and the hook counts on {value}: "
                    "upstream's default is 24 hours; participants are moved too early, or cut off at the end of the grace period",
                    f"set videobridge.shutdown.{name} = {value}",
                )


@rule("recording-beyond-grace", "error")
def recording_beyond_grace(stack: Resources) -> Iterator[Hit]:
    """A recorder may record longer than it may take to leave."""
    for template in templates(stack, "jibri"):
        value, grace = variable(template.main, "JIBRI_USAGE_TIMEOUT"), template.grace
        if not template.main or not known(value) or grace is None:
            continue
        match = USAGE.fullmatch(str(value))
        seconds = int(match[1]) * 60 if match else None
        asked = stack.config.recording.longest if stack.config.recording else seconds
        if seconds is None or seconds != asked or seconds + UPLOAD_SECONDS > grace:
            yield Hit(
                f"{template.where}.spec.containers",
                f"JIBRI_USAGE_TIMEOUT is {value}, the stack file's longest recording {asked} s, and the grace period "
                f"{grace} s, {UPLOAD_SECONDS} s of it for the upload: a recorder is killed with its recording",
                "let it follow recording.longest",
            )


@rule("relay-drain-blind", "error")
def relay_drain_blind(stack: Resources) -> Iterator[Hit]:
    """A relay's hook does not count the ports on which it relays."""
    for template in templates(stack, "coturn", "coturn-udp"):
        first, last = template.part.span("relay")
        values = {name: variable(template.main, name) for name in ("FIRST_PORT", "LAST_PORT", "ANNOUNCE")}
        if not template.main or not all(map(known, values.values())):
            continue
        if (whole(values["FIRST_PORT"]), whole(values["LAST_PORT"])) != (first, last):
            yield Hit(
                f"{template.where}.spec.containers",
                f"FIRST_PORT and LAST_PORT are {values['FIRST_PORT']} and {values['LAST_PORT']}, and sessions use "
                f"{first} to {last}: the hook sees none, and relayed participants lose media",
                f"set them to {first} and {last}",
            )
        if whole(values["ANNOUNCE"]) not in RELAY_ANNOUNCE:
            yield Hit(
                f"{template.where}.spec.containers",
                f"ANNOUNCE is {values['ANNOUNCE']}: clients still arrive after the hook has counted, or it waits for nobody",
                "set it to between 5 and 60 seconds",
            )


@rule("probe-drains", "error")
def probe_drains(stack: Resources) -> Iterator[Hit]:
    """A bridge that a probe restarts waits for its whole drain first."""
    for template in templates(stack, "jvb"):
        for kind in ("livenessProbe", "startupProbe"):
            probe = template.main.get(kind)
            grace = at(probe, "terminationGracePeriodSeconds")
            if isinstance(probe, dict) and known(grace) and not 30 <= (whole(grace) or 0) <= 300:  # noqa: PLR2004
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{kind}.terminationGracePeriodSeconds is {grace}: a bridge that has failed is restarted only after the "
                    "drain of the pod, or before its hook could say so; its meetings wait",
                    "set it to 60: the hook's hurry (20 s), its requests and s6",
                )
