"""Rules about web pages, meeting limits and the images' environment."""

import re
from collections.abc import Iterator

from config import web_files
from config.environment import COMPONENTS, known_names, known_release, readers
from config.model import nearest
from plan.findings.rule import Hit, Subject, rule
from sizing.capacity import shard_capacity

JITSIS_IMAGES = frozenset({"images/watermark.svg", "images/favicon.svg", "images/jitsilogo.png"})
"""Images that the web image contains (jitsi-meet's images/)."""


@rule("unknown-environment-name", "warning")
def unknown_environment_name(subject: Subject) -> Iterator[Hit]:
    """The image does not read the variable."""
    release = known_release()
    elsewhere = sorted({shard.release for shard in subject.shards} - {release})
    for component in COMPONENTS:
        names = known_names(component)
        for name in sorted(set(subject.config.env.of(component)) - names):
            others = [o for o in COMPONENTS if o != component and name in known_names(o)]
            readers_of = others or readers().get(name, [])
            yield Hit(
                f"env.{component}.{name}",
                f"{component} of release {release} does not read this variable"
                + (f"; {' and '.join(readers_of)} {'do' if len(readers_of) > 1 else 'does'}" if readers_of else "")
                + (
                    f" (this stack also runs {', '.join(elsewhere)}, whose variables are not known here)"
                    if elsewhere
                    else ""
                ),
                f"move it to {' and '.join(f'env.{other}' for other in others)}"
                if others
                else nearest(name, names)
                if _close(name, names)
                else "remove it",
                "info" if elsewhere and release not in {shard.release for shard in subject.shards} else None,
            )


@rule("environment-in-part", "warning")
def environment_in_part(subject: Subject) -> Iterator[Hit]:
    """A variable that several components read is not set alike for all of them."""
    env = subject.config.env
    for name in sorted({name for component in COMPONENTS for name in env.of(component)}):
        values = {each: env.of(each).get(name) for each in COMPONENTS if name in known_names(each)}
        if len({str(value) for value in values.values()}) > 1 and not name.startswith(
            "SENTRY_"
        ):  # each reports its own errors
            told = next(each for each, value in values.items() if value is not None)
            lacking = [each for each, value in values.items() if str(value) != str(values[told])]
            yield Hit(
                f"env.{told}.{name}",
                f"{' and '.join(values)} read this variable, and {' and '.join(lacking)} not with this value: they would not "
                "agree on it",
                f"set {' and '.join(f'env.{each}.{name}' for each in lacking)} to {values[told]!r} too".replace(
                    "True", "true"
                ).replace("False", "false"),
            )


@rule("storage-overruled", "warning")
def storage_overruled(subject: Subject) -> Iterator[Hit]:
    """The accounts' storage setting overrides the one in the stack file."""
    lines = str(subject.config.env.prosody.get("XMPP_CONFIGURATION", "")).split(",")
    if subject.config.auth.type == "internal" and any(re.match(r"\s*storage\s*=", line) for line in lines):
        yield Hit(
            "env.prosody.XMPP_CONFIGURATION",
            "sets storage, but auth.type: internal sets it afterwards: accounts come from the secret jitsi:users, "
            "and this line has no effect",
            "remove storage; the other lines apply",
        )


def _close(name: str, names: frozenset[str]) -> bool:
    return nearest(name, names).startswith("did you mean")


@rule("picture-not-served", "warning")
def picture_not_served(subject: Subject) -> Iterator[Hit]:
    """A page refers to an image that is not served."""
    web = subject.config.web
    named = {
        "web.watermark.image": web.watermark.image if web.watermark else None,
        "web.favicon": web.favicon,
        **{f"web.virtualBackgrounds[{number}]": image for number, image in enumerate(web.virtual_backgrounds)},
    }
    local = {where: path for where, path in named.items() if path and not path.startswith("https://")}
    if not local:
        return
    served = web_files.read(web).keys() | JITSIS_IMAGES
    for where, path in local.items():
        if path not in served:
            yield Hit(
                where,
                f"{path} is neither in web.files nor in web.folder: browsers show a broken image",
                f"add the file to web.folder as {path}, or list it under web.files",
            )


@rule("meeting-beyond-shard", "warning")
def meeting_beyond_shard(subject: Subject) -> Iterator[Hit]:
    """A room may admit more participants than its shard carries."""
    limit = subject.config.meetings.max_participants
    if limit is None or not subject.active:
        return
    active = [(position, shard) for position, shard in enumerate(subject.shards) if shard.state == "active"]
    position, smallest = min(active, key=lambda item: shard_capacity(item[1]).participants)
    carried = shard_capacity(smallest).participants
    if limit > carried:
        yield Hit(
            "meetings.maxParticipants",
            f"{limit} participants may join one room, but the bridges of {smallest.name}, where any room may be "
            f"placed, carry {carried} in total",
            f"lower maxParticipants to {carried} or less, or raise {subject.ceiling_key(position)} to "
            f"{-(-limit // smallest.bridges.participants)}",
        )
