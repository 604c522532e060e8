"""`plan report` of a school authority answers while one looks."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.tools

ROOT = Path(__file__).parents[2]
TIMES = 7
"""An import of the Pulumi SDK takes 0.42 s where a report may take 3 s; a slower machine has as much more time."""


def seconds(*arguments: str) -> float:
    """The best of three runs."""

    def once() -> float:
        begun = time.monotonic()
        subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
        return time.monotonic() - begun

    return min(once() for _ in range(3))


def test_a_report_takes_no_longer_than_seven_imports_of_the_sdk(tmp_path: Path) -> None:
    stack = str(ROOT / "tests" / "stacks" / "district.yaml")
    imported = seconds("-c", "import pulumi")
    took = seconds("-m", "plan", "report", "--file", stack, "--html", str(tmp_path / "plan.html"))
    assert took <= TIMES * imported, f"{took:.2f} s; the SDK alone takes {imported:.2f} s"
