"""Room names that the edge routes to a given shard, by the same hash as HAProxy (docs/edge.md)."""

import hashlib
import secrets
from collections.abc import Mapping

_PRIMES = (2654435761, 2246822519, 3266489917, 668265263, 374761393)
_MASK = 0xFFFFFFFF
DRAW_STEP = 100  # between the seeds of a shard's draws; HAProxy's rules use it, too
TRIES = 20_000  # the rarest shard has one draw among 27 x 16


def _rotated(value: int, bits: int) -> int:
    value &= _MASK
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def xxh32(data: bytes, seed: int) -> int:
    """XXH32, as HAProxy's converter of the same name."""
    one, two, three, four, five = _PRIMES
    length, at = len(data), 0
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, length - 3, 4)]
    if length >= 16:
        lanes = [seed + one + two, seed + two, seed, seed - one]
        while length - at >= 16:
            for lane in range(4):
                lanes[lane] = _rotated(lanes[lane] + words[at // 4 + lane] * two, 13) * one & _MASK
            at += 16
        total = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
    else:
        total = seed + five
    total += length
    while length - at >= 4:
        total = _rotated(total + words[at // 4] * three, 17) * four
        at += 4
    for byte in data[at:]:
        total = _rotated(total + byte * five, 11) * one
    total &= _MASK
    total = (total ^ total >> 15) * two & _MASK
    total = (total ^ total >> 13) * three & _MASK
    return total ^ total >> 16


def shard_of(room: str, shards: Mapping[str, tuple[int, int]]) -> str:
    """The shard of a new room while all `shards` (name -> number in the edge, draws) take rooms."""
    key = hashlib.sha1(f"/{room}".encode(), usedforsecurity=False).digest()

    def score(name: str) -> tuple[int, int]:
        number, draws = shards[name]
        return max(xxh32(key, number + DRAW_STEP * draw) for draw in range(draws)), number

    return max(shards, key=score)


def room_for(shard: str, shards: Mapping[str, tuple[int, int]]) -> str:
    """A fresh room name, so that the hash and no open room decides.

    Raises:
        ValueError: the shard's weight is too small to find one.
    """
    for _ in range(TRIES):
        room = f"probe-{secrets.token_hex(8)}"
        if shard_of(room, shards) == shard:
            return room
    raise ValueError(f"no room name among {TRIES} goes to shard {shard}; its weight against the others is too small")
