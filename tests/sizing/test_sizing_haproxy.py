"""Memory and connections of one HAProxy."""

from hypothesis import given
from hypothesis import strategies as st
from plan_stacks import subject_of

from sizing.capacity import shard_capacity
from sizing.haproxy_size import CONNECTION_KIB, CONNECTIONS_PER_PARTICIPANT, MIN_MIB, haproxy_size


def size(most: int, replicas: int = 2, table: int = 100_000, participants: int = 100):
    subject = subject_of(
        bridges={"max": most, "participants": participants}, ingress={"replicas": replicas, "roomTable": table}
    )
    people = sum(shard_capacity(shard).participants for shard in subject.shards)
    return people, haproxy_size(subject.config.ingress, subject.shards)


def test_a_small_stack_keeps_the_smallest_size():
    assert size(10)[1].memory_mib == MIN_MIB


def test_one_haproxy_holds_everybody_while_another_is_away():
    people, two = size(120)
    assert two.connections >= people * CONNECTIONS_PER_PARTICIPANT
    assert two.memory_mib == 2048
    assert size(120, replicas=3)[1].memory_mib < two.memory_mib


def test_a_table_of_a_million_rooms_has_its_memory():
    assert size(10, table=1_000_000)[1].memory_mib == 2 * MIN_MIB


@given(st.integers(2, 200), st.integers(1, 5), st.integers(1000, 500_000))
def test_memory_holds_the_connections_that_are_let_in_and_never_shrinks_with_more_people(most, replicas, table):
    people, made = size(most, replicas, table)
    assert made.connections * CONNECTION_KIB < made.memory_mib * 1024
    assert made.connections >= people * CONNECTIONS_PER_PARTICIPANT / max(1, replicas - 1)
    assert made.memory_mib <= size(most + 1, replicas, table)[1].memory_mib
