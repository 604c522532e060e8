"""A stack that runs Jitsi's programs, for the suite of calls."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.live.__main__ import DIR, OUT
from lab.live.programs import versions
from lab.live.results import keep

PASSED = pytest.StashKey()
WITHOUT = "needs Jitsi's programs: make live JITSI=DIR (docs/live.md)"


def pytest_collection_modifyitems(items):
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        item.add_marker(pytest.mark.live)
        item.add_marker(pytest.mark.timeout(1500))
        if DIR not in os.environ:
            item.add_marker(pytest.mark.skip(reason=WITHOUT))


@pytest.fixture(scope="session")
def jitsi():
    return Path(os.environ[DIR])


@pytest.fixture
def measured(jitsi, request):
    """The figures of one test; if it passes they are kept under its name, beside those of other tests."""
    figures = {}
    yield figures
    passed = request.node.stash.get(PASSED, False)
    day = datetime.now(UTC).date().isoformat()
    keep(Path(os.environ[OUT]), request.node.name, figures if passed else None, versions(jitsi), day)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def world(jitsi, tmp_path_factory):
    from lab.live.world import World
    from lab.progress import Progress
    from lab.toolchain.prepare import ensure

    folder = tmp_path_factory.mktemp("live")

    log = (folder / "world.log").open("a", buffering=1)

    def note(what, **more):
        print(f"{datetime.now(UTC):%H:%M:%S}", what, more, file=log)

    with World(folder, jitsi, ensure("loop", Progress()), note) as world:
        yield world


@pytest.fixture(autouse=True)
def left(request):
    """Nobody stays after a test."""
    yield
    if "guests" in request.fixturenames:
        request.getfixturevalue("guests").leave()
