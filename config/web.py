"""What the web pods serve: how many there are, and how the pages look."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from config.model import Model, of_form, refuse
from config.signalling import MOST_WEB_PODS
from config.web_address import HttpsAddress
from config.web_files import path_problem

_LANGUAGE = re.compile(r"[a-z]{2,3}(-?[A-Z]{2})?")
_BUTTON = re.compile(r"[a-z0-9_-]{2,40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEY = re.compile(r"[A-Za-z0-9_$@.:/-]{1,100}")
_PROTOTYPE = ("__proto__", "constructor", "prototype")
"""Names that reach an object's prototype in JavaScript instead of the object."""
MOST_DEPTH = 12

TITLE_PAGE, HEAD_PAGE, BODY_PAGE = "title.html", "plugin.head.html", "body.html"
"""Parts that index.html of Jitsi includes for this purpose."""
BRANDING_FILE = "static/branding.json"

Settings = dict[str, Any]


def words_file(language: str) -> str:
    """Where a language's own texts are served."""
    return f"static/words-{language}.json"


def _line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("is one line of text")
    return text


def _path(text: str) -> str:
    if problem := path_problem(text):
        raise ValueError(problem)
    return text


def _image(text: str) -> str:
    if text.startswith("https://"):
        return text
    return _path(text)


Language = Annotated[str, of_form(_LANGUAGE, "a language is written as Jitsi's files are, such as de, frCA or pt-BR")]
Button = Annotated[str, of_form(_BUTTON, "a button is one of Jitsi's names, such as microphone or raisehand")]
Line = Annotated[str, AfterValidator(_line), Field(min_length=1, max_length=200)]
ServedPath = Annotated[str, AfterValidator(_path)]
Image = Annotated[str, AfterValidator(_image)]
"""The path of a file that is served, or an address."""

