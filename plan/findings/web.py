"""Rules about what pages say and show, and about the images' environment."""

import re
from collections.abc import Iterator

from config import web_files
from config.environment import COMPONENTS, known_names, known_release
from config.model import nearest
from plan.capacity import shard_capacity
from plan.findings.rule import Found, Subject, rule

JITSIS_IMAGES = frozenset({"images/watermark.svg", "images/favicon.svg", "images/jitsilogo.png"})
"""Pictures that the image brings (jitsi-meet's images/), so that nobody must serve them."""


@rule("unknown-environment-name", "warning")
def unknown_environment_name(subject: Subject) -> Iterator[Found]:
    """A variable that the image does not read changes nothing, whatever was meant by it."""
    release = known_release()
    elsewhere = sorted({shard.release for shard in subject.shards} - {release})
    for component in COMPONENTS:
        names = known_names(component)
        for name in sorted(set(subject.config.env.of(component)) - names):
            other = next((one for one in COMPONENTS if one != component and name in known_names(one)), None)
            yield Found(
                f"env.{component}.{name}",
                f"{component} of release {release} reads no such variable"
                + (f"; {other} does" if other else "")
                + (
                    f" (this stack also runs {', '.join(elsewhere)}, whose names are not known here)"
                    if elsewhere
                    else ""
                ),
                f"move it to env.{other}" if other else nearest(name, names) if _close(name, names) else "leave it out",
                "info" if elsewhere and release not in {shard.release for shard in subject.shards} else None,
            )


@rule("storage-overruled", "warning")
def storage_overruled(subject: Subject) -> Iterator[Found]:
    """A line of prosody's that the accounts need stands after the stack file's own."""
    lines = str(subject.config.env.prosody.get("XMPP_CONFIGURATION", "")).split(",")
    if subject.config.auth.type == "internal" and any(re.match(r"\s*storage\s*=", line) for line in lines):
        yield Found(
            "env.prosody.XMPP_CONFIGURATION",
            "sets storage, and so does auth.type internal, behind it: accounts come from the secret jitsi:users, and the line here does nothing",
            "leave storage out; the other lines hold",
        )


def _close(name: str, names: frozenset[str]) -> bool:
    return nearest(name, names).startswith("did you mean")


@rule("picture-not-served", "warning")
def picture_not_served(subject: Subject) -> Iterator[Found]:
    """A page shows a picture that nobody serves."""
    web = subject.config.web
    named = {
        "web.watermark.image": web.watermark.image if web.watermark else None,
        "web.favicon": web.favicon,
        **{f"web.virtualBackgrounds[{number}]": image for number, image in enumerate(web.virtual_backgrounds)},
    }
    wanted = {where: path for where, path in named.items() if path and not path.startswith("https://")}
    if not wanted:
        return
    served = web_files.read(web).keys() | JITSIS_IMAGES
    for where, path in wanted.items():
        if path not in served:
            yield Found(
                where,
                f"{path} is neither among web.files nor in web.folder: browsers show a broken picture there",
                f"put the file into web.folder as {path}, or name it under web.files",
            )


@rule("meeting-beyond-shard", "warning")
def meeting_beyond_shard(subject: Subject) -> Iterator[Found]:
    """A room may hold more people than its shard carries."""
    most = subject.config.meetings.max_participants
    if most is None or not subject.active:
        return
    active = [(position, shard) for position, shard in enumerate(subject.shards) if shard.state == "active"]
    position, least = min(active, key=lambda one: shard_capacity(one[1]).participants)
    carried = shard_capacity(least).participants
    if most > carried:
        yield Found(
            "meetings.maxParticipants",
            f"{most} people may enter one room, and the bridges of {least.name}, where any room may land, carry {carried} in all",
            f"lower maxParticipants to {carried} or less, or raise {subject.ceiling_key(position)} to "
            f"{-(-most // least.bridges.participants)}",
        )
