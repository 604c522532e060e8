"""Paths that web may serve."""

import re

_PART = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~@+-]*")
WELL_KNOWN = ".well-known"

ELSEWHERE = {
    "config.js": "use web.config",
    "interface_config.js": "use web.interfaceConfig",
    "external_api.js": "nginx serves libs/external_api.min.js under this name",
    "http-bind": "prosody answers at this path",
    "xmpp-websocket": "prosody answers at this path",
}
"""Paths that nginx or the edge answers otherwise, so that a file there would never be served."""

JITSI_FILES = ("index.html", "base.html", "head.html", "fonts.html", "pwa-worker.js", "css/all.css")
JITSI_FOLDERS = ("libs/",)
"""Files that Jitsi's page depends on; `web.replace` must name them to replace them."""


def path_problem(path: str) -> str | None:
    """Return why a path cannot be served, or None."""
    parts = path.split("/")
    for position, part in enumerate(parts):
        if position == 0 and part == WELL_KNOWN and len(parts) > 1:
            continue
        if not _PART.fullmatch(part):
            return (
                "a served path is names of letters, digits and . _ ~ @ + - separated by /, such as images/logo.svg; no "
                f"leading /, no hidden name, no '..'; got {path!r}"
            )
    if len(path) > 200:  # noqa: PLR2004 - a ConfigMap's key has 253 characters, and escaping takes some
        return f"a served path has at most 200 characters; got {len(path)}"
    return f"is not served as a file: {ELSEWHERE[path]}" if path in ELSEWHERE else None


def is_jitsi_file(path: str) -> bool:
    """Return whether Jitsi's page depends on its own file at this path."""
    return path in JITSI_FILES or path.startswith(JITSI_FOLDERS)
