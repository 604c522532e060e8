"""Limits and defaults of meetings: environment variables where an image has them, keys of config.js otherwise."""

from typing import Any

from config.meetings import CODECS, Meetings
from config.turn import Turn

Environment = dict[str, str | int | bool]

ASPECT = (16, 9)


def prosody(meetings: Meetings) -> Environment:
    """Prosody: maximum participants per room, breakout rooms and polls."""
    return _set(
        MAX_PARTICIPANTS=meetings.max_participants, ENABLE_BREAKOUT_ROOMS=meetings.breakout_rooms
    ) | every_prosody(meetings)


def every_prosody(meetings: Meetings) -> Environment:
    """Main and visitor prosodies alike: polls."""
    return _set(DISABLE_POLLS=_not(meetings.polls))


def jicofo(meetings: Meetings) -> Environment:
    """Jicofo: codecs that it offers to a meeting."""
    if meetings.codecs is None:
        return {}
    return {f"ENABLE_CODEC_{codec}": codec in meetings.codecs for codec in CODECS}


def web(meetings: Meetings) -> Environment:
    """Web: variables of the image's template of config.js."""
    values = _set(
        START_AUDIO_MUTED=meetings.start_muted.audio,
        START_VIDEO_MUTED=meetings.start_muted.video,
        ENABLE_SIMULCAST=meetings.simulcast,
        ENABLE_P2P=meetings.p2p,
        ENABLE_PREJOIN_PAGE=meetings.prejoin_page,
        ENABLE_REQUIRE_DISPLAY_NAME=meetings.require_display_name,
        ENABLE_NOISY_MIC_DETECTION=meetings.noisy_mic_detection,
        ENABLE_BREAKOUT_ROOMS=meetings.breakout_rooms,
        DISABLE_POLLS=_not(meetings.polls),
        DISABLE_REACTIONS=_not(meetings.reactions),
    )
    if meetings.codecs is not None:
        order = ",".join(f'"{codec}"' for codec in meetings.codecs)
        values |= {f"CODEC_ORDER_{to}{device}": order for to in ("JVB", "P2P") for device in ("", "_MOBILE")}
    if (resolution := meetings.resolution) is not None:
        values |= {
            "RESOLUTION": resolution.ideal,
            "RESOLUTION_MIN": resolution.min,
            "RESOLUTION_WIDTH": _width(resolution.ideal),
            "RESOLUTION_WIDTH_MIN": _width(resolution.min),
        }
    return values


def config_js(meetings: Meetings, turn: Turn | None = None) -> dict[str, Any]:
    """Keys of config.js without a variable. STUN servers are always set, because clients otherwise use Jitsi's own."""
    values: dict[str, Any] = {"p2p": {"stunServers": [{"urls": f"stun:{server}"} for server in meetings.stun_servers]}}
    if turn and (turn.udp or any(server.transport == "udp" for server in turn.servers or ())):
        values["useTurnUdp"] = True  # clients otherwise use TURN to bridges over TCP only
    resolution, last_n = meetings.resolution, meetings.last_n
    if resolution is not None and resolution.max_height != resolution.ideal:
        values["constraints"] = {
            "video": {"height": {"max": resolution.max_height}, "width": {"max": _width(resolution.max_height)}}
        }
    if last_n.default is not None:
        values["channelLastN"] = last_n.default
    if last_n.limits:
        values["lastNLimits"] = {str(people): cameras for people, cameras in sorted(last_n.limits.items())}
    if (encryption := meetings.end_to_end_encryption) is not None:
        values["e2ee"] = {"disabled": not encryption.offered, "externallyManagedKey": encryption.external_key}
    if (lobby := meetings.lobby) is not None:
        values["lobby"] = {"autoKnock": lobby.auto_knock, "enableChat": lobby.chat}
    if meetings.layer_suspension is not None:
        values["enableLayerSuspension"] = meetings.layer_suspension
    if meetings.noise_suppression is not None:
        values["disableNS"] = not meetings.noise_suppression
    if (sharing := meetings.file_sharing) is not None:
        values["fileSharing"] = {"enabled": True, "apiUrl": sharing.url, "maxFileSize": sharing.max_mib << 20}  # bytes
    return values


def _width(height: int) -> int:
    return height * ASPECT[0] // ASPECT[1]


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _set(**values: str | int | bool | None) -> Environment:
    return {name: value for name, value in values.items() if value is not None}
