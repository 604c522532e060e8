"""Value types, the schema, and that importing the config loads no engine."""

import json
import subprocess
import sys
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
    assert json.loads(SCHEMA_FILE.read_text()) == stack_schema(), "stale; run: uv run python -m config.schema"


def test_the_reference_is_what_the_models_say_and_leaves_no_key_unexplained():
    assert REFERENCE_FILE.read_text() == reference(), "stale; run: uv run python -m config.reference"
    unexplained = [row for row in reference().splitlines() if row.startswith("| `") and row.endswith("|  |")]
    assert unexplained == []


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_every_stack_file_fits_the_schema(path):
    jsonschema.validate(yaml.safe_load(path.read_text()), stack_schema())


def test_the_schema_marks_a_misspelt_key():
    document = yaml.safe_load(STACKS[0].read_text())
    document["config"]["jitsi:bridgs"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, stack_schema())


@pytest.mark.parametrize(
    "module",
    [
        "config.read",
        "config.stack",
        "plan.ports",
        "plan.pools",
        "plan.drain",
        "components.edge.haproxy_cfg",
        "components.edge.manifests",
        "components.bridges.workloads",
        "components.bridges.autoscaling",
        "components.signalling.manifests",
        "components.metrics.adapter",
        "components.metrics.prometheus",
        "components.network_policies",
        "components.self_signed",
    ],
)
def test_pure_modules_do_not_load_the_engine(module):
    code = f"import sys, {module}; sys.exit('pulumi' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
