"""Rules about preStop hooks: how a pod that carries calls leaves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plan.diff.paths import at
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.scripts import mounted
from plan.resources.templates import Template, known, templates, variable


@dataclass(frozen=True, slots=True)
class Hook:
    """What a part's hook script does, and the switches of the image that it needs."""

    lost: str
    """What ends at once without the hook."""
    asks: tuple[str, ...]
    """Texts of a script that lets the pod leave: its requests, and the loop that waits."""
    switches: tuple[str, ...] = ()


_JIGASI = ("/about/shutdown", "graceful-shutdown", "$DEADLINE", "while ")
HOOKS = {
    "jvb": Hook(
        "its meetings",
        (
            "/colibri/drain/enable",
            "/colibri/shutdown",
            "graceful-shutdown",
            "${DEADLINE:?",
            "${MIGRATE_AFTER:?",
            "while ",
        ),
        ("COLIBRI_REST_ENABLED", "SHUTDOWN_REST_ENABLED"),
    ),
    "jibri": Hook("the recording", ("internal/v1.0/gracefulShutdown", "busyStatus", "while ")),
    "jigasi": Hook("its telephone calls", _JIGASI, ("SHUTDOWN_REST_ENABLED",)),
    "transcriber": Hook("its subtitles", _JIGASI, ("SHUTDOWN_REST_ENABLED",)),
    "coturn": Hook("the media of relayed participants", ("/proc/net/udp", "$DEADLINE", "while ")),
    "coturn-udp": Hook("the media of relayed participants", ("/proc/net/udp", "$DEADLINE", "while ")),
}
"""Facts of the images: Jitsi's programs leave gracefully only when their REST interface says so; SIGTERM ends them at once."""


@rule("hook-missing", "error")
def hook_missing(stack: Resources) -> Iterator[Hit]:
    """A pod that carries calls has no preStop hook, or one whose script it does not have."""
    for template in templates(stack, *HOOKS):
        problem = hook_problem(stack, template)
        if problem:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{template.part.main} {problem}: a {template.name} that leaves gets SIGTERM at once, and "
                f"{HOOKS[template.name].lost} end",
                "run the leaving script of its ConfigMap as lifecycle.preStop.exec",
            )


def hook_problem(stack: Resources, template: Template) -> str | None:
    """Return why a part's preStop hook does not let it leave; None if it does, or is unknown."""
    if not template.main:
        return "is not among its containers"
    command = at(template.main, "lifecycle", "preStop", "exec", "command")
    if command is None:
        return "has no preStop hook that runs a script"
    if not isinstance(command, list) or not all(map(known, command)):
        return None
    if len(command) != 2 or not str(command[0]).endswith("sh"):  # noqa: PLR2004 - shell and script
        return f"has the hook {' '.join(map(str, command))!r}, which is not its leaving script"
    text, problem = mounted(stack, template, template.main, str(command[1]))
    if problem or text is None:
        return problem
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    missing = [each for each in HOOKS[template.name].asks if each not in lines]
    return f"has the hook {command[1]}, which lacks {', '.join(missing)}" if missing else None


@rule("hook-refused", "error")
def hook_refused(stack: Resources) -> Iterator[Hit]:
    """The program in a pod refuses the requests of its hook."""
    for template in templates(stack, *HOOKS):
        for name in HOOKS[template.name].switches:
            value = variable(template.main, name)
            if template.main and known(value) and str(value).lower() not in ("1", "true"):
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{name} is {value}: the image answers the hook's request to shut down gracefully with 404, and "
                    f"{HOOKS[template.name].lost} end with SIGTERM",
                    f'set {name} to "1"',
                )


@rule("edge-hook", "error")
def edge_hook(stack: Resources) -> Iterator[Hit]:
    """A leaving HAProxy or web pod stops before load balancers and Services have taken it out."""
    for template in templates(stack, "haproxy", "web"):
        problem = _edge_problem(template)
        if problem:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{template.part.main} {problem}: new connections still arrive at a pod that is gone, and browsers see errors",
                "let preStop sleep until the pod is out of rotation, and HAProxy then stop softly (USR1)",
            )


ROTATION_SECONDS = {"haproxy": 15, "web": 5}
"""The load balancer's health check (5 s x 3), and what Services take to drop a pod that is being deleted."""
REST_SECONDS = 15  # for requests that are under way, until the grace period ends
PID = re.compile(r"kill -USR1 \"?\$\(cat (\S+?)\)\"?")


def _edge_problem(template: Template) -> str | None:
    command = at(template.main, "lifecycle", "preStop", "exec", "command")
    if not isinstance(command, list):
        return "has no preStop hook"
    text = " ".join(map(str, command))
    if not known(text) or template.grace is None:
        return None
    slept = re.search(r"\bsleep (\d+)", text)
    needed = ROTATION_SECONDS[template.name]
    if slept is None or int(slept[1]) < needed:
        return f"has the hook {text!r}, which waits less than {needed} s"
    if int(slept[1]) + REST_SECONDS > template.grace:
        return f"sleeps {slept[1]} s of a grace period of {template.grace} s"
    if template.name == "haproxy":
        signal, arguments = PID.search(text), [str(each) for each in template.main.get("args") or []]
        written = arguments[arguments.index("-p") + 1] if "-p" in arguments[:-1] else None
        if signal is None or signal[1] != written or signal.start() < slept.end():
            return f"has the hook {text!r}, which does not stop the process of {written} softly after the wait"
    return None
