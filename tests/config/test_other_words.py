"""Keys under the names of other programs: the answer names a key that exists, and no word hides a key of this program."""

import re

import pytest
from plan_stacks import values_of

from config.other_words import WORDS
from config.problems import ConfigError
from config.read import parse
from config.secret_keys import SECRETS
from config.stack import StackConfig
from config.stand_ins import field_of, owner_of
from config.suggestions import parts_of

PATH = re.compile(r"(?:jitsi:)?\b([a-z]\w*(?:\[\])?(?:\.[a-z]\w*)+|(?<=jitsi:)\w+)")


def every_key(model, seen=()):
    for name, field in model.model_fields.items():
        yield field.alias or name
        inner = owner_of(model, (field.alias or name, "x"))
        if inner and inner not in seen:
            yield from every_key(inner, (*seen, inner))


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_another_program_is_answered_with_keys_that_exist(word):
    with pytest.raises(ConfigError) as caught:
        parse(values_of(**{word: "x"}))
    (message,) = [str(problem) for problem in caught.value.problems]
    assert message.endswith(WORDS[word])
    for path in PATH.findall(WORDS[word]):
        if not path.endswith(".md"):
            parts = parts_of(path.replace("[]", ""))
            assert path in SECRETS or field_of(owner_of(StackConfig, parts), parts[-1]) is not None, path


def test_no_word_is_a_key_of_this_program():
    keys = {key.lower() for key in every_key(StackConfig)}
    assert len(keys) > 150
    assert sorted(word for word in WORDS if word.lower() in keys) == []
