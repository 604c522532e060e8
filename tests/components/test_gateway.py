"""Jigasi: ports as planned, secrets nowhere in sight, and a gateway that leaves after its calls."""

import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from environments import stack, told
from sample_stacks import OWN

from components.gateway import pods
from components.gateway.gateway import google_part
from config.problems import ConfigError
from config.read import parse
from plan.evaluate import evaluate
from sizing.ports import gateway_ports

SIP = {"account": "1@sip.example.org", "server": "sip.example.org", "calls": 10, "firstPort": 21000}
VOSK = {"backend": "vosk", "url": "wss://vosk.example.org"}
SCRIPT = Path(pods.__file__).parent / "scripts" / pods.LEAVE


def values(**jigasi: Any) -> dict[str, str]:
    return {**OWN["scaling-schedules"], "jitsi:jigasi": json.dumps(jigasi)}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return {r.name: r.properties for r in evaluate(values(sip=SIP, transcription=VOSK), "test")}


def env(workload: dict[str, Any]) -> dict[str, Any]:
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    return {variable["name"]: variable.get("value") for variable in container["env"]}


def test_plan_firewall_pod_and_policy_open_the_same_ports(resources: dict[str, Any]) -> None:
    (planned,) = gateway_ports(parse(values(sip=SIP)))
    wanted = set(range(21000, 21040))
    assert set(range(planned["firstPort"], planned["lastPort"] + 1)) == wanted
    assert planned["rule"] == "fr-par-1 UDP 21000-21039"
    firewall = resources["scaleway-gateways-firewall"]
    assert firewall["inboundDefaultPolicy"] == "drop"
    assert {(each["ipRange"], each["protocol"], each["portRange"]) for each in firewall["inboundRules"]} == {
        ("0.0.0.0/0", "UDP", "21000-21039"),
        ("::/0", "UDP", "21000-21039"),
    }
    (container,) = resources["jitsi-gateway-jigasi"]["spec"]["template"]["spec"]["containers"]
    assert {(port["containerPort"], port["hostPort"]) for port in container["ports"]} == {(p, p) for p in wanted}
    (rule,) = resources["jitsi-gateway-jigasi-policy"]["spec"]["ingress"]
    assert rule == {"ports": [{"protocol": "UDP", "port": 21000, "endPort": 21039}]}
    told = env(resources["jitsi-gateway-jigasi"])
    assert (told["JIGASI_PORT_MIN"], told["JIGASI_PORT_MAX"]) == ("21000", "21039")


def test_a_transcriber_lets_nothing_in_and_keeps_nothing(resources: dict[str, Any]) -> None:
    assert resources["jitsi-gateway-transcriber-policy"]["spec"]["ingress"] == []
    told = env(resources["jitsi-gateway-transcriber"])
    assert told["JIGASI_TRANSCRIBER_VOSK_URL"] == VOSK["url"]
    assert told["JIGASI_TRANSCRIBER_CUSTOM_SERVICE"].endswith(".VoskTranscriptionService")
    assert told["JIGASI_TRANSCRIBER_ENABLE_SAVING"] == "0"


def test_jigasi_waits_in_every_shard_and_joins_by_the_meetings_name(resources: dict[str, Any]) -> None:
    for name in ("jitsi-gateway-jigasi", "jitsi-gateway-transcriber"):
        told = env(resources[name])
        servers = told["XMPP_SERVER"].split(",")
        assert servers == [f"prosody-{shard}.jitsi.svc.cluster.local:5222:{shard}" for shard in ("s0", "s1")]
        assert told["BOSH_URL_PATTERN"] == "https://meet.example.org{subdomain}/http-bind?room={roomName}"
    for shard in ("s0", "s1"):
        names = {
            peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
            for rule in resources[f"{shard}-prosody-policy"]["spec"]["ingress"]
            if {"protocol": "TCP", "port": 5222} in rule["ports"]
            for peer in rule["from"]
        }
        assert {"jigasi", "transcriber"} <= names
        assert env(resources[f"{shard}-jicofo"])["JIGASI_SIP_URI"] == "1@sip.example.org"
        for part in ("prosody", "jicofo", "web"):
            assert env(resources[f"{shard}-{part}"])["ENABLE_TRANSCRIPTIONS"] == "1"


def test_passwords_are_in_secrets_alone_and_the_same_on_every_shard(resources: dict[str, Any]) -> None:
    assert set(resources["jitsi-gateway-passwords"]["stringData"].values()) == {"[secret]"}
    for shard in ("s0", "s1"):
        assert {"JIGASI_XMPP_PASSWORD", "JIGASI_TRANSCRIBER_PASSWORD"} <= set(
            resources[f"{shard}-passwords"]["stringData"]
        )
        assert env(resources[f"{shard}-prosody"])["JIGASI_XMPP_PASSWORD"] is None, "a reference, no value"


@pytest.mark.parametrize(
    ("secret", "rolled", "left"),
    [
        ("sipPassword", "jitsi-gateway-jigasi", "jitsi-gateway-transcriber"),
        ("googleCredentials", "jitsi-gateway-transcriber", "jitsi-gateway-jigasi"),
    ],
)
def test_pods_read_a_new_secret_from_elsewhere_as_they_are_replaced_and_others_stay(
    secret: str, rolled: str, left: str
) -> None:
    stack = values(sip=SIP, transcription={"backend": "google"})
    old, new = ({r.name: r for r in evaluate(stack, "test", changed_secrets=changed)} for changed in ((), (secret,)))
    templates = [made[rolled].properties["spec"]["template"] for made in (old, new)]
    marks = [template["metadata"]["annotations"].pop("jitsi.org/secrets") for template in templates]
    assert marks[0] != marks[1]
    assert templates[0] == templates[1], "nothing else of the pods changes"
    assert old[left].properties == new[left].properties
    assert old["jitsi-gateway-passwords"].secret_marks != new["jitsi-gateway-passwords"].secret_marks
    assert not any(each in json.dumps(new[rolled].properties) for each in ("1" * 64, "0" * 64))


