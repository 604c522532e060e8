"""Rules about releases and tags of images."""

from collections.abc import Iterator
from typing import get_args

from config.images import Images, JitsiImage
from plan.findings.rule import Hit, Severity, Subject, rule, written
from sizing.image_tags import Age, image_age, of_another_make, release_age, release_in
from sizing.part import FIRST_RELEASE, JITSI_UID
from sizing.parts import PARTS

_DOCKER_HUB = ("", "docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_SEVERITIES: dict[Age, Severity] = {
    "another": "warning",
    "failing": "error",
    "older": "warning",
    "newer": "info",
    "unnamed": "info",
}


def _releases(subject: Subject) -> Iterator[tuple[str, str]]:
    config = subject.config
    found = {"images.tag": config.images.tag}
    found |= {config.release_key(position): shard.release for position, shard in enumerate(subject.shards)}
    yield from found.items()


@rule("release-too-old", "error")
def release_too_old(subject: Subject) -> Iterator[Hit]:
    """The images of a Jitsi release cannot run in these pods."""
    for name, image in subject.config.images.own.items():
        if (release := release_in(image)) and release_age(release) == "older":
            yield Hit(
                f"images.{name}",
                f"{image} is built from {release}, from before {FIRST_RELEASE}: it starts as root and writes to /config, so in these pods it "
                "never starts",
                f"build it from {Images().tag}",
            )
    for where, release in _releases(subject):
        if release_age(release) == "older":
            yield Hit(
                where,
                f"{release} is from before {FIRST_RELEASE}: its images start as root, write to /config and listen on port 80, so in "
                "these pods they never start",
                f"set {where} to {Images().tag}, or another release from {FIRST_RELEASE} on; docs/shards.md says how to leave an "
                "old release",
            )


@rule("release-unknown", "info")
def release_unknown(subject: Subject) -> Iterator[Hit]:
    """Nobody has tried these pods with a Jitsi release."""
    known = Images().tag
    for where, release in _releases(subject):
        age = release_age(release)
        if age in ("newer", "unnamed"):
            yield Hit(
                where,
                f"{release} is newer than {known}, with which these pods were tried"
                if age == "newer"
                else f"{release} is not a release's name (stable-NUMBER), so nobody can say whether it is from {FIRST_RELEASE} on",
                f"set {where} to {known}, or try it in a stack or a standby shard of its own first",
            )


@rule("release-not-published", "error")
def release_not_published(subject: Subject) -> Iterator[Hit]:
    """A registry has no images of this Jitsi release."""
    images = subject.config.images
    host, _, path = images.registry.rpartition("/")
    if path != "jitsi" or host not in _DOCKER_HUB:
        return
    for where, release in _releases(subject):
        if release_age(release) in ("known", "newer"):
            yield Hit(
                "images.registry",
                f"Docker Hub has no copies of Jitsi's images from release 11146 on, and {where} is {release}: pods wait in ImagePullBackOff",
                f"set images.registry: {Images().registry}",
            )
            return


@rule("image-of-own", "info")
def image_of_own(subject: Subject) -> Iterator[Hit]:
    """An image of your own takes the place of one of the release."""
    tag = subject.config.images.tag
    for name, image in subject.config.images.own.items():
        other = release_in(image) not in (None, tag)
        yield Hit(
            f"images.{name}",
            f"{image} is built from another release than images.tag, {tag}: parts of two releases may not understand each other"
            if other
            else f"{image} does not follow images.tag: it must be built from that release, run as uid {JITSI_UID} on a read-only root, and "
            "start as the release's image does",
            f"rebuild it from {tag}"
            if other
            else "rebuild it, and change both keys in one commit, whenever the release changes",
            "warning" if other else None,
        )


@rule("pull-secret-expected", "info")
def pull_secret_expected(subject: Subject) -> Iterator[Hit]:
    """Pods pull their images with a Secret that the stack does not create."""
    secret, namespace = subject.config.images.pull_secret, subject.config.namespace
    if secret:
        also = (
            " and, with certManager: install, in cert-manager"
            if subject.config.ingress.tls.cert_manager == "install"
            else ""
        )
        yield Hit(
            "images.pullSecret",
            f"the Secret {secret} must exist in namespace {namespace}{also}: without it pods wait in ImagePullBackOff, and start within "
            "minutes once it is there",
            f"while the first pulumi up waits, run: kubectl -n {namespace} create secret docker-registry {secret} --docker-server=HOST "
            "--docker-username=USER --docker-password=TOKEN; or set images.login, for which the stack makes the Secret",
        )


@rule("image-unknown", "warning")
def image_unknown(subject: Subject) -> Iterator[Hit]:
    """A tag is known to fail in these pods, or nobody has tried it."""
    images, reported = subject.config.images, set[str]()
    for part in PARTS:
        image = part.image
        if image.name in reported or image.name in get_args(JitsiImage) or not part.runs(subject.config):
            continue
        reported.add(image.name)
        reference, default = getattr(images, image.name), getattr(Images(mirror=images.mirror), image.name)
        tag = default.rpartition(":")[2]
        age = image_age(image, reference)
        if of_another_make(reference, getattr(Images(), image.name)):
            age = "another"
        if age == "known":
            continue
        yield Hit(
            f"images.{written(image.name)}",
            {
                "another": f"{reference} is another image than {default}: its user, its paths and its start command may be others, and nobody "
                "has tried it in these pods",
                "failing": f"{reference}: from {image.until} on, the image is known to write below its read-only root, and never starts",
                "older": f"{reference} is from before {image.since}, the first tag that is known to work in these pods",
                "newer": f"{reference} is newer than {tag}, with which these pods were tried",
                "unnamed": f"{reference} has no version in its tag, so nobody can say whether it works in these pods",
            }[age],
            f"set it to {default}, or try it in a stack of its own first",
            _SEVERITIES[age],
        )
