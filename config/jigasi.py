"""Jigasi: telephones in meetings by SIP, and transcription."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.addresses import Zone
from config.cluster import check_node_type
from config.model import Duration, HostName, Model, lasts, of_form

PORTS_EACH = 4
"""UDP ports of one call: RTP and RTCP towards the telephone network, and as many towards the bridge."""
FIRST_PORT = 20000  # jigasi.sh's --min-port in the image
LAST_PORT = 29999  # below NodePorts, which begin at 30000
_SIP_ADDRESS = re.compile(r"[A-Za-z0-9+._-]+@[A-Za-z0-9.-]+")
_ADDRESS = re.compile(r"(https|wss?)://[^\s,\"'\\]+")


SipAddress = Annotated[
    str, of_form(_SIP_ADDRESS, "a SIP account is user@host, without sip:, such as 4920123@sip.example.org")
]
Address = Annotated[
    str, of_form(_ADDRESS, "an address begins with https://, ws:// or wss:// and has no quotes or commas")
]


class Sip(Model):
    """One account at a telephone provider; its password is the secret `jitsi:sipPassword`."""

    account: SipAddress
    """The account that each gateway registers, `user@host`."""
    server: HostName
    """The provider's registrar."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5060
    """Its port."""
    transport: Literal["UDP", "TCP", "TLS"] = "UDP"
    """How it is spoken to."""
    srtp: bool = False
    """Encrypted media (SDES), where the provider offers it."""
    default_room: str | None = None
    """Room of a call that names none; otherwise the provider tells it in the header X-Room-Name."""
    numbers_url: Address | None = None
    """Where the list of telephone numbers is; browsers show it with a meeting's PIN."""
    conference_mapper_url: Address | None = None
    """Where a meeting's PIN comes from; your provider's dial plan asks the same service for the room."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    """Gateways, each on a node of its own."""
    calls: Annotated[int, Field(ge=1, le=200)] = 25
    """Calls at once on one gateway: 4 UDP ports each."""
    first_port: Annotated[int, Field(ge=1024, le=LAST_PORT)] = FIRST_PORT
    """First UDP port for media."""
    node_type: str = "BASIC3-X2C-4G"
    """Type of the gateways' nodes."""
    zone: Zone | None = None
    """Zone of the gateways' nodes; by default the region's first."""
    deadline: Annotated[Duration, lasts("1s", "7d")] = 3600
    """A leaving gateway waits for its calls this long."""

    _type = field_validator("node_type")(check_node_type)

    @property
    def last_port(self) -> int:
        """Last UDP port for media."""
        return self.first_port + PORTS_EACH * self.calls - 1

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.last_port > LAST_PORT:
            raise ValueError(
                f"{self.calls} calls x {PORTS_EACH} ports from firstPort {self.first_port} end at {self.last_port}, above {LAST_PORT}; "
                "lower calls or firstPort"
            )
        if (self.numbers_url is None) != (self.conference_mapper_url is None):
            raise ValueError(
                "numbersUrl and conferenceMapperUrl belong together: browsers show numbers only with a PIN; set both"
            )
        return self


class Transcription(Model):
    """Subtitles of what is said, by a service of yours or Google's; nothing is kept."""

    backend: Literal["vosk", "whisper", "google"]
    """`vosk` and `whisper` are servers of yours; `google` needs the secret `jitsi:googleCredentials`."""
    url: Address | None = None
    """Websocket of vosk or whisper, `wss://…`."""
    language: str = "en-US"
    """Language that is spoken unless somebody says otherwise."""
    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    """Transcribers; one serves several meetings."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.url is None) != (self.backend == "google"):
            wanted = "takes no url, as its service is known" if self.backend == "google" else "needs its url, wss://…"
            raise ValueError(f"backend {self.backend} {wanted}")
        return self


class Jigasi(Model):
    """Telephones and transcription, each where its key is set."""

    sip: Sip | None = None
    """Dial-in and dial-out by SIP."""
    transcription: Transcription | None = None
    """Subtitles."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.sip is None and self.transcription is None:
            raise ValueError("sets neither sip nor transcription; set one of them, or leave jigasi out")
        return self
