"""The log collector's Alloy configuration: reads the pods of one namespace through the Kubernetes API."""

import json
from dataclasses import dataclass

from sizing.addresses import XMPP_DOMAIN
from sizing.parts import ALLOY

COMPONENT = ALLOY.name
PASSWORD_VARIABLE = "LOGS_PASSWORD"  # noqa: S105
SALT_VARIABLE = "LOGS_SALT"
PSEUDONYM_DIGITS = 10  # hex: 2^40 names, so two of a hundred thousand rooms share one with a chance of 0.5 %

_POD = "__meta_kubernetes_pod"
LABELS = {
    "component": f"{_POD}_label_app_kubernetes_io_name",
    "shard": f"{_POD}_label_app_kubernetes_io_instance",
    "pod": f"{_POD}_name",
    "container": f"{_POD}_container_name",
}
"""Label -> discovery's meta label. With `level`, `namespace` and `stack` these are all; none grows with meetings."""

LEVELS = {
    "warning": r"^[^\t]*\twarn\t|\bWARNING:|\[warn\]|\blevel=warn\b|\[WARNING\]",
    "error": r"^[^\t]*\terror\t|\bSEVERE:|\[(error|crit|alert|emerg)\]|\blevel=error\b|\[ALERT\]",
}
"""Value of the label `level` -> pattern of such lines from prosody, JVMs, nginx, Go programs and HAProxy. Other lines have no level."""

_GROUP = "[0-9a-fA-F]{1,4}"
_IPV6 = "|".join(
    (
        rf"(?:{_GROUP}:){{7}}{_GROUP}",
        rf"(?:{_GROUP}:){{2,6}}:(?:{_GROUP}:){{0,4}}{_GROUP}",
        rf"{_GROUP}::(?:{_GROUP}:){{1,5}}{_GROUP}",
    )
)
_OF_ROOMS = "(?:muc[.]|breakout[.]|lobby[.]|guest[.])?(?:v[0-9]+[.])?" + XMPP_DOMAIN.replace(".", "[.]")
_REQUEST = r"(?:\"path\":\"|\"(?:GET|HEAD|POST|OPTIONS) )/"
_NO_ROOM = (
    r"(?:http-bind|xmpp-websocket|conference-request/v1|about/health|colibri-ws/[^\s\"?]*|colibri-relay-ws/[^\s\"?]*)"
)
NAMES = {
    "IPv4 addresses": r"\b((?:[0-9]{1,3}[.]){3}[0-9]{1,3})\b",
    "IPv6 addresses": rf"\b({_IPV6})\b",
    "rooms and people, in XMPP addresses": rf"([^\s\"'<>=,;/()\[\]{{}}@]+)@{_OF_ROOMS}\b",
    "rooms, in addresses of pages": rf"{_REQUEST}{_NO_ROOM}[\"\s?]|{_REQUEST}(?:[^/\s\"?.]+/)?([^/\s\"?.]+)[\"\s?]",
    "rooms, in queries": r"[?&](?:room|roomName|conference|prefix)=([^&\s\"]+)",
    "names that people gave themselves": r"(?:displayName|display_name|display-name|stats_id|stats-id)[=:] ?\"?([^,;\]\s\"]+)",
    "telephone numbers": r"\b(?:sips?|tel):([^@\s;>\"]+)",
}
"""Kind of personal data -> RE2 expression whose group the pseudonym replaces."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """The push destination. Password and token come from the environment, so the configuration fits in a ConfigMap."""

    url: str
    user: str | None = None
    tenant: str | None = None
    token: bool = False
    """Whether PASSWORD_VARIABLE holds a Cockpit token."""


def text(namespace: str, stack: str, destination: Destination, *, pseudonyms: bool) -> str:
    """Return the configuration file.

    Tails resume where they stopped while the collector's volume exists. Otherwise lines are sent twice, and Loki drops the duplicates.
    """
    blocks = [
        _block("logging", None, [_attribute("level", "warn")]),
        _discovery(namespace),
        _labelled(),
        _block(
            "loki.source.kubernetes",
            "pods",
            ["targets = discovery.relabel.pods.output", "forward_to = [loki.process.lines.receiver]"],
        ),
        _processed(pseudonyms=pseudonyms),
        _written(namespace, stack, destination),
    ]
    return "\n\n".join(blocks) + "\n"


def _quoted(value: str) -> str:
    """Return a string literal: JSON's escapes are valid in Alloy."""
    return json.dumps(value)


