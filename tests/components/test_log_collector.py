"""Logs: collected with few rights or not at all, with few labels, and without names of rooms and people."""

import hashlib
import json
import re

import pytest
from sample_stacks import NAMES, kubernetes_objects, recorded

from components.logs.alloy_config import LABELS, LEVELS, Destination, text
from components.logs.alloy_config import NAMES as HIDDEN

COLLECTING = {"announced": "loki", "scaling-schedules": "cockpit"}


def of(stack, kind, name="alloy"):
    (found,) = [
        o.properties
        for o in kubernetes_objects(stack)
        if (o.properties["kind"], o.properties["metadata"]["name"]) == (kind, name)
    ]
    return found


def test_a_stack_that_does_not_ask_for_it_collects_nothing():
    for name in set(NAMES) - set(COLLECTING):
        texts = json.dumps(
            [r.properties for r in recorded(name) if "jitsi:logs" in r.type or "observability" in r.type]
        )
        assert texts == "[]"
        assert not [o for o in kubernetes_objects(name) if o.properties["metadata"]["name"] in ("alloy", "logs")]


@pytest.mark.parametrize("stack", COLLECTING)
def test_the_collector_may_list_pods_and_read_their_logs_in_its_namespace_and_nothing_else(stack):
    assert of(stack, "Role")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
    assert not [o for o in kubernetes_objects(stack) if o.properties["kind"] in ("ClusterRole", "ClusterRoleBinding") and "alloy" in str(o.properties)]  # fmt: skip
    spec = of(stack, "Deployment")["spec"]["template"]["spec"]
    assert [volume for volume in spec["volumes"] if "hostPath" in volume] == []
    assert "hostNetwork" not in spec


@pytest.mark.parametrize("stack", COLLECTING)
def test_what_is_secret_stands_in_a_secret_and_the_text_only_names_it(stack):
    said = of(stack, "ConfigMap")["data"]["config.alloy"]
    assert 'sys.env("LOGS_PASSWORD")' in said
    assert set(of(stack, "Secret", "logs")["stringData"]) == {"LOGS_PASSWORD", "LOGS_SALT"}
    (container,) = of(stack, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert {variable["valueFrom"]["secretKeyRef"]["name"] for variable in container["env"]} == {"logs"}


def test_cockpit_gets_a_token_that_can_write_logs_and_nothing_else():
    (token,) = [r for r in recorded("scaling-schedules") if r.type == "scaleway:observability/token:Token"]
    assert {scope for scope, given in token.properties["scopes"].items() if given} == {"writeLogs"}
    (source,) = [r for r in recorded("scaling-schedules") if r.type == "scaleway:observability/source:Source"]
    assert (source.properties["type"], source.properties["retentionDays"]) == ("logs", 30)
    said = of("scaling-schedules", "ConfigMap")["data"]["config.alloy"]
    assert '"X-Token" = sys.env("LOGS_PASSWORD")' in said
    assert "/loki/api/v1/push" in said


def test_labels_are_few_and_none_grows_with_meetings():
    assert set(LABELS) == {"component", "shard", "pod", "container"}
    said = text("jitsi", "prod", Destination(url="https://loki.example.org/push"), pseudonyms=True)
    assert set(re.findall(r'target_label = "(\w+)"', said)) == set(LABELS)
    assert "stage.labels" not in said


def hidden(line):
    """As Alloy's stage.replace does it, in the order of the file."""
    for expression in HIDDEN.values():
        compiled = re.compile(expression)
        made, end = "", 0
        for found in compiled.finditer(line):
            for group in range(1, compiled.groups + 1):
                if found.group(group) is not None:
                    digest = hashlib.sha256(b"salt" + found.group(group).encode()).hexdigest()[:10]
                    made, end = made + line[end : found.start(group)] + digest, found.end(group)
        line = made + line[end:]
    return line


SPEAKING = {
    "JVB 2026-11-20 08:00:01.123 INFO: [71] [confId=7c conf_name=secretroom@muc.meet.jitsi epId=8d1 stats_id=Alice-x1] Endpoint.x#1: y": (
        "secretroom",
        "Alice",
    ),
    "Jicofo 2026-11-20 08:00:01.123 INFO: [52] [room=secretroom@muc.meet.jitsi meeting_id=11-22] ParticipantInviteRunnable: inviting secretroom@muc.meet.jitsi/8d1": (
        "secretroom",
    ),
    'conference-request from <alice.secret@meet.jitsi/x1>, "203.0.113.77"': ("alice.secret", "203.0.113.77"),
    "bosh1a2b3c\tinfo\tClient connected from 2001:db8:1:2::77": ("2001:db8",),
    "mod_muc\tinfo\tRoom secretroom@muc.v1.meet.jitsi destroyed": ("secretroom",),
    '203.0.113.77 - - [20/Nov/2026:08:00:00 +0000] "GET /secretroom HTTP/1.1" 200 1 "-" "Mozilla"': (
        "secretroom",
        "203.0.113",
    ),
    '- "GET /school/secretroom?jwt=x HTTP/1.1" 200': ("secretroom",),
    '"POST /http-bind?room=secretroom HTTP/1.1" 200': ("secretroom",),
    '{"client":"203.0.113.77","path":"/secretroom"}': ("secretroom", "203.0.113.77"),
    "calling sip:+4930123456@sip.example.org": ("4930123456",),
    "displayName=Alice, joined": ("Alice",),
}


@pytest.mark.parametrize("line", SPEAKING)
def test_names_of_rooms_and_people_and_their_addresses_become_pseudonyms(line):
    for name in SPEAKING[line]:
        assert name in line
        assert name not in hidden(line)


@pytest.mark.parametrize(
    "line",
    [
        "JVB 2026-11-20 08:00:01.123 INFO: [71] [confId=7c] Videobridge.createConference#1: ok, took 10:20:30",
        "joined jvbbrewery@internal-muc.meet.jitsi as jvb@auth.meet.jitsi",
        '{"frontend":"public~","path":"/xmpp-websocket"}',
        '"GET /libs/app.bundle.min.js?v=8044 HTTP/1.1" 200',
        "\tat org.jitsi.videobridge.Conference$1.run(Conference.java:42)",
        "std::map of ab::cd",
    ],
)
def test_what_names_nobody_is_left_as_it_is(line):
    assert hidden(line) == line


def test_the_same_room_has_the_same_pseudonym_in_lines_of_several_components():
    first = hidden("[room=secretroom@muc.meet.jitsi x]")
    second = hidden('"GET /secretroom HTTP/1.1"')
    (name,) = re.findall(r"room=(\w+)@", first)
    assert f"/{name} " in second


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("mod_c2s\terror\tTraceback", "error"),
        ("mod_c2s\twarn\tslow", "warning"),
        ("mod_c2s\tinfo\tno error and no warning: all well", None),
        ("JVB 2026-11-20 08:00:01.123 SEVERE: [1] x", "error"),
        ("Jicofo 2026-11-20 08:00:01.123 WARNING: [1] x", "warning"),
        ("2026/11/20 08:00:00 [error] 12#12: *1 connect() failed", "error"),
        ("[ALERT]    (1) : Binding failed", "error"),
        ("ts=2026 level=warn msg=x", "warning"),
        ('{"status":500}', None),
    ],
)
def test_troubles_have_a_level_however_a_component_writes_it(line, level):
    found = [name for name, expression in LEVELS.items() if re.search(expression, line)]
    assert found == ([level] if level else [])
