"""The objects that `plan render` wrote to a folder, edited or not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.problems import ConfigError, Problem
from plan.render import FOLDERS
from plan.verify.objects import Key, key_of_document, key_of_manifest


@dataclass(frozen=True, slots=True)
class Folder:
    """Documents of a rendered folder."""

    objects: tuple[dict[str, Any], ...]
    """Kubernetes manifests."""
    cloud: tuple[dict[str, Any], ...]
    """Scaleway resources: `type`, `name` and `properties`."""
    files: Mapping[Key, tuple[str, ...]]
    """Files by object: more than one path, or the same twice, if the object is there more than once."""


def read(folder: Path) -> Folder:
    """Read `kubernetes/*.yaml` and `scaleway/*.yaml` of a folder.

    Raises:
        ConfigError: with every file that cannot be read.
    """
    kubernetes, scaleway = (sorted((folder / name).glob("*.yaml")) for name in FOLDERS)
    if not kubernetes:
        problem = f"{folder} has no kubernetes/*.yaml; write them with `plan render --out {folder}`"
        raise ConfigError([Problem("--dir", problem)])
    problems: list[Problem] = []
    objects = list(_documents(kubernetes, _is_manifest, "apiVersion, kind and metadata.name", problems))
    cloud = list(_documents(scaleway, _is_resource, "type, name and properties", problems))
    if problems:
        raise ConfigError(problems)
    files: dict[Key, tuple[str, ...]] = {}
    for key, file in [(key_of_manifest(one), file) for file, one in objects] + [
        (key_of_document(one), file) for file, one in cloud
    ]:
        files[key] = (*files.get(key, ()), str(file))
    return Folder(tuple(one for _, one in objects), tuple(one for _, one in cloud), files)


def _is_manifest(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and all(isinstance(document.get(key), str) for key in ("apiVersion", "kind"))
        and isinstance(document.get("metadata"), dict)
        and isinstance(document["metadata"].get("name"), str)
    )


def _is_resource(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and all(isinstance(document.get(key), str) for key in ("type", "name"))
        and isinstance(document.get("properties"), dict)
    )


def _documents(
    files: list[Path], accepts: Callable[[Any], bool], needs: str, problems: list[Problem]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in files:
        try:
            documents = [each for each in yaml.load_all(file.read_bytes(), _LOADER) if each is not None]
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = " ".join(str(error).split())
            problems.append(Problem(f"--dir {file}", f"is not YAML: {reason}; mend it, or render the folder again"))
            continue
        for document in documents:
            if accepts(document):
                yield file, document
            else:
                problems.append(Problem(f"--dir {file}", f"is not an object: it needs {needs}"))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
