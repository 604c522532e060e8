"""Rules about very large meetings."""

from collections.abc import Iterator

from plan.findings.rule import Hit, Subject, rule
from sizing.capacity import largest_meeting, shard_capacity


@rule("visitors-beyond-bridges", "warning")
def visitors_beyond_bridges(subject: Subject) -> Iterator[Hit]:
    """Signalling admits more participants to a meeting than the shard's bridges carry."""
    visitors = subject.config.visitors
    if visitors is None:
        return
    for position, shard in enumerate(subject.shards):
        meeting = largest_meeting(visitors, shard_capacity(shard).participants)
        people = meeting.participants + meeting.visitors
        if people > meeting.bridges_carry:
            bridges = -(-people // shard.bridges.participants)
            yield Hit(
                "visitors.nodes",
                f"a meeting on {shard.name} may have {meeting.participants} participants + {visitors.nodes} x "
                f"{visitors.visitors_per_node} visitors = {people}, but {shard.bridges.ceiling} bridges carry "
                f"{meeting.bridges_carry}: the last ones overload them",
                f"raise {subject.ceiling_key(position)} to {bridges}, or lower visitors.nodes or visitorsPerNode",
            )


@rule("visitors-on-one-node", "info")
def visitors_on_one_node(subject: Subject) -> Iterator[Hit]:
    """One visitor prosody carries all visitors of a shard."""
    visitors = subject.config.visitors
    if visitors and visitors.nodes == 1:
        yield Hit(
            "visitors.nodes",
            f"1: when it restarts, up to {visitors.visitors_per_node} visitors of every meeting are disconnected "
            "until it is back, and nobody else can join as a visitor",
            f"set visitors.nodes: 2 and visitorsPerNode: {-(-visitors.visitors_per_node // 2)}, for as many visitors; losing a node then "
            "disconnects only half of them",
        )


@rule("limit-before-visitors", "warning")
def limit_before_visitors(subject: Subject) -> Iterator[Hit]:
    """A meeting is full before its first visitor."""
    visitors, limit = subject.config.visitors, subject.config.meetings.max_participants
    if visitors and limit is not None and limit <= visitors.participants:
        yield Hit(
            "meetings.maxParticipants",
            f"{limit}: prosody refuses everyone above this limit, and jicofo turns only those after the first "
            f"{visitors.participants} (visitors.participants) into visitors, so nobody becomes a visitor",
            f"raise maxParticipants above {visitors.participants}, or remove it: visitors.participants already is a "
            "limit",
        )


@rule("limit-without-visitors", "info")
def limit_without_visitors(subject: Subject) -> Iterator[Hit]:
    """The participant limit of a room does not count visitors."""
    visitors, limit = subject.config.visitors, subject.config.meetings.max_participants
    if visitors and limit is not None and limit > visitors.participants:
        yield Hit(
            "meetings.maxParticipants",
            f"{limit} applies only in the shard's own prosody; visitors are added on top, up to {visitors.nodes} x "
            f"{visitors.visitors_per_node} = {visitors.nodes * visitors.visitors_per_node} in one meeting",
            "remove maxParticipants, and limit a whole meeting with visitors.nodes and visitors.visitorsPerNode",
        )
