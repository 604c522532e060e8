"""`python -m lab.image_variables CHECKOUT`: writes config/environment_names.json from a checkout of jitsi/docker-jitsi-meet.

Run it after a change of `images.tag`. Only names of variables are read from the checkout, at the release's tag.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from config.images import Images
from lab.paths import PROJECT

NAMES = PROJECT / "config" / "environment_names.json"
REPOSITORY = "jitsi/docker-jitsi-meet"
FOLDERS = ("defaults/", "etc/s6-overlay/")
"""Templates and start scripts, below `<image>/rootfs/`."""
READERS = {
    "web": ("web", ()),
    "prosody": ("prosody", ("visitors.cfg.lua", "brewery.cfg.lua", "jvb_muc_presence_filter.pfw")),
    "visitors": ("prosody", ("jitsi-meet.cfg.lua", "brewery.cfg.lua", "jvb_muc_presence_filter.pfw")),
    "jicofo": ("jicofo", ()),
    "jvb": ("jvb", ()),
    "jibri": ("jibri", ()),
    "jigasi": ("jigasi", ("transcriber-sip-communicator.properties",)),
    "transcriber": ("jigasi", ("sipserver-sip-communicator.properties",)),
}
"""Kind of pod -> folder of its image, and templates that its mode leaves out."""
PROGRAMS = {
    "JICOFO_MAX_MEMORY": ("jicofo",),  # jitsi/jicofo, resources/jicofo.sh
    "JIGASI_MAX_MEMORY": ("jigasi", "transcriber"),  # jitsi/jigasi, jigasi.sh
    "VIDEOBRIDGE_DEBUG_OPTIONS": ("jvb",),  # jitsi/jitsi-videobridge, jvb/resources/jvb.sh
    "VIDEOBRIDGE_GC_TYPE": ("jvb",),
    "VIDEOBRIDGE_MAX_MEMORY": ("jvb",),
    "SENTRY_ENVIRONMENT": ("jicofo", "jigasi", "transcriber", "jvb", "jibri"),  # Sentry's Java library, with SENTRY_DSN
    "TZ": ("web", "prosody", "visitors", "jicofo", "jvb", "jibri", "jigasi", "transcriber"),  # the C library
}
"""Names that programs of other repositories read -> kinds of pods; these files are not in the checkout."""

_IN_TEMPLATE = re.compile(r"\.Env\.([A-Z][A-Z0-9_]*)|\$ENV\.([A-Z][A-Z0-9_]*)")
_IN_SCRIPT = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)|(?<![A-Z0-9_$-])([A-Z][A-Z0-9_]*)\+?=(?!\"?\$\{?\2\b)")
_QUOTED = re.compile(r"'[^']*'")  # the shell reads no variable there
_ALWAYS_SET = re.compile(r"^export ([A-Z][A-Z0-9_]*)=(?!.*\$\{?\1\b)", re.MULTILINE)
_OF_THE_SHELL = {"HOME", "HOSTNAME", "IFS", "PATH"}


def in_script(text: str) -> set[str]:
    """Return the names that a shell script reads before it sets them itself."""
    read: set[str] = set()
    own: set[str] = set()
    for line in text.splitlines():
        for used, set_here in _IN_SCRIPT.findall(_QUOTED.sub("", line) if not line.lstrip().startswith("#") else ""):
            if used and used not in own:
                read.add(used)
            elif set_here and set_here not in read:
                own.add(set_here)
    return read


def names(files: Mapping[str, str]) -> set[str]:
    """Return the names that an image's templates and scripts read from outside; `files`: path -> text."""
    scripts = {path: text for path, text in files.items() if text.startswith("#!")}
    templates = [text for path, text in files.items() if path not in scripts]
    always = {name for text in scripts.values() for name in _ALWAYS_SET.findall(text)}
    in_templates = {first or other for text in templates for first, other in _IN_TEMPLATE.findall(text)}
    return ({name for text in scripts.values() for name in in_script(text)} | in_templates - always) - _OF_THE_SHELL


def variables(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return variable -> kinds of pods whose image reads it, in the order of `READERS`; `files`: path in the repository -> text."""
    read = {reader: names(dict(_of(files, image, skipped))) for reader, (image, skipped) in READERS.items()}
    return {
        name: [reader for reader in READERS if name in read[reader] or reader in PROGRAMS.get(name, ())]
        for name in sorted(set().union(*read.values(), PROGRAMS))
    }


def _of(files: Mapping[str, str], image: str, skipped: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path, text in files.items():
        if path.startswith(tuple(f"{image}/rootfs/{folder}" for folder in FOLDERS)) and Path(path).name not in skipped:
            yield path, text


def files_at(checkout: Path, tag: str) -> dict[str, str]:
    """Return the files of all images at a tag: path -> text.

    Raises:
        ValueError: the folder has no such tag.
    """
    folders = sorted({f"{image}/rootfs" for image, _ in READERS.values()})
    packed = _git(checkout, "archive", "--format=tar", tag, *folders)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            member.name: content.read().decode(errors="replace")
            for member in archive
            if member.isfile() and (content := archive.extractfile(member))
        }


def page(checkout: Path, release: str) -> str:
    """Return the text of config/environment_names.json."""
    commit = _git(checkout, "rev-parse", f"{release}^{{commit}}").decode().strip()
    head = {"release": release, "repository": REPOSITORY, "commit": commit, "command": "python -m lab.image_variables"}
    lines = [f"    {json.dumps(name)}: {json.dumps(by)}" for name, by in variables(files_at(checkout, release)).items()]
    top = "".join(f"  {json.dumps(key)}: {json.dumps(value)},\n" for key, value in head.items())
    return f'{{\n{top}  "variables": {{\n' + ",\n".join(lines) + "\n  }\n}\n"


def _git(checkout: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(checkout), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise ValueError(f"git {arguments[0]} in {checkout}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def main() -> int:
    """Write the file; 1 if the checkout lacks the release."""
    parser = argparse.ArgumentParser(prog="python -m lab.image_variables", description=__doc__)
    parser.add_argument("checkout", type=Path, help=f"a clone of {REPOSITORY} with its tags")
    parser.add_argument("--release", default=Images().tag, help="tag of the release (default: that of images.tag)")
    given = parser.parse_args()
    try:
        NAMES.write_text(page(given.checkout, given.release), encoding="utf-8")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
