"""Rooms as people name them, and the many ways in which their clients write one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from urllib.parse import quote

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."
_FOREIGN = "äöüßéèñçøåžπλжщяあ漢字"


@dataclass(frozen=True)
class Room:
    tenant: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.tenant}/{self.name}"

    def target(self, rng: random.Random, kind: str = "http-bind") -> str:
        """One of the spellings that mean this room."""
        tenant = f"/{_spelt(self.tenant, rng)}" if self.tenant else ""
        return f"{tenant}/{kind}?room={_spelt(self.name, rng)}&token=x"


def _spelt(text: str, rng: random.Random) -> str:
    style = rng.randrange(4)
    written = text
    if style:
        written = "".join(c.upper() if c.isascii() and rng.random() < 0.5 else c for c in text)
    encoded = "".join(
        f"%{ord(c):02x}" if style == 2 and c.isascii() and rng.random() < 0.2 else quote(c, safe="") for c in written
    )
    return encoded.replace("%", "%25") if style == 3 else encoded


def population(count: int, seed: int) -> list[Room]:
    """Different rooms: short and of 64 to 200 characters, with and without tenant, some in other scripts."""
    rng = random.Random(seed)
    made: dict[Room, None] = {}
    while len(made) < count:
        length = rng.choice([rng.randint(4, 30), rng.randint(4, 30), rng.randint(64, 200)])
        letters = _LETTERS + (_FOREIGN if rng.random() < 0.2 else "")
        name = "".join(rng.choice(letters) for _ in range(length))
        # Long names that differ in their last letter only: a table that cuts them would take them for one.
        if length >= 150 and rng.random() < 0.5:
            name = "a" * (length - 1) + rng.choice(_LETTERS)
        tenant = rng.choice(["", "", "school-7", "übung", "university.of.x"])
        made[Room(tenant, name)] = None
    return list(made)
