"""Writes which fields each Kubernetes version has, of the kinds that the program renders.

    python -m lab.kubernetes_fields [APIVERSION/KIND ...]

adds the kinds to those of `plan/resources/kubernetes_fields.json` and writes it anew, from the API's OpenAPI documents of every minor version, which
the package kubernetes-validate carries as strict JSON Schemas; uv fetches it for the run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.cluster import MIN_KUBERNETES
from plan.resources.kubernetes_fields import FILE, Table, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGE = "kubernetes-validate==1.37.0"
COMMAND = ("run", "--with", PACKAGE, "python", "-m", "lab.kubernetes_fields")
"""Arguments of uv."""
SCALARS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
}
"""Definitions that allow two types."""
OUTDATED = ("apps.v1.StatefulSetSpec.persistentVolumeClaimRetentionPolicy",)
"""1.30 describes it as alpha, and it is enabled by default since 1.27 (KEP-1847)."""
_DEPRECATED = re.compile(
    r"^(Deprecated\b|DEPRECATED\b|deprecated\b)|\b(is|This field was|has been) deprecated\b|\bDeprecated:"
)
_ALPHA = re.compile(r"\b(an|is) alpha\b", re.IGNORECASE)

Definitions = dict[str, dict[str, Any]]


def documents(folder: Path) -> dict[int, Definitions]:
    """Return the definitions of each minor version from the first one that the program supports."""
    first = int(MIN_KUBERNETES.partition(".")[2])
    found = {int(path.name.split(".")[1]): path for path in folder.glob("v1.*-local-strict")}
    return {
        minor: json.loads((path / "_definitions.json").read_text())["$defs"]
        for minor, path in sorted(found.items())
        if minor >= first
    }


def kinds_of(definitions: Definitions) -> Iterator[tuple[str, str]]:
    """Yield each kind, such as `apps/v1/Deployment`, with its definition."""
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            yield "/".join(part for part in (kind["group"], kind["version"], kind["kind"]) if part), name


def type_of(schema: dict[str, Any], definitions: Definitions) -> str:
    """Return a field's type: a JSON type, `[items]`, `{values}` or the short name of a definition."""
    reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", []) if "$ref" in part), None)
    if reference:
        name = reference.rpartition("/")[2]
        target = definitions[name]
        if name in SCALARS or target.get("properties"):
            return SCALARS.get(name, short(name))
        return type_of(target, definitions)
    given = schema.get("type", "any")
    kind = next((each for each in ([given] if isinstance(given, str) else given) if each != "null"), "any")
    if kind == "array":
        return f"[{type_of(schema['items'], definitions)}]"
    values = schema.get("additionalProperties")
    return f"{{{type_of(values, definitions)}}}" if kind == "object" and isinstance(values, dict) else kind


def short(name: str) -> str:
    """Return a definition's name without its host and package path: `core.v1.Container`."""
    return ".".join(name.split(".")[-3:])


def table(versions: dict[int, Definitions], kinds: Sequence[str]) -> Table:
    """Return the table of these kinds: with each kind and field, its minor versions if they are not all."""
    served: dict[str, list[int]] = {}
    fields: dict[str, dict[str, dict[str, list[int]]]] = {}
    flags: dict[str, dict[str, list[int]]] = {"deprecated": {}, "alpha": {}}
    named = {kind.rpartition("/")[2] for kind in kinds}
    roots: dict[str, str] = {}
    for minor, definitions in versions.items():
        todo = []
        for kind, name in kinds_of(definitions):
            if kind.rpartition("/")[2] in named:
                served.setdefault(kind, []).append(minor)
            if kind in kinds:
                roots[kind] = short(name)
                todo.append(name)
        full = {short(name): name for name in definitions}
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            for field, schema in definitions[name].get("properties", {}).items():
                if field == "managedFields" or (field == "status" and short(name) in roots.values()):
                    continue  # the program renders neither
                kind = type_of(schema, definitions)
                fields.setdefault(short(name), {}).setdefault(field, {}).setdefault(kind, []).append(minor)
                text = schema.get("description", "")
                for flag, pattern in (("deprecated", _DEPRECATED), ("alpha", _ALPHA)):
                    if pattern.search(text) and f"{short(name)}.{field}" not in OUTDATED:
                        flags[flag].setdefault(f"{short(name)}.{field}", []).append(minor)
                todo += [full[each] for each in [kind.strip("[]{}")] if each in full]
    return Table(
        minors=list(versions),
        roots=dict(sorted(roots.items())),
        kinds=dict(sorted(served.items())),
        fields={name: dict(sorted(each.items())) for name, each in sorted(fields.items())},
        deprecated=dict(sorted(flags["deprecated"].items())),
        alpha=dict(sorted(flags["alpha"].items())),
    )


def main(arguments: Sequence[str]) -> int:
    """Write the table, or print it with `--print`."""
    package = importlib.util.find_spec("kubernetes_validate")
    if package is None or package.origin is None:
        uv = os.environ.get("UV") or shutil.which("uv")
        if uv is None:
            print("error: the schemas are fetched by uv, which is neither on PATH nor in UV", file=sys.stderr)
            return 2
        os.execv(uv, [uv, *COMMAND, *arguments])  # noqa: S606 - replaces this process
    known = list(read().roots) if FILE.exists() else []
    kinds = sorted({*known, *(each for each in arguments if each != "--print")})
    made = table(documents(Path(package.origin).parent / "kubernetes-json-schema"), kinds)
    if missing := sorted(set(kinds) - made.roots.keys()):
        print(f"error: no Kubernetes version serves {', '.join(missing)}", file=sys.stderr)
        return 2
    if "--print" in arguments:
        print(made.text(), end="")
    else:
        FILE.write_text(made.text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
