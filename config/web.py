"""The web pods: how many run, and how their pages look."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from config.limits import MAX_WEB_PODS
from config.model import Model, matching
from config.page_settings import PROGRAM_BRANDING, PROGRAM_CONFIG, PROGRAM_INTERFACE, Settings, setting_contradictions
from config.served_paths import path_problem
from config.web_address import HttpsAddress

_LANGUAGE = re.compile(r"[a-z]{2,3}(-?[A-Z]{2})?")
_BUTTON = re.compile(r"[a-z0-9_-]{2,40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TITLE_PAGE, HEAD_PAGE, BODY_PAGE = "title.html", "plugin.head.html", "body.html"
"""Files that Jitsi's index.html includes for customisation."""
BRANDING_FILE = "static/branding.json"


def words_file(language: str) -> str:
    """Return the path at which a language's own texts are served."""
    return f"static/words-{language}.json"


def _line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("is one line of text, without control characters; remove them")
    return text


def _path(text: str) -> str:
    if problem := path_problem(text):
        raise ValueError(problem)
    return text


def _image(text: str) -> str:
    if text.startswith("https://"):
        return text
    return _path(text)


Language = Annotated[str, matching(_LANGUAGE, "a language is named like Jitsi's files, such as de, frCA or pt-BR")]
Button = Annotated[str, matching(_BUTTON, "a button is one of Jitsi's names, such as microphone or raisehand")]
Line = Annotated[str, AfterValidator(_line), Field(min_length=1, max_length=200)]
ServedPath = Annotated[str, AfterValidator(_path)]
Image = Annotated[str, AfterValidator(_image)]
"""Path of a served file, or a URL."""


class Languages(Model):
    """Languages of the pages, and their texts."""

    default: Annotated[Language | None, Field(examples=["de"])] = None
    """Language for browsers that ask for none of Jitsi's."""
    words: dict[Language, Settings] = {}
    """Language -> texts that replace Jitsi's, by the keys of its lang/main.json."""


class Links(Model):
    """Pages that Jitsi links to."""

    privacy: HttpsAddress | None = None
    """Privacy notice."""
    terms: HttpsAddress | None = None
    """Terms of use."""
    help: HttpsAddress | None = None
    """Help."""


class Watermark(Model):
    """The logo in the corner."""

    image: Image | None = None
    """Path of a served file, or a URL; by default Jitsi's logo."""
    link: HttpsAddress | None = None
    """URL that a click opens."""
    shown: bool = True
    """Shows the logo."""


class Branding(Model):
    """Jitsi's dynamic branding: colours, backgrounds and more, loaded when a meeting opens."""

    url: HttpsAddress | None = None
    """URL of a service that returns the branding of each meeting, all of it."""
    data: Settings = {}
    """Branding of every meeting, served as static/branding.json."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield data beside a URL."""
        if self.url is not None and self.data:
            yield "data", "is served only without url; keep one of them"


class WebFile(Model):
    """Content of a served file: text or file."""

    text: str | None = None
    """The content."""
    file: str | None = None
    """Path of a file, relative to the stack file."""

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield a file without content, or with two."""
        if (self.text is None) == (self.file is None):
            yield "text", "a file has either text or file; set exactly one"


class Web(Model):
    """The web pods of every shard and their pages. A change of the pages rolls web pods and affects no call."""

    replicas: Annotated[int, Field(ge=1, le=MAX_WEB_PODS)] = 1
    """Number of pods per shard; the minimum if maxReplicas is larger."""
    max_replicas: Annotated[int, Field(ge=1, le=MAX_WEB_PODS)] | None = None
    """Maximum number of pods per shard, scaled on CPU; by default one per 500 participants, at least two."""
    title: Line | None = None
    """Name of the service, in the browser's title and in texts."""
    favicon: Image | None = None
    """Icon in the browser's tab."""
    languages: Languages = Languages()
    """Languages and texts."""
    links: Links = Links()
    """Links to privacy notice, terms and help."""
    watermark: Watermark | None = None
    """The logo."""
    head: str | None = None
    """HTML added to the end of the pages' head."""
    body: str | None = None
    """HTML added to the beginning of the pages' body."""
    welcome_page: bool | None = None
    """Shows a page to enter a room's name at /; without it, people land in a room with a random name."""
    close_page: bool | None = None
    """Shows a page after a meeting, static/close.html, which `files` may replace."""
    branding: Branding = Branding()
    """Dynamic branding."""
    virtual_backgrounds: tuple[Image, ...] = ()
    """Virtual backgrounds, instead of Jitsi's."""
    toolbar_buttons: tuple[Button, ...] = ()
    """Toolbar buttons, by Jitsi's names; by default all."""
    config: Settings = {}
    """Further settings of config.js; maps are merged with the existing ones."""
    interface_config: Settings = {}
    """Further settings of interface_config.js."""
    files: dict[ServedPath, WebFile] = {}
    """Served path, such as images/logo.svg or static/close.html -> content."""
    folder: str | None = None
    """Folder next to the stack file whose files are served, each at its path in the folder."""
    replace: tuple[ServedPath, ...] = ()
    """Files of Jitsi, such as index.html, that files or folder may replace. Update yours whenever a release changes them."""

    @property
    def own_branding(self) -> bool:
        """Whether the stack serves static/branding.json."""
        return self.branding.url is None and bool(
            self.branding.data or self.virtual_backgrounds or self.languages.words
        )

    @property
    def generated(self) -> dict[str, str]:
        """Served path that the program writes -> the key that it comes from."""
        sources = {
            TITLE_PAGE: "web.title" if self.title else "web.favicon" if self.favicon else None,
            HEAD_PAGE: "web.head" if self.head is not None else None,
            BODY_PAGE: "web.body" if self.body is not None else None,
            BRANDING_FILE: "web.branding" if self.own_branding else None,
            **{words_file(language): "web.languages.words" for language in self.languages.words},
        }
        return {path: key for path, key in sources.items() if key}

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield settings of the pages that contradict each other, or that the program sets."""
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
                    yield key, "is part of the branding, which branding.url returns; add it to that response"
        for key, text in (("head", self.head), ("body", self.body)):
            if text is not None and "<!--#" in text:
                yield key, "nginx would execute what begins with <!--#; write plain HTML"
        if len(set(self.toolbar_buttons)) < len(self.toolbar_buttons):
            yield "toolbarButtons", "names a button twice; name each once"
        yield from setting_contradictions("config", self.config, PROGRAM_CONFIG)
        yield from setting_contradictions("interfaceConfig", self.interface_config, PROGRAM_INTERFACE)
        yield from setting_contradictions("branding.data", self.branding.data, PROGRAM_BRANDING)
        for language, words in self.languages.words.items():
            yield from setting_contradictions(f"languages.words.{language}", words, {})
