"""Sabotages of what prosody checks of tokens."""

from sabotages import Sabotage
from sabotages.ports import variable

CHECKED = "A token opens rooms of its tenant alone."

SABOTAGES = (
    Sabotage(CHECKED, "s0-prosody", variable("JWT_ENABLE_DOMAIN_VERIFICATION"), "tenant-unchecked", stack="documented"),
    Sabotage(
        CHECKED, "s0-prosody", variable("JWT_ENABLE_DOMAIN_VERIFICATION", "0"), "tenant-unchecked", stack="documented"
    ),
)
