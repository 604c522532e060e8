"""Rules about the scripts in pods: hooks and sidecars run the tested ones, on what is in their own pod."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from plan.diff.fleet import component_of, kind_of, object_name
from plan.diff.paths import at, mappings
from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.resources.selection import namespace_of
from plan.resources.templates import Template, known, templates, variable

COMPONENTS = Path(__file__).parents[2] / "components"
SCRIPTS = {
    "jvb": "bridges",
    "jibri": "recording",
    "jigasi": "gateway",
    "coturn": "turn",
    "coturn-udp": "turn",
    "haproxy": "ingress",
}
"""Component -> folder of its tested scripts."""
OVERRIDES = re.compile(r"\$\{([A-Z_]+):?-")
"""Variables for which a script has a default of its own: tests set them, pods do not."""
GIVEN = {"MARGIN", "ORDINAL", "REPLICAS", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}
"""Those that pods do set."""


def mounted(
    stack: Resources, template: Template, container: dict[str, Any], path: str
) -> tuple[str | None, str | None]:
    """Return the text of a ConfigMap's file that a container mounts, or why there is none; twice None if it is unknown."""
    mounts = [each for each in mappings(container.get("volumeMounts")) if _holds(str(each.get("mountPath")), path)]
    if not mounts:
        return None, f"runs {path}, but mounts no volume there"
    mount = max(mounts, key=lambda each: len(str(each["mountPath"])))
    volume = next(
        (each for each in mappings(template.spec.get("volumes")) if each.get("name") == mount.get("name")), {}
    )
    source = volume.get("configMap")
    if not isinstance(source, dict):
        return None, f"runs {path}, but volume {mount.get('name')} is not a ConfigMap"
    file = str(mount.get("subPath") or path.removeprefix(str(mount["mountPath"])).lstrip("/"))
    items = {each.get("path"): each for each in mappings(source.get("items"))}
    if items and file not in items:
        return None, f"runs {path}, but volume {mount['name']} leaves out {file}"
    key, mode = items.get(file, {}).get("key", file), items.get(file, {}).get("mode", source.get("defaultMode", 0o644))
    if isinstance(mode, int) and not mode & 0o044:
        return None, f"runs {path}, which it cannot read with mode {mode:o}"
    return _text(stack, namespace_of(template.workload), source.get("name"), str(key))


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _text(stack: Resources, namespace: str, name: object, key: str) -> tuple[str | None, str | None]:
    config = next(
        (each for each in stack.of("ConfigMap") if object_name(each) == name and namespace_of(each) == namespace), None
    )
    if not known(name) or (config and not known(config.properties.get("data"))):
        return None, None
    text = at(config.properties, "data", key) if config else None
    if text is None:
        return None, f"runs {key} of ConfigMap {name}, which does not exist"
    return (text, None) if known(text) else (None, None)


@cache
def _tested(component: str) -> dict[str, str]:
    folder = COMPONENTS / SCRIPTS[component] / "scripts"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*")) if file.is_file()}


@rule("script-changed", "error")
def script_changed(stack: Resources) -> Iterator[Hit]:
    """A script in a ConfigMap is not the tested one."""
    for config in stack.of("ConfigMap"):
        component, data = component_of(config), config.properties.get("data")
        if component not in SCRIPTS or not isinstance(data, dict):
            continue
        tested = _tested(component)
        for name, text in data.items():
            if name in tested and known(text) and text != tested[name]:
                yield Hit(
                    f"{config.name}.data.{name}",
                    f"differs from components/{SCRIPTS[component]}/scripts/{name}, the script that was tested: nobody "
                    "knows whether pods still leave without cutting a call",
                    "run pulumi up, which restores it, or change the file and its tests",
                )


