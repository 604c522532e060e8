"""Jibri's config file, included last by the image, for settings without an environment variable."""

import json

from config.recording import Recording

FILE = "custom-jibri.conf"
MUXERS = {"mp4": "mp4", "mkv": "matroska"}


def render(recording: Recording) -> str:
    """Return HOCON for /config/custom-jibri.conf.

    Both of Jibri's APIs stay on loopback: the sidecars and the probes share it, and one of them ends recordings.
    """
    lines = ["jibri {"]
    if recording.format != "mp4":
        lines += [
            f'  ffmpeg.recording-format = "{MUXERS[recording.format]}"',
            f'  ffmpeg.recording-extension = "{recording.format}"',
        ]
    if recording.streaming:
        lines.append(f"  streaming.rtmp-allow-list = {json.dumps(list(recording.streaming.allow))}")
    return "\n".join([*lines, "}", ""])
