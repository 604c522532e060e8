"""Sabotages that put a secret in plain text."""

from sabotages import Patch, Sabotage, container, resource
from sabotages.secrets import BRIDGES, variable

PASSWORD = "0123456789abcdef" * 2


def note(name: str, value: str) -> Patch:
    """Set an annotation of a workload's pods."""
    return lambda p: p["spec"]["template"]["metadata"].setdefault("annotations", {}).update({name: value})


SABOTAGES: list[Sabotage] = [
    Sabotage(
        "No value is plain.",
        BRIDGES,
        variable("JVB_AUTH_PASSWORD", value="open"),
        "secret-variable-plain",
        "JVB_AUTH_PASSWORD",
    ),
    Sabotage(
        "No value is plain.",
        "s1-prosody",
        variable("TURN_CREDENTIALS", value="open"),
        "secret-variable-plain",
        stack="turn",
    ),
    Sabotage(
        "No value is plain.",
        "jitsi-logs-collector",
        variable("LOGS_SALT", value="salt"),
        "secret-variable-plain",
        stack="announced",
    ),
    Sabotage(
        "No value is plain.", "s0-web", variable("S3_ACCESS_KEY", value="x"), "secret-variable-plain", "S3_ACCESS_KEY"
    ),
    Sabotage(
        "No value is plain.",
        "s0-prosody",
        variable("JVB_AUTH_PASSWORD", valueFrom={"configMapKeyRef": {"name": "x", "key": "y"}}),
        "secret-variable-plain",
        "ConfigMap",
    ),
    Sabotage(
        "No secret is an argument.",
        "s0-jicofo",
        lambda p: container(p).update(args=["--password=$(JICOFO_AUTH_PASSWORD)"]),
        "secret-variable-plain",
        "argument",
    ),
    Sabotage(
        "No secret is an argument.",
        "s0-web",
        lambda p: container(p).update(command=["sh", "-c", f"login --password={PASSWORD}"]),
        "secret-as-plain-text",
    ),
    Sabotage(
        "No secret is an argument.",
        "s0-web",
        lambda p: container(p).update(args=["--token", PASSWORD]),
        "secret-as-plain-text",
    ),
    Sabotage("No secret is an annotation.", "s0-jicofo", note("jitsi.org/passwords", PASSWORD), "secret-as-plain-text"),
    Sabotage(
        "No secret is in a ConfigMap.",
        "s0-bridges-config",
        lambda p: p["data"].update({"jvb.conf": f'password = "{PASSWORD}x"'}),
        "secret-as-plain-text",
    ),
    Sabotage(
        "No secret is in a ConfigMap.",
        "s0-jicofo-config",
        lambda p: p["data"].update(JICOFO_AUTH_PASSWORD="open"),
        "secret-as-plain-text",
        "key of a Secret",
    ),
    Sabotage(
        "No secret is in a URL.",
        "s0-web",
        variable("LOGIN", value="https://user:pa55word@example.org/"),
        "secret-as-plain-text",
        "URL",
    ),
    Sabotage(
        "No secret is in a header.",
        "jitsi-metrics-prometheus-config",
        lambda p: p["data"].update(x="Authorization: Bearer abcdefgh1234"),
        "secret-as-plain-text",
        "HTTP",
    ),
    Sabotage(
        "No secret is in a description.",
        "scaleway-recordings-recorders",
        lambda p: p.update(description=f"secret: {PASSWORD}"),
        "secret-as-plain-text",
        stack="recorded",
    ),
    Sabotage(
        "No secret is a ConfigMap.",
        "jitsi-edge-config",
        lambda _: None,
        "secret-as-plain-text",
        adds=(
            resource("kubernetes:core/v1:ConfigMap", "extra", {"metadata": {"name": "x"}, "data": {"tls.key": "k"}}),
        ),
    ),
]
