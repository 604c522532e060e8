"""Settings as JavaScript that nginx and browsers take as data alone: one JSON value, and a function that merges it."""

import json
from collections.abc import Mapping
from typing import Any

_HARMLESS = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
    "\x7f": "\\u007f",
}
"""Characters that mean something outside of the string that holds them.

Jitsi's index.html takes config.js into a script element, where `</script>` would end it, and nginx carries out `<!--#` in both
(ssi on). JavaScript of before 2019 ends a line at U+2028.
"""

_MERGE = """(function () {
    var merge = function (into, from) {
        Object.keys(from).forEach(function (key) {
            var value = from[key], there = into[key];
            if (value === null || typeof value !== "object" || Array.isArray(value)) {
                into[key] = value;
                return;
            }
            if (there === null || typeof there !== "object" || Array.isArray(there)) {
                into[key] = there = {};
            }
            merge(there, value);
        });
    };
    merge(%s, %s);
})();
"""


def literal(value: Any) -> str:
    """A value as JSON that is also JavaScript, and holds no character with a meaning in HTML.

    Raises:
        ValueError: a number that JSON has not.
    """
    text = json.dumps(value, indent=4, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return "".join(_HARMLESS.get(character, character) for character in text)


def merged_into(name: str, values: Mapping[str, Any]) -> str:
    """A script that merges values into the page's object of that name: maps key by key, all else in place of what was there."""
    return _MERGE % (name, literal(values).replace("\n", "\n    "))