def test_googles_credentials_are_taken_apart_and_never_told() -> None:
    made = {r.name: r.properties for r in evaluate(values(transcription={"backend": "google"}), "test")}
    assert made["jitsi-gateway-passwords"]["stringData"]["GC_PRIVATE_KEY"] == "[secret]"
    assert not [name for name in made if "gateways" in name], "no nodes without telephones"
    with pytest.raises(Exception, match="not the JSON file") as caught:
        google_part('{"project_id": "correct-horse"}', "private_key")
    assert "correct-horse" not in str(caught.value)


@pytest.mark.parametrize(
    ("jigasi", "where", "says"),
    [
        ({}, "jigasi.sip", "neither sip nor transcription"),
        ({"sip": SIP | {"account": "sip:1@x.org"}}, "jigasi.sip.account", "without sip:"),
        ({"sip": SIP | {"calls": 200, "firstPort": 29900}}, "jigasi.sip.firstPort", "end at 30699, above 29999"),
        ({"sip": SIP | {"numbersUrl": "https://x.org/n"}}, "jigasi.sip.conferenceMapperUrl", "set both"),
        ({"sip": SIP | {"zone": "nl-ams-1"}}, "jigasi.sip.zone", "not a zone of region fr-par"),
        ({"transcription": {"backend": "vosk"}}, "jigasi.transcription.url", "needs url"),
        ({"transcription": {"backend": "google", "url": "wss://x.org"}}, "jigasi.transcription.url", "takes no url"),
        ({"transcription": VOSK | {"url": "http://x.org"}}, "jigasi.transcription.url", "begins with https://"),
    ],
)
def test_what_cannot_work_is_refused(jigasi: dict[str, Any], where: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(values(**jigasi))
    assert any(problem.where == where and says in problem.what for problem in caught.value.problems), caught.value


class Jigasi(BaseHTTPRequestHandler):
    """Answers health; asked to leave it stops after its calls, of which each request for health ends one."""

    calls, asked, refusals = 0, 0, 0

    def do_POST(self) -> None:
        type(self).asked += 1
        refused = type(self).refusals > 0
        type(self).refusals -= refused
        self.send_response(503 if refused else 200)
        self.end_headers()

    def do_GET(self) -> None:
        type(self).calls -= 1
        self.send_response(200)
        self.end_headers()
        if type(self).calls <= 0:
            threading.Thread(target=self.server.shutdown).start()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def leave(calls: int, refusals: int, deadline: int) -> tuple[type[Jigasi], float]:
    handler = type("OneJigasi", (Jigasi,), {"calls": calls, "asked": 0, "refusals": refusals})
    server = HTTPServer(("127.0.0.1", 0), handler)

    def serve() -> None:
        server.serve_forever(poll_interval=0.01)
        server.server_close()

    threading.Thread(target=serve, daemon=True).start()
    settings = {"JIGASI_REST": f"http://127.0.0.1:{server.server_port}", "DEADLINE": str(deadline), "PAUSE": "0.05"}
    started = time.monotonic()
    subprocess.run(["sh", SCRIPT], env={**os.environ, **settings}, check=True, timeout=30)
    server.shutdown()
    return handler, time.monotonic() - started


def test_a_gateway_ends_with_its_last_call() -> None:
    handler, took = leave(calls=5, refusals=0, deadline=20)
    assert handler.asked == 1
    assert took < 10


def test_a_gateway_that_does_not_hear_is_asked_again() -> None:
    handler, _ = leave(calls=5, refusals=2, deadline=20)
    assert handler.asked == 3


def test_a_call_that_never_ends_keeps_nobody_beyond_the_deadline() -> None:
    handler, took = leave(calls=10**6, refusals=0, deadline=2)  # of a clock that counts whole seconds
    assert handler.calls > 0
    assert 0.9 < took < 10


@pytest.mark.parametrize(
    ("language", "told_web"),
    [("de-DE", ("de-DE", "0")), ("zh", ("zh", "0")), (None, ("en-US", None))],
    ids=["German", "Chinese", "that of each page"],
)
def test_a_language_holds_whatever_language_a_page_has(language: str | None, told_web: tuple[str, str | None]) -> None:
    spoken = {} if language is None else {"language": language}
    web = told(stack(jigasi={"transcription": VOSK | spoken}))["web"]
    assert (web["PREFERRED_LANGUAGE"], web.get("USE_APP_LANGUAGE")) == told_web


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de_DE", "did you mean de-DE?"),
        ("de", "is not a language that pages offer for subtitles; did you mean de-DE?"),
        ("pt", "did you mean pt-BR or pt-PT?"),
        ("german", "write a language and a region, such as de-DE or en-GB"),
        ("DE-de", "is not a language that pages offer for subtitles"),
        (49, "jigasi.transcription.language: text is needed, got 49"),
    ],
)
def test_a_language_that_no_page_offers_is_refused(language: Any, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        stack(jigasi={"transcription": VOSK | {"language": language}})
    assert len(refused.value.problems) == 1
    assert says in str(refused.value)
