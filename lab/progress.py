"""Progress output: lines that stay, and one live line."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN_SECONDS = 15.0  # between two progress lines without a terminal
LIVE_SECONDS = 0.2


def clock(seconds: float) -> str:
    """`4:07` for 247 seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Progress:
    """Prints lines and, on a terminal, redraws a live line; without a terminal it prints that line now and then."""

    def __init__(self, stream: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream or sys.stdout
        self.terminal = self.stream.isatty()
        self._now = now
        self._begun = self._now()
        self._drawn = False
        self._last = self._begun if not self.terminal else 0.0
        self._lock = threading.Lock()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self._begun

    def line(self, text: str = "") -> None:
        """Print `text` above the live line."""
        with self._lock:
            self._erase()
            print(text, file=self.stream, flush=True)

    def live(self, text: str) -> None:
        """Show `text` in the live line."""
        with self._lock:
            now = self._now()
            if now - self._last < (LIVE_SECONDS if self.terminal else PLAIN_SECONDS):
                return
            self._last = now
            if not self.terminal:
                print(text, file=self.stream, flush=True)
                return
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=self.stream, flush=True)
            self._drawn = True

    def done(self) -> None:
        """Remove the live line."""
        with self._lock:
            self._erase()

    def _erase(self) -> None:
        if self._drawn:
            print("\r\x1b[K", end="", file=self.stream, flush=True)
            self._drawn = False
