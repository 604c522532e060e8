"""The file trees of Jitsi's images, put together from programs that somebody has: `DIR` of `make live JITSI=DIR`.

`DIR` is the root of a Debian system (`debootstrap` makes one) with Jitsi's packages and those that its Dockerfiles install, and
`DIR/images` has the folders of jitsi/docker-jitsi-meet at the release, of which `rootfs` is used.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from config.images import Images
from lab.paths import PROJECT
from lab.rehearsal.container import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

JITSI = ("jvb", "jicofo", "prosody", "web")
OTHERS = {"haproxy": "haproxy", "coturn": "turnserver"}
"""Component -> its program."""
ALIKE = {"visitors": "prosody"}
"""Component -> the component whose image it has."""
RECORDER = "jibri"
IMAGES = "docker-jitsi-meet"
"""Name in `DIR/versions` of the tag from which `DIR/images` is."""
NEEDED = {
    "usr/share/jitsi-videobridge/jvb.sh": "package jitsi-videobridge2",
    "usr/share/jicofo/jicofo.sh": "package jicofo",
    "usr/share/jitsi-meet/libs/lib-jitsi-meet.min.js": "package jitsi-meet-web",
    "usr/share/jitsi-meet/index.html": "package jitsi-meet-web",
    "usr/share/jitsi-meet/prosody-plugins": "package jitsi-meet-prosody",
    "usr/share/jitsi-meet/interface_config.js": "package jitsi-meet-web",
    "usr/bin/prosody": "package prosody",
    "usr/bin/java": "package openjdk-21-jre-headless",
    "usr/sbin/nginx": "package nginx-extras",
    "usr/sbin/haproxy": "package haproxy",
    "usr/bin/turnserver": "package coturn",
    "usr/bin/setpriv": "package util-linux",
    "usr/bin/curl": "package curl",
    "usr/bin/jq": "package jq",
    "usr/bin/tpl": "jitsi/tpl, which renders the images' templates",
    **{f"images/{name}/rootfs/etc/s6-overlay": "a checkout of jitsi/docker-jitsi-meet" for name in JITSI},
}
PACKETS = "LIVE_PACKETS"
"""Variable of bridges: packets a second, in and out, at which one is full."""
LOAD = f"""
videobridge.load-management.load-measurements {{
  load-measurement = "packet-rate"
  packet-rate.load-threshold = {{{{ .Env.{PACKETS} | default "50000" }}}}
}}
"""
"""Follows the bridge's template. Its CPU would be that of the machine, with browsers and whatever else runs there."""
NEEDED_TO_RECORD = {
    "opt/jitsi/jibri/jibri.jar": "package jibri",
    "usr/share/jitsi-meet/libs/app.bundle.min.js": "package jitsi-meet-web: Jitsi's own pages, which recorders open",
    "usr/bin/ffmpeg": "package ffmpeg",
    "usr/bin/Xorg": "package xserver-xorg-core",
    "usr/lib/xorg/modules/drivers/dummy_drv.so": "package xserver-xorg-video-dummy",
    "usr/bin/icewm-session": "package icewm",
    "usr/bin/pulseaudio": "package pulseaudio",
    "usr/bin/chromium": "package chromium",
    "usr/bin/chromedriver": "package chromium-driver",
    "usr/bin/rclone": "package rclone",
    "usr/bin/shm-check": "saghul/shm-check",
    "images/jibri/rootfs/etc/s6-overlay": "a checkout of jitsi/docker-jitsi-meet",
}
"""What recorders need besides; without it all but the tests of recordings run."""
USER = "s6:x:1000:1000::/tmp:/bin/bash\n"
_STANDS_IN = {
    "with-contenv": '#!/bin/sh\nexec "$@"\n',
    "s6-svc": '#!/bin/sh\nmkdir -p /run/once\nfor name; do :; done\n: >"/run/once/${name##*/}"\n',
    "s6-svscanctl": "#!/bin/sh\nkill -TERM 1\n",
}
"""Commands of s6 that the images' scripts use. A service that stops itself (`s6-svc -O`) is not started again."""


