"""What Jitsi's web client does when its signalling falls silent, and how soon it notices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY = "xmppPing"
"""Of config.js: pings of the XMPP connection (lib-jitsi-meet, doc/API.md), in milliseconds."""

RESUME_SECONDS, RESUME_AGAIN_SECONDS = 3, 9
"""Longest delays until the first and the second try to resume the stream (modules/xmpp/ResumeTask.ts)."""

NEXT_ADDRESS_SECONDS = 1
"""Until the next address of a name is tried where one is silent: 0.3 s in Chromium 156, measured for pages and websockets. Browsers
that do not try it wait for their resolver's copy of the record."""

RELOAD_SECONDS = (10, 30)
"""Countdown after which the page loads anew when its shard is gone (react/features/overlay, AbstractPageReloadOverlay.tsx). It spreads
those who come back over 20 s; a button ends it."""

JOIN_SECONDS = 5
"""From loading anew to the meeting; assumed: the page is in the browser's cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """Pings of one connection, in seconds."""

    interval: float
    timeout: float
    threshold: int

    @property
    def noticed(self) -> float:
        """Seconds until a connection that nobody answers is given up, at the latest (modules/xmpp/strophe.ping.ts)."""
        return self.threshold * self.interval + self.timeout

    @property
    def settings(self) -> dict[str, Any]:
        """The keys of `xmppPing`."""
        return {
            "interval": int(1000 * self.interval),
            "timeout": int(1000 * self.timeout),
            "threshold": self.threshold,
        }

    def changed(self, settings: Mapping[str, Any]) -> "Ping":
        """These pings with some keys of `xmppPing` set; values that are no numbers count as not set, as for the client."""
        values = {**self.settings, **{key: value for key, value in settings.items() if isinstance(value, int | float)}}
        return Ping(
            interval=values["interval"] / 1000, timeout=values["timeout"] / 1000, threshold=int(values["threshold"])
        )


PING = Ping(interval=10, timeout=5, threshold=2)
"""The client's own."""

ZONES_PING = Ping(interval=5, timeout=4, threshold=2)
"""Where people go on in another zone: twice as many pings, of which a client sends none while it hears its server anyway."""


def ping_of(zones: int, web_config: Mapping[str, Any]) -> Ping:
    """Pings of a stack with signalling in so many zones, whose `web.config` may say otherwise."""
    asked = web_config.get(KEY)
    return (ZONES_PING if zones > 1 else PING).changed(asked if isinstance(asked, Mapping) else {})
