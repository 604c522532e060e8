"""A headless Chromium, driven over a pipe by the DevTools protocol; nothing listens on a port.

Messages are JSON documents that end in a NUL byte (`--remote-debugging-pipe`): the browser reads from descriptor 3 and writes to 4.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_GET = (
    "no Chromium on PATH (looked for " + ", ".join(NAMES) + "); Debian: apt-get install chromium; Fedora: dnf install "
    "chromium; or name one with --browser PATH"
)
FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--remote-debugging-pipe",
)
NO_UDP = tuple(
    f"--{name}=disable_non_proxied_udp" for name in ("webrtc-ip-handling-policy", "force-webrtc-ip-handling-policy")
)
"""Blocks UDP in the browser: only TURN over TCP or TLS is left. The second is the first one's name in older Chromiums."""
ANSWER_SECONDS = 30.0
END_SECONDS = 10.0


_AS_3_AND_4 = "import os, sys; [os.dup2(int(sys.argv[n - 2]), n) for n in (3, 4)]; os.execvp(sys.argv[3], sys.argv[3:])"
"""Starts a program with the two given descriptors as 3 and 4, which a shell cannot for numbers above 9."""


def _high(pipe: tuple[int, int]) -> tuple[int, int]:
    """Move a pipe's descriptors above 9, where 3 and 4 overwrite neither."""
    reads, writes = (fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in pipe)
    for each in pipe:
        os.close(each)
    return reads, writes


class BrowserError(Exception):
    """The browser did not do what it was asked; the message says what."""


def find(path: str | None = None) -> str:
    """The program to run.

    Raises:
        BrowserError: there is none.
    """
    found = shutil.which(path) if path else next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise BrowserError(f"{path} is no program; {HOW_TO_GET}" if path else HOW_TO_GET)
    return found


class Browser:
    """One process with an empty profile of its own, which goes with it."""

    def __init__(self, program: str, flags: Sequence[str] = ()) -> None:
        self._folder = tempfile.mkdtemp(prefix="jitsi-call-")
        to_read, self._write = _high(os.pipe())
        self._read, to_write = _high(os.pipe())
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root, Chromium starts with no sandbox only
        command = [program, *FLAGS, *root, f"--user-data-dir={self._folder}", *flags, "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AS_3_AND_4, str(to_read), str(to_write), *command],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(Path(self._folder) / "stderr").open("wb"),
            start_new_session=True,
        )
        os.close(to_read)
        os.close(to_write)
        self._lock = threading.Lock()
        self._last = 0
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        rest = b""
        while part := os.read(self._read, 1 << 16):
            *messages, rest = (rest + part).split(b"\0")
            for text in messages:
                message = json.loads(text)
                waiting = self._waiting.pop(message.get("id", 0), None)
                if waiting is not None:
                    waiting.set_result(message)
        for waiting in list(self._waiting.values()):
            waiting.set_exception(BrowserError(f"the browser has ended: {self._last_words()}"))

    def _last_words(self) -> str:
        lines = (Path(self._folder) / "stderr").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "without a word"

    def ask(
        self, method: str, session: str | None = None, *, seconds: float = ANSWER_SECONDS, **parameters: Any
    ) -> dict[str, Any]:
        """Send a command, and return its result.

        Raises:
            BrowserError: it was refused, there was no answer in time, or the browser has ended.
        """
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            self._last += 1
            number = self._last
            self._waiting[number] = answer
            message = {"id": number, "method": method, "params": parameters}
            if session:
                message["sessionId"] = session
            try:
                os.write(self._write, json.dumps(message).encode() + b"\0")
            except OSError as error:
                raise BrowserError(f"the browser has ended: {self._last_words()}") from error
        try:
            result = answer.result(seconds)
        except FutureTimeoutError:
            self._waiting.pop(number, None)
            raise BrowserError(f"the browser did not answer {method} within {seconds:g} s") from None
        if "error" in result:
            raise BrowserError(f"{method}: {result['error'].get('message')}")
        return result["result"]

    def page(self, before: str = "") -> "Page":
        """A page in a profile of its own; `before` runs first in each document."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context)
        if before:
            self.ask("Page.enable", session)
            self.ask("Page.addScriptToEvaluateOnNewDocument", session, source=before)
        return page

    def end(self) -> None:
        """End the process, and remove its profile."""
        try:
            self.ask("Browser.close", seconds=END_SECONDS)
            self._process.wait(END_SECONDS)
        except (BrowserError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Page:
    """A page of a browser."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self._browser, self._session, self._context = browser, session, context

    def open(self, url: str) -> None:
        """Load a URL.

        Raises:
            BrowserError: it cannot be loaded.
        """
        result = self._browser.ask("Page.navigate", self._session, url=url)
        if result.get("errorText"):
            raise BrowserError(f"{url}: {result['errorText']}")

    def run(self, expression: str, *, seconds: float = ANSWER_SECONDS) -> Any:
        """Evaluate JavaScript, wait for its promise, and return the value.

        Raises:
            BrowserError: it threw, or took too long.
        """
        result = self._browser.ask(
            "Runtime.evaluate",
            self._session,
            seconds=seconds,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if thrown := result.get("exceptionDetails"):
            raise BrowserError(_thrown(thrown))
        return result["result"].get("value")

    def close(self) -> None:
        """Close it, with its profile."""
        self._browser.ask("Target.disposeBrowserContext", browserContextId=self._context)


def _thrown(details: Mapping[str, Any]) -> str:
    exception = details.get("exception") or {}
    text = str(exception.get("description") or exception.get("value") or details.get("text"))
    return text.splitlines()[0].removeprefix("Error: ")
