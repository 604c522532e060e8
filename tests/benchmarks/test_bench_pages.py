"""The page and the picture that a run leaves."""

import xml.etree.ElementTree as ET

from bench_results import phase, results, run

from lab.benchmarks.page import page
from lab.benchmarks.picture import picture


def parsed(document):
    return ET.fromstring(document)  # noqa: S314 - our own document


def rows(text, start):
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines() if start in line]


def test_every_table_has_as_many_cells_in_each_row():
    widths: list[int] = []
    for line in page(results()).splitlines():
        if not line.startswith("|"):
            widths.clear()
            continue
        widths.append(line.count("|"))
        assert len(set(widths)) == 1, line


def test_the_program_stands_beside_its_ratio_to_each_peer():
    python = results()["python"]
    python["runs"] = [run for run in python["runs"] if run["shards"] <= 4]
    (row,) = rows(page(results(python=python)), "| kustomize 5.0.0 |")
    assert row == ["kustomize 5.0.0", "0.10", "0.40", "0.00", "49", "50", "3.40", "3.40"]


def test_an_aim_that_is_missed_says_so():
    (row,) = rows(
        page(results(makeUp={"first": 99.0, "reached": {}, "again": 1.0, "down": 1.0})), "in a new clone, tools"
    )
    assert row[1:] == ["≤ 90 s", "99", "1.10", "no"]


def test_a_busy_machine_is_named_as_such():
    assert "more than the 2 cores" not in page(results())
    assert "more than the 2 cores" in page(results(load=[9.0, 3.0]))


def test_the_engine_is_compared_with_plain_apply():
    (row,) = rows(page(results()), "| up from nothing | 20.0")
    assert row[-2:] == ["apply and wait, 4.00 s", "5.0"]


def test_a_quick_run_makes_a_page_too():
    quick = {key: value for key, value in results().items() if key not in ("engine", "makeUp", "cold")}
    assert "## The engine" not in page(quick)
    parsed(picture(quick))


def test_the_picture_is_the_same_for_the_same_results():
    assert picture(results()) == picture(results())


def test_the_picture_is_a_document_of_its_own_and_stays_within_its_frame():
    root = parsed(picture(results()))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(boxes) == 3 * 5 + 3, "three parts in each of five operations, and a legend"
    for box in boxes:
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height


def test_extreme_figures_do_not_break_the_picture():
    tiny = results(python={"kustomize": "", "runs": [run("program", 1, 68, 1.0)]}, engine=[])
    parsed(picture(tiny))
    idle = phase("destroy", 0.0)
    idle["processes"] = {"engine": {"cpu": 0.0, "peakMb": 0.0}}
    parsed(picture(results(engine=[{"shards": 1, "resources": 1, "phases": [idle], "peer": {}}])))
