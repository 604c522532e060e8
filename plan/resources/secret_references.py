"""Rules about references to Secrets: each resolves, and only the pods that need a secret read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from plan.diff.fleet import component_of, instance_of, object_name
from plan.diff.paths import at, mapping, mappings
from plan.findings.rule import Hit, rule
from plan.recorder import SECRET_KEYS, Resource
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from plan.wire import SECRET, UNKNOWN
from sizing.parts import JICOFO, JIGASI, JVB, NAMED, PROSODY, TRANSCRIBER, VISITORS

TLS_FILES = ("tls.crt", "tls.key")  # of a Secret of type kubernetes.io/tls
OTHERS_BITS = 0o007
DEFAULT_MODE = 0o644  # of a Secret's files, where the volume says nothing


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of a Secret by a pod. `key` is empty for the whole Secret, `variable` for a file."""

    workload: Resource
    path: str
    secret: str
    key: str = ""
    variable: str = ""

    @property
    def where(self) -> str:
        """Where findings point."""
        return f"{self.workload.name}.spec.template.spec.{self.path}"


def containers(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each container with its place."""
    for kind in ("containers", "initContainers"):
        yield from ((f"{kind}[{number}]", box) for number, box in enumerate(mappings(spec, kind)))


def references(stack: Resources) -> Iterator[Reference]:
    """Every reference of a workload's pods."""
    for workload, spec in stack.workloads:
        for path, box in containers(spec):
            for entry in mappings(box, "env"):
                if ref := mapping(entry, "valueFrom", "secretKeyRef"):
                    place = f"{path}.env[{entry.get('name')}]"
                    yield Reference(workload, place, str(ref.get("name")), str(ref.get("key")), str(entry.get("name")))
            for entry in mappings(box, "envFrom"):
                if ref := mapping(entry, "secretRef"):
                    yield Reference(workload, f"{path}.envFrom", str(ref.get("name")))
        for volume in mappings(spec, "volumes"):
            sources = [(mapping(volume, "secret"), "secretName")]
            sources += [(mapping(each, "secret"), "name") for each in mappings(volume, "projected", "sources")]
            for source, name in sources:
                keys = _keys(spec, volume, source)
                place = f"volumes[{volume.get('name')}]"
                yield from (Reference(workload, place, str(source.get(name)), key) for key in keys if source)
        for entry in mappings(spec, "imagePullSecrets"):
            yield Reference(workload, "imagePullSecrets", str(entry.get("name")))


def _keys(spec: dict[str, Any], volume: dict[str, Any], source: dict[str, Any]) -> list[str]:
    """Keys that a volume needs: its items, else the single files that are mounted, else all."""
    items = [str(each.get("key")) for each in mappings(source, "items")]
    mounts = [
        each
        for _, box in containers(spec)
        for each in mappings(box, "volumeMounts")
        if each.get("name") == volume.get("name")
    ]
    return items or [str(each.get("subPath") or "") for each in mounts] or [""]


def secrets(stack: Resources) -> dict[tuple[str, str], Resource]:
    """Namespace and name -> Secret."""
    return {(namespace_of(each), object_name(each)): each for each in stack.of("Secret")}


def keys_of(secret: Resource) -> set[str]:
    """Keys of a Secret."""
    return {key for part in SECRET_KEYS for key in mapping(secret.properties, part)}


def outside(stack: Resources) -> set[str]:
    """Secrets that others make: the operator's own, which keys name, and those of cert-manager."""
    config = stack.config
    named = (
        config.ingress.tls.secret_name,
        config.images.pull_secret,
        config.metrics.token_secret,
        config.metrics.ca_secret,
    )
    own = {name for name in named if name}
    issued = {str(at(each.properties, "spec", "secretName")) for each in stack.of("Certificate")}
    return own | issued


@rule("secret-unresolved", "error")
def secret_unresolved(stack: Resources) -> Iterator[Hit]:
    """A pod refers to a Secret or a key that does not exist."""
    known, made_outside = secrets(stack), outside(stack)
    for each in references(stack):
        secret = known.get((namespace_of(each.workload), each.secret))
        if each.secret in (UNKNOWN, SECRET) or (secret is None and each.secret in made_outside):
            continue
        if secret is None:
            yield _unresolved(
                each.where, f"names the Secret {each.secret}, which does not exist in {namespace_of(each.workload)}"
            )
        elif each.key and each.key not in keys_of(secret) | {UNKNOWN}:
            yield _unresolved(
                each.where,
                f"names the key {each.key} of {each.secret}, which has {', '.join(sorted(keys_of(secret))) or 'none'}",
            )
        elif each.variable and each.variable in keys_of(secret) and each.key != each.variable:
            yield _unresolved(each.where, f"takes {each.key} of {each.secret}, which has the key {each.variable}")
    for (_, name), secret in known.items():
        if secret.properties.get("type") == "kubernetes.io/tls" and not keys_of(secret).issuperset(TLS_FILES):
            yield _unresolved(
                secret.name,
                f"is a TLS Secret and has {', '.join(sorted(keys_of(secret))) or 'no key'}, not {' and '.join(TLS_FILES)}",
            )
        if name in made_outside and secret.properties.get("type") is not None and stack.of("Certificate"):
            yield _unresolved(secret.name, f"is {name}, which cert-manager writes: both overwrite each other")


def _unresolved(where: str, fault: str) -> Hit:
    return Hit(
        where,
        f"{fault}: the pod does not start, or logs in with a wrong password",
        "name a Secret and a key that the stack renders",
    )


READERS: dict[str, tuple[str, ...]] = {
    "JICOFO_AUTH_PASSWORD": (PROSODY.name, VISITORS.name, JICOFO.name),
    "JVB_AUTH_PASSWORD": (PROSODY.name, VISITORS.name, JVB.name),
    "": (PROSODY.name, VISITORS.name),
}
"""Key of a shard's Secret -> components that may read it; empty: every other key."""
SHARED = {JIGASI.name: (JIGASI.name, TRANSCRIBER.name)}
"""Component of another Secret -> components that may read it, where it is not that component alone."""


@rule("secret-read-by-others", "error")
def secret_read_by_others(stack: Resources) -> Iterator[Hit]:
    """A pod reads the Secret of another part or shard, or any process in the pod can read its files."""
    known = secrets(stack)
    for each in references(stack):
        secret = known.get((namespace_of(each.workload), each.secret))
        component, owner = component_of(each.workload), component_of(secret) if secret else ""
        if secret is None or component not in NAMED or not owner or each.path == "imagePullSecrets":
            continue  # the kubelet reads it, not the pod
        if owner not in NAMED:  # the Secret of a shard
            readers = READERS.get(each.key, READERS[""]) if each.key else ()
            other = instance_of(secret) != instance_of(each.workload)
        else:
            readers = SHARED.get(owner, (owner,))
            other = NAMED[owner].per_shard and instance_of(secret) != instance_of(each.workload)
        if component not in readers or other:
            what = f"{each.key} of {each.secret}" if each.key else f"all of {each.secret}"
            yield Hit(
                each.where,
                f"{component} of {instance_of(each.workload)} reads {what}, a secret of {instance_of(secret)} for {', '.join(readers) or 'single keys'}: "
                "who takes over this pod logs in as another",
                "refer to the pod's own Secret, key by key",
            )
    for workload, spec in stack.workloads:
        for volume in mappings(spec, "volumes"):
            source = mapping(volume, "secret") or (mapping(volume, "projected") if _has_secret(volume) else {})
            mode = source.get("defaultMode", DEFAULT_MODE)
            modes = [mode, *(item.get("mode", mode) for item in mappings(source, "items"))]
            if source and any(isinstance(each, int) and each & OTHERS_BITS for each in modes):
                yield Hit(
                    f"{workload.name}.spec.template.spec.volumes[{volume.get('name')}]",
                    f"has files of mode {max(modes):o}, which every user in the pod can read",
                    "set defaultMode to 0440",
                )


def _has_secret(volume: dict[str, Any]) -> bool:
    return any("secret" in each or "serviceAccountToken" in each for each in mappings(volume, "projected", "sources"))


@rule("secret-unread", "error")
def secret_unread(stack: Resources) -> Iterator[Hit]:
    """Nobody reads a Secret, so the pods that need it lack a reference."""
    read = {(namespace_of(each.workload), each.secret) for each in references(stack)}
    for name, secret in secrets(stack).items():
        if component_of(secret) and name not in read:
            yield Hit(
                secret.name,
                f"no pod refers to the Secret {name[1]}: what needs it runs without, or with a default that everybody knows",
                "refer to it in the pod, or remove it",
            )
