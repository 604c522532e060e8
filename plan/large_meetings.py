"""How large one meeting may be where visitors are: who takes part, who watches, and what the bridges carry."""

from dataclasses import dataclass
from typing import Any

from config.visitors import Visitors


@dataclass(frozen=True, slots=True)
class LargestMeeting:
    """The most people of one meeting of a shard."""

    participants: int
    visitors: int
    bridges_carry: int
    """People on all bridges of the shard together: a visitor's media passes there like everybody's."""

    @property
    def people(self) -> int:
        """What signalling takes, or what the bridges carry where that is less."""
        return min(self.participants + self.visitors, self.bridges_carry)

    def as_dict(self) -> dict[str, Any]:
        """As the report writes it, below `capacity.perShard[].largestMeeting`."""
        return {
            "people": self.people,
            "participants": self.participants,
            "visitors": self.visitors,
            "bridgesCarry": self.bridges_carry,
        }


def largest_meeting(visitors: Visitors, bridges_carry: int) -> LargestMeeting:
    """Jicofo fills one visitor prosody after the other; none takes more than `visitorsPerNode` of one meeting."""
    return LargestMeeting(visitors.participants, visitors.nodes * visitors.visitors_per_node, bridges_carry)
