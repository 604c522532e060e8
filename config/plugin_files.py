"""Own modules of prosody: where their source comes from, and how large it may be."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from config.problems import Problem
from config.signalling import Signalling
from config.web_files import MAX_FILE_BYTES, beside

TAKEN = ("mod_bridge_hibernation.lua", "mod_bridge_leaving.lua", "mod_storage_jitsi_accounts.lua")
"""The program's own modules."""


def read(signalling: Signalling) -> dict[str, str]:
    """Return name -> source, sorted by name."""
    return {
        name: plugin.text if plugin.text is not None else beside(str(plugin.file)).read_text(encoding="utf-8")
        for name, plugin in sorted(signalling.plugins.items())
    }


def problems(signalling: Signalling) -> Iterator[Problem]:
    """Yield the problems of the files."""
    unreadable = False
    for name, plugin in signalling.plugins.items():
        where = f"signalling.plugins.{name}"
        if name in TAKEN:
            yield Problem(where, "is a module of the program's own; choose another name")
        if plugin.file is not None and (why := _fault(plugin.file)):
            unreadable = True
            yield Problem(f"{where}.file", why)
    size = 0 if unreadable else sum(len(text.encode()) for text in read(signalling).values())
    if size > MAX_FILE_BYTES:
        yield Problem(
            "signalling.plugins",
            f"{size} bytes in all, and a ConfigMap holds {MAX_FILE_BYTES}; build an image with them, and set images.prosody",
        )


def _fault(text: str) -> str | None:
    if not text or ".." in PurePosixPath(text).parts:
        return f"must be next to the stack file or below it, without '..'; got {text!r}"
    try:
        beside(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or error}; paths are relative to the stack file"
    return None