@rule("script-overridden", "error")
def script_overridden(stack: Resources) -> Iterator[Hit]:
    """A variable of a pod changes what its script does."""
    for template in templates(stack, *SCRIPTS):
        for container in template.containers:
            texts = [*_commands(container), *_called(container)]
            names = {str(part).rpartition("/")[2] for command in texts for part in command}
            scripts = [text for name, text in _tested(template.name).items() if name in names]
            changed = {name for text in scripts for name in OVERRIDES.findall(text)} - GIVEN
            present = sorted(changed & {str(each.get("name")) for each in mappings(container.get("env"))})
            if present:
                yield Hit(
                    f"{template.where}.spec.containers",
                    f"{container.get('name')} sets {', '.join(present)}, which its script has a default for: it then "
                    "asks or waits for something else than the program in this pod",
                    "remove the variable; only tests set it",
                )


def _commands(container: dict[str, Any]) -> list[list[Any]]:
    return [part for key in ("command", "args") if isinstance(part := container.get(key), list)]


def _called(container: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the commands that the kubelet runs in it."""
    for path in (("lifecycle", "preStop"), ("startupProbe",), ("readinessProbe",), ("livenessProbe",)):
        command = at(container, *path, "exec", "command")
        if isinstance(command, list):
            yield command


@rule("bridge-without-own-pod", "error")
def bridge_without_own_pod(stack: Resources) -> Iterator[Hit]:
    """A bridge lacks the sidecar that knows its grace period and keeps its deletion cost."""
    for template in templates(stack, "jvb"):
        for problem in _own_pod_problems(stack, template):
            yield Hit(
                f"{template.where}.spec.initContainers",
                f"{problem}: a bridge does not learn how long its pod has left, and the autoscaler does not remove the "
                "emptiest bridge first",
                "run own-pod.sh as a native sidecar that shares /bridge and /leaving with the bridge",
            )


def _own_pod_problems(stack: Resources, template: Template) -> Iterator[str]:
    sidecar = next(
        (each for each in mappings(template.spec.get("initContainers")) if each.get("name") == "own-pod"), None
    )
    if sidecar is None:
        yield "own-pod is not among the init containers"
        return
    if sidecar.get("restartPolicy") != "Always":
        yield f"own-pod has restartPolicy {sidecar.get('restartPolicy')}, so that it blocks the bridge's start"
    command = sidecar.get("command") or []
    if not command or not str(command[-1]).endswith("/own-pod.sh"):
        yield f"own-pod runs {' '.join(map(str, command)) or 'nothing'!r}"
    elif problem := mounted(stack, template, sidecar, str(command[-1]))[1]:
        yield f"own-pod {problem}"
    if "controller.kubernetes.io/pod-deletion-cost" in (template.metadata.get("annotations") or {}):
        yield "the template gives every bridge the same deletion cost"
    by_cost = kind_of(template.workload) == "Deployment"
    cost = variable(sidecar, "COST")
    if known(cost) and by_cost and cost != "yes":
        yield f"COST is {cost}, although a Deployment removes pods by their deletion cost"
    for name, field in (("NAMESPACE", "metadata.namespace"), ("POD_NAME", "metadata.name")):
        entry = next((each for each in mappings(sidecar.get("env")) if each.get("name") == name), {})
        if at(entry, "valueFrom", "fieldRef", "fieldPath") != field:
            yield f"own-pod's {name} is not {field}"
    for path, writer in (("/leaving", template.main), ("/bridge", sidecar)):
        ours, theirs = _mount(template.main, path), _mount(sidecar, path)
        if not ours or not theirs or ours.get("name") != theirs.get("name"):
            yield f"{path} is not one volume of jvb and own-pod"
        elif _mount(writer, path).get("readOnly"):
            yield f"{writer.get('name')} cannot write {path}"
    token = _mount(sidecar, "/account")
    if not token or not template.spec.get("serviceAccountName"):
        yield "own-pod has no token of an account"


def _mount(container: dict[str, Any], path: str) -> dict[str, Any]:
    return next((each for each in mappings(container.get("volumeMounts")) if each.get("mountPath") == path), {})
