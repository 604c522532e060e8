"""What e2e tests share: the tools, and one embedded stack per session, each in a temporary folder.

    def test_something(embedded, engine): ...

`embedded` runs before the first test that asks for it and is ended after the last; `engine` is the real engine, pointed
at it. A test that stops or breaks things takes `a_new_embedded` instead, its module's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.embedded import Embedded
from lab.paths import Paths
from lab.progress import Progress
from lab.toolchain.prepare import Toolchain, ensure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.engine.engine import Engine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starting a control plane beside others on two cores takes longer than a unit test may."""
    for item in items:
        if "e2e" in item.path.parts and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """Every tool of the group `tests`; what is missing is built now, which takes minutes."""
    return ensure("tests", Progress())


@pytest.fixture(scope="session")
def embedded(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A running control plane and Scaleway emulator for the whole session; tests leave it running, and kill no update."""
    running = Embedded(Paths(tmp_path_factory.mktemp("embedded")), toolchain, checkpoints=False)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def engine(embedded: Embedded) -> Engine:
    """The real engine against `embedded`."""
    return embedded.engine


@pytest.fixture(scope="module")
def a_new_embedded(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """An embedded stack that the tests of one module may stop and break; not started yet, ended after them."""
    own = Embedded(Paths(tmp_path_factory.mktemp("own")), toolchain)
    yield own
    own.stop()
