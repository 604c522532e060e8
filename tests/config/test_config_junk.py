"""Whatever a stack file holds, the answer is a stack or a list of problems: never another exception."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.problems import ConfigError
from config.read import parse
from config.stack import StackConfig

KEYS = [field.alias or name for name, field in StackConfig.model_fields.items() if name != "region"]
SUBKEYS = [
    "min",
    "max",
    "layout",
    "schedule",
    "scaling",
    "drain",
    "nodeType",
    "name",
    "zone",
    "slot",
    "tls",
    "mode",
    "jwt",
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(SUBKEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
GOOD = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
}


JUNK_UNDER_KEYS = st.dictionaries(st.sampled_from(KEYS), JUNK, min_size=1, max_size=4)


def is_answered(values):
    texts = {f"jitsi:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    with contextlib.suppress(ConfigError):
        parse({**GOOD, **texts})


@given(JUNK_UNDER_KEYS)
def test_junk_under_known_keys_is_answered_with_problems(values):
    is_answered(values)


@pytest.mark.tools
@settings(max_examples=2000)
@given(JUNK_UNDER_KEYS)
def test_thousands_of_kinds_of_junk_under_known_keys_are_answered_with_problems(values):
    is_answered(values)


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=30), max_size=5))
def test_junk_keys_are_answered_with_problems(values):
    with contextlib.suppress(ConfigError):
        parse({**GOOD, **{f"jitsi:{key}": value for key, value in values.items()}})


@given(JUNK)
def test_a_shard_made_of_junk_is_answered_with_problems(entry):
    with contextlib.suppress(ConfigError):
        parse({**GOOD, "jitsi:shards": json.dumps([entry])})
