"""Files that web serves beside Jitsi's own: their paths, where their content comes from, and how large they may be."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from config.problems import Problem

if TYPE_CHECKING:
    from config.web import Web

PROJECT_FOLDER = Path(__file__).resolve().parents[1]
"""Where the program and, as a rule, its stack files lie."""

MOST_BYTES = 1 << 20
"""Of one file: a ConfigMap holds 1 MiB (Kubernetes' ValidateConfigMap, MaxSecretSize)."""
MOST_BYTES_TOGETHER = 8 << 20
MOST_FILES = 200
"""Each is a mount of its own in every web pod; assumed to be what container runtimes start without a noticeable wait."""

_PART = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~@+-]*")
_HIDDEN_BUT_SERVED = ".well-known"

ELSEWHERE = {
    "config.js": "use web.config",
    "interface_config.js": "use web.interfaceConfig",
    "external_api.js": "nginx serves libs/external_api.min.js under this name",
    "http-bind": "prosody answers there",
    "xmpp-websocket": "prosody answers there",
}
"""Paths that nginx or the edge answers from somewhere else: a file there would never be seen."""

JITSIS = ("index.html", "base.html", "head.html", "fonts.html", "pwa-worker.js", "css/all.css")
JITSIS_FOLDERS = ("libs/",)
"""What the page does not work without; replaced only where `web.replace` says so."""


def path_problem(path: str) -> str | None:
    """Why a path cannot be served; None where it can."""
    parts = path.split("/")
    for position, part in enumerate(parts):
        if position == 0 and part == _HIDDEN_BUT_SERVED and len(parts) > 1:
            continue
        if not _PART.fullmatch(part):
            return (
                "a served path is names of letters, digits and . _ ~ @ + - with / between them, such as images/logo.svg; no "
                f"leading /, no hidden name, no '..'; got {path!r}"
            )
    if len(path) > 200:  # noqa: PLR2004 - a key of a ConfigMap has 253 characters, of which escaping may take some
        return f"a served path has at most 200 characters; got {len(path)}"
    return f"is not served as a file: {ELSEWHERE[path]}" if path in ELSEWHERE else None


def is_jitsis(path: str) -> bool:
    """Whether Jitsi's page does not work without its own file at this path."""
    return path in JITSIS or path.startswith(JITSIS_FOLDERS)


def beside(text: str) -> Path:
    """A path of the stack file, from the folder of the program."""
    return PROJECT_FOLDER / text


def read(web: "Web") -> dict[str, bytes]:
    """Served path -> content of `web.files` and `web.folder`, those that can be read; sorted. Own files win over the folder's."""
    found: dict[str, bytes] = {}
    if web.folder is not None:
        folder = beside(web.folder)
        found |= {path: file.read_bytes() for path, file in _listed(folder) if path_problem(path) is None}
    for path, content in web.files.items():
        if content.text is not None:
            found[path] = content.text.encode()
        elif content.file is not None:
            found[path] = beside(content.file).read_bytes()
    return dict(sorted(found.items()))


def problems(web: "Web", generated: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the files; `generated` are paths that the program writes itself, and the key that they come from."""
    broken = list(_unreadable(web))
    yield from broken
    if broken:
        return
    for path, content in (found := read(web)).items():
        where = f"web.files.{path}" if path in web.files else f"web.folder: {path}"
        if path in generated:
            yield Problem(where, f"is already written from {generated[path]}; keep one of them")
        elif is_jitsis(path) and path not in web.replace:
            yield Problem(
                where,
                f"would replace Jitsi's own {path}, without which no page opens; if you mean it: web.replace: [{path}]",
            )
        if len(content) > MOST_BYTES:
            yield Problem(
                where,
                f"has {len(content)} bytes, and a ConfigMap, from which it is served, holds {MOST_BYTES}; make it smaller, or put "
                "it into Object Storage and use its address",
            )
    together = sum(map(len, found.values()))
    if together > MOST_BYTES_TOGETHER:
        yield Problem(
            "web.folder" if web.folder else "web.files",
            f"{together} bytes in all, at most {MOST_BYTES_TOGETHER} fit into the cluster's store; put large files into Object "
            "Storage and use their addresses",
        )
    if len(found) > MOST_FILES:
        yield Problem(
            "web.folder" if web.folder else "web.files",
            f"{len(found)} files, at most {MOST_FILES}: each is a mount in every web pod; build an image of your own for more "
            "(images.registry), or use Object Storage",
        )


def _unreadable(web: "Web") -> Iterator[Problem]:
    for where, text in _places(web):
        if ".." in PurePosixPath(text).parts or not text:
            yield Problem(where, f"lies beside the stack file or below it, without '..'; got {text!r}")
    if web.folder is not None:
        folder = beside(web.folder)
        if not folder.is_dir():
            yield Problem("web.folder", f"no folder {web.folder} beside the stack file; make it, or leave the key out")
        else:
            for path, file in _listed(folder):
                if problem := path_problem(path):
                    yield Problem(f"web.folder: {path}", problem)
                elif not file.resolve().is_relative_to(folder.resolve()):
                    yield Problem(f"web.folder: {path}", "is a link that leaves the folder; put the file itself there")
                else:
                    yield from _cannot_be_read(f"web.folder: {path}", file)
    for path, content in web.files.items():
        if content.file is not None:
            yield from _cannot_be_read(f"web.files.{path}.file", beside(content.file))


def _places(web: "Web") -> Iterator[tuple[str, str]]:
    if web.folder is not None:
        yield "web.folder", web.folder
    for path, content in web.files.items():
        if content.file is not None:
            yield f"web.files.{path}.file", content.file


def _cannot_be_read(where: str, file: Path) -> Iterator[Problem]:
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        yield Problem(where, f"cannot be read: {error.strerror or error}; the path is seen from the stack file")


def _listed(folder: Path) -> Iterator[tuple[str, Path]]:
    """Served path and file, without what systems and editors leave behind (hidden files)."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith(".") and (place or part != _HIDDEN_BUT_SERVED) for place, part in enumerate(parts))
        if not hidden and (file.is_file() or (file.is_symlink() and not file.is_dir())):
            yield "/".join(parts), file
