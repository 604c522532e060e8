"""docs/diff-applied.md: what was seen on the engine stands beside what the diff says today."""

import pytest
from diff_applied_page import PAGE, begin, end, untold
from diff_chains import CHAINS

pytestmark = pytest.mark.tools  # every step is a program evaluated


@pytest.mark.parametrize("chain", CHAINS)
def test_the_page_says_of_every_step_what_the_diff_says(chain):
    table = PAGE.read_text(encoding="utf-8").split(begin(chain))[1].split(end(chain))[0]
    missing = untold(chain, table)
    assert not missing, (
        f"run tests/e2e/test_diff_applied_{chain}.py, then PYTHONPATH=.:tests python tests/diff_applied_page.py"
    )
