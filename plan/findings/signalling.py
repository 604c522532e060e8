"""Rules about web, prosody and jicofo: what one of each carries, and where they run."""

from collections.abc import Iterator

from plan.capacity import shard_capacity
from plan.findings.rule import Found, Subject, rule
from plan.growth import NEAR, next_shard, shard_limit
from plan.signalling import prosody_size, signalling_size, size_class
from plan.system_pods import node_room, nodes_for, system_pods


@rule("shard-nears-prosody", "warning")
def shard_nears_prosody(subject: Subject) -> Iterator[Found]:
    """A full shard brings its single-threaded prosody to its end."""
    limit = shard_limit(subject.config)
    beside = "and its visitor prosodies carry" if subject.config.visitors else "carries"
    line = next_shard(subject.config)
    add = f"add to shards: {line}" if line else "every slot is taken: move a part of the rooms to another stack"
    for position, shard in enumerate(subject.shards):
        people = shard_capacity(shard).participants
        if people <= NEAR * limit:
            continue
        above = people > limit
        fitting = max(1, limit // shard.bridges.participants)
        yield Found(
            subject.ceiling_key(position),
            f"{shard.bridges.ceiling} bridges x {shard.bridges.participants} = {people} participants in {shard.name}, "
            + (f"above the {limit}" if above else f"{people * 100 // limit} % of the {limit}")
            + f" that one prosody {beside} (signalling.participants): it has one thread, and a shard has one prosody",
            f"{add} and keep each at {fitting} bridges or fewer" if above else f"{add} before this one grows",
            None if above else "info",
        )


@rule("system-pool-too-small", "warning")
def system_pool_too_small(subject: Subject) -> Iterator[Found]:
    """The system pool cannot hold everything but media."""
    if not subject.kapsule:
        return
    pool = subject.config.cluster.system
    pods = list(system_pods(subject.config))
    room = node_room(pool.node_type)
    needed = nodes_for(pods, room)
    if needed is None:
        largest = max(pods, key=lambda pod: (pod.memory_mib / room.memory_mib, pod.millicpu))
        yield Found(
            "cluster.system.nodeType",
            f"a pod of {largest.millicpu} millicores and {largest.memory_mib} MiB fits on no {pool.node_type}, which leaves "
            f"{room.millicpu} and {room.memory_mib}: it stays Pending",
            "take a larger system.nodeType",
            "error",
        )
    elif needed > pool.max:
        yield Found(
            "cluster.system.max",
            f"{len(pods)} pods with {sum(pod.millicpu for pod in pods)} millicores and {sum(pod.memory_mib for pod in pods)} MiB "
            f"(web at its most) need {needed} {pool.node_type}, above max {pool.max}: the last web pods stay Pending",
            f"raise cluster.system.max to {needed}, or take a larger nodeType",
        )


@rule("web-needs-metrics-server", "info")
def web_needs_metrics_server(subject: Subject) -> Iterator[Found]:
    """Web scales on CPU, which the cluster must measure."""
    if subject.kapsule or not any(signalling_size(shard, subject.config.web).web_scales for shard in subject.shards):
        return
    yield Found(
        "web.maxReplicas",
        "web scales on CPU, which metrics-server tells; where the cluster has none, web stays at web.replicas "
        f"({subject.config.web.replicas})",
        "fine with metrics-server (kubectl top pods answers); without it set web.replicas to what the busiest hour needs",
    )


@rule("growth-restarts-signalling", "info")
def growth_restarts_signalling(subject: Subject) -> Iterator[Found]:
    """The next bridge of `max` is the one that makes prosody larger, and so restarts it."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        people = bridges.ceiling * bridges.participants
        now, then = size_class(people), size_class(people + bridges.participants)
        if shard.state != "active" or shard.sized_for is not None or now == then:
            continue
        yield Found(
            "signalling.sizedFor",
            f"{shard.name} is sized for {now} participants, which {bridges.ceiling} bridges x {bridges.participants} fill: one bridge "
            f"more in {subject.ceiling_key(position)} restarts its prosody and "
            "jicofo, and ends its meetings",
            f"set signalling.sizedFor: {then} before people come, or raise max while none meet",
        )


@rule("signalling-undersized", "warning")
def signalling_undersized(subject: Subject) -> Iterator[Found]:
    """Prosody and jicofo are sized for fewer people than the bridges carry."""
    if not subject.shards or (sized := subject.shards[0].sized_for) is None:
        return
    largest = max(map(shard_capacity, subject.shards), key=lambda capacity: capacity.participants)
    people, bridges, covered = largest.participants, largest.shard.bridges, size_class(sized)
    if people > covered:
        yield Found(
            "signalling.sizedFor",
            f"{sized} sizes prosody for {covered} participants, and {bridges.ceiling} bridges x {bridges.participants} of "
            f"{largest.shard.name} carry {people}: its limit is {prosody_size(covered).memory_mib} MiB where so many need "
            f"{prosody_size(size_class(people)).memory_mib}, and passing it ends every meeting of the shard",
            f"set signalling.sizedFor: {people} or more, or leave it out; either restarts prosody and jicofo once",
        )
