"""Rules about web, prosody and jicofo: their limits and their nodes."""

from collections.abc import Iterator

from plan.findings.rule import Hit, Subject, rule
from sizing.capacity import shard_capacity
from sizing.next_shard import NEAR_LIMIT_SHARE, next_shard, shard_limit
from sizing.pod_sizes import allocatable, nodes_for
from sizing.signalling_sizes import prosody_size, signalling_size, size_class
from sizing.system_pods import system_max, system_pods


@rule("shard-nears-prosody", "warning")
def shard_nears_prosody(subject: Subject) -> Iterator[Hit]:
    """A full shard approaches the limit of its single-threaded prosody."""
    limit = shard_limit(subject.config)
    beside = "and its visitor prosodies carry" if subject.config.visitors else "carries"
    line = next_shard(subject.config)
    add = f"add to shards: {line}" if line else "every slot is in use: move some rooms to another stack"
    for position, shard in enumerate(subject.shards):
        people = shard_capacity(shard).participants
        if people <= NEAR_LIMIT_SHARE * limit:
            continue
        above = people > limit
        fitting = max(1, int(NEAR_LIMIT_SHARE * limit) // shard.bridges.participants)
        yield Hit(
            subject.ceiling_key(position),
            f"{shard.bridges.ceiling} bridges x {shard.bridges.participants} = {people} participants in {shard.name}, "
            + (f"above the {limit}" if above else f"{people * 100 // limit} % of the {limit}")
            + f" that one prosody {beside} (signalling.participants); prosody is single-threaded, and a shard has one",
            f"{add}{'' if above else ' before this one grows'}, and limit each to {fitting} bridges",
            None if above else "info",
        )


@rule("system-pool-too-small", "warning")
def system_pool_too_small(subject: Subject) -> Iterator[Hit]:
    """The system pool cannot run all pods except media."""
    if not subject.config.cluster.owns_nodes:
        return
    pool = subject.config.cluster.system
    pods = list(system_pods(subject.config))
    room = allocatable(pool.node_type)
    needed = nodes_for(pods, room)
    if needed is None:
        largest = max(pods, key=lambda pod: (pod.memory_mib / room.memory_mib, pod.millicpu))
        yield Hit(
            "cluster.system.nodeType",
            f"a pod of {largest.millicpu} millicores and {largest.memory_mib} MiB does not fit on a "
            f"{pool.node_type}, which leaves {room.millicpu} and {room.memory_mib}: it stays Pending",
            "use a larger system.nodeType",
            "error",
        )
    elif needed > (maximum := system_max(subject.config)):
        yield Hit(
            "cluster.system.max",
            f"{len(pods)} pods with {sum(pod.millicpu for pod in pods)} millicores and "
            f"{sum(pod.memory_mib for pod in pods)} MiB (web at its maximum) need {needed} {pool.node_type}, above "
            f"max {maximum}: the last web pods stay Pending",
            f"raise cluster.system.max to {needed}, remove it, or use a larger nodeType",
        )


@rule("web-needs-metrics-server", "info")
def web_needs_metrics_server(subject: Subject) -> Iterator[Hit]:
    """Web scales on CPU, which requires metrics-server."""
    if subject.kapsule or not any(signalling_size(shard, subject.config.web).web_scales for shard in subject.shards):
        return
    yield Hit(
        "web.maxReplicas",
        "web scales on CPU, as reported by metrics-server; without it web stays at web.replicas "
        f"({subject.config.web.replicas})",
        "no action with metrics-server (kubectl top pods answers); without it set web.replicas for the busiest hour",
    )


@rule("growth-restarts-signalling", "info")
def growth_restarts_signalling(subject: Subject) -> Iterator[Hit]:
    """Raising `max` by one bridge resizes and restarts prosody."""
    for position, shard in enumerate(subject.shards):
        bridges = shard.bridges
        people = bridges.ceiling * bridges.participants
        now, then = size_class(people), size_class(people + bridges.participants)
        if shard.state != "active" or shard.sized_for is not None or now == then:
            continue
        yield Hit(
            "signalling.sizedFor",
            f"{shard.name} is sized for {now} participants, exactly {bridges.ceiling} bridges x "
            f"{bridges.participants}: one more bridge in {subject.ceiling_key(position)} restarts its prosody and "
            "jicofo, and ends its meetings",
            f"set signalling.sizedFor: {then} before the stack is in use, or raise max while there are no meetings",
        )


@rule("signalling-undersized", "warning")
def signalling_undersized(subject: Subject) -> Iterator[Hit]:
    """Prosody and jicofo are sized for fewer participants than the bridges carry."""
    if not subject.shards or (sized := subject.shards[0].sized_for) is None:
        return
    largest = max(map(shard_capacity, subject.shards), key=lambda capacity: capacity.participants)
    people, bridges, covered = largest.participants, largest.shard.bridges, size_class(sized)
    if people > covered:
        yield Hit(
            "signalling.sizedFor",
            f"{sized} sizes prosody for {covered} participants, but {bridges.ceiling} bridges x "
            f"{bridges.participants} of {largest.shard.name} carry {people}: its limit is "
            f"{prosody_size(covered).memory_mib} MiB instead of {prosody_size(size_class(people)).memory_mib}, and "
            "exceeding it ends every meeting of the shard",
            f"set signalling.sizedFor: {people} or more, or remove it; either restarts prosody and jicofo once",
        )


@rule("plugin-not-loaded", "warning")
def plugin_not_loaded(subject: Subject) -> Iterator[Hit]:
    """No variable loads a module of prosody that the stack file brings."""
    env = subject.config.env.prosody
    loaded = {each for name in MODULE_LISTS for each in str(env.get(name, "")).split(",")}
    for file in subject.config.signalling.plugins:
        name = file.removesuffix(".lua").removeprefix("mod_")
        if file.startswith("mod_") and not file.endswith(".lib.lua") and name not in loaded:
            yield Hit(
                f"signalling.plugins.{file}",
                f"is mounted, but prosody loads no module {name}: it does nothing",
                f"set env.prosody.XMPP_MUC_MODULES: {name} for a module of rooms, or XMPP_MODULES for one of the host",
            )


MODULE_LISTS = ("XMPP_MODULES", "XMPP_MUC_MODULES", "XMPP_INTERNAL_MUC_MODULES", "GLOBAL_MODULES")
"""Variables of the image with modules to load, by where."""
