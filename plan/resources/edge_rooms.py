"""Rules about rooms at the edge: one room on one shard, every shard reachable, and tables that all HAProxies share."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from plan.diff.fleet import component_of, instance_of, object_name
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.resources.edge import Edge, edges
from plan.resources.haproxy_cfg import Section, Server
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from sizing.addresses import service_host
from sizing.parts import HAPROXY, JICOFO, PROSODY, VISITORS, WEB

ROUTED = {"signalling": PROSODY, "focus": JICOFO, "bridges": JICOFO, "web": WEB}
"""Backend -> the part that each shard has in it."""
_NUMBER = re.compile(r"(?<![\w.])(?:int\((\d+)\)|-m int (\d+)(?=\s|$)|concat\(:(\d+)\))")


def numbers(edge: Edge) -> dict[str, str]:
    """Shard -> its number, which the room table keeps."""
    servers = edge.section("backend", "signalling").servers
    return {
        server.name: number for server in servers if (number := server.option("id")) and "track" not in server.options
    }


@rule("edge-shard-unreachable", "error")
def edge_shard_unreachable(stack: Resources) -> Iterator[Hit]:
    """A shard is missing among HAProxy's servers, or its server has a wrong address, number or check."""
    for edge in edges(stack):
        known = numbers(edge)
        for backend, part in ROUTED.items():
            section = edge.section("backend", backend)
            services = {instance_of(each): each for each in stack.of("Service") if component_of(each) == part.name}
            shards = {instance_of(each) for each, _ in stack.workloads if component_of(each) == part.name}
            servers = {server.name: server for server in section.servers if not _is_visitors(server)}
            faults = [f"{shard} is no server" for shard in sorted(shards - set(servers))]
            faults += [f"server {name} belongs to no shard" for name in sorted(set(servers) - shards)]
            faults += [
                fault
                for name, server in servers.items()
                if name in shards and name in services
                for fault in _server_faults(
                    section,
                    server,
                    f"{service_host(object_name(services[name]), namespace_of(services[name]), edge.stack.config.cluster.domain)}:{part.port('http')}",
                    known,
                )
            ]
            if not section.after("option httpchk"):
                faults.append("servers are not checked with option httpchk")
            faults += [
                line
                for line in section.lines
                if re.search(r"(?:^| )(?:disabled|no-check|init-state down)(?= |$)", line) and " track " not in line
            ]
            for fault in faults:
                yield Hit(
                    edge.where,
                    f"backend {backend}: {fault}: rooms of that shard cannot be joined, or end on another one",
                    "give each shard one checked server with the address of its Service and the shard's number as id",
                )


def _is_visitors(server: Server) -> bool:
    return server.host.startswith(f"{VISITORS.name}-")


def _server_faults(section: Section, server: Server, right: str, known: dict[str, str]) -> Iterator[str]:
    if server.address != right:
        yield f"server {server.name} is {server.address}, not {right}"
    if server.option("id") != known.get(server.name):
        yield f"server {server.name} has id {server.option('id')}, not {known.get(server.name)} as in backend signalling"
    checked = "check" in server.options or any("check" in line.split() for line in section.after("default-server"))
    if not checked or "no-check" in server.options:
        yield f"server {server.name} has no check"


@rule("edge-room-split", "error")
def edge_room_split(stack: Resources) -> Iterator[Hit]:
    """HAProxy may send participants of one room to different shards."""
    for edge in edges(stack):
        for fault in (*_choice_faults(edge), *_number_faults(edge), *_unequal(edge)):
            yield Hit(
                edge.where,
                f"{fault}: participants of one room may meet on different shards",
                "route by the room's entry in the table, else by its hash, in the same way for every shard",
            )


def _choice_faults(edge: Edge) -> Iterator[str]:
    section = edge.section("backend", "signalling")
    needed = {
        "http-request set-var(txn.room) url_param(room),lower": "the room is not read from the parameter `room`",
        "http-request set-var(txn.key) var(txn.tenant),concat(/,txn.room),sha1 if named": "the key is not tenant and room",
        "http-request set-var(txn.pin) var(txn.key),table_gpt0(rooms) if named": "open rooms are not looked up",
        "http-request lua.settle if named { var(txn.key),table_gpt0(rooms) -m int 0 }": "a new process does not wait for open rooms",
        "http-request set-var(txn.shard) var(txn.kept)": "an open room does not keep its shard",
        "http-request track-sc1 var(txn.key) table rooms if named": "rooms are not kept in the table",
        "http-request sc-set-gpt0(1) var(txn.shard) if named undecided { var(txn.shard) -m int gt 0 }": "the choice is not kept",
        "no option redispatch": "a failed server is replaced by another shard",
    }
    yield from (fault for line, fault in needed.items() if line not in section.lines)
    defaults = " ".join(section.after("default-server")).split()
    if "on-marked-down shutdown-sessions" not in " ".join(defaults):
        yield "websockets stay on a shard that is gone, and its rooms re-form elsewhere"
    if "weight 0" not in " ".join(defaults):
        yield "servers have a weight, so HAProxy balances where no shard is chosen"
    for shard, number in numbers(edge).items():
        if f"use-server {shard} if {{ var(txn.shard) -m int {number} }}" not in section.lines:
            yield f"number {number} does not choose server {shard}"
    if len(set(numbers(edge).values())) < len(numbers(edge)):
        yield "two servers share a number"


