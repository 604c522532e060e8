"""Environment of the images beside what the typed keys set: the way out for a setting that has no key here."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.model import Model, refuse

COMPONENTS = ("web", "prosody", "jicofo", "jvb")
Component = Literal["web", "prosody", "jicofo", "jvb"]
MOST_CHARACTERS = 4096  # of one value; a config of that size belongs into a file of its own

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_SECRET = re.compile(r"_(PASSWORD|SECRET|TOKEN|BINDPW|CREDENTIALS|DSN)$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Value = Annotated[str, Field(max_length=MOST_CHARACTERS)] | bool | int
Values = Mapping[str, str | bool | int]

_ADDRESSES = "the program's own: components find each other by it"
_BRIDGE_CHOICE = "the program's own: it follows from bridges.participants and bridges.relays"
OWN: dict[str, str] = {
    **dict.fromkeys(("AUTH_TYPE", "ENABLE_AUTH", "ENABLE_AUTH_DOMAIN", "ENABLE_GUESTS", "ENABLE_LOBBY"), "auth"),
    **dict.fromkeys(("ENABLE_AUTO_LOGIN", "ENABLE_AUTO_OWNER", "WAIT_FOR_HOST_DISABLE_AUTO_OWNERS"), "auth"),
    **dict.fromkeys(("JICOFO_ENABLE_AUTH", "JICOFO_AUTH_TYPE", "PROSODY_AUTH_TYPE", "TOKEN_AUTH_URL"), "auth"),
    "DEFAULT_LANGUAGE": "web.languages.default",
    "DYNAMIC_BRANDING_URL": "web.branding",
    "BRANDING_DATA_URL": "web.branding",
    "TOOLBAR_BUTTONS": "web.toolbarButtons",
    "ENABLE_CLOSE_PAGE": "web.closePage",
    "ENABLE_WELCOME_PAGE": "web.welcomePage",
    "MAX_PARTICIPANTS": "meetings.maxParticipants",
    "START_AUDIO_MUTED": "meetings.startMuted.audio",
    "START_VIDEO_MUTED": "meetings.startMuted.video",
    **dict.fromkeys(("RESOLUTION", "RESOLUTION_MIN", "RESOLUTION_WIDTH"), "meetings.resolution"),
    "RESOLUTION_WIDTH_MIN": "meetings.resolution",
    **dict.fromkeys(
        (
            *(f"CODEC_ORDER_{where}{device}" for where in ("JVB", "P2P") for device in ("", "_MOBILE")),
            *(f"ENABLE_CODEC_{codec}" for codec in ("VP8", "VP9", "AV1", "H264")),
            "VIDEOQUALITY_PREFERRED_CODEC",
            "P2P_PREFERRED_CODEC",
        ),
        "meetings.codecs",
    ),
    "ENABLE_SIMULCAST": "meetings.simulcast",
    "ENABLE_P2P": "meetings.p2p",
    "ENABLE_PREJOIN_PAGE": "meetings.prejoinPage",
    "ENABLE_REQUIRE_DISPLAY_NAME": "meetings.requireDisplayName",
    "ENABLE_NOISY_MIC_DETECTION": "meetings.noisyMicDetection",
    "ENABLE_BREAKOUT_ROOMS": "meetings.breakoutRooms",
    "DISABLE_POLLS": "meetings.polls",
    "DISABLE_REACTIONS": "meetings.reactions",
    **dict.fromkeys(("ENABLE_RECORDING", "ENABLE_SERVICE_RECORDING", "ENABLE_LIVESTREAMING"), "recording"),
    "ENABLE_FILE_RECORDING_SHARING": "recording",
    "ENABLE_TRANSCRIPTIONS": "jigasi",
    "ENABLE_VISITORS": "visitors",
    "ENABLE_S2S": "visitors",
    "PROSODY_S2S_LIMIT": "visitors",
    "ENABLE_OCTO": "bridges.relays",
    "JVB_PORT": "bridges.firstPort",
    "P2P_STUN_SERVERS": "meetings.stunServers",
    "JVB_STUN_SERVERS": "bridges.stunServers",
    **dict.fromkeys(("JVB_DISABLE_STUN", "JVB_ADVERTISE_IPS", "DOCKER_HOST_ADDRESS"), "bridges.publicAddress"),
    **dict.fromkeys(("JVB_ADVERTISE_PRIVATE_CANDIDATES", "JVB_REQUIRE_VALID_ADDRESS"), "bridges.publicAddress"),
    **dict.fromkeys(("JVB_OCTO_REGION", "JICOFO_OCTO_REGION"), "shards[].zone"),
    **dict.fromkeys(("VIDEOBRIDGE_MAX_MEMORY", "COLIBRI_REST_ENABLED"), "the program's own: bridges drain by it"),
    "SHUTDOWN_REST_ENABLED": "the program's own: bridges drain by it",
    **dict.fromkeys(("JVB_OCTO_RELAY_ID", "JVB_OCTO_BIND_ADDRESS", "JVB_MUC_NICKNAME"), _ADDRESSES),
    **dict.fromkeys(
        (
            *("BRIDGE_AVG_PARTICIPANT_STRESS", "BRIDGE_STRESS_THRESHOLD", "BRIDGE_FAILURE_RESET_THRESHOLD"),
            *("MAX_BRIDGE_PARTICIPANTS", "OCTO_BRIDGE_SELECTION_STRATEGY", "JICOFO_ENABLE_BRIDGE_HEALTH_CHECKS"),
            *("JICOFO_ENABLE_ICE_FAILURE_DETECTION", "JICOFO_ENABLE_LOAD_REDISTRIBUTION"),
            *("JICOFO_ICE_FAILURE_INTERVAL", "JICOFO_ICE_FAILURE_MIN_ENDPOINTS", "JICOFO_ICE_FAILURE_THRESHOLD"),
            "JICOFO_CONF_SOURCE_SIGNALING_DELAYS",
        ),
        _BRIDGE_CHOICE,
    ),
    **dict.fromkeys(("JICOFO_ENABLE_REST", "JICOFO_ENABLE_HEALTH_CHECKS"), "the program's own: the edge asks it"),
    "JICOFO_MAX_MEMORY": "signalling.sizedFor",
    **dict.fromkeys(("NGINX_WORKER_PROCESSES", "NGINX_WORKER_CONNECTIONS"), "signalling.sizedFor"),
    **dict.fromkeys(
        (
            *("PUBLIC_URL", "DISABLE_HTTPS", "ENABLE_LETSENCRYPT", "ENABLE_HTTP_REDIRECT", "LETSENCRYPT_DOMAIN"),
            *("LETSENCRYPT_EMAIL", "LETSENCRYPT_USE_STAGING", "LETSENCRYPT_ACME_SERVER"),
        ),
        "domain and ingress",
    ),
    "ENABLE_IPV6": "the program's own: pods have IPv4",
    "ENABLE_XMPP_WEBSOCKET": "the program's own: the edge routes it",
    "GLOBAL_CONFIG": "the program's own; XMPP_CONFIGURATION and XMPP_MUC_CONFIGURATION are free",
    "PROSODY_TRUSTED_PROXIES": _ADDRESSES,
    **dict.fromkeys(("PROSODY_ENABLE_METRICS", "PROSODY_METRICS_ALLOWED_CIDR"), "monitoring"),
    **dict.fromkeys(("PROSODY_MODE", "PROSODY_ENABLE_S2S", "PROSODY_S2S_PORT", "PROSODY_HTTP_PORT"), _ADDRESSES),
    "PROSODY_C2S_LIMIT": "the program's own: 512kb/s, since the image's starves large rooms",
    **dict.fromkeys(("DEPLOYMENTINFO_SHARD", "ENABLE_SUBDOMAINS", "NGINX_RESOLVER", "BOSH_RELATIVE"), _ADDRESSES),
    **dict.fromkeys(("JVB_DISABLE_XMPP", "ENABLE_JVB_XMPP_SERVER", "JVB_AUTH_USER"), _ADDRESSES),
    "PREFERRED_LANGUAGE": "jigasi.transcription",
    **dict.fromkeys(("DIALIN_NUMBERS_URL", "CONFCODE_URL"), "jigasi.sip"),
    "ENABLE_SHARED_DOCUMENT_RANDOM_NAME": "documents",
    "TZ": "the program's own: everything logs in UTC",
    "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES": "the program's own: the images do not start without it",
}
"""Name -> the key to use instead, or why there is none. What the program sets is never set twice."""

OWN_PREFIXES = {
    "JWT_": "auth.jwt",
    "LDAP_": "auth.ldap",
    "MATRIX_UVS_": "auth",
    "TURN_": "turn",
    "TURNS_": "turn",
    "STUN_": "turn",
    "JIBRI_": "recording",
    "JIGASI_": "jigasi",
    "VISITORS_": "visitors",
    "PROSODY_VISITOR": "visitors",
    "ETHERPAD_": "documents",
    "WHITEBOARD_": "whiteboard",
    "JVB_XMPP_": _ADDRESSES,
    "JVB_BREWERY_": _ADDRESSES,
}
MERGED = ("XMPP_MODULES", "XMPP_MUC_MODULES", "XMPP_CONFIGURATION")
"""Lists of prosody's to which the program adds, and the stack file too: both stand in the pod."""
SPLIT_AT_COMMAS = ("XMPP_CONFIGURATION", "XMPP_MUC_CONFIGURATION")
"""Prosody's lines that the image's template tells apart by commas, those inside of braces and quotes too."""
_XMPP_ADDRESS = re.compile(r"XMPP_(SERVER|PORT|BOSH_URL_BASE|\w*DOMAIN|SERVER_S2S_PORT)")