PROGRAM_CONFIG: dict[str, str] = {
    **dict.fromkeys(("hosts", "bosh", "websocket", "serviceUrl", "focusUserJid"), "the addresses follow from domain"),
    **dict.fromkeys(("websocketKeepAliveUrl", "conferenceRequestUrl"), "the addresses follow from domain"),
    "deploymentInfo.shard": "set, it makes browsers reload whenever another shard's page answers",
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
"""Keys of config.js that have a key of their own here, or that the program needs as they are."""

PROGRAM_INTERFACE: dict[str, str] = {
    "APP_NAME": "use web.title",
    **dict.fromkeys(("JITSI_WATERMARK_LINK", "SHOW_JITSI_WATERMARK", "DEFAULT_LOGO_URL"), "use web.watermark"),
    "SUPPORT_URL": "use web.links.help",
}
"""The same of interface_config.js."""


class Languages(Model):
    """What language pages speak, and their words."""

    default: Language | None = None
    """Where the browser asks for none that Jitsi has."""
    words: dict[Language, Settings] = {}
    """Language -> texts that replace Jitsi's, by the keys of its lang/main.json; the others stay."""


class Links(Model):
    """Pages of yours that Jitsi links to."""

    privacy: HttpsAddress | None = None
    """Privacy notice."""
    terms: HttpsAddress | None = None
    """Terms of use."""
    help: HttpsAddress | None = None
    """Help."""


class Watermark(Model):
    """The logo in the corner."""

    image: Image | None = None
    """A file that is served, or an address; by default Jitsi's."""
    link: HttpsAddress | None = None
    """Where a click leads."""
    shown: bool = True
    """Whether there is one."""


class Branding(Model):
    """Jitsi's dynamic branding: colours, backgrounds and more, read when a meeting opens."""

    url: HttpsAddress | None = None
    """A service of yours that answers for each meeting; then everything is in its answer."""
    data: Settings = {}
    """The answer itself, the same for every meeting; served as static/branding.json."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.url is not None and self.data:
            raise ValueError("data\tis served only without url, which is asked instead; keep one of them")
        return self


class WebFile(Model):
    """Content of a served path."""

    text: str | None = None
    """The content itself."""
    file: str | None = None
    """A file, by its path beside the stack file."""

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.text is None) == (self.file is None):
            raise ValueError("a file has either text or file")
        return self


class Web(Model):
    """The web pods of every shard, and what they serve. A change of the pages rolls web pods and touches nobody in a call."""

    replicas: Annotated[int, Field(ge=1, le=MOST_WEB_PODS)] = 1
    """Pods per shard; the fewest where maxReplicas is larger."""
    max_replicas: Annotated[int, Field(ge=1, le=MOST_WEB_PODS)] | None = None
    """Most pods per shard, scaled on CPU; by default one for 500 participants, two at least."""
    title: Line | None = None
    """Name of the service, in the browser's title and in texts."""
    favicon: Image | None = None
    """Icon in the browser's tab."""
    languages: Languages = Languages()
    """What pages say, and in which language."""
    links: Links = Links()
    """Privacy, terms, help."""
    watermark: Watermark | None = None
    """The logo."""
    head: str | None = None
    """HTML at the end of the pages' head."""
    body: str | None = None
    """HTML at the beginning of the pages' body."""
    welcome_page: bool | None = None
    """A page to type a room's name at /; without it a visitor lands in a room of random name."""
    close_page: bool | None = None
    """A page after a meeting, static/close.html, which may be a file of yours."""
    branding: Branding = Branding()
    """Dynamic branding."""
    virtual_backgrounds: tuple[Image, ...] = ()
    """Pictures to sit in front of, in place of Jitsi's."""
    toolbar_buttons: tuple[Button, ...] = ()
    """Buttons in a meeting, in Jitsi's names; by default all."""
    config: Settings = {}
    """More of config.js; maps are merged into what is there."""
    interface_config: Settings = {}
    """More of interface_config.js."""
    files: dict[ServedPath, WebFile] = {}
    """Served path -> content, such as images/logo.svg or static/close.html."""
    folder: str | None = None
    """A folder beside the stack file whose files are served, each at its path in there."""
    replace: tuple[ServedPath, ...] = ()
    """Files of Jitsi's own, such as index.html, that files or folder may replace: a release that changes them then needs yours
    to change along."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(self._contradictions())
        return self

    @property
    def own_branding(self) -> bool:
        """Whether static/branding.json is served."""
        return self.branding.url is None and bool(
            self.branding.data or self.virtual_backgrounds or self.languages.words
        )

    @property
    def generated(self) -> dict[str, str]:
        """Served paths that the program writes, and the keys that they come from."""
        written = {
            TITLE_PAGE: "web.title" if self.title else "web.favicon" if self.favicon else None,
            HEAD_PAGE: "web.head" if self.head is not None else None,
            BODY_PAGE: "web.body" if self.body is not None else None,
            BRANDING_FILE: "web.branding" if self.own_branding else None,
            **{words_file(language): "web.languages.words" for language in self.languages.words},
        }
        return {path: key for path, key in written.items() if key}

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.max_replicas is not None and self.max_replicas < self.replicas:
            yield (
                "maxReplicas",
                f"maxReplicas {self.max_replicas} is below replicas {self.replicas}; raise maxReplicas or lower replicas",
            )
        if self.branding.url is not None:
            for key, used in (
                ("virtualBackgrounds", self.virtual_backgrounds),
                ("languages.words", self.languages.words),
            ):
                if used:
                    yield key, "comes to browsers by branding, which branding.url answers; put it into that answer"
        for key, text in (("head", self.head), ("body", self.body)):
            if text is not None and "<!--#" in text:
                yield key, "nginx would carry out what begins with <!--#; write plain HTML"
        if len(set(self.toolbar_buttons)) < len(self.toolbar_buttons):
            yield "toolbarButtons", "names a button twice"
        yield from _bad_settings("config", self.config, PROGRAM_CONFIG)
        yield from _bad_settings("interfaceConfig", self.interface_config, PROGRAM_INTERFACE)
        yield from _bad_settings("branding.data", self.branding.data, _BRANDING_TAKEN)
        for language, words in self.languages.words.items():
            yield from _bad_settings(f"languages.words.{language}", words, {})


_BRANDING_TAKEN = {
    "virtualBackgrounds": "use web.virtualBackgrounds",
    "labels": "use web.languages.words",
    **dict.fromkeys(("logoImageUrl", "logoClickUrl"), "use web.watermark"),
}


def _bad_settings(where: str, values: Mapping[str, Any], taken: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What cannot be written into a page, and keys that have another owner."""
    for path, value in _walk(values):
        name = path[-1]
        dotted = ".".join(path)
        if name in _PROTOTYPE or not _KEY.fullmatch(name):
            yield f"{where}.{dotted}", f"{name!r} cannot be a key of a setting"
        elif len(path) > MOST_DEPTH:
            yield f"{where}.{'.'.join(path[:3])}…", f"lies deeper than {MOST_DEPTH} levels"
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{where}.{dotted}", "is no number that JSON has"
        if dotted in taken:
            yield f"{where}.{dotted}", f"is not set here: {taken[dotted]}"
        elif not isinstance(value, Mapping) and (inner := [key for key in taken if key.startswith(f"{dotted}.")]):
            yield f"{where}.{dotted}", f"would replace {inner[0]}, which is not set here: {taken[inner[0]]}"


def _walk(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in values.items():
        path = (*above, str(key))
        yield path, value
        if len(path) > MOST_DEPTH:
            continue
        if isinstance(value, Mapping):
            yield from _walk(value, path)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Mapping):
                    yield from _walk(item, (*path, "0"))