def _number_faults(edge: Edge) -> Iterator[str]:
    """Lines that name one shard and the number of another."""
    known = numbers(edge)
    for section in (edge.section("backend", "signalling"), edge.section("frontend", "shards")):
        for line in section.lines:
            named = {shard for shard in known if re.search(rf"/{re.escape(shard)}[)\s]", line)}
            marks = {number for match in _NUMBER.finditer(line) for number in match.groups() if number}
            if len(named) == 1 and (other := marks - {"0", known[min(named)]}) and "concat" not in line:
                yield f"`{line}` has the number {', '.join(sorted(other))}, and {min(named)} is {known[min(named)]}"


def _unequal(edge: Edge) -> Iterator[str]:
    """Shards of the same state and weight for which the configuration has not the same lines."""
    names = [*ROUTED, "pulse"]
    routing = [edge.section("frontend", "shards"), *(edge.section("backend", name) for name in names)]
    shapes = {
        shard: {shape for section in routing for line in section.lines if (shape := pattern.sub("@", line)) != line}
        for shard, number in numbers(edge).items()
        for pattern in [_marks_of(shard, number)]
    }
    groups: dict[tuple[object, ...], list[str]] = {}
    for shard in edge.stack.config.resolved:
        if shard.name in shapes:
            groups.setdefault((shard.state, shard.weight), []).append(shard.name)
    for alike in groups.values():
        usual = Counter(line for name in alike for line in shapes[name])
        for name in alike:
            missing = [line for line, count in usual.items() if count * 2 >= len(alike) and line not in shapes[name]]
            yield from (f"`{line.replace('@', '…')}` is missing for {name}" for line in missing)


def _marks_of(shard: str, number: str) -> re.Pattern[str]:
    """The shard's name, number and bit in a line."""
    bit = 1 << (int(number) - 1) if number.isdigit() else 0
    return re.compile(
        rf"(?<![\w-]){re.escape(shard)}(?!\w)|(?<=[-.]){re.escape(shard)}(?=[-.])|(?<=and\(){bit}(?=\))|(?<=,or\(){bit}(?=\))"
        rf"|(?<=int\(){number}(?=\))|(?<=-m int ){number}(?=\s)|(?<=xxh32\(){number}(?=\))|(?<=concat\(:){number}(?=\))"
        rf"|(?:(?<=xxh32\(\d)|(?<=xxh32\(\d\d)){number:0>2}(?=\))"  # further draws of a weight are 100 apart
        rf"|(?<= id ){number}(?=(?:\d{{3}})?(?:\s|$))"
    )


@rule("edge-peers-differ", "error")
def edge_peers_differ(stack: Resources) -> Iterator[Hit]:
    """HAProxy's peers are not exactly its pods, so their tables differ."""
    for edge in edges(stack):
        if edge.workload is None:
            continue
        workload, _ = edge.workload
        replicas = at(workload.properties, "spec", "replicas")
        pods = [f"{object_name(workload)}-{number}" for number in range(replicas if isinstance(replicas, int) else 1)]
        section = edge.section("peers", "haproxies")
        for fault in (*_peer_faults(edge, section, pods), *_pod_faults(edge)):
            yield Hit(
                edge.where,
                f"peers haproxies: {fault}: HAProxies do not learn each other's rooms, which then split",
                "list each pod of the StatefulSet with the address of its own Service",
            )


def _peer_faults(edge: Edge, section: Section, pods: list[str]) -> Iterator[str]:
    port = HAPROXY.port("peers")
    if [bind.port for bind in section.binds] != [port]:
        yield f"does not listen on TCP {port}"
    remote = {server.name: server for server in section.servers if server.address}
    local = {server.name for server in section.servers if not server.address}
    for name in sorted(set(remote) ^ set(pods)) or sorted(local ^ set(pods)):
        yield f"{name} is {'no peer' if name in pods else 'a peer and no pod'}"
    agreed = set(
        re.findall(r"str\(([\w-]+)\),in_table\(takers\)", "\n".join(edge.section("backend", "signalling").lines))
    )
    for name in sorted(agreed ^ set(pods)):
        yield f"{name} is {'not asked' if name in pods else 'asked'} for the shards that take rooms"
    for name in pods:
        conditional = [f'.if streq("$POD_NAME",{name})', f"server {name}", ".else"]
        at_name = [section.lines[n : n + 3] for n, line in enumerate(section.lines) if line == conditional[0]]
        if at_name != [conditional]:
            yield f"{name} is not its own local peer"
        server = remote.get(name)
        service = edge.service_at(server.host) if server else None
        if server and (service is None or server.port != str(port)):
            yield f"{name} is reached at {server.address}, which is no Service for TCP {port}"
        elif service is not None:
            spec = mapping(service.properties, "spec")
            if mapping(spec, "selector").get("statefulset.kubernetes.io/pod-name") != name:
                yield f"the Service {object_name(service)} does not select {name}"
            if spec.get("publishNotReadyAddresses") is not True:
                yield f"the Service {object_name(service)} hides {name} until it is Ready, for which it waits for its peers"


def _pod_faults(edge: Edge) -> Iterator[str]:
    box = edge.container
    words = [*texts(box, "command"), *texts(box, "args")]
    names = [each for each in mappings(box, "env") if each.get("name") == "POD_NAME"]
    if edge.workload and not edge.workload[0].type.endswith(":StatefulSet"):
        yield "the pods' names are not stable"
    if ("-L", "$(POD_NAME)") not in pairwise(words):
        yield "HAProxy does not call itself by its pod's name (-L)"
    if [at(each, "valueFrom", "fieldRef", "fieldPath") for each in names] != ["metadata.name"]:
        yield "POD_NAME is not the pod's name"