def owner(name: str) -> str | None:
    """The key that a name belongs to, or why it has none; None for a name that is free."""
    if name in OWN:
        return OWN[name]
    if _XMPP_ADDRESS.fullmatch(name):
        return _ADDRESSES
    return next((key for prefix, key in OWN_PREFIXES.items() if name.startswith(prefix)), None)


def combined(theirs: Values, own: Values) -> Values:
    """Both, the program's own in place of theirs where the names meet; of lists theirs first, so that the program has the last word."""
    result = {**theirs, **own}
    for name in MERGED:
        if name in theirs and name in own:
            parts = [part for values in (theirs, own) for part in str(values[name]).split(",") if part]
            result[name] = ",".join(dict.fromkeys(parts))
    return result


@cache
def _names() -> dict[str, list[str] | str]:
    return json.loads((Path(__file__).parent / "environment_names.json").read_text(encoding="utf-8"))


def known_release() -> str:
    """The release whose names are known."""
    return str(_names()["release"])


def known_names(component: str) -> frozenset[str]:
    """Names that the component's image reads in the known release."""
    return frozenset(_names()[component])


class Env(Model):
    """Environment of the images for what no other key sets. Values stand in the pods, open to everyone who may read those."""

    web: dict[str, Value] = {}
    """Of web; a change rolls its pods."""
    prosody: dict[str, Value] = {}
    """Of prosody; a change restarts it, which ends every meeting of a shard."""
    jicofo: dict[str, Value] = {}
    """Of jicofo; a change restarts it, and everyone is invited again."""
    jvb: dict[str, Value] = {}
    """Of the bridges; a change drains and replaces them."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        refuse(self._contradictions())
        return self

    def of(self, component: Component) -> Values:
        """Values of one component."""
        return getattr(self, component)

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        for component in COMPONENTS:
            for name, value in getattr(self, component).items():
                if reason := _refused(name, value):
                    yield f"{component}.{name}", reason


def _refused(name: str, value: str | bool | int) -> str | None:
    if not _NAME.fullmatch(name):
        return "a name is capital letters, digits and underscores, starting with a letter"
    if _SECRET.search(name):
        return (
            "looks like a secret, and env stands open in the pods; passwords derive from jitsi:secretSeed, tokens are checked by "
            "jitsi:jwtSecret: leave the name out"
        )
    if key := owner(name):
        return f"is {key}" if key.startswith("the program's own") else f"is set by the program; use {key}"
    if name in SPLIT_AT_COMMAS and (broken := next((part for part in str(value).split(",") if not _whole(part)), None)):
        return (
            f"the image makes a line of each part between commas, and {broken.strip()!r} alone is none: prosody would not start; in a "
            "table write ; in place of ,"
        )
    if isinstance(value, str) and _CONTROL.search(value):
        return "a value is one line without control characters; the images' templates read nothing else"
    return None


def _whole(line: str) -> bool:
    """Whether quotes and braces of a line close in it."""
    outside = re.sub(r'"[^"]*"|\'[^\']*\'', "", line)
    return not set("\"'") & set(outside) and outside.count("{") == outside.count("}")
