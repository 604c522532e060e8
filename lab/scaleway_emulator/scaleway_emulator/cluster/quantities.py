"""Kubernetes quantities (`250m`, `1.5Gi`) as whole numbers. Pure."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

QUANTITY = re.compile(r"(?P<number>[+-]?\d*\.?\d+\.?(?:[eE][+-]?\d+)?)(?P<suffix>[A-Za-z]*)")
SUFFIXES = {
    "": Decimal(1),
    "n": Decimal(1) / 10**9,
    "u": Decimal(1) / 10**6,
    "m": Decimal(1) / 1000,
    "k": Decimal(10**3),
    **{suffix: Decimal(10 ** (3 * power)) for power, suffix in enumerate("MGTPE", start=2)},
    **{f"{suffix}i": Decimal(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}


def _value(text: str) -> Decimal:
    match = QUANTITY.fullmatch(text)
    if match is None or match["suffix"] not in SUFFIXES:
        raise ValueError(f"not a quantity: {text!r}")
    return Decimal(match["number"]) * SUFFIXES[match["suffix"]]


def millicores(text: str) -> int:
    """CPU in thousandths, rounded up."""
    return int((_value(text) * 1000).to_integral_value(ROUND_CEILING))


def whole(text: str) -> int:
    """Bytes or a count, rounded up."""
    return int(_value(text).to_integral_value(ROUND_CEILING))
