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
                f"raise {subject.bridges_key(position, 'max')} to {bridges}, or lower visitors.nodes or visitorsPerNode",
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
