"""Rules about certificates of the edge, and about what HAProxy itself exposes."""

import zlib
from collections.abc import Iterator
from typing import Any

from plan.diff.fleet import component_of, object_name
from plan.diff.paths import at, mapping, mappings, texts
from plan.findings.rule import Hit, rule
from plan.recorder import Resource
from plan.resources.edge import HTTPS, Edge, edges, variables
from plan.resources.made import Resources
from sizing.parts import HAPROXY, PROSODY

DIRECTORY = {
    False: "https://acme-v02.api.letsencrypt.org/directory",
    True: "https://acme-staging-v02.api.letsencrypt.org/directory",
}
"""Let's Encrypt's directories, by `ingress.tls.staging`."""
KEY_SIZES = {"ECDSA": (256, 384), "RSA": (2048, 3072, 4096)}
"""Keys that Let's Encrypt signs."""


@rule("edge-certificate-differs", "error")
def edge_certificate_differs(stack: Resources) -> Iterator[Hit]:
    """The certificate that HAProxy loads lacks a host name, or nobody issues it."""
    for edge in edges(stack):
        hosts = _hosts(edge)
        for fault in (*_mount_faults(edge), *_issue_faults(edge, hosts), *_route_faults(edge), *_turn_faults(edge)):
            yield Hit(
                edge.where,
                f"{fault}: browsers warn of the certificate, or it cannot be renewed",
                "issue a certificate for each host name into a Secret that HAProxy mounts at /tls/issued",
            )


def _hosts(edge: Edge) -> set[str]:
    """The host names by which clients reach the edge over TLS: the domain and those that lead to it, and TURN's name that prosody announces."""
    config = edge.stack.config
    return {config.domain, *config.hosts, *_turn_hosts(edge)}


def _turn_hosts(edge: Edge) -> set[str]:
    """TURN's name that prosody announces; none with servers of others, which the edge does not serve."""
    hosts = set[str]()
    if edge.stack.config.turn and edge.stack.config.turn.servers:
        return hosts
    for workload, spec in edge.stack.workloads:
        host = variables(spec).get("TURNS_HOST") if component_of(workload) == PROSODY.name else None
        hosts |= {host} if isinstance(host, str) else set()
    return hosts


def _folders(edge: Edge) -> dict[str, dict[str, dict[str, Any]]]:
    """Path -> name of each Secret there -> its source, of HAProxy's container."""
    spec, box = edge.workload[1] if edge.workload else {}, edge.container
    volumes = {each.get("name"): _sources(each) for each in mappings(spec, "volumes")}
    mounts = [(each.get("mountPath"), volumes.get(each.get("name"))) for each in mappings(box, "volumeMounts")]
    return {str(path): sources for path, sources in mounts if sources}


def _sources(volume: dict[str, Any]) -> dict[str, dict[str, Any]]:
    own, projected = mapping(volume, "secret"), mappings(volume, "projected", "sources")
    parts = {str(source.get("name")): source for each in projected if (source := mapping(each, "secret"))}
    return {str(own.get("secretName")): own} if own else parts


def _mount_faults(edge: Edge) -> Iterator[str]:
    if edge.workload is None:
        return
    folders, issued = _folders(edge), _issued(edge)
    for bind in edge.binds_behind(HTTPS):
        paths = [path.rstrip("/") for word, path in zip(bind.options, bind.options[1:], strict=False) if word == "crt"]
        for path in paths:
            if path not in folders:
                yield f"{bind.section.name} loads {path}, where no Secret is mounted"
        first = next((set(folders[path]) for path in paths if path in folders), set(issued))
        if first != set(issued):
            yield f"{bind.section.name} loads {', '.join(sorted(first))} first, not {', '.join(issued)}"
    reload = next((each for each in mappings(edge.workload[1], "containers") if each.get("name") == "reload"), {})
    seen = {each.get("mountPath") for each in mappings(reload, "volumeMounts")}
    if missing := sorted(set(folders) - seen):
        yield f"the sidecar that reloads HAProxy does not see {', '.join(missing)}"
    rendered = {object_name(each) for each in edge.stack.of("Secret")}
    for path, sources in folders.items():
        stems = list[str]()
        for name, source in sources.items():
            files = {str(each.get("key")): str(each.get("path")) for each in mappings(source, "items")}
            stem = files.get("tls.crt", "tls.crt").removesuffix(".crt")
            stems.append(stem)
            wrong = files and files != {f"tls.{kind}": f"{stem}.{kind}" for kind in ("crt", "key")}
            if wrong or (not files and name in issued):
                listed = ", ".join(f"{key} as {file}" for key, file in files.items())
                yield f"{path} has {listed or 'all files, also ca.crt'} of {name}, and HAProxy needs a key for each file"
            if name in issued and name not in rendered and source.get("optional") is not True:
                yield f"{path} is not optional: HAProxy does not start before {name} exists, and no challenge is answered"
        if double := sorted({stem for stem in stems if stems.count(stem) > 1}):
            yield f"{path} has {', '.join(double)} from several Secrets, of which one stays unseen"


