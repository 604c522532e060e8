"""`plan simulate`: what it prints, what it writes, and how it refuses."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from simulated_stacks import FIGURES, write_stack

from plan.__main__ import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["simulate", *map(str, arguments)])
        streams = capsys.readouterr()
        return status, streams.out, streams.err

    return call


@pytest.fixture
def stack(tmp_path):
    return write_stack(tmp_path / "Pulumi.school.yaml")


def test_json_says_all_of_it_and_nothing_else(run, stack):
    status, out, err = run("--file", stack, "--trace", "flash", "--json")
    assert (status, err) == (0, "")
    made = json.loads(out)
    assert set(FIGURES) <= made.keys()
    assert (made["stack"], made["shard"], made["trace"], made["seed"]) == ("school", "s0", "flash", 1)
    assert [moment["t"] for moment in made["series"]] == list(range(14 * 3600, 17 * 3600, 60))
    assert {"t", "participants", "wanted", "ready", "draining", "nodes", "overloaded"} <= made["series"][0].keys()


def test_the_same_command_prints_the_same(run, stack):
    arguments = ("--file", stack, "--trace", "flash", "--seed", "7", "--json")
    assert run(*arguments) == run(*arguments)
    assert run(*arguments)[1] != run("--file", stack, "--trace", "flash", "--seed", "8", "--json")[1]


def test_text_is_a_table_and_a_picture_of_the_day(run, stack):
    status, out, err = run("--file", stack, "--trace", "flash")
    assert (status, err) == (0, "")
    assert out.startswith("Stack school, shard s0, as deployed: flash, seed 1\n")
    for words in ("degraded", "cut meetings", "node-hours", "time to capacity", "14:00 to 17:00 (3h)", "█"):
        assert words in out
    assert "never" in run("--file", stack, "--trace", "flash", "--policy", "openfun")[1]


def test_a_crash_is_a_line_of_its_own(run, stack):
    assert "crash: no audio" not in run("--file", stack, "--trace", "flash")[1]
    out = run("--file", stack, "--trace", "flash", "--crash", "15:30")[1]
    assert "of the bridge that crashes at 15:30" in out


def test_the_page_is_whole_and_fetches_nothing(run, stack, tmp_path):
    target = tmp_path / "deep" / "day.html"
    status, out, _ = run("--file", stack, "--trace", "flash", "--html", target)
    assert status == 0
    assert out
    text = target.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    picture = text[text.index("<svg") : text.index("</svg>") + 6]
    drawn = ET.fromstring(picture)  # noqa: S314 - our own page
    classes = {element.get("class") for element in drawn.iter()}
    assert {"line people", "area capacity", "area ready", "area nodes", "line wanted", "overload"} <= classes
    for word in ("http:", "https:", "<script", "url(", "@import"):
        assert word not in text
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text


@pytest.mark.parametrize("people", [0, 1])
def test_a_day_without_anybody_is_a_day_as_well(run, tmp_path, people):
    (tmp_path / "quiet.csv").write_text(f"seconds,participants\n0,{people}\n60,0\n")
    stack = write_stack(tmp_path / "s.yaml")
    status, out, _ = run("--file", stack, "--trace", tmp_path / "quiet.csv", "--html", tmp_path / "q.html")
    assert status == 0
    assert "degraded" in out
    text = (tmp_path / "q.html").read_text()
    ET.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])  # noqa: S314 - our own page


@pytest.mark.tools
def test_a_timetable_follows_the_date(run, stack):
    def node_hours(*more):
        made = json.loads(run("--file", stack, "--trace", "webinar", "--json", *more)[1])
        assert made["withTimetable"]
        return made["nodeHours"]

    assert node_hours() == node_hours("--date", "2026-03-17")
    assert node_hours() > node_hours("--date", "2026-03-22"), "no lesson on Sundays"


def test_a_shard_is_named_or_is_the_first_that_takes_rooms(run, tmp_path):
    shards = [
        {"name": "old", "zone": "fr-par-1", "state": "draining"},
        {"name": "new", "zone": "fr-par-2", "bridges": {"max": 3, "schedule": []}},
    ]
    stack = write_stack(tmp_path / "s.yaml", shards=shards)
    shard = json.loads(run("--file", stack, "--trace", "flash", "--json")[1])
    assert (shard["shard"], max(moment["wanted"] for moment in shard["series"])) == ("new", 3)
    assert json.loads(run("--file", stack, "--trace", "flash", "--json", "--shard", "old")[1])["shard"] == "old"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--trace", "weekend"), "--trace: 'weekend' is neither school, flash, evening, webinar nor a file"),
        (("--trace", ""), "--trace: '' is neither"),
        (("--trace", "none.csv"), "--trace: none.csv: cannot be read"),
        (("--trace", "null\0.csv"), "--trace: "),
        (("--trace", "flash", "--seed", "-1"), "--seed: a whole number"),
        (("--trace", "flash", "--seed", "9" * 5000), "--seed: a whole number"),
        (("--trace", "flash", "--date", "tomorrow"), "--date: a day is written 2026-03-18"),
        (("--trace", "flash", "--date", "0001-01-01"), "--date: "),
        (("--trace", "flash", "--date", "9999-12-31"), "--date: "),
        (("--trace", "flash", "--shard", "s9"), "--shard: s9 is no shard of this stack; it has s0"),
        (("--trace", "flash", "--crash", "soon"), "--crash: a time of the day is written 08:50, got 'soon'"),
        (("--trace", "flash", "--crash", "09:00"), "--crash: flash lasts from 14:00 to 17:00, got 09:00"),
        (("--trace", "flash", "--html", "/dev/null/x.html"), "--html: "),
    ],
)
def test_an_option_that_makes_no_sense_is_explained(run, stack, arguments, expected):
    status, out, err = run("--file", stack, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(expected)
    assert err.count("\n") == 1


def test_a_wrong_stack_is_explained(run, tmp_path):
    stack = write_stack(tmp_path / "s.yaml", bridges={"min": 12, "max": 3, "schedule": []})
    status, out, err = run("--file", stack, "--trace", "flash")
    assert (status, out) == (2, "")
    assert err.startswith("bridges.min: ")


@pytest.mark.parametrize("path", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_every_stack_of_the_repository_has_a_day(run, path):
    status, out, err = run("--file", path, "--trace", "flash", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["cutConferences"] == 0


def test_it_needs_neither_the_engine_nor_its_sdk(stack):
    program = (
        "import sys; from plan.__main__ import main; "
        f"status = main(['simulate', '--file', {str(stack)!r}, '--trace', 'flash', '--html', {str(stack.with_suffix('.html'))!r}]); "
        "print('pulumi' in sys.modules, status, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.split() == ["False", "0"]
