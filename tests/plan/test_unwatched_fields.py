"""Every field of a rendered object is watched by a rule, or listed with the reason why not (tests/unwatched.py)."""

import pytest
from unwatched import STACKS, UNWATCHED, earlier, fields, other, reason, unwatched


@pytest.mark.tools
@pytest.mark.parametrize("stack", STACKS)
def test_a_field_that_no_rule_watches_has_a_reason(stack: str) -> None:
    names = unwatched(stack, earlier(stack))
    assert [name for name in names if reason(name) is None] == [], "add a rule, or a reason in tests/unwatched.py"


def test_every_reason_is_of_a_field_that_a_stack_has() -> None:
    names = [name for stack in ("turn", "recorded", "documented") for name in fields(stack)]
    patterns = [pattern for pattern in UNWATCHED if not any(reason(name) == UNWATCHED[pattern] for name in names)]
    assert patterns == []
    assert len(names) > 300


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, False), (8080, 808001), ("256Mi", "25601Mi"), ("TCP", "UDP"), ("web", "webx"), ("10m", "1001m")],
)
def test_another_value_is_of_the_same_type(value: object, expected: object) -> None:
    assert other(value) == expected
