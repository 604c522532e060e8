"""Settings, branding and files that web serves in addition to the image's, and the ConfigMaps that hold them."""

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from components.kubernetes import pod
from components.kubernetes.document import Document, manifest
from components.kubernetes.labels import labels
from components.signalling import meeting_settings
from components.signalling.page_script import merged_into
from config import browser, web_files
from config.meetings import Meetings
from config.turn import Turn
from config.web import BODY_PAGE, BRANDING_FILE, HEAD_PAGE, TITLE_PAGE, Web, words_file

ROOT = "/usr/share/jitsi-meet"  # of nginx in the image
CONFIG = "/config/custom-config.js"  # appended to config.js by the image's start script
INTERFACE_CONFIG = "/config/custom-interface_config.js"
LOCATIONS = "/config/nginx-custom/own-files.conf"  # included in nginx's server block
STATIC = (
    *("libs", "css", "static", "images", "fonts", "lang", "sounds"),
    *("connection_optimization", ".well-known", "transcripts"),
)
"""First path segments that nginx serves as files. It takes any other first segment for a tenant."""
MAP_BYTES = web_files.MAX_FILE_BYTES  # maximum size of one ConfigMap's values
JITSIS_LOGO = "images/watermark.svg"
JITSIS_SITE = "https://jitsi.org"
MARK = "jitsi.org/web-content"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """Path of a file in the pod, with its ConfigMap and key."""

    path: str
    config_map: int
    key: str


@dataclass(frozen=True)
class WebContent:
    """Additional content of the web pods of all shards. Empty by default."""

    environment: Mapping[str, str | int | bool] = field(default_factory=dict)
    """Variables of the image."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Path in the pod -> content."""

    @property
    def mark(self) -> dict[str, str]:
        """Annotation of the pods that changes with the files."""
        if not self.files:
            return {}
        texts = (f"{path} {hashlib.sha256(content).hexdigest()}" for path, content in sorted(self.files.items()))
        return {MARK: pod.text_hash(*texts)}

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """Assignment of files to ConfigMaps: first fit, ordered by path."""
        room: list[int] = []
        mounts = []
        for path, content in sorted(self.files.items()):
            place = next((number for number, left in enumerate(room) if left >= len(content)), len(room))
            if place == len(room):
                room.append(MAP_BYTES)
            room[place] -= len(content)
            mounts.append(Mount(path=path, config_map=place, key=map_key(path)))
        return tuple(mounts)

    @property
    def volume_mounts(self) -> dict[str, str]:
        """Path -> volume and key, read-only, as `pod.container` expects."""
        return {mount.path: f"!{_map_name(mount.config_map)}:{mount.key}" for mount in self.mounts}

    @property
    def volumes(self) -> list[Document]:
        """The ConfigMaps as volumes of a pod."""
        return [pod.config_volume(_map_name(number), _map_name(number)) for number in self._numbers()]

    def config_maps(self, namespace: str, instance: str) -> list[Document]:
        """ConfigMaps that all shards share. Text is in `data`, other content in `binaryData`."""
        documents = []
        for number in self._numbers():
            data, binary = {}, {}
            for mount in self.mounts:
                if mount.config_map == number:
                    content = self.files[mount.path]
                    text = _text(content)
                    if text is None:
                        binary[mount.key] = base64.b64encode(content).decode()
                    else:
                        data[mount.key] = text
            parts = ({"data": data} if data else {}) | ({"binaryData": binary} if binary else {})
            documents.append(
                manifest("v1", "ConfigMap", _map_name(number), namespace, labels("web", instance), **parts)
            )
        return documents

    def _numbers(self) -> list[int]:
        return sorted({mount.config_map for mount in self.mounts})


def _map_name(number: int) -> str:
    return f"web-files-{number}"


def map_key(path: str) -> str:
    """Unique ConfigMap key of a path. Keys allow no `/`, so special characters are escaped: `_s` for `/`, `_u` for `_`."""
    marks = {"_": "_u", "/": "_s", "~": "_t", "@": "_a", "+": "_p"}
    return "".join(marks.get(character, character) for character in path.lstrip("/"))