def _issued(edge: Edge) -> tuple[str, ...]:
    """The Secrets that hold the certificates for browsers, by what issues them."""
    tls = edge.stack.config.ingress.tls
    if tls.secret_name:
        return (tls.secret_name,)
    if certificates := edge.stack.of("Certificate"):
        return tuple(sorted(str(at(each.properties, "spec", "secretName")) for each in certificates))
    own = [each for each in edge.stack.of("Secret") if component_of(each) == HAPROXY.name]
    return tuple(name for name in map(object_name, own) if "fallback" not in name)[:1]


def _issue_faults(edge: Edge, hosts: set[str]) -> Iterator[str]:
    tls, certificates = edge.stack.config.ingress.tls, edge.stack.of("Certificate")
    if tls.mode != "letsEncrypt":
        return
    certified = {name for each in certificates for name in texts(each.properties, "spec", "dnsNames")}
    if missing := sorted(hosts - certified):
        yield f"tls.mode is letsEncrypt, and there is no Certificate for {', '.join(missing)}"
    secrets = [at(each.properties, "spec", "secretName") for each in certificates]
    for certificate in certificates:
        spec = mapping(certificate.properties, "spec")
        names = texts(spec, "dnsNames")
        if len(names) > 1:
            yield f"{certificate.name} is for {', '.join(names)}: one that cannot be proved keeps the others without"
        if other := sorted(set(names) - hosts):
            yield f"{certificate.name} names {', '.join(other)}, which does not lead to the edge"
        if secrets.count(spec.get("secretName")) > 1:
            yield f"{certificate.name} shares the Secret {spec.get('secretName')} with another Certificate, which overwrites it"
        key = mapping(spec, "privateKey")
        if key.get("size") not in KEY_SIZES.get(str(key.get("algorithm", "RSA")), ()):
            yield f"{certificate.name} has a {key.get('algorithm', 'RSA')} key of {key.get('size', 'no set')} bits, which browsers refuse or find weak"
        if key.get("rotationPolicy") != "Always":
            yield f"{certificate.name} keeps its key when it is renewed"
        reference = mapping(spec, "issuerRef")
        issuers = [
            each
            for each in edge.stack.of(str(reference.get("kind", "Issuer")))
            if object_name(each) == reference.get("name")
        ]
        if not issuers:
            yield f"{certificate.name} asks the {reference.get('kind')} {reference.get('name')}, which does not exist"
        for issuer in issuers:
            server = at(issuer.properties, "spec", "acme", "server")
            if server != DIRECTORY[tls.staging]:
                yield f"{issuer.name} orders from {server}, not from {DIRECTORY[tls.staging]}"
            if at(issuer.properties, "spec", "acme", "email") != tls.email:
                yield f"{issuer.name} does not give Let's Encrypt the address of tls.email"
            yield from _solver_faults(issuer)


def _solver_faults(issuer: Resource) -> Iterator[str]:
    if not mappings(issuer.properties, "spec", "acme", "solvers"):
        yield f"{issuer.name} has no solver"
    if not at(issuer.properties, "spec", "acme", "privateKeySecretRef", "name"):
        yield f"{issuer.name} keeps no key of its account"
    for solver in mappings(issuer.properties, "spec", "acme", "solvers"):
        ingress = mapping(solver, "http01", "ingress")
        if ingress.get("serviceType") != "ClusterIP":
            yield f"{issuer.name} opens a {ingress.get('serviceType', 'NodePort')} for each challenge"
        if (ingress.get("ingressClassName") or ingress.get("class")) != "none":
            yield f"{issuer.name} lets another ingress controller answer"


