"""A camera for browsers: a short film of moving blocks, which costs an encoder about as many bits as a moving face."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT, FRAMES = 1280, 720, 30
RATE = 15
"""Pictures a second: the fewest that the client library accepts."""
BLOCK = 16
STEP = 4
"""By how many points the picture moves from one frame to the next."""


def frames() -> list[bytes]:
    """The film's frames, in YUV 4:2:0 with grey colours: rows of blocks that move sideways, every other row the other way."""
    chance = random.Random(1)  # noqa: S311 - a picture, the same each time
    rows = [
        b"".join(bytes([chance.randrange(60, 200)]) * BLOCK for _ in range(2 * WIDTH // BLOCK))
        for _ in range(HEIGHT // BLOCK)
    ]
    colours = bytes([128]) * (WIDTH * HEIGHT // 2)
    found = []
    for number in range(FRAMES):
        moved = number * STEP
        lines = (
            row[moved : moved + WIDTH] if index % 2 else row[WIDTH - moved : 2 * WIDTH - moved]
            for index, row in enumerate(rows)
        )
        found.append(b"".join(line * BLOCK for line in lines) + colours)
    return found


def film(file: Path) -> str:
    """Write the film, and return the browser's option that makes it the camera."""
    with file.open("wb") as output:
        output.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in frames():
            output.write(b"FRAME\n" + frame)
    return f"--use-file-for-fake-video-capture={file}"
