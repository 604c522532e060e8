"""Rules about passwords that two sides share: both read the same secret."""

from collections.abc import Iterator
from dataclasses import dataclass

from plan.diff.fleet import component_of, instance_of
from plan.findings.rule import Hit, rule
from plan.recorder import SECRET_KEYS, Resource
from plan.resources.made import Resources
from plan.resources.secret_references import Reference, references, secrets
from plan.resources.selection import namespace_of
from plan.wire import property_path
from sizing.parts import COTURN, COTURN_UDP, JIBRI, JICOFO, JIGASI, JVB, NAMED, PROSODY, TRANSCRIBER, VISITORS

LOGINS: dict[str, tuple[str, ...]] = {
    JVB.name: ("JVB_AUTH_PASSWORD",),
    JICOFO.name: ("JICOFO_AUTH_PASSWORD",),
    VISITORS.name: ("JVB_AUTH_PASSWORD", "JICOFO_AUTH_PASSWORD"),
    JIBRI.name: ("JIBRI_XMPP_PASSWORD", "JIBRI_RECORDER_PASSWORD"),
    JIGASI.name: ("JIGASI_XMPP_PASSWORD",),
    TRANSCRIBER.name: ("JIGASI_XMPP_PASSWORD", "JIGASI_TRANSCRIBER_PASSWORD"),
}
"""Component -> variables with the passwords by which it logs in at prosody, which reads the same variables."""
TURN = "TURN_CREDENTIALS"
"""Variable of prosody: the key by which it signs what coturn checks."""
DERIVED = frozenset({TURN, *(name for names in LOGINS.values() for name in names)})
OWN_TO_SHARD = ("JVB_AUTH_PASSWORD", "JICOFO_AUTH_PASSWORD")


@dataclass(frozen=True, slots=True)
class Value:
    """A key of a Secret. `digest` is empty where nothing is known of its text, as in the engine."""

    secret: str
    key: str
    digest: str = ""

    def equals(self, other: "Value") -> bool:
        """Whether both have the same text, as far as is known."""
        if (self.secret, self.key) == (other.secret, other.key):
            return True
        return self.digest == other.digest if self.digest and other.digest else self.key == other.key

    def __str__(self) -> str:
        return f"{self.key} of {self.secret}"


def _value(stack: Resources, reference: Reference) -> Value:
    secret = secrets(stack).get((namespace_of(reference.workload), reference.secret))
    return Value(reference.secret, reference.key, _digest(secret, reference.key) if secret else "")


def _digest(secret: Resource, key: str) -> str:
    return next((mark for part in SECRET_KEYS if (mark := secret.secret_marks.get(property_path((part, key))))), "")


@rule("password-sides-differ", "error")
def password_sides_differ(stack: Resources) -> Iterator[Hit]:
    """Two sides of a login or a signature do not read the same secret."""
    read: dict[str, dict[str, Value]] = {}
    for each in references(stack):
        if each.variable:
            read.setdefault(each.workload.name, {})[each.variable] = _value(stack, each)
    pods = [workload for workload, _ in stack.workloads if component_of(workload) in NAMED]
    servers = [workload for workload in pods if component_of(workload) == PROSODY.name]
    for client in pods:
        names = LOGINS.get(component_of(client), ())
        per_shard = NAMED[component_of(client)].per_shard
        for server in servers:
            if not per_shard or instance_of(server) == instance_of(client):
                yield from _login(client, server, names, read)
    if any(component_of(workload) in (COTURN.name, COTURN_UDP.name) for workload in pods):
        keys = [(server, read.get(server.name, {}).get(TURN)) for server in servers]
        for server, value in keys:
            first = next((other for _, other in keys if other), None)
            if value is None or (first and not value.equals(first)):
                yield _differ(
                    server, f"{TURN} is {value or 'not from a Secret'}, and coturn checks with {first or 'its key'}"
                )


def _login(
    client: Resource, server: Resource, names: tuple[str, ...], read: dict[str, dict[str, Value]]
) -> Iterator[Hit]:
    for name in names:
        own, right = read.get(client.name, {}).get(name), read.get(server.name, {}).get(name)
        if own is None or right is None:
            side = client if own is None else server
            yield _differ(
                side, f"{name} is not from a Secret in {side.name}, and {client.name} logs in at {server.name} with it"
            )
        elif not own.equals(right):
            yield _differ(client, f"{name} is {own} in {client.name}, and {right} in {server.name}")


def _differ(where: Resource, fault: str) -> Hit:
    return Hit(
        f"{where.name}.spec.template.spec.containers",
        f"{fault}: prosody or coturn refuses the login, and meetings have no media, recording or telephone",
        "take the variable from the same Secret and key on both sides",
    )


@rule("password-shared", "error")
def password_shared(stack: Resources) -> Iterator[Hit]:
    """Two accounts have the same password."""
    owners: dict[str, tuple[Resource, str]] = {}
    for secret in stack.of("Secret"):
        marks = {_key(path): mark for path, mark in secret.secret_marks.items()}
        for key, mark in sorted((key, marks[key]) for key in DERIVED.intersection(marks)):
            first = owners.setdefault(mark, (secret, key))
            if first != (secret, key) and (first[1] != key or key in OWN_TO_SHARD):
                yield Hit(
                    secret.name,
                    f"{key} is the same as {first[1]} of {first[0].name}: who learns one logs in as both",
                    "derive each password from a name of its own",
                )


def _key(path: str) -> str:
    """The key of a Secret in a path such as `stringData.A` or `stringData["tls.crt"]`."""
    return path.partition("[")[2].strip('"]') if "[" in path else path.partition(".")[2]
