"""The tables of docs/config.md: `python -m config.reference` writes them below the page's introduction."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from config.model import Model, format_duration
from config.problems import REGION_KEY
from config.secret_keys import SECRETS
from config.shard import Overrides
from config.stack import StackConfig

REFERENCE_FILE = Path(__file__).parents[1] / "docs" / "config.md"
MARKER = "<!-- The tables below are generated: .venv/bin/python -m config.reference -->"
STACK_SECTION = "The stack"


def reference(page: str) -> str:
    """The page with its tables replaced; everything up to the marker stays.

    Raises:
        ValueError: the page has no marker.
    """
    introduction, marker, _ = page.partition(MARKER)
    if not marker:
        raise ValueError(f"{REFERENCE_FILE.name} needs the line {MARKER}")
    return f"{introduction}{MARKER}\n\n{tables()}"


def tables() -> str:
    """One table for each model of the stack file, in the order of the keys."""
    sections = _sections()
    titles = {model.__name__: ", ".join(paths) or STACK_SECTION for model, paths in sections.items()}
    lines = [line for model in sections for line in _table(model, titles)]
    return "\n".join([*lines, *_secrets_table()]) + "\n"


def _sections() -> dict[type[Model], list[str]]:
    """Each model and the key paths it is found at; `shards[]` is an entry of a list, `files.*` one of a map."""
    sections: dict[type[Model], list[str]] = {StackConfig: []}

    def visit(model: type[Model], above: str) -> None:
        for name, field in model.model_fields.items():
            for suffix, nested in _nested(field.annotation):
                path = f"{above}{field.alias or name}{suffix}"
                known = nested in sections
                sections.setdefault(nested, []).append(path)
                if not known:
                    visit(nested, f"{path}.")

    visit(StackConfig, "")
    return sections


def _nested(annotation: Any) -> Iterator[tuple[str, type[Model]]]:
    """Models in a key's type, each with what leads to it: nothing, `[]` or `.*`. Overrides repeat another model's keys."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        if not issubclass(annotation, Overrides):
            yield "", annotation
        return
    origin = get_origin(annotation)
    step = "" if origin in (Union, UnionType, Annotated) else ".*" if origin is dict else "[]"
    for part in get_args(annotation):
        for suffix, model in _nested(part):
            yield f"{step}{suffix}", model


def _table(model: type[Model], titles: dict[str, str]) -> Iterator[str]:
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", ())
    yield from (f"## {titles[model.__name__]}", "", "| key | type | default | meaning |", "| --- | --- | --- | --- |")
    for name, field in model.model_fields.items():
        key = field.alias or name
        entry = schema["properties"][key]
        default = "required" if key in required else _default(entry)
        meaning = " ".join((field.description or "").split())
        yield f"| `{REGION_KEY if key == 'region' else key}` | {_type(entry, titles)} | {default} | {meaning} |"
    yield ""


def _secrets_table() -> Iterator[str]:
    yield from ("## Secrets", "", "| secret | needed with | meaning | how to set it |", "| --- | --- | --- | --- |")
    for name, secret in SECRETS.items():
        command = secret.command.replace("|", "\\|")
        yield f"| `{name}` | {secret.needed_with} | {secret.about} | `{command}` |"


def _type(entry: dict[str, Any], titles: dict[str, str]) -> str:
    if "anyOf" in entry:
        return " or ".join(_type(part, titles) for part in entry["anyOf"] if part.get("type") != "null")
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        return (
            _link(titles[name]) if name in titles else f"keys of {_link(titles[name.removesuffix(Overrides.SUFFIX)])}"
        )
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'], titles)}"
    if _is_duration(entry):
        return "duration"
    if entry.get("type") == "object" and isinstance(entry.get("additionalProperties"), dict):
        values = _type(entry["additionalProperties"], titles)
        return f"map of {values}" if values not in ("", "map") else "map"
    kind = str(entry.get("type", ""))
    return {"integer": "whole number", "string": "text", "object": "map"}.get(kind, kind)


def _link(title: str) -> str:
    anchor = "".join(char for char in title.lower() if char.isalnum() or char in " -").replace(" ", "-")
    return f"[{title.partition(', ')[0]}](#{anchor})"


def _is_duration(entry: dict[str, Any]) -> bool:
    return entry.get("pattern", "").startswith("^(?:")


def _default(entry: dict[str, Any]) -> str:
    value = entry.get("default")
    if isinstance(value, int) and any(_is_duration(part) for part in (entry, *entry.get("anyOf", ()))):
        value = format_duration(value)
    if value in (None, [], {}):
        return "none"
    return "see below" if isinstance(value, dict) else f"`{value if isinstance(value, str) else json.dumps(value)}`"


if __name__ == "__main__":
    REFERENCE_FILE.write_text(reference(REFERENCE_FILE.read_text(encoding="utf-8")), encoding="utf-8")
