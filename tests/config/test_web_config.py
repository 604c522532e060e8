"""Refusals about pages, meetings and environment, by what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_stacks import OWN

from config import served_paths, web_files
from config.problems import ConfigError
from config.read import parse, seen_from
from config.web import Web


def problems_of(**keys: Any) -> list[str]:
    values = {**OWN["daemonset"], **{f"jitsi:{key}": json.dumps(value) for key, value in keys.items()}}
    try:
        parse(values)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"web": {"config": {"hosts": {"domain": "x"}}}},
            "web.config.hosts: is not set here: the addresses follow from domain",
        ),
        ({"web": {"config": {"startAudioMuted": 5}}}, "use meetings.startMuted.audio"),
        ({"web": {"config": {"p2p": {"enabled": False}}}}, "web.config.p2p.enabled: is not set here: use meetings.p2p"),
        ({"web": {"config": {"p2p": None}}}, "web.config.p2p: would replace p2p.codecPreferenceOrder"),
        ({"web": {"config": {"a": {"__proto__": {"x": 1}}}}}, "'__proto__' cannot be a key of a setting"),
        ({"web": {"config": {"a": [{"constructor": 1}]}}}, "'constructor' cannot be a key"),
        ({"web": {"config": {"a b": 1}}}, "'a b' cannot be a key"),
        ({"web": {"interfaceConfig": {"APP_NAME": "x"}}}, "use web.title"),
        ({"web": {"branding": {"data": {"labels": {}}}}}, "use web.languages.words"),
        ({"web": {"branding": {"url": "https://b.example.org/", "data": {"a": 1}}}}, "is served only without url"),
        (
            {"web": {"branding": {"url": "https://b.example.org/"}, "virtualBackgrounds": ["images/a.jpg"]}},
            "add it to that response",
        ),
        ({"web": {"branding": {"url": "http://b.example.org/"}}}, "an address begins with https://"),
        ({"web": {"links": {"privacy": "https://example.org/'+alert(1)+'"}}}, "percent-encoded"),
        ({"web": {"head": "<!--# include virtual='/config.js' -->"}}, "nginx would execute"),
        ({"web": {"title": "one\ntwo"}}, "is one line of text"),
        ({"web": {"languages": {"default": "de';alert(1)//"}}}, "such as de, frCA or pt-BR"),
        ({"web": {"toolbarButtons": ["mic'"]}}, "a button is one of Jitsi's names"),
        ({"web": {"toolbarButtons": ["camera", "camera"]}}, "names a button twice"),
        ({"web": {"files": {"../x": {"text": ""}}}}, "no '..'"),
        ({"web": {"files": {"/x": {"text": ""}}}}, "no leading /"),
        ({"web": {"files": {"config.js": {"text": ""}}}}, "use web.config"),
        ({"web": {"files": {"index.html": {"text": ""}}}}, "web.replace: [index.html]"),
        ({"web": {"files": {"libs/app.bundle.min.js": {"text": ""}}}}, "would replace Jitsi's own"),
        ({"web": {"files": {"a.txt": {"text": "", "file": "x"}}}}, "either text or file"),
        ({"web": {"files": {"a.txt": {"file": "no-such-file"}}}}, "web.files.a.txt.file: cannot be read: No such file"),
        ({"web": {"files": {"a.txt": {"file": "../a.txt"}}}}, "without '..'"),
        (
            {"web": {"files": {"a.txt": {"text": "x" * (web_files.MAX_FILE_BYTES + 1)}}}},
            "has 1048577 bytes, and a ConfigMap",
        ),
        ({"web": {"title": "x", "files": {"title.html": {"text": ""}}}}, "is already generated from web.title"),
        ({"web": {"folder": "no-such-folder"}}, "no folder no-such-folder next to the stack file"),
        ({"web": {"maxReplicas": 1, "replicas": 2}}, "web.maxReplicas: maxReplicas 1 is below replicas 2"),
        ({"meetings": {"codecs": ["AV1"]}}, "VP8 is the fallback of every browser; add it"),
        ({"meetings": {"codecs": ["VP8", "VP8"]}}, "name each codec once"),
        ({"meetings": {"resolution": {"ideal": 720, "max": 360}}}, "must ascend in this order"),
        (
            {"meetings": {"lastN": {"limits": {"5": 10, "30": 20}}}},
            "20 cameras from 30 participants on, more than the 10 from 5",
        ),
        ({"meetings": {"maxParticipants": 1}}, "at least 2, got 1"),
        ({"meetings": {"maxParticipant": 10}}, "did you mean maxParticipants?"),
        (
            {"env": {"web": {"PUBLIC_URL": "https://x"}}},
            "env.web.PUBLIC_URL: is set by the program; use domain",
        ),
        ({"env": {"prosody": {"MAX_PARTICIPANTS": 5}}}, "use meetings.maxParticipants"),
        ({"env": {"prosody": {"JVB_AUTH_PASSWORD": "x"}}}, "looks like a secret"),
        ({"env": {"prosody": {"LDAP_BINDPW": "x"}}}, "use the secret jitsi:ldapPassword"),
        (
            {"env": {"prosody": {"SENTRY_DSN": "x"}}},
            "looks like a secret, and env is readable in the pods; no key takes it",
        ),
        (
            {"env": {"prosody": {"JWT_ENABLE_DOMAIN_VERIFICATION": True}}},
            "is set by the program; use auth.jwt.tenants",
        ),
        (
            {"env": {"prosody": {"JWT_SIGN_TYPE": "HS512"}}},
            "has no key, and cannot be set here: tokens are signed with",
        ),
        ({"env": {"prosody": {"TURN_HOST": "x"}}}, "use turn.servers"),
        ({"env": {"jvb": {"JVB_ADVERTISE_IPS": "192.0.2.1"}}}, "use bridges.publicAddress"),
        (
            {"env": {"prosody": {"MATRIX_UVS_URL": "x"}}},
            "has no key, and cannot be set here: it belongs to logins by Matrix",
        ),
        ({"env": {"prosody": {"XMPP_MUC_CONFIGURATION": "a\nb"}}}, "one line without control characters"),
        (
            {"env": {"prosody": {"XMPP_CONFIGURATION": 'a = 1, b = { "x", "y" }'}}},
            "'b = { \"x\"' alone is not one, so prosody would not start; in tables write ; instead of ,",
        ),
        (
            {"web": {"config": {"useTurnUdp": True, "lobby": {"autoKnock": True}}}},
            "web.config.lobby.autoKnock: is not set here: use meetings.lobby.autoKnock",
        ),
        ({"env": {"jicofo": {"lower": 1}}}, "a name is capital letters"),
        ({"env": {"jibri": {}}}, "env.jibri: unknown key; valid here: jicofo, jvb, prosody, web"),
    ],
)
def test_a_refusal_says_what_to_do_instead(keys: dict[str, Any], says: str) -> None:
    found = problems_of(**keys)
    assert any(says in line for line in found), found


def test_all_problems_of_pages_are_told_at_once() -> None:
    found = problems_of(
        web={"config": {"hosts": {}, "lastNLimits": {}}, "head": "<!--#"}, env={"web": {"TZ": "x", "a": 1}}
    )
    assert len(found) == 5


def test_a_folder_is_read_with_its_wrong_names_told(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "own logo.svg").write_text("x")
    (tmp_path / "elsewhere.txt").symlink_to("/etc/hostname")
    found = problems_of(web={"folder": str(tmp_path)})
    assert any("web.folder: images/own logo.svg: a served path is" in line for line in found)
    assert any("is a link that leaves the folder" in line for line in found)


def test_too_much_together_is_refused_with_a_place_for_it(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.bin").write_bytes(b"x" * web_files.MAX_FILE_BYTES)
    assert any("Object Storage" in line and "in all" in line for line in problems_of(web={"folder": str(tmp_path)}))


@given(st.text(alphabet="ab./_-~\\%:;<>'\" \x00é", max_size=12))
def test_no_path_leaves_the_served_folder_or_says_something_to_nginx(path: str) -> None:
    if served_paths.path_problem(path) is None:
        assert ".." not in path.split("/")
        assert not path.startswith("/")
        assert not set(path) & set("\\%:;<>'\" \x00é")


def test_paths_are_seen_from_the_stack_file_where_that_lies_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "branding").mkdir()
    (tmp_path / "branding" / "a.txt").write_text("a")
    values = {"jitsi:web": json.dumps({"folder": "branding", "files": {"b.txt": {"file": "branding/a.txt"}}})}
    seen = Web.model_validate_json(seen_from(values, tmp_path)["jitsi:web"])
    assert web_files.read(seen) == {"a.txt": b"a", "b.txt": b"a"}
    assert seen_from(values, web_files.PROJECT_FOLDER) == values
