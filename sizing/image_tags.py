"""What a tag says of an image: whether pods of this program can run it."""

import re
from typing import Literal

from config.images import Images
from sizing.part import FIRST_RELEASE, Image

Age = Literal["another", "older", "known", "newer", "failing", "unnamed"]
"""Against the image's record: another image, before its first tag that works, between that and the default, after the default, from the first
tag that is known to fail on, or without a number."""

_RELEASE = re.compile(r"stable-(\d+)(?:-(\d+))?")
_PUBLIC = frozenset(
    (
        "docker.io",
        "index.docker.io",
        "quay.io",
        "ghcr.io",
        "registry.k8s.io",
        "k8s.gcr.io",
        "gcr.io",
        "public.ecr.aws",
        "registry.gitlab.com",
    )
)
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-+].*)?")


def release_age(release: str) -> Age:
    """Return the age of a release of Jitsi's images."""
    number, first, newest = _release(release), _release(FIRST_RELEASE), _release(Images().tag)
    return "unnamed" if number is None else _age(number, first, newest)


def image_age(image: Image, reference: str) -> Age:
    """Return the age of another image, by the tag of its reference; a digest alone has no number."""
    number = _number(_tag(reference))
    if number is None:
        return "unnamed"
    if image.until and number >= (_number(image.until) or ()):
        return "failing"
    return _age(number, _number(image.since), _number(_tag(getattr(Images(), image.name))))


def release_in(reference: str) -> str | None:
    """Return the release that the tag of an own image begins with, such as `stable-11146-2-school3`; None if it names none."""
    match = _RELEASE.match(_tag(reference))
    return match[0] if match else None


def of_another_make(reference: str, default: str) -> bool:
    """Return whether a public registry's image is another one than the default, however like it is: not a copy in a registry of one's own."""
    host = reference.partition("/")[0]
    public = host in _PUBLIC or not ("." in host or ":" in host)
    return public and _repository(reference) != _repository(default)


def _repository(reference: str) -> tuple[str, ...]:
    """Return owner and name of an image; Docker Hub's own images are of `library`."""
    path = re.split(r"[:@]", reference.rpartition("/")[2])[0]
    owner = reference.rpartition("/")[0].rpartition("/")[2]
    return (owner or "library", path)


def _age(number: tuple[int, ...], first: tuple[int, ...] | None, newest: tuple[int, ...] | None) -> Age:
    if number < (first or ()):
        return "older"
    return "newer" if number > (newest or number) else "known"


def _tag(reference: str) -> str:
    name = reference.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def _release(tag: str) -> tuple[int, ...] | None:
    match = _RELEASE.fullmatch(tag)
    return (int(match[1]), int(match[2] or 0)) if match else None


def _number(tag: str) -> tuple[int, ...] | None:
    match = _VERSION.fullmatch(tag)
    return tuple(int(part) for part in match[1].split(".")) if match else None
