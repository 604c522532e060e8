"""What a meeting may be, and how it starts: limits and defaults for all rooms."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.addresses import Server
from config.bridges import MOST_PEOPLE
from config.model import Model
from config.web_address import HttpsAddress

Codec = Literal["AV1", "VP9", "VP8", "H264"]
CODECS: tuple[Codec, ...] = ("AV1", "VP9", "VP8", "H264")
Height = Literal[180, 360, 720, 1080, 1440, 2160]
"""Lines of a 16:9 picture that cameras and browsers agree on."""
Count = Annotated[int, Field(ge=1, le=MOST_PEOPLE)]


class StartMuted(Model):
    """From which participant on people come in muted; 0 mutes everyone."""

    audio: Annotated[int, Field(ge=0, le=MOST_PEOPLE)] | None = None
    """After that many with a microphone; the image's default is 10."""
    video: Annotated[int, Field(ge=0, le=MOST_PEOPLE)] | None = None
    """After that many with a camera; the image's default is 10."""


class Resolution(Model):
    """Camera pictures, in lines."""

    ideal: Height = 720
    """What is asked of the camera."""
    max: Height | None = None
    """Most that is taken; by default ideal."""
    min: Height = 180
    """Least that is taken."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min <= self.ideal <= self.most:
            raise ValueError(f"min {self.min}, ideal {self.ideal}, max {self.most} must rise in this order")
        return self

    @property
    def most(self) -> int:
        """`max`, or what stands for it."""
        return self.max or self.ideal


class LastN(Model):
    """How many cameras one participant receives."""

    default: Annotated[int, Field(ge=-1, le=MOST_PEOPLE)] | None = None
    """Asked for by the page; -1 for all."""
    limits: dict[Count, Annotated[int, Field(ge=0, le=MOST_PEOPLE)]] = {}
    """From so many participants on -> cameras; the page lowers it as the meeting grows."""
    bridge: Count | None = None
    """What the bridge sends at most, whatever a page asks for; a change drains and replaces bridges."""

    @model_validator(mode="after")
    def _falling(self) -> Self:
        rising = sorted(self.limits)
        for few, many in pairwise(rising):
            if self.limits[many] > self.limits[few]:
                raise ValueError(
                    f"limits give {self.limits[many]} cameras from {many} participants on, more than the {self.limits[few]} from "
                    f"{few}; a larger meeting gets fewer"
                )
        return self


class EndToEndEncryption(Model):
    """Encryption from browser to browser, which a participant switches on in a meeting."""

    offered: bool = True
    """Whether the switch is there."""
    external_key: bool = False
    """The page that embeds the meeting hands the key in (setMediaEncryptionKey); nobody switches."""


class Lobby(Model):
    """How people wait in a lobby; whether there is one is `auth.lobby`."""

    auto_knock: bool = False
    """Who must wait asks to be let in without pressing a button; needs a name, so the page before the meeting."""
    chat: bool = True
    """Moderators may write to who waits."""


class FileSharing(Model):
    """Files in the chat, kept by a service of yours."""

    url: HttpsAddress
    """Where pages send files."""
    max_mib: Annotated[int, Field(ge=1, le=1024)] = 50
    """Largest file."""


class Meetings(Model):
    """Limits and defaults of all rooms; a key that is not set leaves the image's default."""

    max_participants: Annotated[int, Field(ge=2, le=MOST_PEOPLE)] | None = None
    """Most in one room; who comes later is turned away. A change restarts prosody, which ends meetings."""
    start_muted: StartMuted = StartMuted()
    """Who comes in muted."""
    resolution: Resolution | None = None
    """Camera pictures; the image asks for 720."""
    codecs: tuple[Codec, ...] | None = None
    """Video codecs, the preferred first; the others are not offered. A change restarts jicofo."""
    last_n: LastN = LastN()
    """Cameras that one receives."""
    end_to_end_encryption: EndToEndEncryption | None = None
    """Whether it is offered."""
    lobby: Lobby | None = None
    """How people wait in a lobby."""
    simulcast: bool | None = None
    """Cameras send several sizes, of which a bridge forwards the one that is needed."""
    layer_suspension: bool | None = None
    """Sizes that nobody looks at are not sent."""
    p2p: bool | None = None
    """Two in a meeting talk directly, past the bridge."""
    stun_servers: tuple[Server, ...] = ()
    """`host:port` of STUN servers that the browsers of two ask for their own addresses; none unless named, so that no third party
    learns who talks. Without one, two behind different routers talk over the bridge."""
    prejoin_page: bool | None = None
    """A page to choose name and devices before joining."""
    require_display_name: bool | None = None
    """Nobody joins without a name."""
    noise_suppression: bool | None = None
    """The browser filters noise from microphones."""
    noisy_mic_detection: bool | None = None
    """Warns whoever has a noisy microphone."""
    breakout_rooms: bool | None = None
    """Rooms beside a meeting. A change restarts prosody."""
    polls: bool | None = None
    """Polls in the chat. A change restarts prosody."""
    reactions: bool | None = None
    """Short reactions such as applause."""
    file_sharing: FileSharing | None = None
    """Files in the chat; none without a service for them. Browsers offer it to tokens with the feature file-upload (auth type jwt)."""

    @model_validator(mode="after")
    def _codecs(self) -> Self:
        if self.codecs is None:
            return self
        if len(set(self.codecs)) < len(self.codecs):
            raise ValueError(f"codecs\tname each one once; got {', '.join(self.codecs)}")
        if "VP8" not in self.codecs:
            raise ValueError(
                f"codecs\tVP8 must be among them, last if you like: it is what every browser falls back to; got "
                f"{', '.join(self.codecs) or 'none'}"
            )
        return self
