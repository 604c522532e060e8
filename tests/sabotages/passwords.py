"""Sabotages of passwords that two sides share."""

from dataclasses import replace

from sample_stacks import recorded

from plan.recorder import Resource
from sabotages import Sabotage
from sabotages.secrets import STATEFUL, taken, variable


def marked(stack: str, name: str, **marks: str) -> tuple[Resource, ...]:
    """Return a Secret of a stack whose keys have other texts."""
    secret = next(each for each in recorded(stack) if each.name == name)
    changed = {f"stringData.{key}": mark for key, mark in marks.items()}
    return (replace(secret, secret_marks=secret.secret_marks | changed),)


def mark_of(stack: str, name: str, key: str) -> str:
    """Return the digest of a key."""
    return next(each for each in recorded(stack) if each.name == name).secret_marks[f"stringData.{key}"]


SABOTAGES: list[Sabotage] = [
    Sabotage("Bridges log in.", STATEFUL, taken("JVB_AUTH_PASSWORD", "shard-s0"), "password-sides-differ", "shard-s0"),
    Sabotage("Bridges log in.", "s0-prosody", variable("JVB_AUTH_PASSWORD"), "password-sides-differ", "s0-prosody"),
    Sabotage("Jicofo logs in.", "s0-jicofo", taken("JICOFO_AUTH_PASSWORD", "shard-s1"), "password-sides-differ"),
    Sabotage("Jicofo logs in.", "s1-jicofo", variable("JICOFO_AUTH_PASSWORD"), "password-sides-differ"),
    Sabotage(
        "Recorders log in.",
        "jitsi-recorders-workload",
        taken("JIBRI_XMPP_PASSWORD", "jibri", "JIBRI_RECORDER_PASSWORD"),
        "password-sides-differ",
        stack="recorded",
    ),
    Sabotage(
        "Recorders log in.",
        "s1-prosody",
        variable("JIBRI_RECORDER_PASSWORD"),
        "password-sides-differ",
        stack="recorded",
    ),
    Sabotage(
        "Recorders log in.",
        "s1-passwords",
        None,
        "password-sides-differ",
        "JIBRI_XMPP_PASSWORD",
        "recorded",
        marked("recorded", "s1-passwords", JIBRI_XMPP_PASSWORD="0"),
    ),
    Sabotage(
        "Telephones log in.",
        "jitsi-gateway-passwords",
        None,
        "password-sides-differ",
        "JIGASI_XMPP_PASSWORD",
        "options",
        marked("options", "jitsi-gateway-passwords", JIGASI_XMPP_PASSWORD="0"),
    ),
    Sabotage(
        "Transcribers log in.",
        "s0-prosody",
        variable("JIGASI_TRANSCRIBER_PASSWORD"),
        "password-sides-differ",
        stack="options",
    ),
    Sabotage(
        "Visitors' prosody is trusted.",
        "s0-visitors-nodes",
        taken("JVB_AUTH_PASSWORD", "shard-s1"),
        "password-sides-differ",
        stack="options",
    ),
    Sabotage(
        "Coturn knows the key.",
        "s1-prosody",
        variable("TURN_CREDENTIALS"),
        "password-sides-differ",
        "TURN_CREDENTIALS",
        stack="turn",
    ),
    Sabotage(
        "Coturn has one key.",
        "s1-passwords",
        None,
        "password-sides-differ",
        "TURN_CREDENTIALS",
        "turn",
        marked("turn", "s1-passwords", TURN_CREDENTIALS="0"),
    ),
    Sabotage(
        "Accounts have their own passwords.",
        "s0-passwords",
        None,
        "password-shared",
        "JVB_AUTH_PASSWORD",
        adds=marked(
            "local", "s0-passwords", JVB_AUTH_PASSWORD=mark_of("local", "s0-passwords", "JICOFO_AUTH_PASSWORD")
        ),
    ),
    Sabotage(
        "Shards have their own passwords.",
        "s1-passwords",
        None,
        "password-shared",
        adds=marked("local", "s1-passwords", JVB_AUTH_PASSWORD=mark_of("local", "s0-passwords", "JVB_AUTH_PASSWORD")),
    ),
]
