"""Value types and the schema."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.model import format_duration, parse_duration
from config.read import parse, stack_file
from config.reference import REFERENCE_FILE, reference
from config.schema import SCHEMA_FILE, stack_schema

ROOT = Path(__file__).parents[2]
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))


@given(st.integers(0, 10**7))
def test_a_duration_reads_back_as_it_was_written(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "1.5h", "-5m", "10M", 90, None, True])
def test_a_duration_without_a_unit_is_refused(text):
    with pytest.raises(ValueError, match="whole number with a unit"):
        parse_duration(text)


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_every_stack_file_of_the_project_is_right(path):
    assert parse(stack_file(path)).resolved


def test_the_schema_for_editors_is_what_the_models_say():
    assert json.loads(SCHEMA_FILE.read_text()) == stack_schema(), "stale; run: .venv/bin/python -m config.schema"


def test_the_reference_is_what_the_models_say_and_leaves_no_key_unexplained():
    page = REFERENCE_FILE.read_text()
    assert page == reference(page), "stale; run: .venv/bin/python -m config.reference"
    unexplained = [row for row in page.splitlines() if row.startswith("| `") and row.endswith("|  |")]
    assert unexplained == []


def schema_paths(node, definitions, above):
    """Every key that a schema's node allows below `above`; `[]` is an entry of a list, `.*` one of a map."""
    while "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    for part in node.get("anyOf", ()):
        yield from schema_paths(part, definitions, above)
    for key, value in node.get("properties", {}).items():
        path = f"{above}.{key}" if above else key
        yield path
        yield from schema_paths(value, definitions, path)
    for step, name in (("[]", "items"), (".*", "additionalProperties")):
        if isinstance(node.get(name), dict):
            yield from schema_paths(node[name], definitions, f"{above}{step}")


def page_paths(page):
    """Every key that the page has a row for."""
    sections = [""]
    for line in page.splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
            sections = [""] if title in ("The stack", "Secrets") else [f"{path}." for path in title.split(", ")]
        elif line.startswith("| `"):
            yield from (f"{section}{line.split('`')[1]}" for section in sections)


def test_every_key_of_the_schema_has_a_row_in_the_reference_and_the_reverse():
    schema = json.loads(SCHEMA_FILE.read_text())
    stack = {
        key.removeprefix("jitsi:"): {} if "secure" in value.get("properties", {}) else value
        for key, value in schema["properties"]["config"]["properties"].items()
    }
    allowed = set(schema_paths({"properties": stack}, schema["$defs"], ""))
    overrides = {path for path in allowed if path.startswith("shards[].bridges.")}
    assert {path.removeprefix("shards[].") for path in overrides} <= allowed, "a shard overrides keys of bridges"
    assert allowed - overrides == set(page_paths(REFERENCE_FILE.read_text()))
    assert len(allowed) > 250


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_every_stack_file_fits_the_schema(path):
    jsonschema.validate(yaml.safe_load(path.read_text()), stack_schema())


def test_the_schema_marks_a_misspelt_key():
    document = yaml.safe_load(STACKS[0].read_text())
    document["config"]["jitsi:bridgs"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, stack_schema())