def _attribute(name: str, value: str) -> str:
    return f"{name} = {_quoted(value)}"


def _block(name: str, label: str | None, lines: list[str]) -> str:
    head = f'{name} "{label}"' if label else name
    body = "\n".join(f"  {line}" for entry in lines for line in entry.splitlines())
    return f"{head} {{\n{body}\n}}"


def _discovery(namespace: str) -> str:
    selected = _block(
        "selectors", None, [_attribute("role", "pod"), _attribute("label", "app.kubernetes.io/part-of=jitsi")]
    )
    named = _block("namespaces", None, [f"names = [{_quoted(namespace)}]"])
    return _block("discovery.kubernetes", "pods", [_attribute("role", "pod"), named, selected])


def _rule(**attributes: str) -> str:
    lines = [
        f"{name} = [{_quoted(value)}]" if name == "source_labels" else _attribute(name, value)
        for name, value in attributes.items()
    ]
    return _block("rule", None, lines)


def _labelled() -> str:
    rules = [
        # Alloy's own errors about Loki would be sent to Loki; kubectl shows them.
        _rule(source_labels=LABELS["component"], regex=COMPONENT, action="drop"),
        # Containers of pending pods have no log.
        _rule(source_labels=f"{_POD}_phase", regex="Pending", action="drop"),
        *(_rule(source_labels=source, target_label=label) for label, source in LABELS.items()),
    ]
    return _block("discovery.relabel", "pods", ["targets = discovery.kubernetes.pods.targets", *rules])


def _level(name: str, expression: str) -> str:
    selector = f'{{component=~".+"}} |~ {_quoted(expression)}'
    labelled = _block("stage.static_labels", None, [f"values = {{ level = {_quoted(name)} }}"])
    return _block("stage.match", None, [_attribute("selector", selector), labelled])


def _pseudonym(expression: str) -> str:
    begun, ended = '{{ .Value | Sha2Hash "', f'" | trunc {PSEUDONYM_DIGITS} }}}}'
    replacement = f'{_quoted(begun)} + sys.env("{SALT_VARIABLE}") + {_quoted(ended)}'
    return _block("stage.replace", None, [_attribute("expression", expression), f"replace = {replacement}"])


def _processed(*, pseudonyms: bool) -> str:
    stages = [
        # Each line includes its newline, which would add empty lines to multi-line entries.
        _block("stage.replace", None, [_attribute("expression", r"(\n)$"), _attribute("replace", "")]),
        # A stack trace is one entry: its lines are indented.
        _block("stage.multiline", None, [_attribute("firstline", r"^\S"), _attribute("max_wait_time", "1s")]),
        *(_level(name, expression) for name, expression in LEVELS.items()),
        *(_pseudonym(expression) for expression in NAMES.values() if pseudonyms),
        _block("stage.label_drop", None, ['values = ["instance", "job"]']),
    ]
    return _block("loki.process", "lines", ["forward_to = [loki.write.place.receiver]", *stages])


def _written(namespace: str, stack: str, destination: Destination) -> str:
    endpoint = [_attribute("url", destination.url)]
    if destination.tenant:
        endpoint.append(_attribute("tenant_id", destination.tenant))
    if destination.token:
        endpoint.append(f'headers = {{ "X-Token" = sys.env("{PASSWORD_VARIABLE}") }}')
    if destination.user:
        login = [_attribute("username", destination.user), f'password = sys.env("{PASSWORD_VARIABLE}")']
        endpoint.append(_block("basic_auth", None, login))
    always = {"namespace": namespace, "stack": stack}
    added = ", ".join(f"{name} = {_quoted(value)}" for name, value in always.items())
    return _block("loki.write", "place", [_block("endpoint", None, endpoint), f"external_labels = {{ {added} }}"])
