"""Rules about volumes: what a pod may write to, how much, and what it waits for."""

from collections.abc import Iterator
from typing import Any

from config.quantities import quantity
from plan.diff.fleet import component_of
from plan.diff.paths import at, mapping, mappings, texts, whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.templates import Template, known, templates
from sizing.parts import HAPROXY, JVB, NAMED

GIVEN = ("configMap", "secret", "projected", "downwardAPI")
"""Volumes whose files the kubelet writes."""
WRITERS = {"bridge": ("advertise", "own-pod"), "leaving": ("jvb",)}
"""Volume of a bridge by which its containers tell each other of addresses and drains -> those that write to it."""
DEFAULT_MODE, ANY_MODE = 0o644, 0o777
"""What Kubernetes sets, and the largest that it takes."""
LEAST, MOST = 2**20, 4 * 2**30
"""Bytes that hold what images write, and that a node's disk holds for each of its pods."""
UNBOUNDED = ("/tmp", "/opt/etherpad-lite/src/plugin_packages", "/opt/etherpad-lite/var")  # noqa: S108 - paths in containers
"""Where parts write so little that no size is set."""
CERTIFICATES = "/tls/issued"


def _mounts(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield container and mount of a pod."""
    for container in template.containers:
        for mount in mappings(container, "volumeMounts"):
            yield str(container.get("name")), mount


@rule("mount-writable", "error")
def mount_writable(stack: Resources) -> Iterator[Hit]:
    """A container may write to files that others give it."""
    for template in templates(stack):
        volumes = {each.get("name"): each for each in mappings(template.spec, "volumes")}
        for container, mount in _mounts(template):
            given = any(kind in volumes.get(mount.get("name"), {}) for kind in GIVEN)
            writers = WRITERS.get(str(mount.get("name")), ()) if template.part is JVB else ()
            read_only = mount.get("readOnly") is True
            if (given or writers) and known(mount.get("readOnly")) and read_only != (container not in writers):
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{container} mounts {mount.get('name')} at {mount.get('mountPath')} "
                    + (
                        "read-only, and writes there: it ends"
                        if read_only
                        else "to write, and only reads there: a fault in it changes what others read"
                    ),
                    f"set readOnly to {'false' if read_only else 'true'}",
                )


@rule("volume-mode", "error")
def volume_mode(stack: Resources) -> Iterator[Hit]:
    """Files that the kubelet writes cannot be read, run, or are anybody's to change."""
    for template in templates(stack):
        for volume in mappings(template.spec, "volumes"):
            mode = next((mapping(volume, kind).get("defaultMode") for kind in GIVEN if kind in volume), None)
            number = whole(DEFAULT_MODE if mode is None else mode)
            if number is None:
                continue
            started = _started(template, volume.get("name"))
            if number > ANY_MODE or number & 0o022 or not number & 0o040 or (started and not number & 0o010):
                yield Hit(
                    f"{template.where}.spec.volumes",
                    f"{volume.get('name')} has mode {number:o}: {template.name} cannot read its files"
                    + (f", or not start {started}" if started else "")
                    + ", or others may change them",
                    "set defaultMode 0440 for secrets, 0555 for scripts",
                )


def _started(template: Template, name: object) -> str:
    """Return a file of a volume that a program is told to start; empty if there is none."""
    folders = [f"{mount.get('mountPath')}/" for _, mount in _mounts(template) if mount.get("name") == name]
    values = [str(each.get("value")) for box in template.containers for each in mappings(box, "env")]
    commands = [str(texts(box, "command")[0]) for box in template.containers if texts(box, "command")]
    return next((path for path in (*commands, *values) if path.endswith(".sh") and path.startswith(tuple(folders))), "")


@rule("scratch-unbounded", "error")
def scratch_unbounded(stack: Resources) -> Iterator[Hit]:
    """An emptyDir may fill its node's disk, or holds too little."""
    for template in templates(stack):
        paths = {mount.get("name"): str(mount.get("mountPath")) for _, mount in _mounts(template)}
        for volume in mappings(template.spec, "volumes"):
            size = mapping(volume, "emptyDir").get("sizeLimit")
            if (
                "emptyDir" not in volume
                or not known(size)
                or (size is None and paths.get(volume.get("name")) in UNBOUNDED)
            ):
                continue
            if size is None or not LEAST <= quantity(size) <= MOST:
                yield Hit(
                    f"{template.where}.spec.volumes",
                    f"{volume.get('name')} has {'no sizeLimit' if size is None else f'the sizeLimit {size}'}: it fills the node's disk, and the "
                    "kubelet evicts pods, or it is full at once, and the pod itself is evicted",
                    "set emptyDir.sizeLimit between 1Mi and 4Gi",
                )


@rule("secret-optional", "error")
def secret_optional(stack: Resources) -> Iterator[Hit]:
    """A pod starts without a Secret that it needs, or waits for one that comes later."""
    for template in templates(stack):
        paths = {mount.get("name"): mount.get("mountPath") for _, mount in _mounts(template)}
        sources = [
            (str(volume.get("name")), source, paths.get(volume.get("name")))
            for volume in mappings(template.spec, "volumes")
            for source in (
                mapping(volume, "secret"),
                *(mapping(each, "secret") for each in mappings(volume, "projected", "sources")),
            )
            if source
        ]
        sources += [
            (str(entry.get("name")), reference, None)
            for container in template.containers
            for entry in mappings(container, "env")
            if (reference := mapping(at(entry, "valueFrom"), "secretKeyRef"))
        ]
        for name, source, path in sources:
            due = template.part is HAPROXY and path == CERTIFICATES
            if known(source.get("optional")) and (source.get("optional") is True) != due:
                yield Hit(
                    f"{template.where}.spec",
                    f"{name} {'is not' if due else 'is'} optional: "
                    + (
                        "HAProxy does not start before the certificate exists"
                        if due
                        else "the program starts without its password or key"
                    ),
                    f"set optional to {str(due).lower()}",
                )


@rule("claim-shared", "error")
def claim_shared(stack: Resources) -> Iterator[Hit]:
    """A claim asks for a volume that several nodes mount."""
    claims = [(each, f"{each.name}.spec", each.properties) for each in stack.of("PersistentVolumeClaim")]
    claims += [
        (each, f"{each.name}.spec.volumeClaimTemplates", claim)
        for each in stack.of("StatefulSet")
        for claim in mappings(each.properties, "spec", "volumeClaimTemplates")
    ]
    for resource, where, claim in claims:
        modes = at(claim, "spec", "accessModes")
        if component_of(resource) in NAMED and modes != ["ReadWriteOnce"]:
            yield Hit(
                f"{where}.accessModes",
                f"are {', '.join(map(str, modes or ['none']))}: block storage is attached to one node at a time, so the claim stays Pending",
                "set ReadWriteOnce",
            )
