"""Derived passwords: stable, independent of each other, safe for Jitsi's templates."""

import re

from hypothesis import given
from hypothesis import strategies as st

from config.passwords import fingerprint, password, password_names

SEEDS = st.text(min_size=8, max_size=64)


def test_the_derivation_never_changes_because_running_stacks_hold_its_results():
    assert password("seed", "s0-jvb", {}) == "058e25df121e38b74ea87c2dde2262ee"


@given(SEEDS)
def test_passwords_are_hex_so_that_templates_may_interpolate_them(seed):
    assert re.fullmatch(r"[0-9a-f]{32}", password(seed, "s0-jvb", {}))


@given(SEEDS)
def test_every_name_has_its_own_password(seed):
    names = password_names(["s0", "s1", "s10"])
    assert len({password(seed, name, {}) for name in names}) == len(names)


@given(SEEDS, st.integers(2, 50))
def test_raising_a_generation_rotates_that_password_alone(seed, generation):
    raised = {"s0-jvb": generation}
    assert password(seed, "s0-jvb", raised) != password(seed, "s0-jvb", {})
    assert password(seed, "s0-jicofo", raised) == password(seed, "s0-jicofo", {})


@given(SEEDS)
def test_the_fingerprint_follows_the_password_and_does_not_show_it(seed):
    names = ["s0-jvb"]
    mark = fingerprint(seed, names, {})
    assert mark != fingerprint(seed, names, {"s0-jvb": 2})
    assert mark != fingerprint(f"{seed}x", names, {})
    assert mark not in password(seed, "s0-jvb", {})