def _route_faults(edge: Edge) -> Iterator[str]:
    """Challenges that do not reach the solver of their host."""
    for certificate in edge.stack.of("Certificate"):
        for host in texts(certificate.properties, "spec", "dnsNames"):
            servers = edge.section("backend", f"acme-{host}").servers
            routed = [
                line
                for section in edge.public_frontends
                for line in section.after("use_backend")
                if line == f"acme-{host} if acme !{{ ssl_fc }} {{ req.hdr(host),field(1,:) -i {host} }}"
            ]
            service = edge.service_at(servers[0].host) if servers else None
            selector = mapping(service.properties, "spec", "selector") if service else {}
            ports = [
                each.get("port")
                for each in (mappings(service.properties, "spec", "ports") if service else [])
                if each.get("protocol", "TCP") == "TCP"
            ]
            if not routed or service is None:
                yield f"challenges for {host} reach no solver"
            elif selector.get("acme.cert-manager.io/http-domain") != str(zlib.adler32(str(host).encode())):
                yield f"{service.name} selects the solver of another host than {host}"  # pkg/issuer/acme/http/pod.go
            elif int(servers[0].port) not in ports:
                yield f"{service.name} has no port TCP {servers[0].port}"


def _turn_faults(edge: Edge) -> Iterator[str]:
    """TURN's host name, which splits TURN from HTTPS, differs from the one that prosody announces."""
    names = _turn_hosts(edge)
    conditions = [f"to-turns if {{ req.ssl_sni -i {name} }}" for name in sorted(names)]
    splits = [line for section in edge.frontends if section.is_tcp for line in section.after("use_backend")]
    if sorted(splits) != conditions:
        yield f"TLS is split by `{', '.join(splits) or 'nothing'}`, and prosody announces {', '.join(names) or 'no TURN host'}"


@rule("edge-internals-exposed", "error")
def edge_internals_exposed(stack: Resources) -> Iterator[Hit]:
    """HAProxy's admin socket, metrics or internal listeners are reachable, or a listener is in no plan."""
    for edge in edges(stack):
        for fault in (*_socket_faults(edge), *_bind_faults(edge)):
            yield Hit(
                edge.where,
                f"{fault}: whoever reaches it reads the rooms, or stops HAProxy",
                "keep the admin socket a file of mode 600, and metrics and health on the stats port",
            )


def _socket_faults(edge: Edge) -> Iterator[str]:
    for section in edge.sections:
        for text in section.after("stats socket"):
            words = text.split()
            mode = words[words.index("mode") + 1] if "mode" in words[:-1] else "none"
            if not words[0].startswith("/") or mode != "600":
                yield f"the admin socket is {words[0]} with mode {mode}"
        for line in section.lines:
            if line.startswith(("stats enable", "stats uri", "stats admin", "stats auth")):
                yield f"{section.kind} {section.name} has `{line}`"
    words = [*texts(edge.container, "command"), *texts(edge.container, "args")]
    if "-S" in words:
        yield "the master's command line listens (-S)"


def _bind_faults(edge: Edge) -> Iterator[str]:
    numbers = {port.number: port.name for port in HAPROXY.opens}
    for bind in (bind for section in edge.sections for bind in section.binds):
        name = numbers.get(bind.port) if bind.port else None
        if bind.address.startswith("unix@"):
            if bind.option("mode") != "600":
                yield f"the socket {bind.address} has mode {bind.option('mode')}"
        elif name is None:
            yield f"{bind.section.kind} {bind.section.name} listens on {bind.address}, which is no port of HAProxy"
        elif name == "shards" and not bind.is_internal:
            yield f"frontend {bind.section.name} listens on {bind.address}, and only HAProxy itself may ask it"
    for name in ("stats", "peers", "shards"):
        if HAPROXY.port(name) in edge.public_ports.values():
            yield f"the public Service leads to TCP {HAPROXY.port(name)} ({name})"
    stats = edge.section("frontend", "stats").lines
    if not any("use-service prometheus-exporter if { path /metrics }" in line for line in stats) or stats[-1:] != [
        "http-request return status 404"
    ]:
        yield "the stats port does not answer /metrics, or answers more than health and metrics"
