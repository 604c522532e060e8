"""Rules about what a program finds in its pod: its user, its environment, its writable paths."""

from collections.abc import Iterator
from typing import Any

from plan.diff.paths import at, mapping, mappings, whole
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.templates import known, templates


@rule("pod-runs-as-another", "error")
def pod_runs_as_another(stack: Resources) -> Iterator[Hit]:
    """A pod runs as another user than its image is made for."""
    for template in templates(stack):
        shared = mapping(template.spec.get("securityContext"))
        contexts = [shared, *(mapping(each.get("securityContext")) for each in template.containers)]
        for context, key in [(context, key) for context in contexts for key in ("runAsUser", "runAsGroup", "fsGroup")]:
            value = context.get(key, template.part.image.uid if context is not shared else None)
            if known(value) and known(template.spec.get("securityContext")) and whole(value) != template.part.image.uid:
                yield Hit(
                    f"{template.where}.spec.securityContext",
                    f"{key} is {value}, and the image of {template.name} is made for {template.part.image.uid}: it cannot "
                    "read or write its files, or runs as root",
                    f"set {key} to {template.part.image.uid}",
                )


@rule("service-links", "error")
def service_links(stack: Resources) -> Iterator[Hit]:
    """A pod's environment lists every Service of its namespace."""
    for template in templates(stack):
        links = template.spec.get("enableServiceLinks", True)
        if known(links) and links is not False:
            yield Hit(
                f"{template.where}.spec.enableServiceLinks",
                f"is {links}: a Service called jvb sets JVB_PORT=tcp://… in every pod, and Jitsi's templates break",
                "set it to false",
            )


@rule("write-without-mount", "error")
def write_without_mount(stack: Resources) -> Iterator[Hit]:
    """A program cannot write a path that its image writes at start, or a volume that it mounts does not exist."""
    for template in templates(stack):
        volumes = {each.get("name"): each for each in mappings(template.spec.get("volumes"))}
        claimed = mappings(at(template.workload.properties, "spec", "volumeClaimTemplates"))
        names = {*volumes, *(at(each, "metadata", "name") for each in claimed)}
        if not known(template.spec.get("volumes")):
            continue
        for container in template.containers:
            lost = [
                str(each.get("name"))
                for each in mappings(container.get("volumeMounts"))
                if each.get("name") not in names
            ]
            lost = [each for each in lost if known(each)]
            if lost:
                yield Hit(
                    f"{template.where}.spec.volumes",
                    f"{container.get('name')} mounts {', '.join(lost)}, which the pod does not have: the API server refuses it",
                    "add the volume",
                )
        mounts = mappings(template.main.get("volumeMounts"))
        image = template.part.image
        runs = template.main.get("command", []) if template.main else []
        spared = () if not known(runs) or tuple(runs) == image.command else tuple(image.spared)
        for path in (*image.writes, *spared) if template.main and known(template.main.get("volumeMounts")) else ():
            if _writable(path, mounts, volumes):
                continue
            yield Hit(
                f"{template.where}.spec.containers",
                f"{template.part.main} writes {path}, which no writable volume covers: it fails at start",
                "mount an emptyDir there",
            )


def _writable(path: str, mounts: list[dict[str, Any]], volumes: dict[Any, dict[str, Any]]) -> bool:
    covering = [each for each in mounts if f"{path}/".startswith(f"{str(each.get('mountPath')).rstrip('/')}/")]
    if not covering:
        return False
    mount = max(covering, key=lambda each: len(str(each.get("mountPath"))))
    volume = volumes.get(mount.get("name"), {})
    return not mount.get("readOnly") and not {"configMap", "secret", "projected", "downwardAPI"} & set(volume)
