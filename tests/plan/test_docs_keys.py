"""Schema, pages and messages spell each key of a stack file in one way, and every YAML block of the pages is a stack."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from plan_stacks import TODAY
from pydantic.alias_generators import to_snake

from config.problems import ConfigError
from config.read import engine_values, parse
from config.reference import _sections
from config.schema import SCHEMA_FILE
from config.secret_keys import SECRETS
from plan.evaluate import evaluate
from plan.findings.check import check
from plan.findings.rule import Subject

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "lab").glob("*.md")))
SOURCES = sorted(
    path
    for folder in ["components", "config", "plan", "policy", "probe", "sizing"]
    for path in (ROOT / folder).rglob("*.py")
)
FIELDS = [
    (paths or [""], name, field.alias or name)
    for model, paths in _sections().items()
    for name, field in model.model_fields.items()
]
PATHS = {re.sub(r"\[\]|\.\*", "", f"{path}.{key}".lstrip(".")) for paths, _, key in FIELDS for path in paths}
KEYS = {key for _, _, key in FIELDS} | set(SECRETS)
OPEN = (
    "env",
    "images",
    "meetings.lastN.limits",
    "policy.rules",
    "secretGenerations",
    "signalling.plugins",
    "web.config",
    "web.interfaceConfig",
)
"""Maps whose keys are not the project's."""
DOTTED = re.compile(
    rf"(?<![\w./\[-])(?:jitsi:)?((?:{'|'.join(path for path in PATHS if '.' not in path)})(?:\.[A-Za-z]\w*)+)"
)
HOSTS = ("auth.meet.jitsi", "cluster.local", "metrics.k8s.io", "monitoring.coreos.com", "turn.meet.example.org")
BLOCKS = [
    (f"{page.relative_to(ROOT)}:{page.read_text(encoding='utf-8')[: block.start()].count(chr(10)) + 1}", block.group(1))
    for page in PAGES
    for block in re.finditer(r"^```ya?ml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
]
AROUND: dict[str, Any] = {
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
    "scaleway:region": "fr-par",
}
"""What an excerpt leaves out."""
MISSING = {
    "docs/autoscaling.md": {"jitsi:bridges": {"max": 22}},
    "docs/existing.md": {"jitsi:cluster": {"kind": "existing"}},
}
"""What the text around an excerpt takes for granted."""

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def _wrong_paths(text: str) -> list[str]:
    paths = [match.group(1) for match in DOTTED.finditer(text) if not match.group(1).startswith(HOSTS)]
    return [path for path in paths if path not in PATHS and not any(path.startswith(f"{free}.") for free in OPEN)]


def _messages(source: Path) -> list[str]:
    """Return the texts of a module without its docstrings."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements
    ]


def _code(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))


def test_a_key_is_the_word_that_its_field_has() -> None:
    assert {name: key for _, name, key in FIELDS if to_snake(key) != name and key != name} == {}
    assert {"p2p", "lastN", "maxParticipants"} <= KEYS


@pytest.mark.parametrize("key", ["max_participants", "p2P", "last_n"])
def test_the_stack_file_takes_a_key_in_one_spelling_as_the_schema_does(key: str) -> None:
    stack = {**AROUND, "jitsi:meetings": {key: 5}}
    with pytest.raises(ConfigError, match=f"meetings.*{key}.*unknown key; did you mean"):
        parse(engine_values(stack))
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"config": stack})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_keys_on_a_page_exists(page: Path) -> None:
    assert [path for code in _code(page) for path in _wrong_paths(code)] == []


def test_every_path_of_keys_in_a_message_exists() -> None:
    wrong = {(source.name, path) for source in SOURCES for text in _messages(source) for path in _wrong_paths(text)}
    assert wrong == set()
    assert _wrong_paths("set meetings.p2P: false, or jitsi:bridges.maximum") == ["meetings.p2P", "bridges.maximum"]


def test_no_page_writes_a_key_in_another_case() -> None:
    spelled = {key.lower(): key for key in KEYS if not key.islower() or any(char.isdigit() for char in key)}
    words = {
        (page.name, word)
        for page in PAGES
        for code in _code(page)
        for word in re.findall(r"(?<![\w/:.-])[A-Za-z]\w*\b(?![(/-])", code)
    }
    assert {pair for pair in words if spelled.get(pair[1].lower(), pair[1]) != pair[1]} == set()


def _around(where: str, *blocks: str) -> dict[str, Any]:
    """Return the config of a page's blocks, with what excerpts leave out."""
    config = dict(AROUND)
    documents = [yaml.safe_load(text) for text in blocks]
    for part in (
        MISSING.get(where.partition(":")[0], {}),
        *(document.get("config", document) for document in documents),
    ):
        config |= {
            key: {**config.get(key, {}), **value} if isinstance(value, dict) else value for key, value in part.items()
        }
    return config


@pytest.mark.parametrize(("where", "text"), BLOCKS, ids=[where for where, _ in BLOCKS])
def test_a_block_of_yaml_fits_the_schema_and_the_models(where: str, text: str) -> None:
    config = _around(where, text)
    VALIDATOR.validate({"config": config})
    parse(engine_values(config))


@pytest.mark.parametrize(("where", "text"), BLOCKS, ids=[where for where, _ in BLOCKS])
def test_an_example_brings_no_error_or_warning_that_its_page_does_not_name(where: str, text: str) -> None:
    page = (ROOT / where.partition(":")[0]).read_text(encoding="utf-8")
    before, after = (
        check(Subject("docs", parse(engine_values(config)), TODAY)) for config in (_around(where), _around(where, text))
    )
    expected = {finding.rule for finding in before}
    assert [
        f"{each.rule} at {each.where}: {each.message}"
        for each in after
        if each.severity != "info" and each.rule not in expected and f"`{each.rule}`" not in page
    ] == []


@pytest.mark.tools
@pytest.mark.parametrize(("where", "text"), BLOCKS, ids=[where for where, _ in BLOCKS])
def test_the_program_makes_all_of_an_example(where: str, text: str) -> None:
    made = evaluate(engine_values(_around(where, text)), "example")
    assert {resource.name.partition("-")[2] for resource in made} > {"prosody", "jicofo", "web", "edge-haproxy"}


SETTING = r"(?:jitsi:)?(?:\w+\.)*([a-z]\w*): "
INLINE = re.compile(rf"{SETTING}(.+)")
REMEDY = re.compile(rf"\b(?:set|use|with|or|write) {SETTING}(\{{[^{{}}]*\}}|\[[^\[\]]*\]|true|false|[\w-]+(?![\w{{]))")
OTHERS = {("type", "AverageValue")}  # of Kubernetes


def _fits(key: str, text: str) -> bool:
    """Return whether a section that has the key takes the value."""
    sections = [section.get("properties", {}) for section in SCHEMA["$defs"].values()]
    sections.append(SCHEMA["properties"]["config"]["properties"])
    nodes = [section[name] for section in sections for name in (key, f"jitsi:{key}") if name in section]
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    return any(jsonschema.Draft202012Validator({**node, "$defs": SCHEMA["$defs"]}).is_valid(value) for node in nodes)


def _misfits(settings: list[re.Match[str]]) -> list[tuple[str, str]]:
    """Return the settings that fit nowhere; words before a colon that are no keys are not settings."""
    pairs = [(match[1], match[2]) for match in settings]
    stated = [pair for pair in pairs if pair[0] in KEYS and "…" not in pair[1] and pair not in OTHERS]
    return [pair for pair in stated if not _fits(*pair)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_setting_in_a_sentence_of_a_page_is_one_that_the_schema_takes(page: Path) -> None:
    assert _misfits([match for code in _code(page) if (match := INLINE.fullmatch(code))]) == []


def test_a_setting_that_a_message_recommends_is_one_that_the_schema_takes() -> None:
    remedies = [match for source in SOURCES for text in _messages(source) for match in REMEDY.finditer(text)]
    assert len(remedies) > 50
    assert _misfits(remedies) == []
    assert _misfits(list(REMEDY.finditer("set layout: node-port, or p2p: maybe"))) == [
        ("layout", "node-port"),
        ("p2p", "maybe"),
    ]
