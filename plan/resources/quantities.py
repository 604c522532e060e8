"""Kubernetes' way to write amounts: `1500m`, `2`, `1Gi`."""

import re

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_FACTORS = {
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}


def amount(text: object) -> float:
    """The number that a quantity stands for; 0 for what is none, such as a value that only an update will know."""
    match = _AMOUNT.fullmatch(str(text))
    return float(match[1]) * _FACTORS.get(match[2] or "", 1.0) if match else 0.0


def millicores(text: object) -> int:
    """Thousandths of a core."""
    return round(amount(text) * 1000)


def mebibytes(text: object) -> int:
    """Whole MiB, rounded up."""
    return -int(-amount(text) // 2**20)
