"""Checks across keys that are valid on their own."""

from collections.abc import Iterator

from config import plugin_files, web_files
from config.bridges import check_node_ports
from config.model import in_zone, nearest
from config.passwords import password_names
from config.policy import RULE_NAMES
from config.problems import Problem
from config.recording import Recording
from config.release_checks import release_problems
from config.releases import in_other_set
from config.stack import StackConfig
from config.stack_schedule import room
from config.zone_checks import balancer_problems, elsewhere_problems, zone_problems


def stack_problems(config: StackConfig) -> Iterator[Problem]:
    """Yield the contradictions between keys of sections that are valid; none for a usable stack."""
    yield from _names_and_slots(config)
    if config.cluster.owns_nodes:
        yield from zone_problems(config)
    yield from elsewhere_problems(config)
    yield from balancer_problems(config)
    yield from _ports(config)
    yield from _visitors(config)
    yield from _stack_schedule(config)
    yield from _own_images(config)
    yield from _hosts(config)
    yield from plugin_files.problems(config.signalling)
    yield from _turn(config)
    yield from web_files.problems(config.web)
    yield from _monitoring(config)
    if config.recording:
        yield from _recording(config, config.recording)
    yield from release_problems(config)
    shards = [entry.name for entry in config.written_shards]
    names = password_names([*shards, *(in_other_set(shard, 0)[0] for shard in shards if config.release)])
    for name in sorted(set(config.secret_generations) - set(names)):
        yield Problem(f"secretGenerations.{name}", f"no derived password has this name; {nearest(name, names)}")
    yield from _rule_names(config)
    if config.dns_zone and not in_zone(config.domain, config.dns_zone):
        yield Problem(
            "domain",
            f"{config.domain} is not in dnsZone {config.dns_zone}; use a name in that zone, or remove dnsZone",
        )


def _rule_names(config: StackConfig) -> Iterator[Problem]:
    if not config.policy.rules:
        return
    for name in sorted(set(config.policy.rules) - set(RULE_NAMES)):
        yield Problem(f"policy.rules.{name}", f"no rule has this name; {nearest(name, RULE_NAMES)}")


def _turn(config: StackConfig) -> Iterator[Problem]:
    if config.turn is None:
        return
    if config.turn_host == config.domain:
        yield Problem(
            "turn.host",
            f"{config.domain} is the domain itself, but TURN and HTTPS share port 443 and differ only by host name; choose another, such as "
            f"turn.{config.domain}",
        )
    if config.turn_udp_host in config.edge_hosts:
        yield Problem(
            "turn.udp.host",
            f"{config.turn_udp_host} already resolves to the edge, which carries no UDP; choose a separate name, such as "
            f"turn-udp.{config.domain}",
        )
    if not config.cluster.is_kapsule and config.coturn and config.coturn.peers is None:
        yield Problem(
            "turn.peers",
            f"required with cluster kind {config.cluster.kind}, not set: coturn relays to the bridges' pods only, so it needs the cluster's pod "
            "range; for example peers: [10.244.0.0/16]",
        )


def _monitoring(config: StackConfig) -> Iterator[Problem]:
    watching = config.monitoring
    if watching.logs.to == "cockpit" and not config.cluster.is_kapsule:
        yield Problem(
            "monitoring.logs.to",
            f"cockpit is created at Scaleway, where a stack with cluster kind {config.cluster.kind} creates nothing; set to: loki, with the "
            "push address of a Loki",
        )
    if watching.alertmanager and not config.metrics.managed:
        yield Problem(
            "monitoring.alertmanager",
            f"{watching.alertmanager} receives alerts from the managed Prometheus only, and this stack runs none; configure it in your "
            "Prometheus and remove the key",
        )
    if watching.grafana == "managed" and not config.metrics.managed and not config.metrics.url:
        yield Problem(
            "monitoring.grafana",
            "managed needs a Prometheus, but this stack neither runs one nor names one in metrics.url; set "
            "metrics.adapter: prometheus, or grafana: existing",
        )
    if watching.probe and not config.is_watched:
        yield Problem(
            "monitoring.probe",
            f"{watching.probe} s with neither alerts nor dashboards: nothing would read the results; enable one of them, or check "
            "by hand with `make probe STACK=...` and remove the key",
        )
    if watching.grafana == "managed" and not watching.dashboards:
        yield Problem(
            "monitoring.grafana",
            "managed with dashboards: false would show nothing; set dashboards: true, or grafana: none",
        )


def _hosts(config: StackConfig) -> Iterator[Problem]:
    taken = {config.domain: "the domain itself, which needs no entry", config.turn_host: "turn.host"}
    for number, host in enumerate(config.hosts):
        if host in taken:
            yield Problem(f"hosts[{number}]", f"{host} is {taken[host]}; remove it, or choose another name")
        taken[host] = f"hosts[{number}] already"


def _own_images(config: StackConfig) -> Iterator[Problem]:
    """An own image is the same for all shards, whatever their release; a login is in one namespace."""
    if config.images.login and config.images.mirror and config.ingress.tls.cert_manager == "install":
        yield Problem(
            "images.login",
            f"makes a Secret in namespace {config.namespace}, and cert-manager's pods, which come from the mirror too, are in another; use "
            "pullSecret and make the Secret in both, or set ingress.tls.certManager: existing",
        )
    for number, shard in enumerate(config.shards):
        own = [name for name in config.images.own if name in ("web", "prosody", "jicofo", "jvb")]
        if own and shard.release not in (None, config.images.tag):
            yield Problem(
                config.release_key(number),
                f"{shard.release}, but images.{own[0]} is one image for all shards, and parts of a shard must be of one release; remove one of "
                "them",
            )


