"""The prices that README and docs/install.md name are those of the stacks that they speak of."""

import re
from datetime import date
from pathlib import Path

from plan_stacks import stack_of

from config.read import parse, stack_file
from sizing.cost import cost

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 30)


def test_the_prices_of_the_small_stack_and_of_the_bare_defaults_are_true():
    small = cost(parse(stack_file(ROOT / "Pulumi.dev.yaml")), DAY)["monthly"]
    bare = cost(stack_of(), DAY)["monthly"]
    readme, install = ((ROOT / name).read_text() for name in ("README.md", "docs/install.md"))
    for page in (readme, install):
        (least,) = re.findall(r"at least (\d+) EUR", page)
        (typical,) = re.findall(r"about (\d+) EUR\s+a\s+month", page)
        assert int(least) == round(bare["min"])
        assert int(typical) == round(small["typical"])
    assert f"at least {round(small['min'])} (" in install
