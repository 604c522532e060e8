"""Rules about warming up: a bridge takes people once its JVM has done before what they ask of it."""

import re
from collections.abc import Iterator

from components.bridges.pods import READY, READY_SECONDS
from plan.diff.paths import at, mapping, whole
from plan.findings.rule import Hit, rule
from plan.resources.edge import variables
from plan.resources.made import Resources
from plan.resources.probes import warms_up
from plan.resources.scripts import mounted
from plan.resources.templates import Template, known, templates, variable
from sizing.parts import PROSODY

SCRIPT = READY.rpartition(" ")[2]
DRAINED = re.compile(r"^\s*initial-drain-mode\s*=\s*true\s*$", re.MULTILINE)
OPENS = "/colibri/drain/disable"


def _conf(stack: Resources, template: Template) -> str | None:
    return mounted(stack, template, template.main, "/config/custom-jvb.conf")[0]


def _runs(template: Template, kind: str) -> bool | None:
    """Whether a probe runs the script; None if it is not known yet."""
    probe = template.main.get(kind)
    command = at(probe, "exec", "command")
    if not known(probe) or not known(command):
        return None
    return isinstance(command, list) and READY in command


@rule("bridge-ready-when-cold", "error")
def bridge_ready_when_cold(stack: Resources) -> Iterator[Hit]:
    """A bridge takes people before its JVM is warm, although bridges.warmUp is on."""
    for template in templates(stack, "jvb"):
        if template.main and warms_up(stack, template.shard):
            for problem in _cold(stack, template):
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{problem}: people who are moved onto a bridge that has just started are without media for 4 to 7 s",
                    "start in drain mode, let startup and readiness probe run ready.sh, and keep the bridge's REST on",
                )


def _cold(stack: Resources, template: Template) -> Iterator[str]:
    conf = _conf(stack, template)
    if conf is not None and not DRAINED.search(conf):
        yield "custom-jvb.conf does not start it in drain mode, so jicofo chooses it while it is cold"
    for kind in ("startupProbe", "readinessProbe"):
        if _runs(template, kind) is False:
            yield f"its {kind} does not run {SCRIPT}"
        timeout = whole(mapping(template.main.get(kind)).get("timeoutSeconds", 1))
        if timeout is not None and timeout < READY_SECONDS:
            yield f"its {kind} ends after {timeout} s, in the middle of warming up"
    text, problem = mounted(stack, template, template.main, SCRIPT)
    if problem or (text is not None and "/colibri/v2/conferences" not in text):
        yield problem or f"{SCRIPT} holds no meeting with itself"
    for prosody in templates(stack, PROSODY.name):
        config = str(variables(prosody.spec).get("GLOBAL_CONFIG") or "")
        if prosody.shard == template.shard and not re.search(r"bridge_warm_up = true|\[unknown\]", config):
            yield "prosody's bridge_warm_up is not true, so its first request over XMPP is a person's"
    rest, relays = (variable(template.main, name) for name in ("COLIBRI_REST_ENABLED", "ENABLE_OCTO"))
    if known(rest) and rest != "1":
        yield f"COLIBRI_REST_ENABLED is {rest}, and without that REST it cannot meet itself"
    if known(relays) and relays not in ("0", "1"):
        yield f"ENABLE_OCTO is {relays}, by which {SCRIPT} decides whether to connect to itself"


@rule("bridge-stays-drained", "error")
def bridge_stays_drained(stack: Resources) -> Iterator[Hit]:
    """A bridge starts in drain mode, and nothing ends it."""
    for template in templates(stack, "jvb"):
        conf = _conf(stack, template)
        if not template.main or conf is None or not DRAINED.search(conf):
            continue
        text = mounted(stack, template, template.main, SCRIPT)[0]
        ends = text is None or OPENS in text
        if not ends or all(_runs(template, kind) is False for kind in ("startupProbe", "readinessProbe")):
            yield Hit(
                f"{template.where}.spec.containers",
                "custom-jvb.conf starts it in drain mode, and no probe ends that: jicofo prefers other bridges for ever, the "
                "autoscaler counts this one as leaving, and a bridge that s6 has restarted is lost, too",
                f"let startup and readiness probe run {SCRIPT}, or start without drain mode",
            )
