"""What tags say of images."""

import pytest

from config.images import Images
from sizing.image_tags import image_age, release_age
from sizing.parts import NAMED, PARTS


@pytest.mark.parametrize(
    ("release", "age"),
    [
        ("stable-9823", "older"),
        ("stable-10888", "older"),
        ("stable-11031", "older"),
        ("stable-11146", "known"),
        ("stable-11146-2", "known"),
        ("stable-11146-3", "newer"),
        ("stable-12000", "newer"),
        ("unstable", "unnamed"),
        ("stable", "unnamed"),
    ],
)
def test_releases_from_before_the_first_rootless_one_are_older(release: str, age: str) -> None:
    assert release_age(release) == age


@pytest.mark.parametrize(
    ("reference", "age"),
    [
        ("docker.io/etherpad/etherpad:1.9.7", "older"),
        ("etherpad:2.0.3@sha256:" + "0" * 64, "known"),
        ("registry.example.org:5000/etherpad:2.6.1", "newer"),
        ("etherpad/etherpad:3.0.0", "failing"),
        ("etherpad/etherpad:v3.3.3-rc1", "failing"),
        ("registry.example.org:5000/etherpad", "unnamed"),
        ("etherpad/etherpad:latest", "unnamed"),
    ],
)
def test_other_images_are_compared_by_the_numbers_of_their_tag(reference: str, age: str) -> None:
    assert image_age(NAMED["etherpad"].image, reference) == age


def test_the_default_of_every_image_is_known_to_work() -> None:
    images = Images()
    assert release_age(images.tag) == "known"
    for part in PARTS:
        if getattr(images, part.image.name, None):
            assert image_age(part.image, getattr(images, part.image.name)) == "known", part.name
