"""Rules about requests and limits, and about the heaps and memory volumes within them."""

import re
from collections.abc import Iterator
from typing import Any

from config.quantities import mebibytes, millicores
from plan.diff.paths import at, mapping, mappings
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.templates import Template, known, templates, variable

HEAPS = {
    "jvb": ("VIDEOBRIDGE_MAX_MEMORY", 1024),
    "jicofo": ("JICOFO_MAX_MEMORY", 384),
    "jigasi": ("JIGASI_MAX_MEMORY", 512),
    "transcriber": ("JIGASI_MAX_MEMORY", 512),
}
"""Part -> variable of its heap, and MiB that the JVM needs beside it: metaspace, threads, a bridge's direct buffers."""
IMAGE_HEAP_MIB = 3072  # the images' default where the variable is not set
MIN_HEAP_SHARE = 4  # a heap below a quarter of the limit spends its time in garbage collection
HEAP = re.compile(r"(\d+)([kmgKMG]?)")
MAX_HEAP_OPTION = re.compile(r"-Xmx(\d+)([kmgKMG]?)")
UNITS = {"": 2**-20, "k": 2**-10, "m": 1, "g": 2**10}
GUARANTEED = ("jvb", "jvb-spare")
"""Parts with a CPU limit: a bridge measures its stress against it."""
SHM_MIB = 2048  # Jibri's image refuses to start with less on /dev/shm


def _amounts(container: dict[str, Any], what: str) -> tuple[Any, Any]:
    """Request and limit of a container, as written."""
    return at(container, "resources", "requests", what), at(container, "resources", "limits", what)


@rule("memory-limit", "error")
def memory_limit(stack: Resources) -> Iterator[Hit]:
    """A container's memory limit is missing or is not its request, or its CPU request is above the limit."""
    for template in templates(stack):
        for container in template.containers:
            for text in _wrong_amounts(container, guaranteed=template.name in GUARANTEED):
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{container.get('name')} of {template.name} {text}",
                    "set limits.memory to requests.memory",
                )


def _wrong_amounts(container: dict[str, Any], *, guaranteed: bool) -> Iterator[str]:
    request, limit = _amounts(container, "memory")
    if known(request) and known(limit) and mebibytes(request) != mebibytes(limit):
        yield (
            f"requests {request} of memory and may take {limit or 'any amount'}: the kernel ends pods of the node when it "
            "takes more than was reserved, bridges among them"
        )
    request, limit = _amounts(container, "cpu")
    if limit is not None and not guaranteed:
        yield f"has a CPU limit of {limit}: it is throttled in a burst, while its node has idle cores"
    if at(container, "resources", "limits", "ephemeral-storage") is not None:
        yield "has a limit of ephemeral storage: the kubelet evicts the pod when its logs grow"
    if limit is not None and known(request) and known(limit) and millicores(request) > millicores(limit):
        yield f"requests {request} of CPU, above its limit of {limit}: the API server refuses the pod"


@rule("bridge-not-guaranteed", "error")
def bridge_not_guaranteed(stack: Resources) -> Iterator[Hit]:
    """A bridge's requests are not its limits."""
    for template in templates(stack, "jvb"):
        for container in template.containers:
            for what, amount in (("cpu", millicores), ("memory", mebibytes)):
                request, limit = _amounts(container, what)
                if known(request) and known(limit) and (not request or amount(request) != amount(limit or 0)):
                    yield Hit(
                        f"{template.where}.spec.containers",
                        f"{container.get('name')} requests {request} of {what}, and its limit is {limit}: the pod is not "
                        "Guaranteed, and the bridge measures its stress against another share of the node than it has",
                        "set limits to the requests, in every container of the pod",
                    )


def _mib(match: re.Match[str]) -> int:
    return int(int(match[1]) * UNITS[match[2].lower()])


def _heap(template: Template, name: str) -> tuple[object, int | None]:
    """The heap as written and in MiB; the largest -Xmx wins over the variable."""
    options = [str(each.get("value")) for each in mappings(template.main.get("env"))]
    found = [(match[0], _mib(match)) for text in options for match in MAX_HEAP_OPTION.finditer(text)]
    if found:
        return max(found, key=lambda each: each[1])
    value = variable(template.main, name)
    if not known(value):
        return value, None
    match = HEAP.fullmatch(str(value))
    return value, _mib(match) if match else IMAGE_HEAP_MIB if value is None else 0


@rule("heap-beside-memory", "error")
def heap_beside_memory(stack: Resources) -> Iterator[Hit]:
    """A JVM's heap leaves no memory for the rest of the JVM, or is far too small."""
    for template in templates(stack, *HEAPS):
        name, beside = HEAPS[template.name]
        (value, heap), limit = _heap(template, name), _amounts(template.main, "memory")[1]
        if not template.main or heap is None or not limit or not known(limit):
            continue
        room = mebibytes(limit)
        if heap + beside > room or heap * MIN_HEAP_SHARE < room or value is None:
            yield Hit(
                f"{template.where}.spec.containers",
                f"{name} is {value} ({heap} MiB) of a memory limit of {room} MiB, and {beside} MiB beside the heap are "
                f"needed: {template.name} "
                + (
                    "is killed when the heap fills, in the middle of calls"
                    if heap + beside > room
                    else "stalls in garbage collection"
                ),
                _heap_remedy(template, name, room, beside),
            )


def _heap_remedy(template: Template, name: str, room: int, beside: int) -> str:
    low, high = -(-room // MIN_HEAP_SHARE), room - beside
    if low <= high:
        return f"set {name} between {low}m and {high}m"
    if template.name == "jvb":
        return "lower bridges.perNode, or use a larger bridges.nodeType: no heap fits this limit"
    needed = -(-beside * MIN_HEAP_SHARE // (MIN_HEAP_SHARE - 1))
    return f"raise the memory limit to {needed}Mi or more: no heap fits this one"


@rule("memory-volume", "error")
def memory_volume(stack: Resources) -> Iterator[Hit]:
    """A volume in memory may fill the memory of its pod, or is too small for its program."""
    for template in templates(stack):
        limit = mebibytes(_amounts(template.main, "memory")[1] or 0)
        for volume in mappings(template.spec.get("volumes")):
            source = mapping(volume.get("emptyDir"))
            size = source.get("sizeLimit")
            shared = template.name == "jibri" and _mounted_at(template, str(volume.get("name"))) == "/dev/shm"  # noqa: S108
            if not known(size) or (source.get("medium") != "Memory" and not shared):
                continue
            if not size or mebibytes(size) * 2 > limit or (shared and mebibytes(size) < SHM_MIB):
                yield Hit(
                    f"{template.where}.spec.volumes",
                    f"{volume.get('name')}, in memory, may take {size or 'any amount'} of {limit} MiB: "
                    + (
                        f"the image needs {SHM_MIB} MiB on /dev/shm"
                        if shared and size
                        else "the pod is killed when it fills"
                    ),
                    "set emptyDir.sizeLimit to at most half of the memory limit",
                )
            elif shared and source.get("medium") != "Memory":
                yield Hit(
                    f"{template.where}.spec.volumes",
                    f"{volume.get('name')} at /dev/shm is on the node's disk: Chrome stalls, and recordings stutter",
                    "set emptyDir.medium to Memory",
                )


def _mounted_at(template: Template, volume: str) -> str | None:
    mounts = mappings(template.main.get("volumeMounts"))
    return next((str(each.get("mountPath")) for each in mounts if each.get("name") == volume), None)
