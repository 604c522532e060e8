"""What a key or value that does not exist probably means: a similar one, the same key elsewhere, or a secret."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from config.environment import COMPONENTS, known_names
from config.environment import owner as owner_of_variable
from config.environment_owners import KEYS
from config.other_words import WORDS
from config.secret_keys import SECRETS
from config.stand_ins import field_of, literals_in, model_in, owner_of

_CUTOFF = 0.6
"""Similarity (difflib's ratio) from which another name counts as meant."""
_ALIKE = 0.8
"""Similarity from which a key of the same section is meant rather than an equal key elsewhere."""
_EQUAL = 1
_SWITCHES = ("enabled", "enable", "on", "active")
_FEW = _SHORT = 3
Place = tuple[int | str, ...]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


_WORDS = {_plain(word): reason for word, reason in WORDS.items()}


def similar(name: str, valid: Iterable[str], cutoff: float = _CUTOFF) -> str | None:
    """Return the valid name that is most like `name`, whatever its case and dashes; None if none is close."""
    plain = {_plain(other): other for other in sorted(valid, reverse=True)}
    text = _plain(name)
    close = difflib.get_close_matches(text, sorted(plain), n=1, cutoff=cutoff)
    begun = [other for other in plain if len(other) > 2 and text.startswith(other)]  # noqa: PLR2004 - mon, not a
    candidates = [*begun, *close]
    key = text if text in plain else max(candidates, key=lambda other: _shared(other, text)) if candidates else None
    return plain[key] if key else None


def _shared(left: str, right: str) -> int:
    """Return how many characters two texts begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def path_of(location: Iterable[int | str]) -> str:
    """Return `("shards", 0, "zone")` as `shards[0].zone`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def parts_of(path: str) -> Place:
    """Return `shards[0].zone` as `("shards", 0, "zone")`."""
    parts = re.findall(r"[^.\[\]]+", path)
    return tuple(int(part) if re.fullmatch("[0-9]{1,9}", part) else part for part in parts)


def unknown_key(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """Return the message for a key that its section does not have."""
    name, owner = str(location[-1]), owner_of(model, location)
    keys = [field.alias or key for key, field in owner.model_fields.items()] if owner else []
    here = [str(part) for part in location[:-1] if not isinstance(part, int)]
    if dotted := _nested(model, location):
        return f"unknown key, as a key is one word; write {dotted}"
    if secret := next((each for each in SECRETS.values() if _plain(each.name) == _plain(name)), None):
        return f"unknown key, as secrets are not written into a section; run: {secret.command}"
    if other := _other_word(name):
        return f"unknown key; {other}"
    close = similar(name, keys, _ALIKE)
    if close:
        return f"unknown key; did you mean {close}?"
    if name.lower() in _SWITCHES and here and "enabled" not in keys:
        return f"unknown key; {_switch(model, location[:-1])}"
    if secrets := list(_secrets(name, here)):
        return "unknown key, as secrets are not written into a section; run: " + ", or: ".join(secrets)
    if len(name) > 1 and (longer := [key for key in keys if _plain(key).startswith(_plain(name))]):
        return f"unknown key; did you mean {longer[0]}?"
    inside = _elsewhere(owner, name, []) if owner and here else []
    above = path_of(location[:-1])
    if places := [f"{above}.{place}" for place in inside] or _elsewhere(model, name, here):
        return f"unknown key here; did you mean {' or '.join(places[:_FEW])}?"
    close = similar(name, keys)
    return f"unknown key; did you mean {close}?" if close else f"unknown key; valid here: {', '.join(sorted(keys))}"


def _other_word(name: str) -> str | None:
    """Return what to do instead of a key of another program, or of a variable of the images outside of `env`; None for others."""
    if reason := _WORDS.get(_plain(name)):
        return reason
    if not name.isupper():
        return None
    if reason := owner_of_variable(name):
        return f"it is a variable of the images: {'use ' if reason in KEYS.values() else ''}{reason}"
    places = [f"env.{component}" for component in COMPONENTS if name in known_names(component)]
    return f"it is a variable of the images; write it below {' and '.join(places)}" if places else None


def _nested(model: type[BaseModel], location: Sequence[int | str]) -> str | None:
    """Return how a path such as `bridges.drain.deadline` is written as nested keys; None if the name is no path of the section."""
    first, *others = parts_of(str(location[-1])) or ("",)
    if not others or not field_of(owner_of(model, location), first):
        return None
    text = "…"
    for part in reversed(others):
        text = f"[{text}]" if isinstance(part, int) else f"{{{part}: {text}}}"
    return f"{'' if location[:-1] else 'jitsi:'}{first}: {text}"


def _switch(model: type[BaseModel], section: Sequence[int | str]) -> str:
    """Return how a section is turned on and off: it is on if it is set, or it always is."""
    owner, name = owner_of(model, section), str(section[-1])
    field = field_of(owner, section[-1])
    inner = model_in(field.annotation) if field else None
    if field is None or inner is None or field.default is not None:
        return f"{name} is always on; remove the key"
    required = ", ".join(f"{part.alias or key}: …" for key, part in inner.model_fields.items() if part.is_required())
    return f"{name} is on if it is set: write {name}: {{{required}}}, or remove {name} to turn it off"


def _secrets(name: str, here: Sequence[str]) -> Iterator[str]:
    """Yield commands that set the secrets of a section whose name is like `name`."""
    word = name.lower()
    for secret in SECRETS.values():
        known = secret.name.lower()
        in_section = not here or f"`{here[0]}." in secret.needed_with or f"`{here[0]}`" in secret.needed_with
        if in_section and (
            known == word or (here and len(word) > _SHORT and (known.endswith(word) or word.endswith(known)))
        ):
            yield secret.command


def _elsewhere(model: type[BaseModel], name: str, here: Sequence[str]) -> list[str]:
    """Return the full paths of equal keys, those that share most of the path first."""

    def distance(path: str) -> tuple[int, int]:
        parts = re.sub(r"\[\]", "", path).split(".")
        shared = next((n for n, pair in enumerate(zip(parts, here, strict=False)) if pair[0] != pair[1]), len(here))
        return -shared, len(parts)

    found = (path for path, key in _paths(model) if key.lower() == name.lower())
    return sorted((path for path in found if not (here and path.startswith("images."))), key=distance)


def _paths(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        key, inner = field.alias or name, model_in(field.annotation)
        yield f"{above}{key}", key
        if inner and not (above and key == "bridges"):  # what shards override is a key of bridges
            yield from _paths(inner, f"{above}{key}{'[]' if _is_list(field.annotation) else ''}.")


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(_is_list(part) for part in get_args(annotation))


def alternative(value: Any, valid: Sequence[Any]) -> str | None:
    """Return the alternatives that a value probably means, such as `letsEncrypt`, or `mon, tue, wed` for mon-wed; else None."""
    texts = [str(each) for each in valid]
    first, _, last = (part.strip() for part in str(value).partition("-"))
    begin, end = similar(first, texts, _EQUAL), similar(last, texts, _EQUAL)
    if min(len(first), len(last)) >= _SHORT and begin and end and _plain(str(value)) not in map(_plain, texts):
        return ", ".join(texts[texts.index(begin) : texts.index(end) + 1]) or None
    return similar(str(value), texts)


def list_of(value: Any, model: type[BaseModel], location: Sequence[int | str]) -> str | None:
    """Return the list that a single value probably means, such as `[mon, tue, wed]`; None if it means none."""
    field = field_of(owner_of(model, location), location[-1]) if location else None
    if field is None or not isinstance(value, str | int) or isinstance(value, bool):
        return None
    if valid := literals_in(field.annotation):
        words = [alternative(word, valid) for word in re.split(r"[\s,]+", str(value).strip("[] ")) if word]
        return f"[{', '.join(word for word in words if word)}]" if words and all(words) else None
    return f"[{value}]" if model_in(field.annotation) is None and value != "" else None
