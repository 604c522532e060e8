"""Settings as JavaScript that is safe to embed: a JSON value, and a function that merges it."""

import json
from collections.abc import Mapping
from typing import Any

_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
    "\x7f": "\\u007f",
}
"""Characters that are special outside the string that contains them.

Jitsi's index.html includes config.js in a script element, which `</script>` would end, and nginx executes `<!--#` in both
(`ssi on`). JavaScript before ES2019 ends a line at U+2028.
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
    """JSON of a value that is valid JavaScript and contains no special character of HTML.

    Raises:
        ValueError: `value` contains NaN or an infinite number.
    """
    text = json.dumps(value, indent=4, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return "".join(_ESCAPES.get(character, character) for character in text)


def merged_into(name: str, values: Mapping[str, Any]) -> str:
    """Script that merges `values` into the page's object `name`: maps are merged by key, other values replace the existing ones."""
    return _MERGE % (name, literal(values).replace("\n", "\n    "))
