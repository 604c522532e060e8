"""Meetings: limits and defaults for all rooms."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from config.addresses import Server
from config.limits import MAX_PARTICIPANTS
from config.model import Model
from config.web_address import HttpsAddress

Codec = Literal["AV1", "VP9", "VP8", "H264"]
CODECS: tuple[Codec, ...] = ("AV1", "VP9", "VP8", "H264")
Height = Literal[180, 360, 720, 1080, 1440, 2160]
"""Height of a 16:9 picture, in lines, that cameras and browsers support."""
Count = Annotated[int, Field(ge=1, le=MAX_PARTICIPANTS)]


class StartMuted(Model):
    """Number of participants after which people join muted; 0 mutes everyone."""

    audio: Annotated[int, Field(ge=0, le=MAX_PARTICIPANTS)] | None = None
    """Microphones; the image's default is 10."""
    video: Annotated[int, Field(ge=0, le=MAX_PARTICIPANTS)] | None = None
    """Cameras; the image's default is 10."""


class Resolution(Model):
    """Resolution of cameras, in lines."""

    ideal: Height = 720
    """Resolution requested from the camera."""
    max: Height | None = None
    """Maximum accepted; by default ideal."""
    min: Height = 180
    """Minimum accepted."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield heights that do not ascend."""
        if not self.min <= self.ideal <= self.max_height:
            yield (
                "max" if self.ideal > self.max_height else "min",
                f"min {self.min}, ideal {self.ideal}, max {self.max_height} must ascend in this order",
            )

    @property
    def max_height(self) -> int:
        """`max`, or its default."""
        return self.max or self.ideal


class LastN(Model):
    """Number of cameras that one participant receives (last N)."""

    default: Annotated[int, Field(ge=-1, le=MAX_PARTICIPANTS)] | None = None
    """Requested by the page; -1 for all."""
    limits: dict[Count, Annotated[int, Field(ge=0, le=MAX_PARTICIPANTS)]] = {}
    """Participants -> cameras from that many on; the page lowers the number as the meeting grows."""
    bridge: Count | None = None
    """Maximum that the bridge sends, whatever a page requests; a change drains and replaces bridges."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield limits that grow with the meeting."""
        rising = sorted(self.limits)
        for few, many in pairwise(rising):
            if self.limits[many] > self.limits[few]:
                yield (
                    "limits",
                    f"limits give {self.limits[many]} cameras from {many} participants on, more than the {self.limits[few]} from "
                    f"{few}; lower it, as a larger meeting must not get more",
                )


class EndToEndEncryption(Model):
    """End-to-end encryption, which participants turn on in a meeting."""

    offered: bool = True
    """Offers end-to-end encryption."""
    external_key: bool = False
    """The embedding page passes the key (setMediaEncryptionKey) instead of participants turning encryption on."""


class Lobby(Model):
    """The lobby; `auth.lobby` turns it on."""

    auto_knock: bool = False
    """People in the lobby ask to join automatically. It needs their name, and so the prejoin page."""
    chat: bool = True
    """Lets moderators chat with people in the lobby."""


class FileSharing(Model):
    """File sharing in the chat, by a service of yours."""

    url: HttpsAddress
    """URL to which browsers upload files."""
    max_mib: Annotated[int, Field(ge=1, le=1024)] = 50
    """Maximum file size."""


class Meetings(Model):
    """Limits and defaults for all rooms; unset keys keep the image's defaults."""

    max_participants: Annotated[int, Field(ge=2, le=MAX_PARTICIPANTS)] | None = None
    """Maximum participants per room; later joiners are refused. A change restarts prosody, which ends meetings."""
    start_muted: StartMuted = StartMuted()
    """Who joins muted."""
    resolution: Resolution | None = None
    """Resolution of cameras; the image requests 720."""
    codecs: tuple[Codec, ...] | None = None
    """Offered video codecs, in order of preference. A change restarts jicofo."""
    last_n: LastN = LastN()
    """Number of cameras that one participant receives."""
    end_to_end_encryption: EndToEndEncryption | None = None
    """Whether end-to-end encryption is offered."""
    lobby: Lobby | None = None
    """How the lobby works."""
    simulcast: bool | None = None
    """Browsers send several resolutions, of which a bridge forwards the one that each receiver needs."""
    layer_suspension: bool | None = None
    """Browsers do not send resolutions that nobody receives."""
    p2p: bool | None = None
    """Connects two participants directly, without a bridge."""
    stun_servers: tuple[Server, ...] = ()
    """`host:port` of STUN servers for direct connections. By default none, so that no third party learns who is talking; two
    participants behind different routers then use the bridge."""
    prejoin_page: bool | None = None
    """Shows a page to choose name and devices before joining."""
    require_display_name: bool | None = None
    """Requires a name to join."""
    noise_suppression: bool | None = None
    """Filters noise from microphones in the browser."""
    noisy_mic_detection: bool | None = None
    """Warns participants whose microphone is noisy."""
    breakout_rooms: bool | None = None
    """Offers breakout rooms. A change restarts prosody."""
    polls: bool | None = None
    """Offers polls. A change restarts prosody."""
    reactions: bool | None = None
    """Offers reactions such as applause."""
    file_sharing: FileSharing | None = None
    """Offers file sharing in the chat. It needs auth type jwt, and tokens with the feature file-upload beside all others
    (docs/token-features.md)."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield codecs that repeat, or that not every browser has."""
        if self.codecs is None:
            return
        if len(set(self.codecs)) < len(self.codecs):
            yield "codecs", f"name each codec once; got {', '.join(self.codecs)}"
        if "VP8" not in self.codecs:
            yield (
                "codecs",
                f"VP8 is the fallback of every browser; add it, in last place if you like; got "
                f"{', '.join(self.codecs) or 'none'}",
            )
