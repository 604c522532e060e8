"""Sabotages of references to Secrets, and of who reads them."""

from typing import Any

from sabotages import Patch, Sabotage, container, pods

BRIDGES, STATEFUL = "s0-bridges-host-port-0", "s1-bridges-node-port"


def variable(name: str, **value: Any) -> Patch:
    """Set a variable of the first container; without a value it goes."""

    def patch(properties: dict[str, Any]) -> None:
        env = container(properties)["env"]
        env[:] = [each for each in env if each["name"] != name] + ([{"name": name, **value}] if value else [])

    return patch


def taken(name: str, secret: str, key: str = "") -> Patch:
    """Take a variable from a Secret."""
    return variable(name, valueFrom={"secretKeyRef": {"name": secret, "key": key or name}})


def volume(name: str, **keys: Any) -> Patch:
    """Change the source of a Secret volume."""
    return lambda p: next(each for each in pods(p)["volumes"] if each["name"] == name)["secret"].update(keys)


def without(*keys: str) -> Patch:
    """Remove keys of a Secret."""
    return lambda p: [p["stringData"].pop(key) for key in keys]


SABOTAGES: list[Sabotage] = [
    Sabotage("Secrets exist.", "s0-passwords", None, "secret-unresolved", "shard-s0"),
    Sabotage(
        "Secrets exist.", "s1-passwords", lambda p: p["metadata"].update(name="s1"), "secret-unresolved", "shard-s1"
    ),
    Sabotage(
        "Secrets are in the namespace.",
        "s1-passwords",
        lambda p: p["metadata"].update(namespace="default"),
        "secret-unresolved",
    ),
    Sabotage("Keys exist.", "s0-passwords", without("JVB_AUTH_PASSWORD"), "secret-unresolved", "JVB_AUTH_PASSWORD"),
    Sabotage("Keys exist.", STATEFUL, taken("JVB_AUTH_PASSWORD", "shard-s1", "JVB_PASSWORD"), "secret-unresolved"),
    Sabotage(
        "Keys are those of the variable.",
        BRIDGES,
        taken("JVB_AUTH_PASSWORD", "shard-s0", "JICOFO_AUTH_PASSWORD"),
        "secret-unresolved",
        "takes",
    ),
    Sabotage(
        "Certificates exist.",
        "jitsi-edge-haproxy",
        volume("issued", secretName="haproxy-tls"),
        "secret-unresolved",
        "haproxy-tls",
    ),
    Sabotage("Certificates have a key.", "jitsi-edge-self-signed", without("tls.key"), "secret-unresolved", "tls.key"),
    Sabotage(
        "The adapter has its certificate.",
        "jitsi-metrics-adapter",
        lambda p: pods(p)["volumes"][0]["secret"].update(secretName="adapter"),
        "secret-unresolved",
    ),
    Sabotage(
        "Recorders have a bucket key.",
        "jitsi-recorders-store",
        None,
        "secret-unresolved",
        "jibri-store",
        stack="recorded",
    ),
    Sabotage(
        "Images need no login.",
        "s0-web",
        lambda p: pods(p).update(imagePullSecrets=[{"name": "registry"}]),
        "secret-unresolved",
        "registry",
    ),
    Sabotage(
        "Secrets exist.",
        "s0-web",
        lambda p: container(p).update(envFrom=[{"secretRef": {"name": "extra"}}]),
        "secret-unresolved",
        "extra",
    ),
    Sabotage(
        "Documents have their keys.",
        "jitsi-collaboration-etherpad-keys",
        without("APIKEY.txt"),
        "secret-unresolved",
        "APIKEY.txt",
        stack="options",
    ),
    Sabotage(
        "Coturn has its key.",
        "jitsi-turn-config",
        lambda p: p["metadata"].update(name="turn"),
        "secret-unread",
        "turn",
        stack="turn",
    ),
    Sabotage(
        "Secrets are read.",
        "jitsi-monitoring-grafana",
        variable("GF_SECURITY_ADMIN_PASSWORD"),
        "secret-unread",
        "grafana-admin",
        stack="daemonset",
    ),
    Sabotage(
        "Secrets are read by their part.",
        "s0-web",
        lambda p: container(p).update(envFrom=[{"secretRef": {"name": "shard-s0"}}]),
        "secret-read-by-others",
        "web",
    ),
    Sabotage(
        "A bridge has its own password.",
        BRIDGES,
        taken("JICOFO_AUTH_PASSWORD", "shard-s0"),
        "secret-read-by-others",
        "jvb",
    ),
    Sabotage(
        "A shard has its own passwords.",
        STATEFUL,
        taken("JVB_AUTH_PASSWORD", "shard-s0"),
        "secret-read-by-others",
        "s1",
    ),
    Sabotage(
        "Recorders alone have the bucket.",
        "s0-jicofo",
        lambda p: pods(p)["volumes"].append({"name": "x", "secret": {"secretName": "jibri-store", "defaultMode": 288}}),
        "secret-read-by-others",
        stack="recorded",
    ),
    Sabotage(
        "Files are private.",
        "jitsi-edge-haproxy",
        volume("fallback", defaultMode=0o444),
        "secret-read-by-others",
        "444",
    ),
    Sabotage(
        "Files are private.",
        "jitsi-turn-coturn",
        lambda p: [each["secret"].pop("defaultMode") for each in pods(p)["volumes"] if "secret" in each],
        "secret-read-by-others",
        "644",
        stack="turn",
    ),
    Sabotage(
        "Tokens are private.",
        BRIDGES,
        lambda p: [each["projected"].update(defaultMode=0o644) for each in pods(p)["volumes"] if "projected" in each],
        "secret-read-by-others",
    ),
]
