"""Whoever writes a key by hand, wrong, is led to the right one by the message alone."""

import pytest
from hand_written import BY_HAND
from hand_written_elsewhere import BY_HAND_ELSEWHERE
from plan_stacks import values_of

from config.problems import ConfigError
from config.read import parse

WRONG = BY_HAND | BY_HAND_ELSEWHERE
CASES = [(key, number) for key, cases in WRONG.items() for number in range(len(cases))]


def test_each_key_is_written_wrong_in_five_ways():
    assert {key: len(cases) for key, cases in WRONG.items() if len(cases) < 5} == {}


@pytest.mark.parametrize(("key", "number"), CASES)
def test_a_key_written_wrong_has_one_message_with_the_way_out(key, number):
    changes, says = WRONG[key][number]
    with pytest.raises(ConfigError) as caught:
        parse(values_of(**changes))
    (message,) = [str(problem) for problem in caught.value.problems]
    assert says in message
