"""Registries collect what a package defines, so a module needs no list to be in."""

from typing import get_args

import pytest

from components.place.clouds import PLACES
from components.registry import registered
from config.cluster import CLOUDS, Kind


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "some_rules"
    folder.mkdir()
    for name, text in {
        "__init__": "",
        "a": "ONE, TWO = complex(1), complex(2)",
        "b": "from some_rules.c import THREE\nFOUR = complex(4)",
        "c": "THREE = complex(3)\nNOT_COLLECTED = 3",
    }.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_everything_that_the_modules_define_is_registered_once(package):
    assert registered(package, complex) == (1, 2, 3, 4)


def test_the_order_of_modules_decides_nothing_but_the_order(package):
    assert registered(package, complex, first=("c",), last=("a",)) == (3, 4, 1, 2)


def test_a_module_that_is_not_there_is_refused(package):
    with pytest.raises(ValueError, match="some_rules has no module d"):
        registered(package, complex, first=("d",))


def test_every_cluster_kind_has_its_facts_and_its_place():
    assert get_args(Kind) == tuple(CLOUDS) == tuple(PLACES)
