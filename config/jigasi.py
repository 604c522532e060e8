"""Jigasi: telephone access by SIP, and transcription."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.addresses import Zone
from config.cluster import RootVolume
from config.model import Duration, HostName, Model, between, matching
from config.node_type_names import NodeTypeName

PORTS_EACH = 4
"""UDP ports of one call: RTP and RTCP to the telephone network, and the same to the bridge."""
FIRST_PORT = 20000  # jigasi.sh's --min-port in the image
LAST_PORT = 29999  # NodePorts begin at 30000
DEFAULT_LANGUAGE = "en-US"  # the image's own
_REGIONS = {
    "ar": "AE BH DZ EG IL IQ JO KW LB MA OM PS QA SA TN",
    "en": "AU CA GB IE IN NZ PH US ZA",
    "es": "AR BO CL CO CR DO EC ES GT HN MX NI PA PE PR PY SV US UY VE",
    "fr": "CA FR",
    "pt": "BR PT",
    "zh": "TW",
}
LANGUAGES = frozenset(
    (
        *(f"{language}-{region}" for language, regions in _REGIONS.items() for region in regions.split()),
        *("af-ZA", "bg-BG", "ca-ES", "cs-CZ", "da-DK", "de-DE", "el-GR", "eu-ES", "fa-IR", "fi-FI"),
        *("fil-PH", "gl-ES", "hi-IN", "hr-HR", "hsb-DE", "hu-HU", "id-ID", "is-IS", "it-IT", "iw-IL"),
        *("ja-JP", "ko-KR", "lt-LT", "ms-MY", "nl-NL", "no-NO", "pl-PL", "ro-RO", "ru-RU", "sk-SK"),
        *("sl-SI", "sr-RS", "sv-SE", "th-TH", "tr-TR", "uk-UA", "vi-VN", "zu-ZA"),
        "zh",
    )
)
"""Languages that pages offer for subtitles (jitsi/jitsi-meet, react/features/transcribing/transcriber-langs.json, commit 1c8216e)."""
_KEY_NAME = re.compile(r"[A-Za-z0-9._/-]{1,128}")
_SIP_ADDRESS = re.compile(r"[A-Za-z0-9+._-]+@[A-Za-z0-9.-]+")
_ADDRESS = re.compile(r"(https|wss?)://[^\s,\"'\\]+")


SipAddress = Annotated[
    str, matching(_SIP_ADDRESS, "a SIP account is user@host without sip:, such as 4920123@sip.example.org")
]
Address = Annotated[
    str, matching(_ADDRESS, "an address begins with https://, ws:// or wss:// and has no quotes or commas")
]


def _language(text: str) -> str:
    if text not in LANGUAGES:
        alike = sorted(name for name in LANGUAGES if name.partition("-")[0] == re.split("[-_]", text)[0].lower())
        meant = (
            f"did you mean {' or '.join(alike)}?" if alike else "write a language and a region, such as de-DE or en-GB"
        )
        raise ValueError(f"{text!r} is not a language that pages offer for subtitles; {meant}")
    return text


Language = Annotated[str, AfterValidator(_language)]


KeyName = Annotated[str, matching(_KEY_NAME, "a key's name is letters, digits and . _ / - only, such as jitsi/default")]


class Sip(Model):
    """One account at a telephone provider; its password is the secret `jitsi:sipPassword`."""

    account: SipAddress
    """Account that each gateway registers, `user@host`."""
    server: HostName
    """Registrar of the provider."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5060
    """Port of the registrar."""
    transport: Literal["UDP", "TCP", "TLS"] = "UDP"
    """Transport to the registrar."""
    keep_alive: Literal["OPTIONS", "REGISTER", "CRLF", "NONE"] | None = None
    """What a gateway sends every 25 s to keep its registered connection open; by default the image's OPTIONS."""
    srtp: bool = False
    """Encrypts media (SDES), if the provider supports it."""
    default_room: str | None = None
    """Room of calls without the header X-Room-Name, by which the provider names the room."""
    numbers_url: Address | None = None
    """URL of the list of telephone numbers, which browsers show with a meeting's PIN."""
    conference_mapper_url: Address | None = None
    """URL of the service that maps meetings to PINs; your provider's dial plan asks it for the room."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    """Number of gateways, each on its own node."""
    calls: Annotated[int, Field(ge=1, le=200)] = 25
    """Concurrent calls of one gateway, 4 UDP ports each."""
    first_port: Annotated[int, Field(ge=1024, le=LAST_PORT)] = FIRST_PORT
    """First UDP port for media."""
    node_type: NodeTypeName = "BASIC3-X2C-4G"
    """Node type of the gateways."""
    root_volume: RootVolume | None = None
    """Root volume of their nodes; by default Kapsule's, 20 GB."""
    zone: Zone | None = None
    """Zone of the gateways; by default the region's first."""
    deadline: Annotated[Duration, between("1s", "7d")] = 3600
    """Maximum time that a terminating gateway waits for its calls."""

    @property
    def last_port(self) -> int:
        """Last UDP port for media."""
        return self.first_port + PORTS_EACH * self.calls - 1

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield ports beyond the last one, and numbers without PINs."""
        if self.last_port > LAST_PORT:
            yield (
                "firstPort",
                f"{self.calls} calls x {PORTS_EACH} ports from firstPort {self.first_port} end at {self.last_port}, above {LAST_PORT}; "
                "lower calls or firstPort",
            )
        if (self.numbers_url is None) != (self.conference_mapper_url is None):
            yield (
                "numbersUrl" if self.numbers_url is None else "conferenceMapperUrl",
                "numbersUrl and conferenceMapperUrl need each other, as browsers show numbers only with a PIN; set both",
            )


class Transcription(Model):
    """Live subtitles by a speech service of yours or Google's; no transcript is kept."""

    backend: Literal["vosk", "whisper", "google"]
    """`vosk` and `whisper`: your own server. `google`: needs the secret `jitsi:googleCredentials`."""
    url: Address | None = None
    """WebSocket URL of vosk or whisper, `wss://…`."""
    language: Language | None = None
    """Spoken language, such as `de-DE`, unless a participant chooses another; by default that of each participant's page."""
    filter_silence: bool = False
    """Sends no silent audio to the backend, which costs less; words after a pause may lack their beginning."""
    key_name: KeyName | None = None
    """Name of the key (`kid`) by which whisper knows this stack; the transcriber signs a token with the secret `jitsi:whisperKey`."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    """Number of transcribers; one serves several meetings."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield a URL or a key that the backend does not take, or lacks."""
        if self.key_name is not None and self.backend != "whisper":
            yield "keyName", f"backend {self.backend} takes no token; remove keyName, or set backend: whisper"
        if (self.url is None) != (self.backend == "google"):
            problem = "takes no url; remove it" if self.backend == "google" else "needs url; set it, such as wss://…"
            yield "url", f"backend {self.backend} {problem}"


class Jigasi(Model):
    """Telephone access and transcription; set at least one."""

    sip: Sip | None = None
    """Dial-in and dial-out by SIP."""
    transcription: Transcription | None = None
    """Live subtitles."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield an empty section."""
        if self.sip is None and self.transcription is None:
            yield "sip", "sets neither sip nor transcription; set one of them, or remove jigasi"
