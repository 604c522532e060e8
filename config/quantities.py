"""Kubernetes quantities as exact numbers: `1500m`, `2`, `1Gi`."""

import re
from decimal import ROUND_CEILING, Decimal

_QUANTITY = re.compile(r"(?P<number>-?\d*\.?\d+(?:[eE][+-]?\d+)?)(?P<suffix>[numkMGTKi]*)")
_FACTORS = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def quantity(text: object) -> Decimal:
    """Return the number of a quantity.

    Raises:
        ValueError: the text is not a quantity.
    """
    match = _QUANTITY.fullmatch(str(text))
    if match is None or match["suffix"] not in _FACTORS:
        raise ValueError(f"{str(text)!r} is not a quantity such as 750m, 80 or 100k")
    return Decimal(match["number"]) * _FACTORS[match["suffix"]]


def milli(text: object) -> int:
    """Return a quantity in thousandths, rounded up like Kubernetes' `MilliValue`.

    Raises:
        ValueError: the text is not a quantity.
    """
    return _rounded_up(quantity(text) * 1000)


def gigabytes(text: object) -> int:
    """Return decimal gigabytes, rounded up, as storage is sold.

    Raises:
        ValueError: the text is not a quantity.
    """
    return _rounded_up(quantity(text) / 10**9)


def amount(text: object) -> Decimal:
    """Return the number of a quantity, or 0 for other values, such as one that is unknown before an update."""
    try:
        return quantity(text)
    except ValueError:
        return Decimal(0)


def millicores(text: object) -> int:
    """Return thousandths of a core, rounded up; 0 for other values."""
    return _rounded_up(amount(text) * 1000)


def mebibytes(text: object) -> int:
    """Return whole MiB, rounded up; 0 for other values."""
    return _rounded_up(amount(text) / 2**20)


def _rounded_up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))
