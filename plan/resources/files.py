"""Files that a container reads: a path in its arguments, the mount, the volume, the ConfigMap."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import yaml

from plan.diff.fleet import object_name
from plan.diff.paths import at
from plan.recorder import Resource
from plan.resources.made import Resources
from plan.wire import SECRET, UNKNOWN

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class File:
    """A file's text, and the place of it: logical name and key of the ConfigMap."""

    where: str
    text: str

    @property
    def document(self) -> Any:
        """The text as YAML, which is not to be changed; None if it is not known yet, or no YAML."""
        return document(self.text)


@lru_cache(maxsize=256)
def document(text: str) -> Any:
    """Return a YAML document; None if it is not known yet, or no YAML."""
    if is_unknown(text):
        return None
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return None


def is_unknown(text: object) -> bool:
    """Return whether a text, or a part of it, is only known after an update, or secret."""
    return isinstance(text, str) and (UNKNOWN in text or SECRET in text)


def argument(container: dict[str, Any], flag: str) -> str | None:
    """Return the value of `--flag=value` among a container's arguments."""
    values = [str(text) for text in [*(container.get("command") or []), *(container.get("args") or [])]]
    return next((text.partition("=")[2] for text in values if text.partition("=")[0] == f"--{flag}"), None)


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all containers of a pod that run beside each other, sidecars included."""
    sidecars = [
        container for container in spec.get("initContainers") or [] if container.get("restartPolicy") == "Always"
    ]
    return [*(spec.get("containers") or []), *sidecars]


def mounted(stack: Resources, spec: dict[str, Any], container: dict[str, Any], path: str) -> File | None:
    """Return the file that a container sees at a path; None if no ConfigMap of the stack stands there."""
    for mount in container.get("volumeMounts") or []:
        root = PurePosixPath(str(mount.get("mountPath")))
        if not PurePosixPath(path).is_relative_to(root):
            continue
        volume = next((each for each in spec.get("volumes") or [] if each.get("name") == mount.get("name")), {})
        key = str(mount.get("subPath") or PurePosixPath(path).relative_to(root))
        items = {item.get("path"): item.get("key") for item in at(volume, "configMap", "items") or []}
        config = config_map(stack, at(volume, "configMap", "name"))
        text = at(config.properties, "data", items.get(key, key)) if config else None
        if config and isinstance(text, str):
            return File(f"{config.name}.data[{key!r}]", text)
    return None


def config_map(stack: Resources, name: object) -> Resource | None:
    """Return a ConfigMap by its name in the cluster."""
    return next((resource for resource in stack.of("ConfigMap") if object_name(resource) == name), None)
