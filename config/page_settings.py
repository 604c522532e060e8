"""Settings that a stack file passes to Jitsi's pages unchanged, and the ones that have a key of their own."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_KEY = re.compile(r"[A-Za-z0-9_$@.:/-]{1,100}")
_PROTOTYPE = ("__proto__", "constructor", "prototype")
"""Names that set an object's prototype in JavaScript instead of a property."""
MAX_DEPTH = 12

Settings = dict[str, Any]

PROGRAM_CONFIG: dict[str, str] = {
    **dict.fromkeys(("hosts", "bosh", "websocket", "serviceUrl", "focusUserJid"), "the addresses follow from domain"),
    **dict.fromkeys(("websocketKeepAliveUrl", "conferenceRequestUrl"), "the addresses follow from domain"),
    "deploymentInfo.shard": "browsers would reload whenever another shard answers",
    **dict.fromkeys(("tokenAuthUrl", "enableUserRolesBasedOnToken"), "use auth"),
    **dict.fromkeys(("hiddenDomain", "recordingService", "liveStreaming"), "use recording"),
    **dict.fromkeys(
        ("defaultLanguage", "defaultLogoUrl", "dynamicBrandingUrl"), "use web.languages, watermark, branding"
    ),
    "brandingDataUrl": "use web.branding",
    "toolbarButtons": "use web.toolbarButtons",
    "enableClosePage": "use web.closePage",
    **dict.fromkeys(("enableWelcomePage", "welcomePage.disabled"), "use web.welcomePage"),
    "legalUrls": "use web.links",
    "startAudioMuted": "use meetings.startMuted.audio",
    "startVideoMuted": "use meetings.startMuted.video",
    **dict.fromkeys(("resolution", "constraints.video.height", "constraints.video.width"), "use meetings.resolution"),
    **dict.fromkeys(
        ("videoQuality.codecPreferenceOrder", "videoQuality.mobileCodecPreferenceOrder"), "use meetings.codecs"
    ),
    **dict.fromkeys(("p2p.codecPreferenceOrder", "p2p.mobileCodecPreferenceOrder"), "use meetings.codecs"),
    "p2p.enabled": "use meetings.p2p",
    "useTurnUdp": "use turn.udp",
    "channelLastN": "use meetings.lastN.default",
    "lastNLimits": "use meetings.lastN.limits",
    "e2ee.disabled": "use meetings.endToEndEncryption.offered",
    "e2ee.externallyManagedKey": "use meetings.endToEndEncryption.externalKey",
    **dict.fromkeys(("lobby.autoKnock", "autoKnockLobby"), "use meetings.lobby.autoKnock"),
    **dict.fromkeys(("lobby.enableChat", "enableLobbyChat"), "use meetings.lobby.chat"),
    "disableSimulcast": "use meetings.simulcast",
    "enableLayerSuspension": "use meetings.layerSuspension",
    **dict.fromkeys(("prejoinPageEnabled", "prejoinConfig.enabled"), "use meetings.prejoinPage"),
    "requireDisplayName": "use meetings.requireDisplayName",
    "disableNS": "use meetings.noiseSuppression",
    "enableNoisyMicDetection": "use meetings.noisyMicDetection",
    **dict.fromkeys(("hideAddRoomButton", "breakoutRooms.hideAddRoomButton"), "use meetings.breakoutRooms"),
    "disablePolls": "use meetings.polls",
    "disableReactions": "use meetings.reactions",
    "fileSharing": "use meetings.fileSharing",
}
"""Keys of config.js that other keys set, or that the program needs unchanged."""

PROGRAM_INTERFACE: dict[str, str] = {
    "APP_NAME": "use web.title",
    **dict.fromkeys(("JITSI_WATERMARK_LINK", "SHOW_JITSI_WATERMARK", "DEFAULT_LOGO_URL"), "use web.watermark"),
    "SUPPORT_URL": "use web.links.help",
}
"""The same for interface_config.js."""

PROGRAM_BRANDING = {
    "virtualBackgrounds": "use web.virtualBackgrounds",
    "labels": "use web.languages.words",
    **dict.fromkeys(("logoImageUrl", "logoClickUrl"), "use web.watermark"),
}
"""The same for the response of dynamic branding."""


def setting_contradictions(
    where: str, values: Mapping[str, Any], taken: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield keys and values that a page cannot hold, and keys that are set elsewhere."""
    for path, value in _walk(values):
        name = path[-1]
        dotted = ".".join(path)
        if name in _PROTOTYPE or not _KEY.fullmatch(name):
            yield f"{where}.{dotted}", f"{name!r} cannot be a key of a setting"
        elif len(path) > MAX_DEPTH:
            yield f"{where}.{'.'.join(path[:3])}…", f"is nested deeper than {MAX_DEPTH} levels; flatten it"
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{where}.{dotted}", "is not a number in JSON"
        if dotted in taken:
            yield f"{where}.{dotted}", f"is not set here: {taken[dotted]}"
        elif not isinstance(value, Mapping) and (inner := [key for key in taken if key.startswith(f"{dotted}.")]):
            yield f"{where}.{dotted}", f"would replace {inner[0]}, which is not set here: {taken[inner[0]]}"


def _walk(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in values.items():
        path = (*above, str(key))
        yield path, value
        if len(path) > MAX_DEPTH:
            continue
        if isinstance(value, Mapping):
            yield from _walk(value, path)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Mapping):
                    yield from _walk(item, (*path, "0"))
