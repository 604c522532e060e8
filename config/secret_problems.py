"""Problems of a stack's secrets: missing, in plain text, or of no use to Jitsi."""

from collections.abc import Collection, Iterator, Mapping

from config.accounts import users_problems
from config.problems import Problem
from config.secret_keys import SECRETS


def secret_problems(
    values: Mapping[str, str], encrypted: Collection[str], needed: Collection[str], *, is_certain: bool = True
) -> Iterator[Problem]:
    """Yield the problems of the secrets among the engine's values, without repeating them.

    `encrypted` are the keys of encrypted values. Unless `is_certain`, a secret that is not needed may become so.
    """
    for name, secret in SECRETS.items():
        key = f"jitsi:{name}"
        text = values.get(key, "")
        if name in needed and not text:
            yield Problem(name, f"required secret, not set; run: {secret.command}")
        elif key in values and key not in encrypted:
            remedy = f"pulumi config rm {key}" if is_certain and name not in needed else secret.command
            yield Problem(name, f"is in plain text in the stack file; run: {remedy}")
        if name not in needed:
            continue
        if name == "users":
            yield from users_problems(text) if text else ()
        elif secret.forbidden and (text != text.strip() or any(char in text for char in secret.forbidden)):
            quotes = "a quote, a backslash, " if '"' in secret.forbidden else ""
            yield Problem(
                name,
                f"has {quotes}a line break or a leading or trailing space, which the templates of Jitsi's image cannot hold; "
                f"choose another, and run: {secret.command}",
            )