def _names_and_slots(config: StackConfig) -> Iterator[Problem]:
    names: dict[str, int] = {}
    slots: dict[int, str] = {}
    for position, entry in enumerate(config.shards):
        where = f"shards[{position}]"
        if entry.name in names:
            yield Problem(
                f"{where}.name",
                f"{entry.name} is already the name of shards[{names[entry.name]}]; choose another, as names are unique",
            )
        names.setdefault(entry.name, position)
        base, _, number = entry.name.rpartition("-")
        if number.isdigit() and any(base == other.name for other in config.shards):
            yield Problem(
                f"{where}.name",
                f"{entry.name} beside shard {base}: bridge {number} of {base} is named jvb-{entry.name}, like this shard's "
                f"bridges; choose a name that is not another shard's name with a number, such as {base}x{number}",
            )
        slot = entry.slot_at(position)
        if slot in slots:
            yield Problem(
                f"{where}.slot",
                f"slot {slot} of {entry.name} is already the slot of {slots[slot]}; set another slot for one of them",
            )
        slots.setdefault(slot, entry.name)


def _visitors(config: StackConfig) -> Iterator[Problem]:
    """Jicofo spreads visitors over bridges that relay to each other, whatever `relays` is set to."""
    for number, shard in enumerate(config.resolved):
        if config.visitors and not shard.bridges.relays:
            own = getattr(config.shards[number].bridges, "relays", None) is not None
            yield Problem(
                f"shards[{number}].bridges.relays" if own else "bridges.relays",
                f"false, but the visitors of a meeting are spread over several bridges, which must relay to each other; set "
                f"relays: true for shard {shard.name}, or remove visitors",
            )


def _stack_schedule(config: StackConfig) -> Iterator[Problem]:
    """Entries for the whole stack must fit on its active shards."""
    rooms = [room(shard) for shard in config.resolved if shard.state == "active"]
    for number, entry in enumerate(config.bridges.schedule):
        if (expected := entry.participants_of_stack) is not None and expected > sum(rooms):
            yield Problem(
                f"bridges.schedule[{number}].participantsOfStack",
                f"{expected} participants are more than the {sum(rooms)} for which {len(rooms)} active shards have bridges; raise max, "
                "or add a shard",
            )
    for number, shard in enumerate(config.shards):
        for place, entry in enumerate(getattr(shard.bridges, "schedule", None) or ()):
            if entry.participants_of_stack is not None:
                yield Problem(
                    f"shards[{number}].bridges.schedule[{place}].participantsOfStack",
                    "is for all shards, but this schedule is of one; use participants, or move the entry to bridges.schedule",
                )


def _recording(config: StackConfig, recording: Recording) -> Iterator[Problem]:
    if not config.cluster.is_kapsule and recording.endpoint is None:
        yield Problem(
            "recording.endpoint",
            f"required with cluster kind {config.cluster.kind}, which creates no bucket; set endpoint (for example "
            "https://s3.fr-par.scw.cloud) and the secrets recordingAccessKey and recordingSecretKey",
        )
    if config.metrics.adapter == "kubeMetrics" and recording.min < recording.idle:
        yield Problem(
            "recording.min",
            f"with metrics.adapter kubeMetrics, recorders scale on the share that is recording, which is 0 at rest, so min "
            f"{recording.min} must be at least idle ({recording.idle}); raise min, or set metrics.adapter: prometheus",
        )


def _ports(config: StackConfig) -> Iterator[Problem]:
    taken: dict[int, tuple[str, str]] = {}
    edge = {
        port: f"ingress.nodePorts.{key}"
        for balancer in range(len(config.ingress.zones or ("",)))
        for key, port in config.ingress.node_ports.named(balancer).items()
    }
    for number, shard in enumerate(config.resolved):
        if shard.bridges.layout != "nodePort":
            continue
        where = f"shards[{number}].bridges.firstPort" if shard.bridges.first_port else f"shards[{number}].slot"
        try:
            check_node_ports(shard.first_port, shard.bridges.ceiling)
        except ValueError as error:
            yield Problem(where, str(error))
            continue
        block = range(shard.first_port, shard.first_port + shard.bridges.ceiling)
        clashes = [port for port in block if port in taken]
        if clashes:
            other, other_block = taken[clashes[0]]
            yield Problem(
                where,
                f"shard {shard.name} needs UDP {block[0]}-{block[-1]} and shard {other} {other_block}: port {clashes[0]} would "
                f"belong to both; set firstPort {max(taken) + 1} or higher for {shard.name}, or lower max",
            )
        for port in (port for port in block if port in edge):
            yield Problem(
                edge[port],
                f"{port} is one of UDP {block[0]}-{block[-1]} of shard {shard.name}, and a NodePort has one owner whatever its "
                f"protocol; choose a port outside that range, or another firstPort for {shard.name}",
            )
        for port in block:
            taken.setdefault(port, (shard.name, f"{block[0]}-{block[-1]}"))
