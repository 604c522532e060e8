"""What media costs a bridge: cores for each forwarded stream, measured with real browsers and a real bridge (docs/stream-costs.md)."""

from dataclasses import dataclass
from typing import Any

from config.bridges import Bridges
from config.meetings import Meetings

MEASURED_ON = "2026-11-30"
PAGE = "docs/stream-costs.md"
AUDIO_MILLICORES = 2.41
"""For each forwarded audio stream; all costs are slopes, so that what an idle bridge uses is left out."""
SMALL_VIDEO_MILLICORES = 7.07
"""For each forwarded picture out of a camera that sends three sizes; receiving these is in it."""
HEARD = 3
"""Microphones that are open at once; assumed."""
SEEN = 5
"""Pictures that one person is sent, unless `meetings.lastN` allows fewer; assumed."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a full bridge forwards, and what that costs it."""

    heard: int
    seen: int
    streams: int
    mbits: float
    """In and out together, as `bridges.bitrateKbps` says."""
    millicpu: int

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it, below `capacity.perShard[].bridge.carries`."""
        return {
            "heard": self.heard,
            "seen": self.seen,
            "streams": self.streams,
            "mbits": self.mbits,
            "millicpu": self.millicpu,
            "measured": MEASURED_ON,
            "page": PAGE,
        }


def seen_by_each(meetings: Meetings) -> int:
    """Pictures that one person is sent."""
    limits = [meetings.last_n.bridge, meetings.last_n.default]
    return min([SEEN, *(limit for limit in limits if limit is not None and limit >= 0)])


def millicpu_each(meetings: Meetings) -> float:
    """What one person costs."""
    return HEARD * AUDIO_MILLICORES + seen_by_each(meetings) * SMALL_VIDEO_MILLICORES


def traffic(bridges: Bridges, meetings: Meetings) -> Traffic:
    """The traffic of `bridges.participants`, in meetings of more than `SEEN` people of whom `HEARD` speak."""
    seen = seen_by_each(meetings)
    return Traffic(
        heard=HEARD,
        seen=seen,
        streams=bridges.participants * (HEARD + seen),
        mbits=bridges.participants * bridges.bitrate_kbps / 1000,
        millicpu=round(bridges.participants * millicpu_each(meetings)),
    )
