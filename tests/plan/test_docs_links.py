"""Links between the pages, and the files that pages, messages and scripts name, exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
FOLDERS = "benchmarks|ci|components|config|docs|lab|local|plan|policy|probe|sizing|tests"
CODE = sorted(
    path
    for folder in (*FOLDERS.split("|"), ".ci", ".github")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".sh", ".lua", ".toml", ".yaml", ".yml") or path.parent.name in ("ci", ".ci")
    if path.is_file() and "tests" not in path.relative_to(ROOT).parts
)
FILES = (*CODE, *ROOT.glob("*.py"), *ROOT.glob("Pulumi*.yaml"), ROOT / "Makefile", ROOT / "pyproject.toml")
NAMED = re.compile(
    rf"(?<![\w./-])((?:{FOLDERS})/[\w./-]*\w\.(?:md|py|json|yaml|sh|svg)|[A-Z]{{3,}}\.md)(?:#([\w-]+))?\b"
)
NOT_OURS = {"docs/loadbalancer-annotations.md"}  # of Scaleway's cloud controller


def anchors(page: Path) -> set[str]:
    """The ids that GitHub gives to the page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name != "CHANGELOG.md"],  # names files of earlier releases
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_file_of_the_project_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]+)(?:::\w+)?`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_and_heading_that_a_message_or_a_comment_names_exists(file: Path) -> None:
    broken = [
        (path, anchor)
        for path, anchor in NAMED.findall(file.read_text(encoding="utf-8"))
        if path not in NOT_OURS
        if not (ROOT / path).is_file() or (anchor and anchor not in anchors(ROOT / path))
    ]
    assert broken == []


POINTER = re.compile(r"\bthe (\w+) (?:listed )?(above|below)\b(?! it\b)")


def void_pointers(text: str) -> list[str]:
    """Return each `the table below` and the like without a table there, or without the word itself."""
    void = []
    for pointer in POINTER.finditer(text):
        noun, side = pointer.groups()
        there = text[: pointer.start()] if side == "above" else text[pointer.end() :]
        if not ("\n| " in there if noun in ("table", "list", "tables") else noun.lower() in there.lower()):
            void.append(pointer.group())
    return void


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_is_above_or_below_is_there(page: Path) -> None:
    assert void_pointers(page.read_text(encoding="utf-8")) == []


def test_a_pointer_to_nothing_is_noticed() -> None:
    assert void_pointers("a bucket (private, with the lifecycle above)") == ["the lifecycle above"]
    assert void_pointers("as the table below says.\n\n| a | b |\n") == []


def test_every_page_has_a_line_in_the_list_of_pages() -> None:
    listed = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in listed} == set()
