"""Rules about very large meetings."""

from collections.abc import Iterator

from plan.capacity import shard_capacity
from plan.findings.rule import Found, Subject, rule
from plan.large_meetings import largest_meeting


@rule("visitors-beyond-bridges", "warning")
def visitors_beyond_bridges(subject: Subject) -> Iterator[Found]:
    """Signalling lets more people into one meeting than the shard's bridges carry."""
    visitors = subject.config.visitors
    if visitors is None:
        return
    for position, shard in enumerate(subject.shards):
        most = largest_meeting(visitors, shard_capacity(shard).participants)
        wanted = most.participants + most.visitors
        if wanted > most.bridges_carry:
            bridges = -(-wanted // shard.bridges.participants)
            yield Found(
                "visitors.nodes",
                f"a meeting of {shard.name} may have {most.participants} participants + {visitors.nodes} x "
                f"{visitors.visitors_per_node} visitors = {wanted} people, and {shard.bridges.ceiling} bridges carry "
                f"{most.bridges_carry}: the last ones overload them",
                f"raise {subject.ceiling_key(position)} to {bridges}, or lower visitors.nodes or visitorsPerNode",
            )


@rule("visitors-on-one-node", "info")
def visitors_on_one_node(subject: Subject) -> Iterator[Found]:
    """One visitor prosody carries all visitors of a shard."""
    visitors = subject.config.visitors
    if visitors and visitors.nodes == 1:
        yield Found(
            "visitors.nodes",
            f"1: when it restarts, up to {visitors.visitors_per_node} visitors of every meeting wait for it, and nobody else can visit",
            "set visitors.nodes: 2 or more; a node's loss then costs a part of them their connection",
        )


@rule("limit-before-visitors", "warning")
def limit_before_visitors(subject: Subject) -> Iterator[Found]:
    """A meeting is full before its first visitor would come."""
    visitors, most = subject.config.visitors, subject.config.meetings.max_participants
    if visitors and most is not None and most <= visitors.participants:
        yield Found(
            "meetings.maxParticipants",
            f"{most}: prosody turns everybody away from then on, and jicofo makes visitors only of those who come after the first "
            f"{visitors.participants} (visitors.participants), so nobody is ever a visitor",
            f"raise maxParticipants above {visitors.participants}, or leave it out: visitors.participants is a limit already",
        )


@rule("limit-without-visitors", "info")
def limit_without_visitors(subject: Subject) -> Iterator[Found]:
    """Visitors are not among those whom the limit of a room counts."""
    visitors, most = subject.config.visitors, subject.config.meetings.max_participants
    if visitors and most is not None and most > visitors.participants:
        yield Found(
            "meetings.maxParticipants",
            f"{most} holds in the shard's own prosody alone; visitors come on top, up to {visitors.nodes} x {visitors.visitors_per_node} = "
            f"{visitors.nodes * visitors.visitors_per_node} in one meeting",
            "bound a whole meeting by visitors.nodes and visitors.visitorsPerNode",
        )