def missing(jitsi: Path, needed: Mapping[str, str] = NEEDED) -> list[str]:
    """What is not in `DIR`, with its origin; empty if it is whole."""
    return [f"{jitsi / path} ({origin})" for path, origin in needed.items() if not (jitsi / path).exists()]


def stale(jitsi: Path) -> str | None:
    """Why the programs are not of the release that the stack deploys; None if they are."""
    wanted, found = Images().tag, versions(jitsi).get(IMAGES, "")
    if found.split()[:1] == [wanted]:
        return None
    return (
        f"{jitsi / 'versions'} says {IMAGES} {found or 'nothing'}, and the stack deploys {wanted} (config/images.py); put DIR together from "
        "that release, or correct the line"
    )


def components(jitsi: Path) -> tuple[str, ...]:
    """The components whose pods run programs of `DIR`; recorders only if theirs are there."""
    recorder = () if missing(jitsi, NEEDED_TO_RECORD) else (RECORDER,)
    return (*JITSI, *OTHERS, *ALIKE, *recorder)


def images(jitsi: Path, folder: Path, resolver: Path) -> dict[str, Image]:
    """The image of each component; what Dockerfiles make is put into `folder`, and `resolver` becomes /etc/resolv.conf."""
    names = {"/etc/resolv.conf": resolver}
    path = {"PATH": "/command:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}  # noqa: S108
    found = {name: Image(names, (program,), path, (jitsi,)) for name, program in OTHERS.items()}
    for name in components(jitsi):
        if name in ALIKE:
            found[name] = found[ALIKE[name]]
        elif name not in OTHERS:
            made = _made(jitsi, folder / name, name)
            found[name] = Image(names, ("/init",), path, (made, jitsi))
    return found


def versions(jitsi: Path) -> dict[str, str]:
    """Versions of the programs, from `DIR/versions`, whose lines are `name version`; empty without that file."""
    file = jitsi / "versions"
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split(maxsplit=1) for line in lines if line.strip())


def _made(jitsi: Path, layer: Path, name: str) -> Path:
    """The layer of an image's Dockerfile: what it copies, and what it makes with commands."""
    for rootfs in ("base", name):  # copied, since no layer may be a folder of another
        shutil.copytree(jitsi / "images" / rootfs / "rootfs", layer, dirs_exist_ok=True, symlinks=True)
    _put(layer, "init", (PROJECT / "lab" / "live" / "init").read_text())
    for command, text in _STANDS_IN.items():
        _put(layer, f"command/{command}", text)
    for file in ("passwd", "group"):
        (layer / "etc" / file).write_text(
            (jitsi / "etc" / file).read_text() + (USER if file == "passwd" else "s6:x:1000:\n")
        )
    if name == "prosody":
        shutil.copytree(jitsi / "usr/share/jitsi-meet/prosody-plugins", layer / "prosody-plugins", dirs_exist_ok=True)
        (layer / "prosody-plugins-contrib").mkdir(exist_ok=True)
    if name == "jvb":
        template = layer / "defaults/jvb.conf"
        template.write_text(template.read_text() + LOAD)
    if name == RECORDER:
        _link(layer, "etc/jitsi/jibri", "/run/jibri/config")
        _link(layer, "var/log/jitsi/jibri", "/storage/logs")
        for kind in ("cache", "config", "local"):
            _link(layer, f"home/s6/.{kind}", f"/run/tmp/s6-{kind}")
    if name == "web":
        (layer / "defaults").mkdir(exist_ok=True)
        shutil.copy(jitsi / "usr/share/jitsi-meet/interface_config.js", layer / "defaults")
        _link(layer, "var/lib/nginx", "/run/web/tmp")
    return layer


def _link(layer: Path, path: str, target: str) -> None:
    link = layer / path
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)


def _put(layer: Path, path: str, text: str) -> None:
    file = layer / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def said(paths: Sequence[str]) -> str:
    """What is missing, as one message."""
    return "these are not there:\n  " + "\n  ".join(paths) + "\ndocs/live.md says how DIR is put together"