def _text(content: bytes) -> str | None:
    """Content as text that YAML and JSON preserve. None for other content."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(character >= " " or character in "\n\t" for character in text) and "\x7f" not in text else None


def web_content(domain: str, web: Web, meetings: Meetings, turn: Turn | None = None, *, zones: int = 1) -> WebContent:
    """Content from the config and from the folder beside the stack file; `zones` is the number of zones with signalling.

    Raises:
        OSError: a file was removed after the config was checked.
    """
    served = web_files.read(web) | dict(_pages(domain, web))
    files = {f"{ROOT}/{path}": content for path, content in served.items()}
    ping = {browser.KEY: browser.ZONES_PING.settings} if zones > 1 else {}
    if settings := _merged(meeting_settings.config_js(meetings, turn), _config_js(domain, web), ping, web.config):
        files[CONFIG] = merged_into("config", settings).encode()
    if settings := _merged(_interface_config(web), web.interface_config):
        files[INTERFACE_CONFIG] = merged_into("interfaceConfig", settings).encode()
    if locations := _locations(served):
        files[LOCATIONS] = locations.encode()
    return WebContent(environment=_environment(domain, web) | meeting_settings.web(meetings), files=files)


def _merged(*parts: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            existing = result.get(key)
            if isinstance(existing, Mapping) and isinstance(value, Mapping):
                result[key] = _merged(existing, value)
            else:
                result[key] = value
    return result


def _address(domain: str, image: str) -> str:
    return image if image.startswith("https://") else f"https://{domain}/{image}"


def _environment(domain: str, web: Web) -> dict[str, str | int | bool]:
    values: dict[str, str | int | bool | None] = {
        "DEFAULT_LANGUAGE": web.languages.default,
        "DYNAMIC_BRANDING_URL": web.branding.url or (f"https://{domain}/{BRANDING_FILE}" if web.own_branding else None),
        "TOOLBAR_BUTTONS": ",".join(web.toolbar_buttons) or None,
        "ENABLE_CLOSE_PAGE": web.close_page,
        "ENABLE_WELCOME_PAGE": web.welcome_page,
    }
    return {name: value for name, value in values.items() if value is not None}


def _config_js(domain: str, web: Web) -> dict[str, Any]:
    values: dict[str, Any] = {}
    links = {"privacy": web.links.privacy, "terms": web.links.terms, "helpCentre": web.links.help}
    if given := {name: address for name, address in links.items() if address}:
        values["legalUrls"] = given
    if web.watermark and web.watermark.image:
        values["defaultLogoUrl"] = _address(domain, web.watermark.image)
    return values


def _interface_config(web: Web) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if web.title:
        values["APP_NAME"] = web.title
    if web.links.help:
        values["SUPPORT_URL"] = web.links.help
    if web.watermark:
        values["SHOW_JITSI_WATERMARK"] = web.watermark.shown
        if web.watermark.link:
            values["JITSI_WATERMARK_LINK"] = web.watermark.link
    return values


def _pages(domain: str, web: Web) -> Iterator[tuple[str, bytes]]:
    if web.title or web.favicon:
        yield TITLE_PAGE, _title_page(web).encode()
    if web.head is not None:
        yield HEAD_PAGE, web.head.encode()
    if web.body is not None:
        yield BODY_PAGE, web.body.encode()
    if web.own_branding:
        yield BRANDING_FILE, _json(_branding(domain, web))
    for language, words in web.languages.words.items():
        yield words_file(language), _json(words)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def _branding(domain: str, web: Web) -> dict[str, Any]:
    """Branding response. It always sets the logo, because pages then look for it nowhere else."""
    mark = web.watermark
    data: dict[str, Any] = {
        **web.branding.data,
        "logoImageUrl": _address(domain, mark.image if mark and mark.image else JITSIS_LOGO),
        "logoClickUrl": mark.link if mark and mark.link else JITSIS_SITE,
    }
    if web.virtual_backgrounds:
        data["virtualBackgrounds"] = [_address(domain, image) for image in web.virtual_backgrounds]
    if web.languages.words:
        data["labels"] = {
            language: f"https://{domain}/{words_file(language)}" for language in sorted(web.languages.words)
        }
    return data


def _title_page(web: Web) -> str:
    name = html.escape(web.title or "Jitsi Meet")
    icon = html.escape(web.favicon or "images/favicon.svg?v=1")
    return "\n".join(
        (
            f"<title>{name}</title>",
            f'<meta property="og:title" content="{name}"/>',
            f'<meta itemprop="name" content="{name}"/>',
            f'<link rel="icon" href="{icon}">',
            "",
        )
    )


def _locations(served: Mapping[str, bytes]) -> str:
    """Nginx locations of files whose first folder it would take for a tenant."""
    tenants = [path for path in served if "/" in path and path.split("/", maxsplit=1)[0] not in STATIC]
    return "".join(f'location = "/{path}" {{ }}\n' for path in sorted(tenants))
