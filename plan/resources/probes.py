"""Rules about probes: what they ask, and how patient they are."""

from collections.abc import Iterator
from typing import Any

from components.bridges.pods import READY
from components.signalling.manifests import JICOFO_ALIVE
from plan.diff.paths import at, mapping, mappings, whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.templates import Template, known, templates

HEALTH, VERSION, BOSH, TCP = "/about/health", "/about/version", "/http-bind", "tcp"
ANSWERS: dict[str, tuple[str, str, str]] = {
    "jvb": (HEALTH, HEALTH, HEALTH),
    "jicofo": (VERSION, VERSION, JICOFO_ALIVE),
    "prosody": (BOSH, BOSH, TCP),
    "visitors": (BOSH, BOSH, TCP),
    "web": ("/", "/", TCP),
    "haproxy": ("/settled", "/healthz", "/healthz"),
    "coturn": (TCP, TCP, TCP),
    "coturn-udp": ("/metrics", "/metrics", "/metrics"),
    "jigasi": (HEALTH, HEALTH, TCP),
    "transcriber": (HEALTH, HEALTH, TCP),
    "whiteboard": ("/", "/", TCP),
    "etherpad": ("/health", "/health", TCP),
    "prometheus": ("/-/ready", "/-/ready", "/-/healthy"),
    "prometheus-adapter": ("", TCP, TCP),
    "kube-metrics-adapter": ("", TCP, TCP),
    "alloy": ("", "/-/ready", "/-/healthy"),
    "grafana": ("/api/health", "/api/health", "/api/health"),
    "kube-state-metrics": ("", "/healthz", "/healthz"),
    "probe": ("", "/healthz", "/healthz"),
}
"""Part -> what startup, readiness and liveness probe ask: a path, TCP, or a shell line. Facts of the images: jicofo's health is 500
while every bridge leaves, so that it alone decides neither about traffic nor about life; prosody and jigasi answer no request while
they are loaded."""
HANDLERS = {"exec", "grpc", "httpGet", "tcpSocket"}
KINDS = ("startupProbe", "readinessProbe", "livenessProbe")
JIBRI_HEALTH = "http://127.0.0.1:2222/jibri/api/v1.0/health"
PATIENCE = {"startupProbe": range(60, 901), "readinessProbe": range(5, 121), "livenessProbe": range(120, 1801)}
"""Seconds of failures: a program under load answers late, and one that hangs is to be noticed."""
TIMEOUT = range(4, 31)  # seconds for one answer; a loaded JVM takes more than Kubernetes' default of 1
SUCCESSES = 3
LATE = 60  # initialDelaySeconds beyond which a pod stays without a probe


@rule("probe-missing", "error")
def probe_missing(stack: Resources) -> Iterator[Hit]:
    """A container lacks a probe, or the probe asks something that its program does not answer."""
    for template in templates(stack, *ANSWERS):
        for kind, expected in zip(KINDS, _answers(stack, template), strict=True):
            problem = _asks(template, kind, expected) if template.main else None
            if problem:
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{template.part.main}'s {kind} {problem}: {_consequence(kind)}",
                    f"let it ask {expected or 'nothing'}",
                )
    for template in templates(stack, "jibri"):
        for kind in KINDS:
            command = at(template.main, kind, "exec", "command") or []
            asks = command[:2] == ["/bin/sh", "-c"] and JIBRI_HEALTH in " ".join(map(str, command))
            if template.main and known(command) and not asks:
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"jibri's {kind} does not ask {JIBRI_HEALTH}: {_consequence(kind)}",
                    "let it ask Jibri's health, on loopback",
                )


def _answers(stack: Resources, template: Template) -> tuple[str, str, str]:
    startup, readiness, liveness = ANSWERS[template.name]
    if template.name == "jvb" and warms_up(stack, template.shard):
        return READY, READY, liveness
    return startup, readiness, liveness


def warms_up(stack: Resources, shard: str) -> bool:
    """Whether the shard's bridges are to be warm before they are ready."""
    return any(each.name == shard and each.bridges.warm_up for each in stack.config.resolved)


def _consequence(kind: str) -> str:
    return {
        "startupProbe": "the pod is killed while it starts, or gets traffic too early",
        "readinessProbe": "traffic goes to a pod that cannot take it, or to none",
        "livenessProbe": "one that hangs stays, or a healthy one is killed in the middle of calls",
    }[kind]


def _asks(template: Template, kind: str, expected: str) -> str | None:
    """What is wrong with a probe; None if nothing is."""
    probe = mapping(template.main.get(kind))
    if not known(template.main.get(kind)) or (not expected and not probe):
        return None
    if not probe:
        return "is missing"
    if len(HANDLERS & probe.keys()) > 1:
        return "asks in more than one way, which the API server refuses"
    if expected in (JICOFO_ALIVE, READY):
        command = at(probe, "exec", "command")
        return None if not known(command) or command == ["/bin/sh", "-c", expected] else f"does not run `{expected}`"
    if expected == TCP:
        target = mapping(probe.get("tcpSocket"))
        if not target:
            return "opens no TCP connection"
    else:
        target = mapping(probe.get("httpGet"))
        if known(target.get("path")) and expected and target.get("path") != expected:
            return f"asks {target.get('path')}, and the program answers {expected}"
        if target.get("scheme", "HTTP") not in ("HTTP", "[unknown]") or target.get("host"):
            return f"asks {target.get('scheme', 'HTTP')} of {target.get('host') or 'the pod'}, and the program answers HTTP"
    return _port_problem(template, target.get("port"))


def _port_problem(template: Template, port: Any) -> str | None:
    if not known(port):
        return None
    declared = {
        str(each.get("name")): whole(each.get("containerPort")) for each in mappings(template.main.get("ports"))
    }
    asked = whole(port) if whole(port) is not None else declared.get(str(port))
    listened = {each.number for each in template.part.opens if each.protocol == "TCP"}
    return None if asked in listened else f"asks port {port}, on which {template.name} does not listen"


@rule("probe-impatient", "error")
def probe_impatient(stack: Resources) -> Iterator[Hit]:
    """A probe kills a loaded program, or does not notice one that hangs."""
    for template in templates(stack, *ANSWERS, "jibri"):
        for kind in KINDS:
            probe = mapping(template.main.get(kind))
            for problem in _times(kind, probe) if probe else ():
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{template.part.main}'s {kind} {problem}: {_consequence(kind)}",
                    f"let it fail for {PATIENCE[kind][0]} to {PATIENCE[kind][-1]} s, with {TIMEOUT[0]} s or more for an answer",
                )


def _times(kind: str, probe: dict[str, Any]) -> Iterator[str]:
    period, failures = whole(probe.get("periodSeconds", 10)), whole(probe.get("failureThreshold", 3))
    timeout, delay = whole(probe.get("timeoutSeconds", 1)), whole(probe.get("initialDelaySeconds", 0))
    if period is not None and failures is not None and period * failures not in PATIENCE[kind]:
        yield f"gives up after {period * failures} s ({failures} x {period} s)"
    if timeout is not None and timeout not in TIMEOUT:
        yield f"waits {timeout} s for an answer"
    success = whole(probe.get("successThreshold", 1))
    if success is not None and success > SUCCESSES:
        yield f"needs {success} answers in a row"
    if delay is not None and delay > LATE:
        yield f"starts after {delay} s"
