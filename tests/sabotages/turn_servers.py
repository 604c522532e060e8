"""Sabotages of TURN servers that are not the stack's."""

from sabotages import Sabotage
from sabotages.ports import variable

TOLD = "Prosody tells browsers every TURN server of the stack file, with its port and transport."

SABOTAGES = tuple(
    Sabotage(TOLD, "s0-prosody", variable(name, value), "turn-told-otherwise", stack="documented", says=name)
    for name, value in (
        ("TURNS_HOST", "turn1.example.net"),
        ("TURNS_PORT", "5349"),
        ("TURN_PORT", "443"),
        ("TURN_TRANSPORT", "tcp"),
        ("STUN_HOST", None),
    )
)
