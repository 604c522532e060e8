"""Rule about Kubernetes versions: every kind and field exists, and has a fitting type, in each version that the stack may meet.

`kubernetes_fields.json` lists the fields of each minor version; `lab/kubernetes_fields.py` writes it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from plan.findings.rule import Hit, rule
from plan.resources.made import Resources
from plan.tokens import is_kubernetes_object
from plan.wire import SECRET, UNKNOWN

FILE = Path(__file__).with_suffix(".json")
ANY = ("any", "object")
Minors = list[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Kinds and fields of Kubernetes by minor version."""

    minors: Minors
    """Every version of the table; a list below that is left out in the file is this one."""
    roots: dict[str, str]
    """Kind, such as `apps/v1/Deployment` -> its definition, for the kinds whose fields are listed."""
    kinds: dict[str, Minors]
    """Kind -> versions that serve it; with the other API versions of each kind."""
    fields: dict[str, dict[str, dict[str, Minors]]]
    """Definition -> field -> type -> versions that have it so."""
    deprecated: dict[str, Minors]
    """Definition and field -> versions that call it deprecated."""
    alpha: dict[str, Minors]
    """Definition and field -> versions that drop it, unless a feature gate is set."""

    def text(self) -> str:
        """Return the file's text: a line for each definition, kind and list."""

        def brief(value: Any) -> Any:
            if isinstance(value, dict):
                each = {key: brief(item) for key, item in value.items()}
                return next(iter(each)) if len(each) == 1 and next(iter(each.values())) == "" else each
            return "" if value == self.minors else value

        parts = []
        for name, part in asdict(self).items():
            if isinstance(part, dict):
                lines = (f"  {json.dumps(key)}: {json.dumps(brief(value))}" for key, value in part.items())
                parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n}")
            else:
                parts.append(f'"{name}": {json.dumps(part)}')
        return "{\n" + ",\n".join(parts) + "\n}\n"


@cache
def read() -> Table:
    """Return the table of the file."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    minors = found["minors"]

    def whole(of: dict[str, Any]) -> dict[str, Minors]:
        return {key: value or minors for key, value in of.items()}

    fields = {
        name: {
            field: {types: minors} if isinstance(types, str) else whole(types) for field, types in definition.items()
        }
        for name, definition in found["fields"].items()
    }
    flags = {name: whole(found[name]) for name in ("kinds", "deprecated", "alpha")}
    return Table(minors=minors, roots=found["roots"], fields=fields, **flags)


def is_kubernetes_own(api_version: str) -> bool:
    """Return whether an API version is one of Kubernetes itself, and not of a CustomResourceDefinition."""
    group = api_version.rpartition("/")[0]
    return "." not in group or group.endswith(".k8s.io")


def faults(document: dict[str, Any], minor: int) -> Iterator[str]:
    """Yield what Kubernetes 1.`minor` refuses, ignores or calls deprecated in an object."""
    table = read()
    kind = f"{document.get('apiVersion')}/{document.get('kind')}"
    if minor not in table.kinds.get(kind, []):
        name = kind.rpartition("/")[2]
        others = [each for each, minors in table.kinds.items() if each.endswith(f"/{name}") and minor in minors]
        yield f"is {kind}, which it does not serve" + (f" (but {', '.join(others)})" if others else "")
    elif kind in table.roots:
        yield from _of(document, table.roots[kind], "", minor)


def _of(value: dict[str, Any], definition: str, path: str, minor: int) -> Iterator[str]:
    table = read()
    for field, item in value.items():
        place, name = f"{path}.{field}".lstrip("."), f"{definition}.{field}"
        kinds = table.fields.get(definition, {}).get(field, {})
        kind = next((each for each, minors in kinds.items() if minor in minors), None)
        if kind is None:
            since = min((number for minors in kinds.values() for number in minors), default=None)
            yield f"has {place}, which it does not know" + (f" (since 1.{since})" if since and since > minor else "")
            continue
        if minor in table.alpha.get(name, []):
            yield f"has {place}, which it drops without a feature gate"
        if minor in table.deprecated.get(name, []):
            yield f"has {place}, which it calls deprecated"
        yield from _typed(item, kind, place, minor)


def _typed(value: Any, kind: str, place: str, minor: int) -> Iterator[str]:
    if value is None or value in (UNKNOWN, SECRET) or kind in ANY:
        return
    inner = kind[1:-1]
    if kind.startswith("["):
        for number, item in enumerate(value if isinstance(value, list) else []):
            yield from _typed(item, inner, f"{place}[{number}]", minor)
        fits = isinstance(value, list)
    elif kind.startswith("{"):
        for key, item in value.items() if isinstance(value, dict) else ():
            yield from _typed(item, inner, f"{place}[{key}]", minor)
        fits = isinstance(value, dict)
    elif kind in _FITS:
        fits = isinstance(value, _FITS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    else:
        fits = isinstance(value, dict)
        yield from _of(value, kind, place, minor) if fits else ()
    if not fits:
        yield f"has {place} {value!r}, where it expects {kind}"


_FITS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "quantity": (str, int, float),
    "intOrString": (str, int),
}


def minors_of(stack: Resources) -> Minors:
    """Return the versions that a stack may meet: its cluster's and later ones; all, where another owns the cluster."""
    cluster, every = stack.config.cluster, read().minors
    own = int(cluster.version.split(".")[1]) if cluster.creates_cluster else every[0]
    return [minor for minor in every if minor >= own]


@rule("kubernetes-version-differs", "error")
def kubernetes_version_differs(stack: Resources) -> Iterator[Hit]:
    """A kind or a field is missing, dropped, deprecated or of another type in a Kubernetes version that the stack may meet."""
    for resource in stack.resources:
        if not is_kubernetes_object(resource.type) or not is_kubernetes_own(str(resource.properties.get("apiVersion"))):
            continue
        seen: dict[str, int] = {}
        for minor in minors_of(stack):
            for fault in faults(resource.properties, minor):
                seen.setdefault(fault, minor)
        for fault, minor in seen.items():
            yield Hit(
                resource.name,
                f"{fault} (Kubernetes 1.{minor}): the API server refuses the object, or ignores the field",
                f"use what every version from 1.{read().minors[0]} to 1.{read().minors[-1]} knows (kubectl explain)",
            )
