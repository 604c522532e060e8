"""An emulated cloud without an API server, on a clock that only moves when a test says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.scaleway_emulator.cloud import Cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with Cloud(tmp_path / "state") as emulated:
        yield emulated
